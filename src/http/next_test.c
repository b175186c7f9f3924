/* The table of what a connection does next. */
#include "http/next.h"

#include <glib.h>

/* A row says only what differs from an open connection on which nothing happened. */
struct row {
    const char *name;
    struct http_state state;
    struct http_next next;
};

#define READS .step = STEP_WAIT, .readable = true
#define WRITES .step = STEP_WAIT, .writable = true
#define WAITS .step = STEP_WAIT

static const struct row rows[] = {
    /* Nothing wrong: who speaks next? */
    {"new: its first head has its time", {.may_begin = true}, {READS, .phase = PHASE_HEAD}},
    {"between requests", {.may_begin = true, .seen_one = true}, {READS, .phase = PHASE_IDLE}},
    {"part of a head", {.may_begin = true, .seen_one = true, .input = INPUT_OLD}, {READS, .phase = PHASE_HEAD}},
    {"a handler has the request", {.front = FRONT_HANDLER, .may_begin = true, .seen_one = true}, {READS}},
    {"pipeline full, nothing came", {.front = FRONT_HANDLER}, {READS}},
    {"pipeline full, more came", {.front = FRONT_HANDLER, .input = INPUT_NEW}, {WAITS}},
    {"pipeline full, part of a head came", {.front = FRONT_HANDLER, .input = INPUT_OLD}, {WAITS}},
    {"pipeline has room again", {.front = FRONT_HANDLER, .input = INPUT_NEW, .may_begin = true}, {.step = STEP_FEED}},
    {"head beside an open request",
     {.front = FRONT_HANDLER, .input = INPUT_OLD, .may_begin = true},
     {READS, .phase = PHASE_HEAD}},

    /* Bodies. */
    {"body on its way", {.front = FRONT_HANDLER, .body = BODY_WANTED}, {READS, .phase = PHASE_BODY}},
    {"body waits in the input", {.front = FRONT_HANDLER, .body = BODY_WANTED, .input = INPUT_NEW}, {.step = STEP_FEED}},
    {"body is whole", {.front = FRONT_HANDLER, .body = BODY_WHOLE}, {.step = STEP_FEED}},
    {"handler takes no piece", {.front = FRONT_HANDLER, .body = BODY_HELD}, {WAITS}},
    {"handler takes no piece, more came", {.front = FRONT_HANDLER, .body = BODY_HELD, .input = INPUT_NEW}, {WAITS}},
    {"body of the last request",
     {.front = FRONT_HANDLER, .body = BODY_WANTED, .closing = true},
     {READS, .phase = PHASE_BODY}},

    /* Bytes out. */
    {"socket full", {.unsent = true, .seen_one = true}, {WRITES, .phase = PHASE_SEND}},
    {"socket full, more came", {.unsent = true, .input = INPUT_NEW}, {WRITES, .phase = PHASE_SEND}},
    {"stream has its next piece", {.front = FRONT_SENDS}, {WRITES, .phase = PHASE_SEND}},
    {"stream has nothing now", {.front = FRONT_WAITS}, {READS}},
    {"stream has nothing now, more came", {.front = FRONT_WAITS, .input = INPUT_NEW}, {WAITS}},

    /* Channels. */
    {"event stream", {.front = FRONT_EVENTS, .closing = true}, {READS, .phase = PHASE_EVENTS}},
    {"event stream, client says something",
     {.front = FRONT_EVENTS, .closing = true, .input = INPUT_NEW},
     {.step = STEP_FEED}},
    {"event stream, socket full: that the client left is heard at once",
     {.front = FRONT_EVENTS, .closing = true, .unsent = true},
     {READS, .writable = true, .phase = PHASE_SEND}},
    {"event stream wants to say more",
     {.front = FRONT_EVENTS, .closing = true, .asked = true},
     {READS, .writable = true, .phase = PHASE_EVENTS}},
    {"event stream, client left", {.front = FRONT_EVENTS, .closing = true, .eof = true}, {.step = STEP_KILL}},
    {"event stream, client left without taking all",
     {.front = FRONT_EVENTS, .closing = true, .eof = true, .unsent = true},
     {.step = STEP_KILL}},
    {"event stream, server stops", {.front = FRONT_EVENTS, .draining = true}, {READS, .phase = PHASE_EVENTS}},
    {"socket", {.front = FRONT_SOCKET, .closing = true}, {READS, .phase = PHASE_SOCKET}},
    {"socket, bytes came before it was one",
     {.front = FRONT_SOCKET, .closing = true, .input = INPUT_NEW},
     {.step = STEP_FEED}},
    {"socket behind an earlier answer", {.front = FRONT_HANDLER, .closing = true, .input = INPUT_NEW}, {WAITS}},
    {"socket full: what the client says can wait",
     {.front = FRONT_SOCKET, .closing = true, .unsent = true},
     {WRITES, .phase = PHASE_SEND}},
    {"socket wants to say more",
     {.front = FRONT_SOCKET, .closing = true, .asked = true},
     {READS, .writable = true, .phase = PHASE_SOCKET}},
    {"socket said its last word", {.front = FRONT_SOCKET, .leaving = true}, {READS, .phase = PHASE_LINGER}},
    {"socket, client left", {.front = FRONT_SOCKET, .eof = true}, {.step = STEP_KILL}},

    /* The end. */
    {"last answer sent", {.closing = true}, {.step = STEP_KILL}},
    {"last answer sent, client still sends", {.closing = true, .unread = true}, {.step = STEP_LINGER}},
    {"last answer sent, client is silent for good",
     {.closing = true, .unread = true, .eof = true},
     {.step = STEP_KILL}},
    {"last answer unsent", {.closing = true, .unsent = true}, {WRITES, .phase = PHASE_SEND}},
    {"last answer not given", {.closing = true, .front = FRONT_HANDLER}, {READS}},
    {"client sends no more, answer not given", {.closing = true, .eof = true, .front = FRONT_HANDLER}, {WAITS}},
    {"client sends no more", {.closing = true, .eof = true}, {.step = STEP_KILL}},
    {"lingering", {.closing = true, .unread = true, .lingering = true}, {READS, .phase = PHASE_LINGER}},
    {"lingered long enough", {.closing = true, .unread = true, .lingering = true, .eof = true}, {.step = STEP_KILL}},
    {"dropped", {.cut = true, .closing = true, .front = FRONT_HANDLER}, {.step = STEP_KILL}},
    {"dropped behind an unsent answer", {.cut = true, .closing = true, .unsent = true}, {WRITES, .phase = PHASE_SEND}},

    /* The server stops. */
    {"idle", {.draining = true, .may_begin = true, .seen_one = true}, {.step = STEP_KILL}},
    {"a request came in time", {.draining = true, .may_begin = true, .input = INPUT_NEW}, {.step = STEP_FEED}},
    {"half a request came in time",
     {.draining = true, .may_begin = true, .input = INPUT_OLD},
     {READS, .phase = PHASE_HEAD}},
    {"an answer is under way", {.draining = true, .front = FRONT_HANDLER}, {READS}},

    /* Not now. */
    {"worked on further up", {.processing = true, .closing = true}, {.step = STEP_NOTHING}},
    {"settled when its replies are sent", {.staged = true, .closing = true}, {.step = STEP_NOTHING}},
    {"replies first, then input", {.staged = true, .input = INPUT_NEW, .may_begin = true}, {.step = STEP_NOTHING}},
    {"dead", {.life = LIFE_DEAD}, {.step = STEP_NOTHING}},
    {"closed, a handler has a request", {.life = LIFE_CLOSED, .front = FRONT_HANDLER}, {.step = STEP_NOTHING}},
    {"closed", {.life = LIFE_CLOSED, .input = INPUT_NEW, .unsent = true}, {.step = STEP_BURY}},
    {"closed while worked on", {.life = LIFE_CLOSED, .processing = true}, {.step = STEP_NOTHING}},
    {"buried", {.life = LIFE_BURIED}, {.step = STEP_NOTHING}},
};

static void test_row(gconstpointer data)
{
    const struct row *row = data;
    struct http_next next = http_next(&row->state);
    g_assert_cmpint(next.step, ==, row->next.step);
    g_assert_cmpint(next.readable, ==, row->next.readable);
    g_assert_cmpint(next.writable, ==, row->next.writable);
    g_assert_cmpint(next.phase, ==, row->next.phase);
}

/* Calls `check` with every state there is. */
static void each_state(void (*check)(const struct http_state *))
{
    enum { FLAGS = 12 };
    for (unsigned n = 0; n < (4u * 6 * 4 * 3) << FLAGS; n++) {
        unsigned flags = n & ((1u << FLAGS) - 1), rest = n >> FLAGS;
        struct http_state state = {
            .life = (enum http_life)(rest % 4),
            .body = (enum http_body)(rest / 4 % 4),
            .front = (enum http_front)(rest / 16 % 6),
            .input = (enum http_input)(rest / 96),
            .processing = flags & 1,
            .staged = flags & 2,
            .unsent = flags & 4,
            .may_begin = flags & 8,
            .closing = flags & 16,
            .cut = flags & 32,
            .unread = flags & 64,
            .lingering = flags & 128,
            .eof = flags & 256,
            .draining = flags & 512,
            .asked = flags & 1024,
            .leaving = flags & 2048,
        };
        check(&state);
        state.seen_one = true;
        check(&state);
    }
}

static void check_laws(const struct http_state *state)
{
    struct http_next next = http_next(state);
    if (state->life != LIFE_OPEN)
        g_assert_true(next.step == STEP_NOTHING || next.step == STEP_BURY);
    if (state->unsent || state->front == FRONT_HANDLER)
        g_assert_true(next.step != STEP_LINGER); /* an answer is never left behind */
    bool is_channel = state->front == FRONT_EVENTS || state->front == FRONT_SOCKET;
    if (next.step == STEP_KILL && !state->cut && !is_channel)
        g_assert_false(state->unsent);
    if (next.step != STEP_WAIT)
        return;
    if (next.readable && next.writable) /* a client must take what it asked for before it asks more */
        g_assert_true(state->front == FRONT_EVENTS || !state->unsent);
    g_assert_false(next.readable && state->eof);
    if (next.writable && !state->asked)
        g_assert_cmpint(next.phase, !=, PHASE_NONE); /* nobody may hold what it does not take */
    if (!next.readable && !next.writable && !state->eof)
        g_assert_true(state->front != FRONT_NONE || state->body == BODY_HELD || state->input != INPUT_NONE);
}

static void test_laws(void)
{
    each_state(check_laws);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/next/%s", rows[i].name);
        g_test_add_data_func(name, &rows[i], test_row);
    }
    g_test_add_func("/next/laws", test_laws);
    return g_test_run();
}
