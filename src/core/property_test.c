/* Random operations on a few sessions; afterwards every projection must equal its rebuild from the log.
 *
 * PARLEY_TEST_SEQUENCES says how many sequences are run, PARLEY_TEST_SEED where to begin (printed when one fails: with
 * it and 1 sequence the same one runs again). The shortest failing beginning of a failed sequence is found and said. */
#include "core/desk.h"
#include "core/erase.h"
#include "core/fixture.h"
#include "core/history.h"
#include "core/intake.h"

#include <stdlib.h>

enum { SEQUENCES = 10000, OPS = 14, SESSIONS = 3, VISITORS = 2, PARTICIPANTS = 3, SEQUENCES_PER_STORE = 250 };

struct world {
    struct fixture fixture;
    GArray *contributions; /* of all sessions of earlier sequences, which nothing changes any more */
    GRand *random;
    unsigned sequence;
    int64_t first_change; /* what came before this sequence */
    struct arena arena;
};

static int pick(struct world *w, int count)
{
    return g_rand_int_range(w->random, 0, count);
}

static bool one_in(struct world *w, int count)
{
    return pick(w, count) == 0;
}

static struct str session_id(struct world *w, int i)
{
    return arena_printf(&w->arena, "s%u-%d", w->sequence, i);
}

static struct str visitor_id(struct world *w, int i)
{
    return arena_printf(&w->arena, "v%u-%d", w->sequence, i);
}

static int64_t random_time(struct world *w)
{
    static const int64_t widths[] = {5, 1000, 3600 * 1000, 86400 * 1000};
    int64_t width = widths[pick(w, G_N_ELEMENTS(widths))];
    return 1600000000000 + (int64_t)(g_rand_double(w->random) * (double)width);
}

static struct str random_data(struct world *w, enum event_kind kind)
{
    static const struct str operators[] = {
        {"{\"operator\":{\"id\":\"o1\",\"username\":\"one\"}}", 42},
        {"{\"operator\":{\"id\":\"o2\",\"username\":\"two\",\"name\":\"Two\"}}", 55}};
    if (kind == EVENT_USER_DATA)
        return arena_printf(&w->arena, "{\"visitor\":{\"name\":\"n%d\",\"phone\":\"%d\"}}", pick(w, 9), pick(w, 9));
    if (kind == EVENT_TAKE || kind == EVENT_TRANSFER)
        return one_in(w, 3) ? STR("{\"department\":{\"id\":\"d1\",\"ancestors\":[\"d0\"]}}") : operators[pick(w, 2)];
    if (kind == EVENT_CLOSED && one_in(w, 2))
        return STR("{\"closer\":\"operator\"}");
    if (one_in(w, 12))
        return STR("{\"participant\":{\"type\":\"Agent\",\"name\":\"new\"}}");
    return one_in(w, 10) ? STR("{\"dialect\":\"rocketchat\"}") : STR_NULL;
}

static struct event random_event(struct world *w, bool live)
{
    static const enum event_kind frequent[] = {EVENT_MESSAGE, EVENT_MESSAGE, EVENT_MESSAGE, EVENT_JOINED,
                                               EVENT_LEFT,    EVENT_EDIT,    EVENT_DELETE,  EVENT_USER_DATA};
    enum event_kind kind;
    do
        kind = one_in(w, 3) ? (enum event_kind)pick(w, EVENT_KIND_COUNT) : frequent[pick(w, G_N_ELEMENTS(frequent))];
    while (!event_facts[kind].live || (kind == EVENT_CLOSED && !one_in(w, 3)));
    struct event e = {.kind = kind, .participant = 1 + (uint32_t)pick(w, PARTICIPANTS), .data = random_data(w, kind)};
    if (one_in(w, 20))
        e.participant = (uint32_t)pick(w, PARTICIPANTS + 3); /* nobody, or somebody new */
    e.time_ms = live ? NO_TIME : random_time(w);
    if (kind == EVENT_EDIT || kind == EVENT_DELETE)
        e.target = 1 + (uint32_t)pick(w, 4);
    if (!one_in(w, 30))
        e.text = arena_printf(&w->arena, "word%d w%u", pick(w, 5), w->sequence);
    if (one_in(w, 6))
        e.id = arena_printf(&w->arena, "e%d", pick(w, 6));
    return e;
}

/* Whatever is refused, nothing may be broken. */
static void finish(struct op *op, const char *what)
{
    GError *error = NULL;
    if (!core_run(op, &error)) {
        enum reason_class of = reason_class(reason_of(error));
        if (of >= CLASS_UNAVAILABLE || of == CLASS_BUSY)
            g_error("%s: %s", what, error->message);
    }
    g_clear_error(&error);
}

static struct line random_line(struct world *w, int session, bool live)
{
    struct line line = {.id = session_id(w, session), .start_ms = live ? NO_TIME : random_time(w)};
    struct head *h = &line.head;
    h->dialect = (enum dialect)pick(w, DIALECT_COUNT);
    h->visitor.id = visitor_id(w, pick(w, VISITORS));
    h->visitor.name = one_in(w, 2) ? STR("Ann") : STR_NULL;
    h->served_by.username = one_in(w, 3) ? STR("one") : STR_NULL;
    h->department.id = one_in(w, 3) ? STR("d7") : STR_NULL;
    h->button.id = one_in(w, 4) ? STR("b1") : STR_NULL;
    h->participants = arena_array(&w->arena, PARTICIPANTS, sizeof *h->participants);
    h->participant_count = PARTICIPANTS;
    for (uint32_t i = 0; i < PARTICIPANTS; i++)
        h->participants[i] = (struct participant){
            .id = i + 1, .type = i == 0 ? PARTICIPANT_CLIENT : (enum participant_type)pick(w, 4), .name = STR("P")};
    line.event_count = (size_t)pick(w, 6);
    line.events = arena_array(&w->arena, line.event_count, sizeof *line.events);
    for (size_t i = 0; i < line.event_count; i++) {
        struct event *e = &line.events[i];
        *e = random_event(w, live);
        if (e->target > i || (e->target && line.events[e->target - 1].kind != EVENT_MESSAGE))
            *e = (struct event){.kind = EVENT_MESSAGE, .participant = 1, .text = STR("first"), .time_ms = e->time_ms};
    }
    return line;
}

static void random_open(struct world *w, int session)
{
    struct open_op op;
    open_op_init(&op, w->fixture.core);
    op.company = w->fixture.company;
    op.import = one_in(w, 2);
    op.line = random_line(w, session, !op.import);
    if (op.line.head.dialect == DIALECT_GENESYS && !op.import) {
        op.user_id = STR("user");
        op.secure_key = STR("key");
        op.live_chat = true;
    }
    finish(&op.op, "open");
    if (op.import && one_in(w, 2)) { /* again, with more */
        struct line longer = op.line;
        longer.events = arena_array(&w->arena, longer.event_count + 1, sizeof *longer.events);
        if (longer.event_count)
            memcpy(longer.events, op.line.events, longer.event_count * sizeof *longer.events);
        longer.events[longer.event_count++] = random_event(w, false);
        op_clear(&op.op);
        open_op_init(&op, w->fixture.core);
        op.company = w->fixture.company;
        op.import = true;
        op.line = longer;
        finish(&op.op, "import again");
    }
    op_clear(&op.op);
}

static void random_append(struct world *w)
{
    struct event events[3];
    struct append_op op;
    append_op_init(&op, w->fixture.core);
    op.company = w->fixture.company;
    op.session_id = session_id(w, pick(w, SESSIONS));
    op.events = events;
    op.event_count = one_in(w, 3) ? 1 + (size_t)pick(w, 3) : 1;
    op.close_when_empty = one_in(w, 5);
    bool live = !one_in(w, 4);
    for (size_t i = 0; i < op.event_count; i++)
        events[i] = random_event(w, live);
    finish(&op.op, "append");
    op_clear(&op.op);
}

static void random_desk(struct world *w)
{
    static const struct str names[] = {{"o1", 2}, {"o2", 2}, {"o3", 2}};
    static const unsigned roles[] = {ROLE_AGENT, ROLE_AGENT, ROLE_MANAGER};
    int who = pick(w, 3);
    const struct caller caller = {.kind = CALLER_OPERATOR,
                                  .company = w->fixture.company,
                                  .rights = access_rights(roles[who]),
                                  .roles = roles[who],
                                  .operator_id = names[who],
                                  .username = names[who]};
    struct desk_op op;
    desk_op_init(&op, w->fixture.core, (enum desk_act)pick(w, DESK_TYPING_STOPPED + 1), &caller,
                 session_id(w, pick(w, SESSIONS)));
    op.operator_name = one_in(w, 2) ? names[pick(w, 3)] : STR_NULL;
    op.comment = one_in(w, 3) ? STR("why") : STR_NULL;
    op.text = op.act == DESK_MESSAGE || op.act == DESK_NOTE ? STR("word w") : STR_NULL;
    op.id = one_in(w, 4) ? arena_printf(&w->arena, "e%d", pick(w, 6)) : STR_NULL;
    finish(&op.append.op, "desk");
    op_clear(&op.append.op);
}

static void random_erase(struct world *w)
{
    struct erase_op op;
    erase_op_init(&op, w->fixture.core);
    op.company = w->fixture.company;
    op.visitor_id = visitor_id(w, pick(w, VISITORS));
    finish(&op.op, "erase");
    op_clear(&op.op);
}

/* ---- the rebuild ---- */

static bool chain_holds(const struct session *s, const struct event *events, size_t count)
{
    uint8_t chain[EVENT_CHAIN_SIZE] = {0};
    for (size_t i = 0; i < count; i++) {
        struct event again = events[i];
        event_seal(&again, chain);
        if (memcmp(again.chain, events[i].chain, sizeof chain) != 0)
            return false;
        memcpy(chain, again.chain, sizeof chain);
    }
    return memcmp(chain, s->chain, sizeof chain) == 0;
}

/* What the events say of each other. */
static bool revisions_hold(struct world *w, const struct event *events, size_t count)
{
    struct event *again = arena_array(&w->arena, count, sizeof *again);
    for (size_t i = 0; i < count; i++) {
        again[i] = events[i];
        again[i].revised_by = 0;
        if (events[i].target)
            event_revise(&again[events[i].target], &events[i]);
    }
    for (size_t i = 0; i < count; i++)
        if (again[i].revised_by != events[i].revised_by ||
            !str_equal(event_current_text(&again[i]), event_current_text(&events[i])))
            return false;
    return true;
}

static const char *check_session(struct world *w, struct store_txn *txn, struct str id, struct contribution *adds)
{
    struct session_view view;
    bool found;
    struct event *events;
    size_t count;
    struct head head;
    const char *difference = NULL;
    *adds = (struct contribution){0};
    if (!store_session_get(txn, w->fixture.company, id, &w->arena, &view, &found, NULL))
        return "the session cannot be read";
    if (!found)
        return NULL;
    *adds = session_contribution(&view.session);
    if (!store_events(txn, &view.session, 0, UINT32_MAX, SIZE_MAX, &w->arena, &events, &count, NULL) ||
        count != view.session.last_index + 1)
        return "events are missing";
    for (size_t i = 0; i < count; i++)
        if (events[i].index != i)
            return "there is a gap";
    if (view.session.erased)
        return NULL;
    bool waits = view.session.state == SESSION_OPEN && operator_ref_is_nobody(&view.session.served_by);
    if (waits != (view.session.queued_ms != NO_TIME))
        return "who waits is not queued, or the reverse";
    if (!chain_holds(&view.session, events, count))
        return "the chain is broken";
    if (!revisions_hold(w, events, count))
        return "a revision differs";
    if (!head_read(events[0].data, &head, &w->arena, NULL))
        return "the head cannot be read";
    struct session_view again = {.session = {.company = view.session.company,
                                             .visitor = view.session.visitor,
                                             .number = view.session.number,
                                             .id = view.session.id}};
    session_open(&again, &events[0], &head, &w->arena);
    for (size_t i = 1; i < count; i++)
        session_apply(&again, &events[i], &w->arena);
    session_equal(&view, &again, &difference);
    return difference;
}

/* The visitor's row from the changes, in their order. */
static const char *check_visitor(struct world *w, struct store_txn *txn, struct str id)
{
    struct visitor stored;
    bool found;
    struct store_change *changes;
    size_t count;
    const char *difference = NULL;
    if (!store_visitor_get(txn, w->fixture.company, id, &w->arena, &stored, &found, NULL) ||
        !store_changes(txn, &(struct store_change_filter){.company = w->fixture.company}, w->first_change, SIZE_MAX,
                       &w->arena, &changes, &count, NULL))
        return "the visitor cannot be read";
    if (!found)
        return NULL;
    struct visitor again = {.company = stored.company, .number = stored.number};
    for (size_t i = 0; i < count; i++) {
        struct session_view view;
        struct event *events;
        size_t event_count;
        if (changes[i].visitor != stored.number || changes[i].kind != STORE_CHANGE_APPEND)
            continue;
        if (!store_session_by_number(txn, changes[i].session, &w->arena, &view, &found, NULL) || !found ||
            !store_events(txn, &view.session, changes[i].first, changes[i].last, SIZE_MAX, &w->arena, &events,
                          &event_count, NULL))
            return "a change names nothing";
        for (size_t j = 0; j < event_count; j++)
            visitor_apply(&again, &events[j], &w->arena);
    }
    visitor_equal(&stored, &again, &difference);
    return difference;
}

static struct summary sum_all(const GArray *contributions, int64_t from, int64_t to)
{
    struct summary sum = {0};
    for (guint i = 0; i < contributions->len; i++) {
        const struct contribution *c = &g_array_index(contributions, struct contribution, i);
        if (c->counts && (from == NO_TIME || c->at_ms >= from) && (to == NO_TIME || c->at_ms < to)) {
            sum.sessions += c->sessions;
            sum.duration_ms += c->duration_ms;
            sum.messages += c->messages;
        }
    }
    return sum;
}

static const char *check_summary(struct world *w, struct store_txn *txn)
{
    for (int i = 0; i < 3; i++) {
        int64_t from = one_in(w, 3) ? NO_TIME : random_time(w), to = one_in(w, 3) ? NO_TIME : random_time(w);
        struct summary stored, sum = sum_all(w->contributions, from, to);
        if (!store_summary(txn, w->fixture.company, from, to, &stored, NULL))
            return "the summary cannot be read";
        if (memcmp(&stored, &sum, sizeof sum) != 0)
            return "a summary differs";
    }
    return NULL;
}

static const char *check(struct world *w)
{
    struct store_txn *txn = fixture_read(&w->fixture);
    const char *difference = NULL;
    for (int i = 0; i < SESSIONS && !difference; i++) {
        struct contribution adds;
        difference = check_session(w, txn, session_id(w, i), &adds);
        g_array_append_val(w->contributions, adds);
    }
    for (int i = 0; i < VISITORS && !difference; i++)
        difference = check_visitor(w, txn, visitor_id(w, i));
    if (!difference)
        difference = check_summary(w, txn);
    fixture_read_end(&w->fixture);
    return difference;
}

/* ---- running ---- */

static void open_world(struct world *w)
{
    *w = (struct world){.contributions = g_array_new(FALSE, FALSE, sizeof(struct contribution))};
    fixture_open(&w->fixture, 0);
    for (const char *const *id = (const char *const[]){"o1", "o2", "o3", NULL}; *id; id++)
        fixture_add_operator(&w->fixture, w->fixture.company, *id, *id, NULL);
}

static void close_world(struct world *w)
{
    g_array_unref(w->contributions);
    fixture_close(&w->fixture);
}

/* The number of the newest change. */
static int64_t newest_change(struct world *w)
{
    struct store_change *changes;
    size_t count;
    int64_t newest = w->first_change;
    struct store_txn *txn = fixture_read(&w->fixture);
    g_assert_true(
        store_changes(txn, &(struct store_change_filter){0}, newest, SIZE_MAX, &w->arena, &changes, &count, NULL));
    for (size_t i = 0; i < count; i++)
        newest = MAX(newest, changes[i].number);
    fixture_read_end(&w->fixture);
    return newest;
}

/* NULL = everything holds. */
static const char *run_sequence(struct world *w, guint32 seed, int ops)
{
    arena_init(&w->arena);
    w->random = g_rand_new_with_seed(seed);
    w->sequence++;
    w->first_change = newest_change(w);
    int length = SESSIONS + pick(w, OPS - SESSIONS + 1);
    for (int i = 0; i < MIN(length, ops); i++) {
        int kind = pick(w, 100);
        if (i < SESSIONS)
            random_open(w, i);
        else if (kind < 10)
            random_open(w, pick(w, SESSIONS));
        else if (kind < 30)
            random_desk(w);
        else if (kind < 97)
            random_append(w);
        else
            random_erase(w);
    }
    const char *difference = check(w);
    g_rand_free(w->random);
    arena_clear(&w->arena);
    return difference;
}

/* How many of the sequence's operations it takes to fail. */
static int shrink(guint32 seed)
{
    for (int ops = 1; ops <= OPS; ops++) {
        struct world w;
        open_world(&w);
        const char *difference = run_sequence(&w, seed, ops);
        close_world(&w);
        if (difference)
            return ops;
    }
    return OPS;
}

static int64_t setting(const char *name, int64_t usual)
{
    int64_t value;
    return str_to_int64(str_from_c(g_getenv(name)), &value) ? value : usual;
}

static void test_projections(void)
{
    guint32 first = (guint32)setting("PARLEY_TEST_SEED", g_random_int());
    int sequences = (int)setting("PARLEY_TEST_SEQUENCES", SEQUENCES);
    struct world w;
    open_world(&w);
    for (int i = 0; i < sequences; i++) {
        if (i % SEQUENCES_PER_STORE == SEQUENCES_PER_STORE - 1) {
            close_world(&w);
            open_world(&w);
        }
        guint32 seed = first + (guint32)i;
        const char *difference = run_sequence(&w, seed, OPS);
        if (difference)
            g_error("PARLEY_TEST_SEED=%u PARLEY_TEST_SEQUENCES=1: after %d operations: %s", seed, shrink(seed),
                    difference);
    }
    close_world(&w);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/property/projections", test_projections);
    return g_test_run();
}
