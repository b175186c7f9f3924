/* How long a connection may wait for what it waits for. */
#include "http/channel.h"

enum { LINGER_MS = 2000 };

static void on_deadline(struct wheel_timer *timer);

static void set_timer(struct connection *connection)
{
    int64_t left = connection->deadline_ms - http_loop_now(connection->loop);
    http_loop_timer(connection->loop, &connection->timer, left, on_deadline);
}

static void expire(struct connection *connection)
{
    switch ((enum http_phase)connection->phase) {
    case PHASE_NONE:
        return;
    case PHASE_HEAD:
        if (!connection->input.len || connection->closing)
            break;
        buf_clear(&connection->input);
        http_request_refuse(http_request_new(connection), 408, "The request's head did not arrive in time.");
        http_connection_settle(connection);
        return;
    case PHASE_BODY:
        http_connection_fail_body(connection, REASON_BODY_TIMEOUT, "The request's body did not arrive in time.");
        http_connection_settle(connection);
        return;
    case PHASE_EVENTS:
    case PHASE_SOCKET:
        connection->phase = PHASE_NONE; /* begins anew */
        connection->channel->kind->beat(connection->channel);
        http_connection_settle(connection);
        return;
    case PHASE_IDLE:
    case PHASE_SEND:
    case PHASE_LINGER:
        break;
    }
    http_connection_kill(connection);
}

static void on_deadline(struct wheel_timer *timer)
{
    struct connection *connection = (struct connection *)((char *)timer - offsetof(struct connection, timer));
    if (connection->deadline_ms == 0)
        return;
    if (connection->deadline_ms > http_loop_now(connection->loop))
        set_timer(connection);
    else
        expire(connection);
}

static unsigned limit_of(const struct http_options *options, enum http_phase phase)
{
    switch (phase) {
    case PHASE_NONE:
        break;
    case PHASE_IDLE:
        return options->idle_ms;
    case PHASE_HEAD:
        return options->head_ms;
    case PHASE_BODY:
        return options->body_ms;
    case PHASE_SEND:
        return options->send_ms;
    case PHASE_EVENTS:
    case PHASE_SOCKET:
        return options->beat_ms;
    case PHASE_LINGER:
        return LINGER_MS;
    }
    return 0;
}

/* A head, a collected body and lingering have a time as a whole, the others from the last byte on. */
static bool renews(const struct connection *connection, enum http_phase phase)
{
    switch (phase) {
    case PHASE_NONE:
    case PHASE_HEAD:
    case PHASE_LINGER:
        break;
    case PHASE_IDLE:
        return connection->came || connection->took;
    case PHASE_BODY:
        return connection->came && connection->reading->takes_pieces;
    case PHASE_SEND:
    case PHASE_EVENTS:
        return connection->took;
    case PHASE_SOCKET:
        return connection->came;
    }
    return false;
}

/* The timer is left where it is as long as it fires before the deadline: most deadlines move on and are never met. */
void http_connection_deadline(struct connection *connection, enum http_phase phase)
{
    unsigned limit = limit_of(&connection->loop->server->options, phase);
    if (phase != (enum http_phase)connection->phase || renews(connection, phase))
        connection->deadline_ms = limit ? http_loop_now(connection->loop) + limit : 0;
    connection->phase = (uint8_t)phase;
    connection->came = connection->took = false;
    if (limit &&
        (!wheel_is_set(&connection->timer) || connection->timer.due_tick > connection->deadline_ms / WHEEL_TICK_MS + 1))
        set_timer(connection);
}
