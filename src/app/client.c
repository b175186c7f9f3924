/* Why not libcurl: it would bring 29 shared libraries and 6 MB of memory into every process, the server's too, for
 * requests that only ever go to our own server on this machine. */
#include "app/client.h"

#include "text/json_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, HEAD_MAX = 64 * 1024 };

struct transfer {
    const struct client_request *request;
    int socket;
    struct buf in; /* received and not yet used */
    unsigned status;
    bool chunked;
    int64_t length; /* Content-Length; -1 = none */
    bool given_up;  /* by the source or the sink */
    bool cut_off;   /* the answer ended too early, or is not HTTP */
};

void client_query_add(GString *query, const char *name, const char *value)
{
    g_autofree char *escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;
    if (value)
        g_string_append_printf(query, "%s%s=%s", query->len ? "&" : "", name, escaped);
}

/* ---- sending -------------------------------------------------------------------------------------------- */

/* False when nothing more can be sent, or need be: the server has answered already, or closed. */
static bool send_all(struct transfer *t, struct str bytes)
{
    while (bytes.len > 0) {
        struct pollfd ready = {.fd = t->socket, .events = POLLIN | POLLOUT};
        if (poll(&ready, 1, -1) < 0 && errno != EINTR)
            return false;
        if (ready.revents & (POLLIN | POLLERR | POLLHUP))
            return false;
        if (!(ready.revents & POLLOUT))
            continue;
        ssize_t sent = send(t->socket, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (sent > 0)
            bytes = str_skip(bytes, (size_t)sent);
    }
    return true;
}

static bool send_head(struct transfer *t)
{
    const struct client_request *r = t->request;
    struct buf head;
    buf_init(&head, HEAD_MAX);
    buf_printf(&head, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
               r->source || r->body.ptr ? "POST" : "GET", r->path);
    if (r->company)
        buf_printf(&head, "Parley-Company: %s\r\n", r->company);
    if (r->accept_gzip)
        buf_add_literal(&head, "Accept-Encoding: gzip\r\n");
    if (r->source)
        buf_add_literal(&head, "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n");
    else if (r->body.ptr)
        buf_printf(&head, "Content-Type: application/json\r\nContent-Length: %zu\r\n", r->body.len);
    buf_add_literal(&head, "\r\n");
    bool sent = send_all(t, buf_str(&head));
    buf_clear(&head);
    return sent;
}

static void send_stream(struct transfer *t)
{
    g_autofree char *piece = g_malloc(PIECE);
    for (;;) {
        char size[24];
        size_t length = t->request->source(t->request->source_data, piece, PIECE);
        t->given_up = length == SIZE_MAX;
        if (t->given_up)
            return;
        g_snprintf(size, sizeof size, "%zx\r\n", length);
        if (!send_all(t, str_from_c(size)) || !send_all(t, str_from(piece, length)) || !send_all(t, STR("\r\n")) ||
            length == 0)
            return;
    }
}

/* ---- receiving ------------------------------------------------------------------------------------------ */

/* Appends what comes next to t->in; false at the end. */
static bool receive(struct transfer *t)
{
    char *place = buf_reserve(&t->in, PIECE);
    ssize_t length;
    do
        length = place ? recv(t->socket, place, PIECE, 0) : 0;
    while (length < 0 && errno == EINTR);
    if (length <= 0)
        return false;
    t->in.len += (size_t)length;
    return true;
}

static void deliver(struct transfer *t, struct str piece)
{
    const struct client_request *r = t->request;
    if (t->status == 200 && r->sink)
        t->given_up = t->given_up || !r->sink(r->sink_data, piece);
    else
        buf_add(r->reply, piece);
}

/* The next line without CR LF, in t->in; consume `*used` bytes of it afterwards. */
static bool receive_line(struct transfer *t, struct str *line, size_t *used)
{
    for (;;) {
        const char *end = t->in.len ? memmem(t->in.ptr, t->in.len, "\r\n", 2) : NULL;
        if (end) {
            *line = str_from(t->in.ptr, (size_t)(end - t->in.ptr));
            *used = line->len + 2;
            return true;
        }
        if (t->in.len > HEAD_MAX || !receive(t))
            return false;
    }
}

static void read_header(struct transfer *t, struct str line)
{
    struct str name, value = str_trim(str_split(line, ':', &name));
    if (str_equal_nocase(name, STR("content-length")) && !str_to_int64(value, &t->length))
        t->length = -1;
    if (str_equal_nocase(name, STR("transfer-encoding")))
        t->chunked = str_equal_nocase(value, STR("chunked"));
}

/* Status line and headers. */
static bool receive_head(struct transfer *t)
{
    struct str line;
    size_t used;
    int64_t status;
    t->length = -1;
    if (!receive_line(t, &line, &used) || line.len < strlen("HTTP/1.1 200") ||
        !str_to_int64(str_from(line.ptr + strlen("HTTP/1.1 "), 3), &status))
        return false;
    t->status = (unsigned)status;
    buf_consume(&t->in, used);
    while (receive_line(t, &line, &used)) {
        bool last = line.len == 0;
        read_header(t, line);
        buf_consume(&t->in, used);
        if (last)
            return true;
    }
    return false;
}

/* `length` bytes of body; false when they do not come. */
static bool receive_bytes(struct transfer *t, int64_t length)
{
    while (length > 0 && !t->given_up) {
        if (t->in.len == 0 && !receive(t))
            return false;
        struct str piece = str_from(t->in.ptr, MIN(t->in.len, (size_t)length));
        deliver(t, piece);
        length -= (int64_t)piece.len;
        buf_consume(&t->in, piece.len);
    }
    return true;
}

static bool receive_chunks(struct transfer *t)
{
    struct str line;
    size_t used;
    while (!t->given_up) {
        if (!receive_line(t, &line, &used))
            return false;
        int64_t length = (int64_t)g_ascii_strtoull(line.ptr, NULL, 16);
        buf_consume(&t->in, used);
        if (!receive_bytes(t, length) || !receive_line(t, &line, &used))
            return false;
        buf_consume(&t->in, used);
        if (length == 0)
            return true;
    }
    return true;
}

static void run(struct transfer *t)
{
    if (send_head(t) && t->request->source)
        send_stream(t);
    else if (t->request->body.ptr)
        send_all(t, t->request->body);
    if (t->given_up)
        return;
    bool whole = receive_head(t) && (t->chunked ? receive_chunks(t) : receive_bytes(t, t->length));
    t->cut_off = !whole || (!t->chunked && t->length < 0);
}

/* ---- the outcome ---------------------------------------------------------------------------------------- */

static enum reason reason_from_name(struct str name)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (str_equal(name, str_from_c(reason_name((enum reason)i))))
            return (enum reason)i;
    return REASON_INTERNAL;
}

/* application/problem+json: {"type":"urn:parley:problem:REASON","detail"...}. */
static void client_problem(struct str body, unsigned status, GError **error)
{
    struct str prefix = STR("urn:parley:problem:");
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = json_read(body, JSON_TOP_OBJECT, &a, NULL);
    struct str detail = json_str(json_get(tree, "detail"));
    struct str type = json_str(json_get(tree, "type"));
    struct str name = str_starts_with(type, prefix) ? str_skip(type, prefix.len) : STR_NULL;
    if (detail.ptr)
        reason_set_field(error, reason_from_name(name), json_str(json_get(tree, "field")), "%.*s", STR_ARG(detail));
    else
        reason_set(error, REASON_INTERNAL, "the running server answered %u", status);
    arena_clear(&a);
}

/* Over a handle of the socket's own: no link is followed, and the path may be of any length. */
static int connect_to(const char *path, GError **error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int place = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int fd = place < 0 ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", place);
    bool connected = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (!connected)
        reason_set(error, REASON_SOCKET, "the server that has the data directory cannot be reached over %s: %s", path,
                   g_strerror(errno));
    if (!connected && fd >= 0)
        close(fd);
    if (place >= 0)
        close(place);
    return connected ? fd : -1;
}

bool client_run(const struct client_request *request, GError **error)
{
    struct transfer t = {.request = request};
    for (const char *c = request->company; c && *c; c++)
        if (g_ascii_iscntrl(*c)) {
            reason_set_field(error, REASON_COMPANY_UNKNOWN, STR("company"), "there is no company of that name");
            return false;
        }
    t.socket = connect_to(request->socket, error);
    if (t.socket < 0)
        return false;
    buf_init(&t.in, HEAD_MAX + 2 * PIECE);
    run(&t);
    close(t.socket);
    buf_clear(&t.in);
    if (t.given_up)
        reason_set(error, REASON_CANCELLED, "interrupted");
    else if (t.cut_off)
        reason_set(error, REASON_SOCKET, "the running server broke off its answer");
    else if (t.status != 200)
        client_problem(buf_str(request->reply), t.status, error);
    return !t.given_up && !t.cut_off && t.status == 200;
}
