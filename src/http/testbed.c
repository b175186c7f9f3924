#include "http/testbed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

/* --- queues --- */

/* On pthreads, which ThreadSanitizer understands; GLib's own locks it does not. */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t more;
    const void *items[256];
    unsigned count;
};

static struct queue arrived = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};
static struct queue happened = {.lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER};

static void push(struct queue *queue, const void *item)
{
    pthread_mutex_lock(&queue->lock);
    g_assert_cmpuint(queue->count, <, G_N_ELEMENTS(queue->items));
    queue->items[queue->count++] = item;
    pthread_cond_signal(&queue->more);
    pthread_mutex_unlock(&queue->lock);
}

static const void *await(struct queue *queue)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 20;
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0)
        g_assert_cmpint(pthread_cond_timedwait(&queue->more, &queue->lock, &end), ==, 0);
    const void *item = queue->items[0];
    queue->count--;
    memmove(queue->items, queue->items + 1, queue->count * sizeof item);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void give(void *what)
{
    push(&arrived, what);
}

void *await_given(void)
{
    return (void *)await(&arrived);
}

void say(const char *what)
{
    push(&happened, what);
}

const char *await_word(void)
{
    return await(&happened);
}

/* --- the application --- */

struct posted {
    struct http_post post;
    void (*run)(void *data);
    void *data;
};

static void run_posted(struct http_post *post)
{
    struct posted *posted = (struct posted *)post;
    posted->run(posted->data);
    g_free(posted);
}

void run_on_loop(struct http_loop *loop, void (*run)(void *data), void *data)
{
    struct posted *posted = g_new0(struct posted, 1);
    *posted = (struct posted){{.run = run_posted}, run, data};
    http_post(loop, &posted->post);
}

struct answer {
    struct http_request *request;
    const char *body;
};

static void run_answer(void *data)
{
    g_autofree struct answer *answer = data;
    http_reply(answer->request, 200, TEXT, str_from_c(answer->body));
}

void post_answer(struct http_request *request, const char *body)
{
    struct answer *answer = g_new0(struct answer, 1);
    *answer = (struct answer){request, body};
    run_on_loop(request->loop, run_answer, answer);
}

void problem(struct http_request *request, const GError *error)
{
    unsigned status = 400;
    if (reason_of(error) == REASON_ROUTE_UNKNOWN)
        status = 404;
    if (reason_of(error) == REASON_METHOD_UNKNOWN)
        status = 405;
    http_reply(request, status, TEXT, str_from_c(reason_name(reason_of(error))));
}

struct http_server *serve_routes(struct http_options settings, const struct http_route *routes, size_t count)
{
    struct http_router *router = http_router_new();
    const struct http_mount mount = {.prefix = "/t", .routes = routes, .route_count = count, .problem = problem};
    g_assert_true(http_router_mount(router, &mount, NULL));
    settings.host = settings.host ? settings.host : "127.0.0.1";
    struct http_server *server = http_server_open(&settings, router, NULL);
    g_assert_nonnull(server);
    return server;
}

/* --- the client --- */

void set_patience(int fd)
{
    struct timeval ten = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &ten, sizeof ten);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &ten, sizeof ten);
}

int dial(const struct http_server *server)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(http_server_port(server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    set_patience(fd);
    return fd;
}

void put_bytes(int fd, const void *bytes, size_t length)
{
    for (const char *at = bytes; length;) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        g_assert_cmpint(n, >, 0);
        at += n;
        length -= (size_t)n;
    }
}

void put(int fd, const char *text)
{
    put_bytes(fd, text, strlen(text));
}

void get(int fd, const char *target)
{
    g_autofree char *text = g_strdup_printf("GET /t/%s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    put(fd, text);
}

char *take(int fd, size_t count, const char *until)
{
    GString *got = g_string_new(NULL);
    char c;
    while ((until ? !g_str_has_suffix(got->str, until) : got->len < count) && recv(fd, &c, 1, 0) == 1)
        g_string_append_c(got, c);
    return g_string_free(got, FALSE);
}

char *take_reply(int fd, char **head)
{
    g_autofree char *lines = take(fd, 0, "\r\n\r\n");
    if (!*lines)
        return g_strdup("");
    g_assert_true(g_str_has_prefix(lines, "HTTP/1.1 "));
    g_assert_nonnull(strstr(lines, "\r\nX-Content-Type-Options: nosniff\r\n"));
    const char *length = strstr(lines, "Content-Length: ");
    size_t count = length ? strtoul(length + 16, NULL, 10) : 0;
    g_autofree char *body = take(fd, count, NULL);
    char *reply = g_strdup_printf("%.3s %s", lines + 9, body);
    if (head)
        *head = g_steal_pointer(&lines);
    return reply;
}

void expect(int fd, const char *reply)
{
    g_autofree char *got = take_reply(fd, NULL);
    g_assert_cmpstr(got, ==, reply);
}

bool is_closed(int fd)
{
    char c;
    ssize_t n = recv(fd, &c, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}
