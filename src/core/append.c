#include "core/conversation.h"
#include "core/intake.h"
#include "core/naming.h"

#include "base/clock.h"
#include "text/json_read.h"

static void forget_outputs(struct append_op *op)
{
    op->view = (struct session_view){0};
    op->stored = NULL;
    op->repeated = false;
}

/* A page of the log cannot know that a participant was there before, so the event says it (doc/events.md, "joined"). */
static struct str mark_rejoined(struct str data, struct arena *a)
{
    const struct json_node *tree = data.len ? json_read(data, JSON_STORED, a, NULL) : NULL;
    struct buf marked;
    struct json w;
    buf_init(&marked, LIMIT_IMPORT_LINE);
    json_init(&w, &marked);
    json_object_begin(&w);
    for (const struct json_node *m = json_first(tree); m; m = m->next)
        if (!str_equal(m->name, STR("rejoined")))
            json_add_member(&w, m);
    json_member_bool(&w, "rejoined", true);
    json_object_end(&w);
    struct str text = arena_str(a, buf_str(&marked));
    buf_clear(&marked);
    return text;
}

/* Is the stored event this one, as it was given or as add and naming_of_event completed it? The time is compared when
 * it was given. */
static bool is_same(struct append_op *op, struct store_txn *txn, const struct event *stored, struct event given,
                    bool *same, GError **error)
{
    if (given.time_ms == NO_TIME)
        given.time_ms = stored->time_ms;
    *same = event_equal(stored, &given);
    if (*same)
        return true;
    if (!naming_of_event(op->op.core, txn, op->company, &given, &op->op.arena, error))
        return false;
    *same = event_equal(stored, &given);
    if (!*same && given.kind == EVENT_JOINED) {
        given.data = mark_rejoined(given.data, &op->op.arena);
        *same = event_equal(stored, &given);
    }
    return true;
}

/* A client that sends its message again, because it never saw the answer, gets that answer now. */
static bool find_repeated(struct append_op *op, struct store_txn *txn, const struct session_view *view, GError **error)
{
    const struct event *first = op->event_count ? op->events : NULL;
    if (!first || !first->id.ptr)
        return true;
    struct event *stored = arena_new(&op->op.arena, struct event);
    bool found;
    if (!store_event_by_id(txn, &view->session, first->id, &op->op.arena, stored, &found, error))
        return false;
    if (!found)
        return true;
    bool same;
    if (!is_same(op, txn, stored, *first, &same, error))
        return false;
    if (!same) {
        reason_set_field(error, REASON_ID_TAKEN, STR("id"), "another event of the session has this id");
        return false;
    }
    op->repeated = true;
    op->stored = stored;
    op->view = *view;
    return true;
}

static bool add_stamped(struct intake *p, const struct event *event, GError **error)
{
    struct event e = *event;
    bool live = e.time_ms == NO_TIME;
    const struct participant *by = session_participant(&p->after, e.participant);
    if (live)
        e.time_ms = MAX(clock_now_ms(), p->after.session.last_time_ms);
    if (live && e.kind == EVENT_JOINED && by && by->joined && !by->present)
        e.data = mark_rejoined(e.data, p->arena);
    return intake_add(p, &e, live, error);
}

/* An External (a bot) alone keeps no chat open. */
static bool is_empty(const struct session_view *view)
{
    for (size_t i = 0; i < view->participant_count; i++)
        if (view->participants[i].present && view->participants[i].type != PARTICIPANT_EXTERNAL)
            return false;
    return true;
}

static struct str closer_after(const struct intake *p)
{
    const struct event *last = &p->events[p->count - 1];
    const struct participant *by = session_participant(&p->after, last->participant);
    if (!by || by->type == PARTICIPANT_EXTERNAL || str_equal(last->data, LEFT_BY_TIMEOUT))
        return STR("{\"closer\":\"system\"}");
    return by->type == PARTICIPANT_CLIENT ? STR("{\"closer\":\"visitor\"}") : STR("{\"closer\":\"operator\"}");
}

static bool close_if_empty(struct intake *p, GError **error)
{
    if (p->after.session.state == SESSION_CLOSED || !is_empty(&p->after))
        return true;
    struct event closed = {.kind = EVENT_CLOSED, .time_ms = NO_TIME, .data = closer_after(p)};
    return add_stamped(p, &closed, error);
}

static bool join_again(struct intake *p, uint32_t id, GError **error)
{
    const struct participant *who = session_participant(&p->after, id);
    if (p->after.session.state == SESSION_CLOSED || !who || !who->joined || who->present)
        return true;
    struct event joined = {.kind = EVENT_JOINED, .participant = id, .time_ms = NO_TIME};
    return add_stamped(p, &joined, error);
}

static bool add_all(struct append_op *op, struct intake *p, GError **error)
{
    if (op->returning && !join_again(p, op->returning, error))
        return false;
    op->stored = arena_array(&op->op.arena, op->event_count, sizeof *op->stored);
    for (size_t i = 0; i < op->event_count; i++) {
        struct event e = op->events[i];
        if (!naming_of_event(op->op.core, p->txn, op->company, &e, &op->op.arena, error) || !add_stamped(p, &e, error))
            return false;
        op->stored[i] = p->events[p->count - 1];
    }
    return !op->close_when_empty || close_if_empty(p, error);
}

/* What stands in `p`, and that a chat which ended needs its client watched no longer. */
static bool write_all(struct append_op *op, const struct session_view *before, struct intake *p, GError **error)
{
    const struct session *s = &p->after.session;
    if (!intake_write(p, error))
        return false;
    if (s->state == SESSION_CLOSED && dialect_watches_clients(s->dialect) && before->session.state == SESSION_OPEN &&
        !store_live_chat_delete(p->txn, s->number, error))
        return false;
    effect_of(&op->op, &p->after);
    return true;
}

static bool append(struct append_op *op, struct store_txn *txn, const struct session_view *before, struct intake *p,
                   GError **error)
{
    intake_init(p, txn, before, (op->returning != 0) + op->event_count + op->close_when_empty, &op->op.arena);
    p->free_id = op->event_count ? op->events[0].id : STR_NULL; /* find_repeated has looked */
    if (!add_all(op, p, error) || (p->count && !write_all(op, before, p, error)))
        return false; /* nothing to write: who may return was there */
    op->view = p->after;
    return true;
}

static bool run_append(struct op *base, struct store_txn *txn, GError **error)
{
    struct append_op *op = (struct append_op *)base;
    struct session_view *before = arena_new(&base->arena, struct session_view);
    bool found;
    forget_outputs(op);
    if (!store_session_get(txn, op->company, op->session_id, &base->arena, before, &found, error))
        return false;
    if (!found) {
        reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
        return false;
    }
    if (before->session.erased) {
        reason_set(error, REASON_SESSION_ERASED, "the session is erased");
        return false;
    }
    if ((op->prepare && !op->prepare(op, txn, before, error)) || !find_repeated(op, txn, before, error))
        return false;
    if (op->repeated)
        return true;
    struct intake p;
    bool done = append(op, txn, before, &p, error);
    intake_clear(&p);
    return done;
}

void append_op_init(struct append_op *op, struct core *core)
{
    *op = (struct append_op){0};
    op_init(&op->op, core, OP_WRITE, run_append);
}
