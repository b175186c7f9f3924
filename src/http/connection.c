/* One connection's life: opened, settled after each thing that happened, killed. */
#include "http/channel.h"

#include <sys/socket.h>
#include <unistd.h>

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
void http_connection_tell_gone(struct connection *connection)
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

void http_connection_kill(struct connection *connection)
{
    if (connection->dead)
        return;
    http_connection_forget_kept(connection);
    connection->dead = connection->closing = true;
    wheel_unset(&connection->loop->wheel, &connection->timer);
    uv_poll_stop(&connection->poll);
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    buf_clear(&connection->output);
    if (connection->loop->staged == connection) {
        connection->loop->staged = NULL;
        buf_reset(&connection->loop->out);
    }
    http_connection_lose_body(connection);
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
    http_connection_tell_gone(connection);
    if (connection->channel)
        http_channel_end(connection->channel);
}

/* What was sent before the server began to stop is still answered, if it is here already. */
void http_connection_drain(struct connection *connection)
{
    if (connection->dead)
        return;
    if (connection->channel)
        connection->channel->kind->drain(connection->channel);
    else if (connection->first && !connection->reading)
        connection->closing = true;
    else if (!connection->first)
        http_connection_readable(connection);
    http_connection_settle(connection);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = (struct connection *)poll;
    struct http_loop *loop = connection->loop;
    if (status < 0)
        http_connection_kill(connection);
    if (!connection->dead && events & UV_READABLE)
        http_connection_readable(connection);
    if (!connection->dead && events & UV_WRITABLE)
        http_connection_writable(connection);
    if (connection->dead)
        http_connection_settle(connection);
    else
        http_connection_output(connection); /* settled behind its replies */
    http_loop_done(loop);
}

/* --- what comes next --- */

static enum http_life life_of(const struct connection *connection)
{
    if (!connection->dead)
        return LIFE_OPEN;
    if (!connection->closed)
        return LIFE_DEAD;
    return connection->buried ? LIFE_BURIED : LIFE_CLOSED;
}

static enum http_front front_of(const struct connection *connection)
{
    const struct request *first = connection->first;
    if (!first)
        return connection->channel ? connection->channel->kind->front : FRONT_NONE;
    if (first->state != STREAMING)
        return FRONT_HANDLER;
    return first->waiting ? FRONT_WAITS : FRONT_SENDS;
}

static enum http_body body_of(const struct connection *connection)
{
    const struct request *reading = connection->reading;
    if (!reading)
        return BODY_NONE;
    if (reading->takes_pieces && (connection->paused || !reading->reader))
        return BODY_HELD;
    return connection->body_left == 0 ? BODY_WHOLE : BODY_WANTED;
}

static enum http_input input_of(const struct connection *connection)
{
    if (connection->input.len == 0)
        return INPUT_NONE;
    return connection->search.seen < connection->input.len ? INPUT_NEW : INPUT_OLD;
}

static struct http_state state_of(const struct connection *connection)
{
    const struct channel *channel = connection->channel;
    return (struct http_state){
        .life = life_of(connection),
        .front = front_of(connection),
        .body = body_of(connection),
        .input = input_of(connection),
        .processing = connection->processing,
        .staged = connection->loop->staged == connection,
        .unsent = connection->output.len > 0 || (channel && channel->first),
        .asked = channel && channel->asked,
        .leaving = channel && channel->leaving,
        .may_begin = http_connection_may_begin(connection),
        .closing = connection->closing,
        .cut = connection->cut,
        .unread = connection->discard,
        .lingering = connection->lingering,
        .eof = connection->eof,
        .draining = connection->loop->draining,
        .seen_one = connection->seen_one,
    };
}

static size_t buffered(const struct connection *connection)
{
    const struct channel *channel = connection->channel;
    return connection->input.capacity + connection->output.capacity + (channel ? channel->unsent + channel->held : 0);
}

static void bury(struct connection *connection)
{
    connection->buried = true;
    connection->poll.data = connection->loop->graves;
    connection->loop->graves = connection;
}

static void linger(struct connection *connection)
{
    connection->lingering = connection->closing = true;
    buf_clear(&connection->input);
    shutdown(connection->fd, SHUT_WR);
}

static void poll_for(struct connection *connection, bool readable, bool writable)
{
    int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    if (events == connection->events)
        return;
    connection->events = (uint8_t)events;
    if (events)
        uv_poll_start(&connection->poll, events, on_poll);
    else
        uv_poll_stop(&connection->poll);
}

void http_connection_settle(struct connection *connection)
{
    for (;;) {
        http_keep(connection, &connection->kept_buffers, buffered(connection));
        struct http_state state = state_of(connection);
        struct http_next next = http_next(&state);
        switch (next.step) {
        case STEP_NOTHING:
            return;
        case STEP_FEED:
            http_connection_feed(connection, STR(""));
            break;
        case STEP_LINGER:
            linger(connection);
            break;
        case STEP_KILL:
            http_connection_kill(connection);
            return;
        case STEP_BURY:
            bury(connection);
            return;
        case STEP_WAIT:
            poll_for(connection, next.readable, next.writable);
            http_connection_deadline(connection, next.phase);
            return;
        }
    }
}
