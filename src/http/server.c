/* The server: sockets, threads, counters.
 *
 * One loop accepts for all and hands each connection to the loop that has the fewest. SO_REUSEPORT would spare that
 * hand-over, but it spreads by a hash: with a few long-lived connections one core idles while another is full, and at a
 * drain the kernel resets what waits in the queues of closed sockets. Connections here live long and are few beside
 * their requests. */
#include "base/reason.h"
#include "http/inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPT_AGAIN_MS = 100, ACCEPTS_AT_ONCE = 64 };

/* --- accepting --- */

struct handover {
    struct http_post post;
    struct http_loop *loop;
    int fd;
    enum http_peer peer;
    uint8_t family;
    uint8_t address[16];
};

static void take_over(struct http_post *post)
{
    struct handover *handover = (struct handover *)post;
    struct http_loop *loop = handover->loop;
    if (loop->ended) {
        close(handover->fd);
        atomic_fetch_sub_explicit(&loop->connections_open, 1, memory_order_relaxed);
    } else {
        http_connection_open(loop, handover->fd, handover->peer, handover->family, handover->address);
    }
    g_free(handover);
}

static struct http_loop *emptiest(struct http_server *server, unsigned *total)
{
    struct http_loop *best = NULL;
    unsigned fewest = UINT_MAX;
    *total = 0;
    for (unsigned i = 0; i < server->loop_count; i++) {
        unsigned open = atomic_load_explicit(&server->loops[i].connections_open, memory_order_relaxed);
        *total += open;
        if (open < fewest) {
            fewest = open;
            best = &server->loops[i];
        }
    }
    return best;
}

static void refuse_connection(struct http_server *server, int fd)
{
    static const char text[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n" HTTP_NOSNIFF
        "Retry-After: 1\r\nConnection: close\r\n\r\n"
        "The server has as many connections as it may; try again.\n";
    ssize_t ignored = send(fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)ignored; /* whoever does not get the sentence gets the closed connection */
    shutdown(fd, SHUT_WR);
    close(fd);
    atomic_fetch_add_explicit(&server->connections_refused, 1, memory_order_relaxed);
}

static enum http_peer local_peer(int fd)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == 0 || peer.uid == geteuid()))
        return HTTP_PEER_TRUSTED;
    return HTTP_PEER_LOOPBACK;
}

static void adopt(struct http_server *server, int fd, const struct sockaddr_storage *address)
{
    unsigned total;
    struct http_loop *loop = emptiest(server, &total);
    if (total >= server->options.connections) {
        refuse_connection(server, fd);
        return;
    }
    struct handover *handover = g_new0(struct handover, 1);
    handover->post.run = take_over;
    handover->loop = loop;
    handover->fd = fd;
    handover->family = (uint8_t)address->ss_family;
    const int one = 1;
    if (address->ss_family == AF_INET) {
        const struct in_addr *in = &((const struct sockaddr_in *)address)->sin_addr;
        memcpy(handover->address, in, sizeof *in);
        if (handover->address[0] == 127)
            handover->peer = HTTP_PEER_LOOPBACK;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    } else if (address->ss_family == AF_INET6) {
        const struct in6_addr *in = &((const struct sockaddr_in6 *)address)->sin6_addr;
        memcpy(handover->address, in, sizeof *in);
        if (IN6_IS_ADDR_LOOPBACK(in) || (IN6_IS_ADDR_V4MAPPED(in) && in->s6_addr[12] == 127))
            handover->peer = HTTP_PEER_LOOPBACK;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    } else {
        handover->family = AF_UNIX;
        handover->peer = local_peer(fd);
    }
    atomic_fetch_add_explicit(&loop->connections_open, 1, memory_order_relaxed);
    if (loop->index == 0) /* this thread */
        take_over(&handover->post);
    else
        http_post(loop, &handover->post);
}

static void on_connection(uv_poll_t *poll, int status, int events);

static void listen_on(struct listener *listener)
{
    if (listener->fd >= 0)
        uv_poll_start(&listener->poll, UV_READABLE, on_connection);
}

static void accept_again(struct wheel_timer *timer)
{
    struct http_server *server = (struct http_server *)((char *)timer - offsetof(struct http_server, accept_again));
    if (server->loops[0].draining)
        return;
    listen_on(&server->tcp);
    listen_on(&server->local);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    struct listener *listener = (struct listener *)poll;
    struct http_server *server = listener->server;
    for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
        struct sockaddr_storage address = {.ss_family = AF_UNIX};
        socklen_t length = sizeof address;
        int fd = accept4(listener->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            adopt(server, fd, &address);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* The waiting connection would wake us without end. */
            uv_poll_stop(poll);
            http_loop_timer(&server->loops[0], &server->accept_again, ACCEPT_AGAIN_MS, accept_again);
            break;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        }
    }
    http_loop_done(&server->loops[0]);
}

/* --- sockets --- */

static bool socket_error(GError **error, int fd, const char *what)
{
    reason_set(error, REASON_SOCKET, "Cannot listen on %s: %s.", what, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

static bool open_tcp(struct http_server *server, GError **error)
{
    const char *host = server->options.host;
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address = {0};
    socklen_t length;
    if (inet_pton(AF_INET, host, &address.in.sin_addr) == 1) {
        address.in.sin_family = AF_INET;
        address.in.sin_port = htons(server->options.port);
        length = sizeof address.in;
    } else if (inet_pton(AF_INET6, host, &address.in6.sin6_addr) == 1) {
        address.in6.sin6_family = AF_INET6;
        address.in6.sin6_port = htons(server->options.port);
        length = sizeof address.in6;
    } else {
        reason_set(error, REASON_SETTING_INVALID, "\"%s\" is not a numeric address to listen on.", host);
        return false;
    }
    g_autofree char *what = g_strdup_printf("%s port %u", host, server->options.port);
    const int one = 1;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, &address.any, length) != 0 || listen(fd, BACKLOG) != 0 || getsockname(fd, &address.any, &length) != 0)
        return socket_error(error, fd, what);
    server->port = ntohs(address.any.sa_family == AF_INET ? address.in.sin_port : address.in6.sin6_port);
    server->tcp.fd = fd;
    return true;
}

static bool open_local(struct http_server *server, GError **error)
{
    const char *path = server->options.unix_path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat old;
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof address.sun_path)
        return socket_error(error, -1, "the unix socket");
    strcpy(address.sun_path, path);
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode))
        unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Linux gives the file the mode of the socket: it is never open to others. bind follows no link. */
    if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(fd, BACKLOG) != 0)
        return socket_error(error, fd, "the unix socket");
    server->unix_path = g_strdup(path);
    server->local.fd = fd;
    return true;
}

static void close_listener(struct listener *listener)
{
    if (listener->fd < 0)
        return;
    close(listener->fd);
    listener->fd = -1;
}

/* Once: by the time the server is freed another process may have bound that name. */
static void remove_local(struct http_server *server)
{
    if (server->unix_path)
        unlink(server->unix_path);
    g_clear_pointer(&server->unix_path, g_free);
}

/* --- life --- */

static unsigned usable_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void run_loop(void *loop)
{
    http_loop_run(loop);
}

static void poll_listener(struct http_server *server, struct listener *listener)
{
    listener->server = server;
    if (listener->fd < 0)
        return;
    uv_poll_init(&server->loops[0].uv, &listener->poll, listener->fd);
    listen_on(listener);
}

static void drain(struct http_post *post)
{
    struct http_loop *loop = (struct http_loop *)((char *)post - offsetof(struct http_loop, stop));
    struct http_server *server = loop->server;
    if (loop->index == 0) {
        struct listener *listeners[] = {&server->tcp, &server->local};
        for (int i = 0; i < 2; i++)
            if (listeners[i]->fd >= 0) {
                /* Who connected before the end was told nothing else yet: serve them. */
                on_connection(&listeners[i]->poll, 0, UV_READABLE);
                uv_poll_stop(&listeners[i]->poll);
                uv_close((uv_handle_t *)&listeners[i]->poll, NULL);
                close_listener(listeners[i]);
            }
    }
    http_loop_drain(loop);
}

static void free_server(struct http_server *server)
{
    for (unsigned i = 0; i < server->loop_count; i++)
        http_loop_close(&server->loops[i]);
    close_listener(&server->tcp);
    close_listener(&server->local);
    remove_local(server);
    g_free(server->loops);
    http_router_free(server->router);
    g_free(server);
}

static void set_defaults(struct http_options *options)
{
    struct {
        unsigned *value, standard;
    } all[] = {
        {&options->loops, usable_cores()},           {&options->connections, LIMIT_HTTP_CONNECTIONS},
        {&options->head_ms, LIMIT_HTTP_HEAD_TIME},   {&options->body_ms, LIMIT_HTTP_BODY_TIME},
        {&options->idle_ms, LIMIT_HTTP_IDLE_TIME},   {&options->send_ms, LIMIT_HTTP_SEND_TIME},
        {&options->drain_ms, LIMIT_HTTP_DRAIN_TIME}, {&options->beat_ms, LIMIT_HTTP_BEAT_TIME},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        if (*all[i].value == 0)
            *all[i].value = all[i].standard;
    if (options->memory == 0)
        options->memory = LIMIT_HTTP_MEMORY;
    if (options->connection_memory == 0)
        options->connection_memory = LIMIT_HTTP_CONNECTION_MEMORY;
}

struct http_server *http_server_open(const struct http_options *options, struct http_router *router, GError **error)
{
    struct http_server *server = g_new0(struct http_server, 1);
    server->options = *options;
    set_defaults(&server->options);
    server->router = router;
    server->tcp.fd = server->local.fd = -1;
    if ((options->host && !open_tcp(server, error)) || (options->unix_path && !open_local(server, error))) {
        free_server(server);
        return NULL;
    }
    server->loop_count = server->options.loops;
    server->loops = g_new0(struct http_loop, server->loop_count);
    for (unsigned i = 0; i < server->loop_count; i++)
        http_loop_open(&server->loops[i], server, i);
    poll_listener(server, &server->tcp);
    poll_listener(server, &server->local);
    bool fine = true;
    /* The loop that accepts starts last, when all others are ready. */
    for (unsigned i = server->loop_count; i-- > 0;) {
        struct http_loop *loop = &server->loops[i];
        uv_thread_create(&loop->thread, run_loop, loop);
        uv_sem_wait(&loop->ready);
        if (!loop->error)
            continue;
        if (fine)
            g_propagate_error(error, g_steal_pointer(&loop->error));
        fine = false;
        uv_thread_join(&loop->thread);
        for (unsigned other = i + 1; other < server->loop_count; other++) {
            server->loops[other].stop.run = drain;
            http_post(&server->loops[other], &server->loops[other].stop);
            uv_thread_join(&server->loops[other].thread);
        }
        break;
    }
    if (!fine) {
        struct listener *listeners[] = {&server->tcp, &server->local};
        for (int i = 0; i < 2; i++)
            if (listeners[i]->fd >= 0) {
                uv_poll_stop(&listeners[i]->poll);
                uv_close((uv_handle_t *)&listeners[i]->poll, NULL);
            }
        free_server(server);
        return NULL;
    }
    return server;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const struct http_router *http_server_router(const struct http_server *server)
{
    return server->router;
}

void http_server_stop(struct http_server *server)
{
    if (server->stopped)
        return;
    server->stopped = true;
    for (unsigned i = 0; i < server->loop_count; i++) {
        server->loops[i].stop.run = drain;
        http_post(&server->loops[i], &server->loops[i].stop);
    }
    for (unsigned i = 0; i < server->loop_count; i++)
        uv_thread_join(&server->loops[i].thread);
    remove_local(server);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    http_server_stop(server);
    free_server(server);
}

/* --- counters --- */

void http_server_counters(const struct http_server *server, struct http_counters *counters)
{
    *counters = (struct http_counters){.connections_refused =
                                           atomic_load_explicit(&server->connections_refused, memory_order_relaxed)};
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct http_loop *loop = &server->loops[i];
        counters->connections_open += atomic_load_explicit(&loop->connections_open, memory_order_relaxed);
        counters->connections_total += atomic_load_explicit(&loop->connections_total, memory_order_relaxed);
        counters->requests_open += atomic_load_explicit(&loop->requests_open, memory_order_relaxed);
        counters->requests_held += atomic_load_explicit(&loop->requests_held, memory_order_relaxed);
        counters->requests_total += atomic_load_explicit(&loop->requests_total, memory_order_relaxed);
        counters->bytes_in += atomic_load_explicit(&loop->bytes_in, memory_order_relaxed);
        counters->bytes_out += atomic_load_explicit(&loop->bytes_out, memory_order_relaxed);
        counters->event_streams_open += atomic_load_explicit(&loop->event_streams_open, memory_order_relaxed);
        counters->sockets_open += atomic_load_explicit(&loop->sockets_open, memory_order_relaxed);
        counters->bytes_kept += atomic_load_explicit(&loop->kept, memory_order_relaxed);
        counters->connections_cut += atomic_load_explicit(&loop->connections_cut, memory_order_relaxed);
    }
}

void http_count_refusal(struct http_request *request, enum reason reason)
{
    atomic_fetch_add_explicit(&request->loop->refusals[reason], 1, memory_order_relaxed);
}

uint64_t http_server_refusals(const struct http_server *server, enum reason reason)
{
    uint64_t sum = 0;
    for (unsigned l = 0; l < server->loop_count; l++)
        sum += atomic_load_explicit(&server->loops[l].refusals[reason], memory_order_relaxed);
    return sum;
}

uint64_t http_server_answers(const struct http_server *server, size_t i, unsigned status_class)
{
    uint64_t sum = 0;
    for (unsigned l = 0; l < server->loop_count; l++)
        sum += atomic_load_explicit(&server->loops[l].answers[i * 5 + status_class - 1], memory_order_relaxed);
    return sum;
}
