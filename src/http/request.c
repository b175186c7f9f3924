/* One request: its life, its route, what a handler may ask of it. */
#include "base/reason.h"
#include "http/inside.h"

#include <arpa/inet.h>

struct request *http_request_new(struct connection *connection)
{
    struct http_loop *loop = connection->loop;
    struct request *request = loop->spare;
    if (request) {
        struct arena arena = request->http.arena;
        loop->spare = request->next;
        loop->spare_count--;
        *request = (struct request){.http.arena = arena};
    } else {
        request = g_new0(struct request, 1);
    }
    request->connection = connection;
    request->http.loop = loop;
    request->http.peer = (enum http_peer)connection->peer;
    request->http.id = ++loop->next_id;
    request->http.body = STR("");
    request->route_number = (uint32_t)http_router_count(loop->server->router);
    request->minor = 1;
    if (loop->server->options.access)
        request->begun_ns = (int64_t)uv_hrtime();
    if (connection->last)
        connection->last->next = request;
    else
        connection->first = request;
    connection->last = request;
    connection->count++;
    http_count(&loop->requests_total, 1);
    http_count(&loop->requests_open, 1);
    return request;
}

void http_request_unlink(struct request *request)
{
    struct connection *connection = request->connection;
    struct request **link = &connection->first, *before = NULL;
    while (*link != request) {
        before = *link;
        link = &before->next;
    }
    *link = request->next;
    if (connection->last == request)
        connection->last = before;
    connection->count--;
}

void http_request_free(struct request *request)
{
    struct connection *connection = request->connection;
    struct http_loop *loop = connection->loop;
    wheel_unset(&loop->wheel, &request->timer);
    http_count(&loop->requests_open, (uint64_t)-1);
    if (request->held)
        http_count(&loop->requests_held, (uint64_t)-1);
    buf_clear(&request->bytes);
    http_keep(connection, &request->kept, 0);
    http_keep(connection, &request->charged, 0);
    if (loop->spare_count < SPARE_REQUESTS) {
        arena_reset(&request->http.arena);
        request->next = loop->spare;
        loop->spare = request;
        loop->spare_count++;
    } else {
        arena_clear(&request->http.arena);
        g_free(request);
    }
    if (connection->dead && !connection->first)
        http_connection_settle(connection);
}

void http_request_finish(struct request *request, unsigned status)
{
    struct http_loop *loop = request->connection->loop;
    const struct http_options *options = &loop->server->options;
    wheel_unset(&loop->wheel, &request->timer);
    if (status >= 100 && status < 600)
        http_count(&loop->answers[request->route_number * 5 + status / 100 - 1], 1);
    if (options->access) {
        struct http_access access = {
            .status = status,
            .bytes_in = request->bytes_in,
            .bytes_out = request->bytes_out,
            .duration_us = ((int64_t)uv_hrtime() - request->begun_ns) / 1000,
        };
        options->access(options->user, &request->http, &access);
    }
}

static struct str at(const char *head, struct http_place place)
{
    return str_from(head + place.at, place.len);
}

/* Moves the head into the request: one copy of the bytes, one of the places. */
void http_request_fill(struct request *request, struct str bytes, const struct http_head *head)
{
    struct http_request *http = &request->http;
    size_t fields = head->field_count * sizeof *head->fields;
    char *memory = arena_alloc(&http->arena, fields + bytes.len);
    memcpy(memory, head->fields, fields);
    memcpy(memory + fields, bytes.ptr, bytes.len);
    request->fields = (const struct http_field *)memory;
    request->field_count = (uint8_t)head->field_count;
    request->head = memory + fields;
    request->minor = (uint8_t)head->minor;
    request->authority = head->authority;
    request->has_authority = head->has_authority;
    http->method = head->method;
    http->target = at(request->head, head->target);
    http->path = at(request->head, head->path);
    if (head->has_query)
        http->query = at(request->head, head->query);
}

static struct http_match match_of(const struct request *request)
{
    return (struct http_match){.mount = request->http.mount, .node = request->node, .slash = request->slash};
}

void http_request_route(struct request *request)
{
    struct http_request *http = &request->http;
    const struct http_router *router = request->connection->loop->server->router;
    http->parameters = arena_array(&http->arena, HTTP_PARAMETERS, sizeof *http->parameters);
    struct http_match match = http_router_find(router, http->path, &http->arena, http->parameters);
    http->mount = match.mount;
    request->node = match.node;
    request->slash = match.slash;
    request->malformed = match.malformed;
    size_t number = match.node ? http_router_pick(router, &match, http->method) : SIZE_MAX;
    if (number != SIZE_MAX) {
        request->route_number = (uint32_t)number;
        http_router_get(router, number, &http->route);
        request->takes_pieces = http->route->flags & HTTP_ROUTE_STREAM;
    }
}

void http_request_refuse(struct request *request, unsigned status, const char *sentence)
{
    request->connection->closing = request->connection->discard = true;
    request->state = OPEN;
    if (status == 431)
        http_count_refusal(&request->http, REASON_HEAD_TOO_LARGE);
    struct str body = arena_printf(&request->http.arena, "%s\n", sentence);
    http_reply(&request->http, status, STR("Content-Type: text/plain; charset=utf-8\r\n"), body);
}

void http_request_fail(struct request *request, GError *error)
{
    struct http_request *http = &request->http;
    request->state = OPEN;
    if (http->mount && http->mount->problem)
        http->mount->problem(http, error);
    else
        http_reply(http, http_status(error), STR("Content-Type: text/plain; charset=utf-8\r\n"),
                   arena_printf(&http->arena, "%s\n", error->message));
    g_error_free(error);
}

void http_request_dispatch(struct request *request)
{
    struct http_request *http = &request->http;
    GError *error = NULL;
    request->state = OPEN;
    http_keep(request->connection, &request->kept, http->arena.total + request->bytes.capacity);
    if (http->route)
        http->route->handler(http);
    else if (str_equal(http->path, STR("*")))
        http_reply(http, 204, STR(""), STR(""));
    else if (request->malformed)
        reason_set(&error, REASON_PATH_INVALID, "The path holds a malformed percent escape or a zero byte.");
    else if (http->mount && http->method == HTTP_OPTIONS && http->mount->options)
        http->mount->options(http);
    else if (!http_request_allow(http).len)
        reason_set(&error, REASON_ROUTE_UNKNOWN, "There is nothing at this path.");
    else
        reason_set(&error, REASON_METHOD_UNKNOWN, "The path does not know this method.");
    if (error)
        http_request_fail(request, error);
}

/* --- what a handler may ask --- */

static struct request *inside(struct http_request *request)
{
    return (struct request *)request;
}

struct str http_request_header(const struct http_request *http, struct str name, size_t *count)
{
    const struct request *request = (const struct request *)http;
    struct str value = STR_NULL;
    size_t seen = 0;
    for (unsigned i = 0; i < request->field_count; i++) {
        const struct http_field *field = &request->fields[i];
        if (field->name.len == name.len && str_equal_nocase(at(request->head, field->name), name)) {
            if (seen++ == 0)
                value = at(request->head, field->value);
            if (!count)
                break;
        }
    }
    if (count)
        *count = seen;
    return value;
}

struct str http_request_host(const struct http_request *http)
{
    const struct request *request = (const struct request *)http;
    if (request->has_authority && request->head)
        return at(request->head, request->authority);
    return http_request_header(http, STR("Host"), NULL);
}

/* As inet_ntop, which goes through printf: a twentieth of what a poll costs outside of the kernel. */
static struct str dotted(const uint8_t address[4], struct arena *a)
{
    char text[INET_ADDRSTRLEN], *end = text;
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *end++ = '.';
        if (address[i] >= 100)
            *end++ = (char)('0' + address[i] / 100);
        if (address[i] >= 10)
            *end++ = (char)('0' + address[i] / 10 % 10);
        *end++ = (char)('0' + address[i] % 10);
    }
    return arena_str(a, str_from(text, (size_t)(end - text)));
}

/* What a trusted proxy says, in the one spelling that each address has; STR_NULL when it is no address. */
static struct str real_address(struct http_request *http)
{
    struct str given = http_request_header(http, STR("X-Real-IP"), NULL);
    char text[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (!given.len || given.len >= sizeof text)
        return STR_NULL;
    memcpy(text, given.ptr, given.len);
    text[given.len] = 0;
    int family = memchr(given.ptr, ':', given.len) ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, address) != 1 || !inet_ntop(family, address, text, sizeof text))
        return STR_NULL;
    return arena_str(&http->arena, str_from_c(text));
}

struct str http_request_address(struct http_request *http)
{
    if (http->peer == HTTP_PEER_LOOPBACK && http->loop->server->options.trust_real_ip) {
        struct str real = real_address(http);
        if (real.len)
            return real;
    }
    const struct connection *connection = inside(http)->connection;
    char text[INET6_ADDRSTRLEN];
    if (connection->family == AF_INET)
        return dotted(connection->address, &http->arena);
    if (connection->family == AF_UNIX || !inet_ntop(connection->family, connection->address, text, sizeof text))
        return STR("unix");
    return arena_str(&http->arena, str_from_c(text));
}

bool http_request_is_local(const struct http_request *http)
{
    static const struct str marks[] = {
        {"x-real-ip", 9},          {"x-forwarded-for", 15}, {"x-forwarded-host", 16},
        {"x-forwarded-proto", 17}, {"forwarded", 9},        {"via", 3},
    };
    const struct request *request = (const struct request *)http;
    if (http->peer != HTTP_PEER_LOOPBACK)
        return http->peer == HTTP_PEER_TRUSTED;
    for (unsigned i = 0; i < request->field_count; i++) {
        struct str name = at(request->head, request->fields[i].name);
        char first = g_ascii_tolower(name.ptr[0]);
        for (size_t j = 0; (first == 'x' || first == 'f' || first == 'v') && j < G_N_ELEMENTS(marks); j++)
            if (str_equal_nocase(name, marks[j]))
                return false;
    }
    return true;
}

/* Writes `number` in hexadecimal digits before `end`; returns where they begin. */
static char *put_hex(char *end, uint64_t number)
{
    do
        *--end = "0123456789abcdef"[number % 16];
    while (number /= 16);
    return end;
}

struct str http_request_id(struct http_request *http)
{
    char text[2 * 16 + 1],
        *at = text + sizeof text; /* from the back; printf would take longer than all else of a line */
    at = put_hex(at, http->id & ((UINT64_C(1) << 48) - 1));
    *--at = '-';
    at = put_hex(at, http->id >> 48);
    return arena_str(&http->arena, str_from(at, (size_t)(text + sizeof text - at)));
}

struct str http_request_allow(struct http_request *http)
{
    struct http_match match = match_of(inside(http));
    return http_router_allow(http->loop->server->router, &match, &http->arena);
}

void http_request_charge(struct http_request *http, size_t bytes)
{
    struct request *request = inside(http);
    http_keep(request->connection, &request->charged, bytes);
}

/* --- bodies in pieces --- */

void http_request_lose_body(struct request *request)
{
    g_autoptr(GError) error = NULL;
    reason_set(&error, REASON_SOCKET, "The client went away before the body's end.");
    request->http.gone = true;
    request->reader->end(&request->http, error);
}

void http_body_read(struct http_request *http, const struct http_body_reader *reader)
{
    struct request *request = inside(http);
    struct connection *connection = request->connection;
    request->reader = reader;
    if (connection->reading != request) {
        http_request_lose_body(request);
        return;
    }
    if (request->expects && connection->first == request)
        buf_add_literal(http_connection_output(connection), "HTTP/1.1 100 Continue\r\n\r\n");
    request->expects = false;
    http_body_resume(http);
}

void http_body_pause(struct http_request *http)
{
    struct connection *connection = inside(http)->connection;
    if (connection->reading == inside(http))
        connection->paused = true;
}

/* Goes on when the loop's callback ends, never from inside the caller. */
static void go_on(struct connection *connection)
{
    if (!connection->dead && !connection->processing)
        http_connection_output(connection);
}

void http_body_resume(struct http_request *http)
{
    struct connection *connection = inside(http)->connection;
    if (connection->reading != inside(http))
        return;
    connection->paused = false;
    connection->came = true;
    go_on(connection);
}

/* --- waiting --- */

void http_hold(struct http_request *http)
{
    struct request *request = inside(http);
    struct str extra = request->extra;
    g_autofree char *kept = extra.len ? g_memdup2(extra.ptr, extra.len) : NULL;
    arena_clear(&http->arena);
    buf_clear(&request->bytes);
    http->target = http->path = http->query = http->body = STR_NULL;
    http->parameters = NULL;
    request->fields = NULL;
    request->field_count = 0;
    request->head = NULL;
    request->extra = kept ? arena_str(&http->arena, str_from(kept, extra.len)) : STR_NULL;
    if (!request->held)
        http_count(&http->loop->requests_held, 1);
    request->held = true;
    http_keep(request->connection, &request->kept, 0);
}

static void on_timeout(struct wheel_timer *timer)
{
    struct request *request = (struct request *)((char *)timer - offsetof(struct request, timer));
    request->timeout(&request->http);
}

void http_request_timeout(struct http_request *http, int64_t ms, void (*callback)(struct http_request *request))
{
    struct request *request = inside(http);
    struct http_loop *loop = http->loop;
    wheel_unset(&loop->wheel, &request->timer);
    request->timeout = callback;
    if (ms > 0)
        http_loop_timer(loop, &request->timer, loop->draining ? 0 : ms, on_timeout);
}

void http_requests_fire_timeouts(struct connection *connection)
{
    struct request *request;
    do {
        for (request = connection->first; request; request = request->next)
            if (wheel_is_set(&request->timer))
                break;
        if (request) {
            wheel_unset(&connection->loop->wheel, &request->timer);
            request->timeout(&request->http);
        }
    } while (request);
}

void http_request_on_gone(struct http_request *http, void (*callback)(struct http_request *request))
{
    inside(http)->on_gone = callback;
}

void http_request_set_gone(struct request *request)
{
    request->http.gone = true;
    void (*callback)(struct http_request *) = request->on_gone;
    request->on_gone = NULL;
    if (callback)
        callback(&request->http);
}
