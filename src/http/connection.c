/* One connection: bytes in, requests begun, bytes out, deadlines. */
#include "base/reason.h"
#include "http/inside.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 2000 };

static void on_poll(uv_poll_t *poll, int status, int events);

void http_connection_open(struct http_loop *loop, int fd, enum http_peer peer, uint8_t family,
                          const uint8_t address[16])
{
    struct connection *connection = g_new0(struct connection, 1);
    connection->loop = loop;
    connection->fd = fd;
    connection->peer = peer;
    connection->family = family;
    memcpy(connection->address, address, sizeof connection->address);
    buf_init(&connection->input, READ_SIZE * 2);
    buf_init(&connection->output, SIZE_MAX / 2);
    if (uv_poll_init(&loop->uv, &connection->poll, fd) != 0) {
        close(fd);
        g_free(connection);
        atomic_fetch_sub_explicit(&loop->connections_open, 1, memory_order_relaxed);
        return;
    }
    connection->link.previous = loop->connections.previous;
    connection->link.next = &loop->connections;
    loop->connections.previous->next = &connection->link;
    loop->connections.previous = &connection->link;
    loop->alive++;
    http_count(&loop->connections_total, 1);
    if (loop->draining)
        http_connection_drain(connection);
    else
        http_connection_settle(connection);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = (struct connection *)handle;
    struct http_loop *loop = connection->loop;
    close(connection->fd);
    connection->closed = true;
    loop->alive--;
    atomic_fetch_sub_explicit(&loop->connections_open, 1, memory_order_relaxed);
    if (!connection->first)
        http_connection_settle(connection);
    http_loop_done(loop);
}

/* Tells every handler that has a request of this connection. */
static void tell_gone(struct connection *connection)
{
    struct request *request;
    do {
        for (request = connection->first; request; request = request->next)
            if (request->state == OPEN && !request->http.gone)
                break;
        if (request)
            http_request_set_gone(request);
    } while (request);
}

/* The body will not be complete. */
static void lose_body(struct connection *connection)
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

void http_connection_kill(struct connection *connection)
{
    if (connection->dead)
        return;
    connection->dead = connection->closing = true;
    wheel_unset(&connection->loop->wheel, &connection->timer);
    uv_poll_stop(&connection->poll);
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    buf_clear(&connection->output);
    if (connection->loop->staged == connection) {
        connection->loop->staged = NULL;
        buf_reset(&connection->loop->out);
    }
    lose_body(connection);
    /* Answers that were on their way go nowhere; handlers that are at work are told. */
    struct request *next;
    for (struct request *request = connection->first; request; request = next) {
        next = request->next;
        if (request->state == DONE) {
            http_request_unlink(request);
            http_request_free(request);
        } else if (request->state == STREAMING) {
            http_request_unlink(request);
            request->http.gone = true;
            request->stream->closed(&request->http, request->stream);
            http_request_finish(request, request->status);
            http_request_free(request);
            next = connection->first; /* `closed` may have ended others */
        }
    }
    tell_gone(connection);
}

/* --- out --- */

void http_connection_send(struct connection *connection, const struct str *parts, unsigned count)
{
    if (connection->dead)
        return;
    struct iovec vectors[4];
    size_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        vectors[i] = (struct iovec){(void *)parts[i].ptr, parts[i].len};
        total += parts[i].len;
    }
    ssize_t n = 0;
    if (connection->output.len == 0) {
        struct msghdr message = {.msg_iov = vectors, .msg_iovlen = count};
        do
            n = sendmsg(connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        while (n < 0 && errno == EINTR);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            http_connection_kill(connection);
            return;
        }
        n = MAX(n, 0);
        connection->progress |= n > 0;
        http_count(&connection->loop->bytes_out, (uint64_t)n);
    }
    if ((size_t)n == total)
        return;
    size_t skip = (size_t)n;
    for (unsigned i = 0; i < count; i++) {
        size_t gone = MIN(skip, parts[i].len);
        buf_add(&connection->output, str_skip(parts[i], gone));
        skip -= gone;
    }
}

void http_loop_flush(struct http_loop *loop)
{
    struct connection *connection = loop->staged;
    if (!connection)
        return;
    loop->staged = NULL;
    if (loop->out.len) {
        struct str bytes = buf_str(&loop->out);
        http_connection_send(connection, &bytes, 1);
        buf_reset(&loop->out);
    }
    if (!connection->processing)
        http_connection_settle(connection);
}

struct buf *http_connection_output(struct connection *connection)
{
    struct http_loop *loop = connection->loop;
    while (loop->staged && (loop->staged != connection || loop->out.len > STAGE_SIZE))
        http_loop_flush(loop);
    loop->staged = connection; /* also when nothing is staged: it is settled at the end */
    return connection->output.len ? &connection->output : &loop->out;
}

static void writable(struct connection *connection)
{
    if (connection->output.len) {
        ssize_t n = send(connection->fd, connection->output.ptr + connection->sent,
                         connection->output.len - connection->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) {
            if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
                http_connection_kill(connection);
            return;
        }
        connection->progress |= n > 0;
        http_count(&connection->loop->bytes_out, (uint64_t)n);
        connection->sent += (size_t)n;
        if (connection->sent < connection->output.len)
            return;
        connection->sent = 0;
        buf_clear(&connection->output);
    }
    struct request *first = connection->first;
    if (first && first->state == STREAMING && first->started && !first->waiting)
        http_reply_produce(connection);
}

/* --- in --- */

static bool is_streaming(const struct connection *connection)
{
    return connection->first && connection->first->state == STREAMING;
}

static bool can_begin(const struct connection *connection)
{
    return !connection->closing && connection->count < LIMIT_HTTP_PIPELINE && connection->output.len == 0 &&
           !is_streaming(connection);
}

static void fail_body(struct connection *connection, enum reason reason, const char *sentence)
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

static void body_piece(struct connection *connection, struct str data)
{
    struct request *request = connection->reading;
    connection->body_seen += data.len;
    request->bytes_in += data.len;
    if (connection->body_seen > body_max(request))
        fail_body(connection, REASON_BODY_TOO_LARGE, too_large);
    else if (request->takes_pieces)
        request->reader->piece(&request->http, data);
    else
        buf_add(&request->bytes, data);
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
            fail_body(connection, REASON_BODY_MALFORMED, sentence);
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
        fail_body(connection, REASON_BODY_TOO_LARGE, too_large);
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
        if (connection->closing)
            return bytes.len; /* whatever follows the last request is nobody's */
        if (rest.len == 0 || !can_begin(connection))
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

static void feed(struct connection *connection, struct str bytes)
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

static void end_of_input(struct connection *connection)
{
    connection->eof = connection->closing = true;
    buf_clear(&connection->input);
    lose_body(connection);
    tell_gone(connection);
}

static void readable(struct connection *connection)
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
    connection->progress = true;
    http_count(&loop->bytes_in, (uint64_t)n);
    if (!connection->lingering)
        feed(connection, str_from(loop->in, (size_t)n));
}

/* What was sent before the server began to stop is still answered, if it is here already. */
void http_connection_drain(struct connection *connection)
{
    if (connection->dead)
        return;
    if (connection->first && !connection->reading)
        connection->closing = true;
    else if (!connection->first)
        readable(connection);
    http_connection_settle(connection);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = (struct connection *)poll;
    struct http_loop *loop = connection->loop;
    if (status < 0)
        http_connection_kill(connection);
    if (!connection->dead && events & UV_READABLE)
        readable(connection);
    if (!connection->dead && events & UV_WRITABLE)
        writable(connection);
    while (loop->staged)
        http_loop_flush(loop);
    http_connection_settle(connection);
    http_loop_done(loop);
}

/* --- deadlines --- */

static void on_deadline(struct wheel_timer *timer)
{
    struct connection *connection = (struct connection *)((char *)timer - offsetof(struct connection, timer));
    struct http_loop *loop = connection->loop;
    if (connection->deadline_ms == 0)
        return;
    int64_t left = connection->deadline_ms - http_loop_now(loop);
    if (left > 0) {
        http_loop_timer(loop, timer, left, on_deadline);
        return;
    }
    switch ((enum phase)connection->phase) {
    case PHASE_NONE:
        return;
    case PHASE_HEAD:
        if (connection->input.len && !connection->closing) {
            buf_clear(&connection->input);
            http_request_refuse(http_request_new(connection), 408, "The request's head did not arrive in time.");
            http_connection_settle(connection);
            return;
        }
        break;
    case PHASE_BODY:
        fail_body(connection, REASON_BODY_TIMEOUT, "The request's body did not arrive in time.");
        http_connection_settle(connection);
        return;
    case PHASE_IDLE:
    case PHASE_SEND:
    case PHASE_LINGER:
        break;
    }
    http_connection_kill(connection);
}

/* It is the handler's turn, not the client's. */
static bool stands_still(const struct connection *connection)
{
    const struct request *reading = connection->reading;
    return reading && reading->takes_pieces && (connection->paused || !reading->reader);
}

static enum phase phase_of(const struct connection *connection)
{
    if (connection->lingering)
        return PHASE_LINGER;
    if (connection->output.len || (is_streaming(connection) && !connection->first->waiting))
        return PHASE_SEND;
    if (connection->reading)
        return stands_still(connection) ? PHASE_NONE : PHASE_BODY;
    if (connection->input.len && can_begin(connection))
        return PHASE_HEAD;
    if (connection->first)
        return PHASE_NONE;
    return connection->seen_one ? PHASE_IDLE : PHASE_HEAD;
}

static void set_deadline(struct connection *connection)
{
    const struct http_options *options = &connection->loop->server->options;
    unsigned limit = 0;
    enum phase phase = phase_of(connection);
    switch (phase) {
    case PHASE_NONE:
        break;
    case PHASE_IDLE:
        limit = options->idle_ms;
        break;
    case PHASE_HEAD:
        limit = options->head_ms;
        break;
    case PHASE_BODY:
        limit = options->body_ms;
        break;
    case PHASE_SEND:
        limit = options->send_ms;
        break;
    case PHASE_LINGER:
        limit = LINGER_MS;
        break;
    }
    /* A head, a collected body and lingering have a time as a whole, the others from the last byte on. */
    bool renews =
        phase == PHASE_IDLE || phase == PHASE_SEND || (phase == PHASE_BODY && connection->reading->takes_pieces);
    if (phase != (enum phase)connection->phase || (renews && connection->progress))
        connection->deadline_ms = limit ? http_loop_now(connection->loop) + limit : 0;
    connection->phase = (uint8_t)phase;
    connection->progress = false;
    if (limit &&
        (!wheel_is_set(&connection->timer) || connection->timer.due_tick > connection->deadline_ms / WHEEL_TICK_MS + 1))
        http_loop_timer(connection->loop, &connection->timer, connection->deadline_ms - http_loop_now(connection->loop),
                        on_deadline);
}

/* After anything happened: goes on with input that had to wait, ends what is over, sets what to wait for. */
void http_connection_settle(struct connection *connection)
{
    struct http_loop *loop = connection->loop;
    if (connection->processing)
        return;
    bool body_waits = connection->reading && connection->body_left == 0;
    if (!connection->dead &&
        (connection->reading ? connection->input.len || body_waits : connection->input.len && can_begin(connection))) {
        /* Only if there is news: a partial head waits for more bytes, not for us. */
        if (connection->reading || connection->search.seen < connection->input.len)
            feed(connection, STR(""));
        if (loop->staged == connection)
            return; /* settled once more when that is sent */
    }
    if (connection->dead) {
        if (connection->closed && !connection->first && !connection->buried) {
            /* Freed when the stack is unwound. */
            connection->buried = true;
            connection->poll.data = loop->graves;
            loop->graves = connection;
        }
        return;
    }
    bool quiet = !connection->first && connection->output.len == 0 && loop->staged != connection;
    if (loop->draining && quiet && connection->input.len == 0)
        connection->closing = true;
    if ((connection->cut && connection->output.len == 0 && loop->staged != connection) ||
        (connection->closing && quiet && !connection->lingering && (connection->eof || !connection->discard)) ||
        (connection->lingering && connection->eof)) {
        http_connection_kill(connection);
        return;
    }
    if (connection->closing && quiet && !connection->lingering) {
        /* Closing with unread bytes would send a reset that destroys the reply on its way. */
        connection->lingering = true;
        buf_clear(&connection->input);
        shutdown(connection->fd, SHUT_WR);
    }
    bool producing = is_streaming(connection) && connection->first->started && !connection->first->waiting;
    bool stuck = connection->reading ? stands_still(connection) : connection->input.len && !can_begin(connection);
    int events = 0;
    if (connection->output.len || producing)
        events |= UV_WRITABLE;
    else if (!connection->eof && !stuck)
        events |= UV_READABLE;
    if (events != connection->events) {
        connection->events = (uint8_t)events;
        if (events)
            uv_poll_start(&connection->poll, events, on_poll);
        else
            uv_poll_stop(&connection->poll);
    }
    set_deadline(connection);
}
