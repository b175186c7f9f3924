#include "http/next.h"

static bool is_channel(const struct http_state *s)
{
    return s->front == FRONT_EVENTS || s->front == FRONT_SOCKET;
}

static bool can_feed(const struct http_state *s)
{
    switch (s->body) {
    case BODY_NONE:
        return s->input == INPUT_NEW && (s->may_begin || is_channel(s));
    case BODY_WANTED:
        return s->input != INPUT_NONE;
    case BODY_WHOLE:
        return true;
    case BODY_HELD:
        break;
    }
    return false;
}

static enum http_phase phase_of(const struct http_state *s)
{
    if (s->lingering)
        return PHASE_LINGER;
    if (s->unsent || s->front == FRONT_SENDS)
        return PHASE_SEND;
    if (s->body != BODY_NONE)
        return s->body == BODY_HELD ? PHASE_NONE : PHASE_BODY;
    if (s->input != INPUT_NONE && s->may_begin)
        return PHASE_HEAD;
    if (is_channel(s))
        return s->leaving ? PHASE_LINGER : s->front == FRONT_EVENTS ? PHASE_EVENTS : PHASE_SOCKET;
    if (s->front != FRONT_NONE)
        return PHASE_NONE; /* it is ours to answer */
    return s->seen_one ? PHASE_IDLE : PHASE_HEAD;
}

static struct http_next wait_for(const struct http_state *s)
{
    struct http_next next = {.step = STEP_WAIT, .phase = phase_of(s)};
    bool full = s->body != BODY_NONE ? s->body == BODY_HELD : s->input != INPUT_NONE && !s->may_begin;
    next.writable = s->unsent || s->front == FRONT_SENDS || s->asked;
    /* What a client says while it does not listen can wait; that it left an event stream cannot. */
    bool hears = s->front == FRONT_EVENTS || (s->front == FRONT_SOCKET && !s->unsent) || !next.writable;
    next.readable = hears && !s->eof && !full;
    return next;
}

struct http_next http_next(const struct http_state *s)
{
    if (s->life != LIFE_OPEN) {
        bool forgotten = s->life == LIFE_CLOSED && s->front == FRONT_NONE && !s->processing;
        return (struct http_next){.step = forgotten ? STEP_BURY : STEP_NOTHING};
    }
    if (s->processing || s->staged)
        return (struct http_next){.step = STEP_NOTHING};
    if (can_feed(s))
        return (struct http_next){.step = STEP_FEED};
    if (is_channel(s) && s->eof)
        return (struct http_next){.step = STEP_KILL};
    if (s->unsent)
        return wait_for(s);
    if (s->cut || (s->lingering && s->eof))
        return (struct http_next){.step = STEP_KILL};
    bool last = s->closing || (s->draining && s->input == INPUT_NONE);
    if (last && s->front == FRONT_NONE && !s->lingering)
        return (struct http_next){.step = s->unread && !s->eof ? STEP_LINGER : STEP_KILL};
    return wait_for(s);
}
