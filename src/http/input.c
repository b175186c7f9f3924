/* Bytes into a connection: requests begun, bodies collected or handed on in pieces. */
#include "http/channel.h"

#include <errno.h>
#include <sys/socket.h>

bool http_connection_may_begin(const struct connection *connection)
{
    bool streaming = connection->first && connection->first->state == STREAMING;
    return !connection->closing && !streaming && connection->count < LIMIT_HTTP_PIPELINE &&
           connection->output.len == 0 && http_connection_has_room(connection);
}

void http_connection_fail_body(struct connection *connection, enum reason reason, const char *sentence)
{
    struct request *request = connection->reading;
    connection->reading = NULL;
    connection->closing = connection->discard = true;
    GError *error = NULL;
    reason_set(&error, reason, "%s", sentence);
    if (request->reader) {
        request->reader->end(&request->http, error);
        g_error_free(error);
    } else {
        http_request_fail(request, error);
    }
}

static uint64_t body_max(const struct request *request)
{
    const struct http_route *route = request->http.route;
    if (route && (route->body_max || request->takes_pieces))
        return route->body_max ? route->body_max : UINT64_MAX;
    return LIMIT_HTTP_BODY;
}

static const char too_large[] = "The request's body is too large.";

static void collect(struct request *request, struct str data)
{
    buf_add(&request->bytes, data);
    http_keep(request->connection, &request->kept, request->http.arena.total + request->bytes.capacity);
}

static void body_piece(struct connection *connection, struct str data)
{
    struct request *request = connection->reading;
    connection->body_seen += data.len;
    request->bytes_in += data.len;
    if (connection->body_seen > body_max(request))
        http_connection_fail_body(connection, REASON_BODY_TOO_LARGE, too_large);
    else if (request->takes_pieces)
        request->reader->piece(&request->http, data);
    else
        collect(request, data);
}

static void body_end(struct connection *connection)
{
    struct request *request = connection->reading;
    connection->reading = NULL;
    if (request->takes_pieces) {
        request->reader->end(&request->http, NULL);
        return;
    }
    if (request->bytes.len)
        request->http.body = buf_str(&request->bytes);
    http_request_dispatch(request);
}

/* Takes what it can of the body being read; false when it must wait. */
static bool read_body(struct connection *connection, struct str *in)
{
    struct request *request = connection->reading;
    if (request->takes_pieces && (connection->paused || !request->reader))
        return false;
    if (connection->body_left < 0) {
        struct str data;
        const char *sentence = NULL;
        switch (http_chunks_next(&connection->chunks, in, &data, &sentence)) {
        case HTTP_CHUNK_MORE:
            return false;
        case HTTP_CHUNK_DATA:
            body_piece(connection, data);
            return true;
        case HTTP_CHUNK_END:
            body_end(connection);
            return true;
        case HTTP_CHUNK_FAULT:
            http_connection_fail_body(connection, REASON_BODY_MALFORMED, sentence);
            return true;
        }
    }
    if (connection->body_left == 0) {
        body_end(connection);
        return true;
    }
    if (in->len == 0)
        return false;
    struct str data = str_from(in->ptr, MIN(in->len, (uint64_t)connection->body_left));
    *in = str_skip(*in, data.len);
    connection->body_left -= (int64_t)data.len;
    body_piece(connection, data);
    return true;
}

static void send_continue(struct connection *connection, struct request *request)
{
    if (request->expects && connection->first == request)
        buf_add_literal(http_connection_output(connection), "HTTP/1.1 100 Continue\r\n\r\n");
    request->expects = false;
}

static void begin_request(struct connection *connection, struct str bytes, struct str *rest)
{
    struct http_loop *loop = connection->loop;
    struct http_head *head = &loop->scratch;
    struct http_fault fault;
    struct request *request = http_request_new(connection);
    request->bytes_in = bytes.len;
    connection->seen_one = true;
    if (!http_head_parse(bytes, head, &fault)) {
        http_request_refuse(request, fault.status, fault.sentence);
        return;
    }
    http_request_fill(request, bytes, head);
    http_request_route(request);
    if (!head->keep_alive || loop->draining)
        connection->closing = true;
    bool has_body = head->chunked || head->body_length > 0;
    if (!has_body && !request->takes_pieces) {
        http_request_dispatch(request);
        return;
    }
    connection->reading = request;
    connection->paused = false;
    connection->body_seen = 0;
    connection->chunks = (struct http_chunks){0};
    connection->body_left = head->chunked ? -1 : MAX(head->body_length, 0);
    if (head->body_length > 0 && (uint64_t)head->body_length > body_max(request)) {
        http_connection_fail_body(connection, REASON_BODY_TOO_LARGE, too_large);
        return;
    }
    request->expects = head->continues && has_body && rest->len == 0;
    if (request->takes_pieces) {
        http_request_dispatch(request);
        return;
    }
    if (head->body_length > 0 && (uint64_t)head->body_length <= rest->len) {
        /* All there already, as it is nearly always: no buffer. */
        connection->reading = NULL;
        request->http.body = arena_str(&request->http.arena, str_from(rest->ptr, (size_t)head->body_length));
        request->bytes_in += (uint64_t)head->body_length;
        *rest = str_skip(*rest, (size_t)head->body_length);
        http_request_dispatch(request);
        return;
    }
    buf_init(&request->bytes, body_max(request));
    send_continue(connection, request);
}

static struct str give_to_channel(struct channel *channel, struct str bytes)
{
    if (bytes.len && channel->kind->input)
        channel->kind->input(channel, bytes);
    return STR("");
}

/* Works through bytes; returns how many were used. */
static size_t process(struct connection *connection, struct str bytes)
{
    struct str rest = bytes;
    while (!connection->dead) {
        if (connection->reading) {
            if (!read_body(connection, &rest))
                break;
            continue;
        }
        if (connection->channel) {
            if (http_channel_speaks(connection->channel))
                rest = give_to_channel(connection->channel, rest);
            break;
        }
        if (connection->closing)
            return bytes.len; /* whatever follows the last request is nobody's */
        if (rest.len == 0 || !http_connection_may_begin(connection))
            break;
        struct http_fault fault;
        enum http_found found = http_head_find(rest, &connection->search, &fault);
        if (found == HTTP_FOUND_MORE)
            break;
        struct http_search search = connection->search;
        connection->search = (struct http_search){0};
        if (found == HTTP_FOUND_FAULT) {
            connection->seen_one = true;
            http_request_refuse(http_request_new(connection), fault.status, fault.sentence);
            return bytes.len;
        }
        struct str head = str_from(rest.ptr + search.start, search.seen - search.start);
        rest = str_skip(rest, search.seen);
        begin_request(connection, head, &rest);
    }
    return bytes.len - rest.len;
}

void http_connection_feed(struct connection *connection, struct str bytes)
{
    struct buf *input = &connection->input;
    connection->processing = true;
    if (input->len) {
        buf_add(input, bytes);
        buf_consume(input, process(connection, buf_str(input)));
    } else {
        buf_add(input, str_skip(bytes, process(connection, bytes)));
    }
    if (input->len == 0 || connection->dead)
        buf_clear(input);
    connection->processing = false;
}

/* The body will not be complete. */
void http_connection_lose_body(struct connection *connection)
{
    struct request *request = connection->reading;
    if (!request)
        return;
    connection->reading = NULL;
    if (request->state == COLLECTING) { /* no handler has seen it */
        http_request_unlink(request);
        http_request_free(request);
    } else if (request->reader) {
        http_request_lose_body(request);
    }
}

static void end_of_input(struct connection *connection)
{
    connection->eof = connection->closing = true;
    buf_clear(&connection->input);
    http_connection_lose_body(connection);
    http_connection_tell_gone(connection);
}

void http_connection_readable(struct connection *connection)
{
    struct http_loop *loop = connection->loop;
    ssize_t n = recv(connection->fd, loop->in, READ_SIZE, MSG_DONTWAIT);
    if (n < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            http_connection_kill(connection);
        return;
    }
    if (n == 0) {
        end_of_input(connection);
        return;
    }
    connection->came = true;
    http_count(&loop->bytes_in, (uint64_t)n);
    if (!connection->lingering)
        http_connection_feed(connection, str_from(loop->in, (size_t)n));
}
