#include "core/intake.h"

#include "base/hash.h"
#include "core/conversation.h"

void intake_init(struct intake *p, struct store_txn *txn, const struct session_view *before, size_t expected,
                 struct arena *a)
{
    *p = (struct intake){.txn = txn, .arena = a, .before = before, .capacity = expected, .expected = expected};
    p->events = arena_array(a, expected, sizeof *p->events);
    if (before)
        session_copy(before, &p->after, a);
}

void intake_init_new(struct intake *p, struct store_txn *txn, const struct head *h, int64_t time_ms, size_t expected,
                     struct arena *a)
{
    intake_init(p, txn, NULL, expected + 1, a);
    p->events[0] = (struct event){.kind = EVENT_OPENED, .time_ms = time_ms};
    p->count = 1;
    session_open(&p->after, &p->events[0], h, a);
}

void intake_clear(struct intake *p)
{
    g_clear_pointer(&p->ids, g_hash_table_unref);
    g_clear_pointer(&p->revised, g_hash_table_unref);
}

static bool id_is_free(struct intake *p, const struct event *e, GError **error)
{
    if (!e->id.ptr)
        return true;
    uint32_t index;
    if (event_index_from_id(e->id, p->after.session.id, &index) && index != e->index) {
        reason_set_field(error, REASON_ID_INVALID, STR("id"), "this id means another event of the session");
        return false;
    }
    bool taken = false;
    struct event known;
    if (p->before && e->id.ptr != p->free_id.ptr &&
        !store_event_by_id(p->txn, &p->before->session, e->id, p->arena, &known, &taken, error))
        return false;
    if (p->expected > 1 && !p->ids)
        p->ids = g_hash_table_new(hash_str, hash_str_equal);
    if (!taken && p->ids) {
        struct str *id = arena_new(p->arena, struct str); /* the events may move */
        *id = e->id;
        taken = !g_hash_table_add(p->ids, id);
    }
    if (taken)
        reason_set_field(error, REASON_ID_TAKEN, STR("id"), "another event of the session has this id");
    return !taken;
}

/* The event that an edit or delete names, as it stands now; NULL = there is none. */
static bool find_target(struct intake *p, const struct event *e, const struct event **target, GError **error)
{
    *target = NULL;
    if (!event_is_revision(e) || e->target == 0 || e->target >= e->index)
        return true;
    if (p->revised && (*target = g_hash_table_lookup(p->revised, GUINT_TO_POINTER(e->target))))
        return true;
    if (p->count && e->target >= p->events[0].index) {
        *target = &p->events[e->target - p->events[0].index];
        return true;
    }
    struct event *stored;
    size_t count;
    if (!store_events(p->txn, &p->before->session, e->target, e->target, 1, p->arena, &stored, &count, error))
        return false;
    *target = count ? stored : NULL;
    return true;
}

/* Later edits of the same message in this batch must see this one, and find_last_shown any delete. */
static void note_revision(struct intake *p, const struct event *target, const struct event *e)
{
    if (p->expected == 1 && e->kind != EVENT_DELETE)
        return;
    struct event *revised = arena_new(p->arena, struct event);
    *revised = *target;
    event_revise(revised, e);
    if (!p->revised)
        p->revised = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(p->revised, GUINT_TO_POINTER(e->target), revised);
}

/* What an event tells of the visitor goes to their row. */
static bool fold_visitor(struct intake *p, const struct event *e, GError **error)
{
    if (e->kind != EVENT_USER_DATA || !e->data.ptr)
        return true;
    if (!p->visitor_known) {
        struct visitor *v = arena_new(p->arena, struct visitor);
        bool found;
        if (!store_visitor_by_number(p->txn, p->before->session.visitor, p->arena, v, &found, error))
            return false;
        if (!found) {
            reason_set(error, REASON_DATABASE_CORRUPT, "the session's visitor is missing");
            return false;
        }
        p->visitor_before = v;
        p->visitor_after = *v;
        p->visitor_known = true;
    }
    visitor_apply(&p->visitor_after, e, p->arena);
    return true;
}

static void make_room(struct intake *p)
{
    if (p->count < p->capacity)
        return;
    p->capacity = MAX(2 * p->capacity, 4);
    struct event *larger = arena_array(p->arena, p->capacity, sizeof *larger);
    if (p->count)
        memcpy(larger, p->events, p->count * sizeof *larger);
    p->events = larger;
}

static bool add_checked(struct intake *p, const struct event *event, bool live, GError **error)
{
    make_room(p);
    struct event *e = &p->events[p->count];
    *e = (struct event){
        .index = p->after.session.last_index + 1,
        .kind = event->kind,
        .time_ms = event->time_ms,
        .participant = event->participant,
        .target = event->target,
        .id = event->id,
        .text = event->text,
        .data = event->data,
    };
    const struct event *target;
    if (!event_check(e, !live, error) || !find_target(p, e, &target, error) ||
        !session_admits(&p->after, e, target, live, error) || !id_is_free(p, e, error))
        return false;
    p->last_deleted |= e->kind == EVENT_DELETE && e->target == p->after.session.last_shown;
    session_apply(&p->after, e, p->arena);
    if (target)
        note_revision(p, target, e);
    p->count++;
    return p->before ? fold_visitor(p, e, error) : true;
}

static bool add_leave(struct intake *p, const struct participant *who, int64_t time_ms, GError **error)
{
    struct event left = {.kind = EVENT_LEFT, .participant = who->id, .time_ms = time_ms, .data = LEFT_BY_CLOSE};
    return !who->present || add_checked(p, &left, true, error);
}

/* Who closes goes first. The participants stay where they are: nobody new is among those who leave. */
static bool add_leaves(struct intake *p, const struct event *closed, GError **error)
{
    const struct session_view *view = &p->after;
    const struct participant *closer = session_participant(view, closed->participant);
    bool done = !closer || add_leave(p, closer, closed->time_ms, error);
    for (size_t i = 0; i < view->participant_count && done; i++)
        done = add_leave(p, &view->participants[i], closed->time_ms, error);
    return done;
}

bool intake_add(struct intake *p, const struct event *event, bool live, GError **error)
{
    bool ends = live && event->kind == EVENT_CLOSED && p->after.session.state == SESSION_OPEN;
    return (!ends || add_leaves(p, event, error)) && add_checked(p, event, live, error);
}

/* As the events that are written now leave it. */
static const struct event *as_revised(const struct intake *p, const struct event *e)
{
    const struct event *revised = p->revised ? g_hash_table_lookup(p->revised, GUINT_TO_POINTER(e->index)) : NULL;
    return revised ? revised : e;
}

/* After a delete: the newest that is still shown, among these events and those stored. Of the latter each one looked at
 * but the last was deleted just now. */
static bool find_last_shown(struct intake *p, GError **error)
{
    struct session *s = &p->after.session;
    for (size_t i = 0; i < p->count; i++)
        session_show(s, as_revised(p, &p->events[i]));
    struct event *stored = NULL;
    size_t count;
    bool found = !p->before;
    while (!found) {
        if (!store_shown(p->txn, &p->before->session, stored, false, 1, p->arena, &stored, &count, error))
            return false;
        found = count == 0 || session_shows(as_revised(p, stored));
        if (count)
            session_show(s, as_revised(p, stored));
    }
    return true;
}

static void seal(struct intake *p)
{
    static const uint8_t beginning[EVENT_CHAIN_SIZE];
    const uint8_t *previous = p->before ? p->before->session.chain : beginning;
    event_salt(p->events, p->count);
    for (size_t i = 0; i < p->count; i++) {
        event_seal(&p->events[i], previous);
        previous = p->events[i].chain;
    }
    memcpy(p->after.session.chain, previous, EVENT_CHAIN_SIZE);
}

bool intake_write(struct intake *p, GError **error)
{
    if (p->last_deleted && !find_last_shown(p, error))
        return false;
    seal(p);
    if (!p->before) /* a new session's user data, behind its head */
        for (size_t i = 1; i < p->count; i++)
            visitor_apply(&p->visitor_after, &p->events[i], p->arena);
    bool visitor_changed =
        p->visitor_known && (!p->visitor_before || !visitor_equal(p->visitor_before, &p->visitor_after, NULL));
    struct store_append append = {
        .before = p->before,
        .after = &p->after,
        .visitor_before = visitor_changed ? p->visitor_before : NULL,
        .visitor_after = visitor_changed ? &p->visitor_after : NULL,
        .events = p->events,
        .event_count = p->count,
    };
    return store_append(p->txn, &append, error);
}
