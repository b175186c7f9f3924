/* Answers: heads, whole bodies, chunked bodies. */
#include "http/channel.h"

static struct request *inside(struct http_request *request)
{
    return (struct request *)request;
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

/* The lines that every answer has: its date, made once a second, and that nobody shall guess its type. */
static struct str common_lines(struct http_loop *loop)
{
    if (http_loop_now(loop) >= loop->common_until_ms) {
        static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        struct timespec now;
        struct tm tm;
        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &tm);
        g_snprintf(loop->common, sizeof loop->common, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n" HTTP_NOSNIFF,
                   days + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3, tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                   tm.tm_sec);
        loop->common_until_ms = http_loop_now(loop) + 1000 - now.tv_nsec / 1000000;
    }
    return str_from(loop->common, sizeof DATE HTTP_NOSNIFF - 1);
}

static bool has_body(const struct request *request, unsigned status)
{
    return request->http.method != HTTP_HEAD && status != 204 && status != 304;
}

enum { CHUNKED = -1, UNTIL_CLOSED = -2 };

/* `length`: of the body, or one of these. */
static void add_head(struct request *request, struct buf *out, unsigned status, struct str headers, int64_t length)
{
    const struct connection *connection = request->connection;
    size_t before = out->len;
    struct str line = http_status_line(status);
    if (line.ptr)
        buf_add(out, line);
    else
        buf_printf(out, "HTTP/1.1 %03u Status\r\n", status);
    buf_add(out, common_lines(request->http.loop));
    buf_add(out, headers);
    buf_add(out, request->extra);
    if (status == 405 && request->node) {
        buf_add_literal(out, "Allow: ");
        buf_add(out, http_request_allow(&request->http));
        buf_add_literal(out, "\r\n");
    }
    if (connection->closing)
        buf_add_literal(out, "Connection: close\r\n");
    else if (request->minor == 0)
        buf_add_literal(out, "Connection: keep-alive\r\n");
    if (length >= 0 && status != 204 && status != 304) {
        buf_add_literal(out, "Content-Length: ");
        buf_add_int(out, length);
        buf_add_literal(out, "\r\n\r\n");
    } else if (length == CHUNKED && request->minor == 1) {
        buf_add_literal(out, "Transfer-Encoding: chunked\r\n\r\n");
    } else {
        buf_add_literal(out, "\r\n");
    }
    request->bytes_out += out->len - before;
}

/* A request that is ended before its body came to its end takes its connection along. */
static void leave_body(struct request *request)
{
    struct connection *connection = request->connection;
    if (connection->reading != request)
        return;
    connection->reading = NULL;
    connection->closing = connection->discard = true;
}

/* The reply waits for those of earlier requests; nothing else of the request is needed any more. */
static void keep_reply(struct request *request, struct buf reply)
{
    buf_clear(&request->bytes);
    arena_clear(&request->http.arena);
    request->bytes = reply;
    request->state = DONE;
    http_keep(request->connection, &request->kept, reply.capacity);
}

/* `request` is not used behind this. */
static void end_request(struct request *request)
{
    struct connection *connection = request->connection;
    http_request_unlink(request);
    http_request_free(request);
    http_reply_advance(connection);
}

void http_reply_header(struct http_request *http, const char *name, struct str value)
{
    struct request *request = inside(http);
    size_t name_length = strlen(name), length = request->extra.len + name_length + value.len + 4;
    char *lines = arena_alloc(&http->arena, length), *p = lines;
    if (request->extra.len)
        p = mempcpy(p, request->extra.ptr, request->extra.len);
    p = mempcpy(p, name, name_length);
    p = mempcpy(p, ": ", 2);
    for (size_t i = 0; i < value.len; i++)
        *p++ = (unsigned char)value.ptr[i] < ' ' || value.ptr[i] == 0x7f ? ' ' : value.ptr[i];
    memcpy(p, "\r\n", 2);
    request->extra = str_from(lines, length);
}

void http_reply(struct http_request *http, unsigned status, struct str headers, struct str body)
{
    struct request *request = inside(http);
    struct connection *connection = request->connection;
    leave_body(request);
    request->state = ENDING;
    if (connection->dead) {
        http_request_finish(request, status);
        end_request(request);
        return;
    }
    struct str sent = has_body(request, status) ? body : STR("");
    if (connection->first != request) {
        struct buf reply;
        buf_init(&reply, SIZE_MAX / 2);
        add_head(request, &reply, status, headers, (int64_t)body.len);
        buf_add(&reply, sent);
        request->bytes_out += sent.len;
        http_request_finish(request, status);
        keep_reply(request, reply);
        return;
    }
    struct http_loop *loop = http->loop;
    struct buf *out = http_connection_output(connection);
    add_head(request, out, status, headers, (int64_t)body.len);
    request->bytes_out += sent.len;
    if (out == &loop->out && sent.len > DIRECT_SIZE) {
        struct str parts[] = {buf_str(out), sent};
        /* A socket that fails here ends the connection; that must not find this request in it. */
        http_request_finish(request, status);
        http_request_unlink(request);
        http_connection_send(connection, parts, 2);
        buf_reset(out);
        http_request_free(request);
        http_reply_advance(connection);
        return;
    }
    buf_add(out, sent);
    http_request_finish(request, status);
    end_request(request);
}

void http_reply_takeover(struct http_request *http, unsigned status, struct str headers)
{
    struct request *request = inside(http);
    struct connection *connection = request->connection;
    struct buf head;
    buf_init(&head, SIZE_MAX / 2);
    connection->closing = status != 101;
    add_head(request, &head, status, headers, UNTIL_CLOSED);
    connection->closing = true;
    http_request_finish(request, status);
    keep_reply(request, head);
    http_reply_advance(connection);
}

void http_drop(struct http_request *http)
{
    struct request *request = inside(http);
    struct connection *connection = request->connection;
    leave_body(request);
    http_request_finish(request, 0);
    if (connection->dead) {
        end_request(request);
        return;
    }
    connection->closing = true;
    request->cut = true;
    keep_reply(request, (struct buf){0});
    http_reply_advance(connection);
}

void http_reply_stream(struct http_request *http, unsigned status, struct str headers, struct http_stream *stream)
{
    struct request *request = inside(http);
    struct connection *connection = request->connection;
    leave_body(request);
    bool chunked = stream->length == 0;
    if (request->minor == 0 && chunked)
        connection->closing = true;
    request->left = stream->length;
    request->stream = stream;
    request->status = (uint16_t)status;
    wheel_unset(&http->loop->wheel, &request->timer);
    bool produces = has_body(request, status) && !connection->dead;
    struct buf head;
    buf_init(&head, SIZE_MAX / 2);
    if (!connection->dead)
        add_head(request, &head, status, headers, chunked ? CHUNKED : (int64_t)stream->length);
    if (produces) {
        buf_clear(&request->bytes);
        request->bytes = head;
        request->state = STREAMING;
        http_reply_advance(connection);
        return;
    }
    stream->closed(http, stream);
    http_request_finish(request, status);
    if (connection->dead) {
        end_request(request);
        return;
    }
    keep_reply(request, head);
    http_reply_advance(connection);
}

void http_stream_resume(struct http_request *http)
{
    struct request *request = inside(http);
    request->waiting = false;
    if (request->started)
        http_connection_output(request->connection); /* settles it when the callback ends */
}

static void end_stream(struct request *request)
{
    request->stream->closed(&request->http, request->stream);
    http_request_finish(request, request->status);
    end_request(request);
}

static bool keeps_to_length(struct request *request, size_t more_bytes, enum http_more more)
{
    if (request->stream->length == 0)
        return true;
    if (more_bytes > request->left)
        return false;
    request->left -= more_bytes;
    return (request->left == 0) == (more == HTTP_LAST);
}

void http_reply_produce(struct connection *connection)
{
    struct request *request = connection->first;
    struct http_loop *loop = connection->loop;
    buf_reset(&loop->piece);
    enum http_more more = request->stream->next(&request->http, request->stream, &loop->piece);
    struct str piece = buf_str(&loop->piece);
    if (loop->piece.overflow || more == HTTP_FAIL || !keeps_to_length(request, piece.len, more)) {
        http_connection_kill(connection); /* ends the stream too */
        return;
    }
    request->waiting = more == HTTP_WAIT;
    bool chunked = request->minor == 1 && request->stream->length == 0;
    if (piece.len) {
        char size[24];
        int digits = g_snprintf(size, sizeof size, "%zx\r\n", piece.len);
        struct str tail = more == HTTP_LAST ? STR("\r\n0\r\n\r\n") : STR("\r\n");
        struct str parts[] = {str_from(size, (size_t)digits), piece, tail};
        request->bytes_out += piece.len + (chunked ? (size_t)digits + tail.len : 0);
        if (chunked)
            http_connection_send(connection, parts, 3);
        else
            http_connection_send(connection, &piece, 1);
    } else if (more == HTTP_LAST && chunked) {
        struct str tail = STR("0\r\n\r\n");
        request->bytes_out += tail.len;
        http_connection_send(connection, &tail, 1);
    }
    if (!connection->dead && more == HTTP_LAST)
        end_stream(request);
}

static bool front_is_ready(const struct connection *connection)
{
    const struct request *first = connection->first;
    return first && !connection->dead && !connection->cut &&
           (first->state == DONE || (first->state == STREAMING && !first->started));
}

/* Sends what stands at the front of the line. */
void http_reply_advance(struct connection *connection)
{
    while (front_is_ready(connection)) {
        struct buf *out = http_connection_output(connection);
        /* That may have sent what was staged, and gone on with the connection from there. */
        if (!front_is_ready(connection))
            return;
        struct request *first = connection->first;
        buf_add(out, buf_str(&first->bytes));
        buf_clear(&first->bytes);
        if (first->state == STREAMING) {
            first->started = true;
            return;
        }
        connection->cut = first->cut;
        http_request_unlink(first);
        http_request_free(first);
    }
    if (http_channel_speaks(connection->channel))
        http_channel_wake(connection->channel);
}
