#include "core/conversation.h"
#include "core/first_head.h"
#include "core/intake.h"
#include "core/naming.h"

#include <inttypes.h>

#include "base/clock.h"
#include "text/json_read.h"

enum { COMPARE_CHUNK = 500 };

/* Visitors are known by their id alone. One who was erased left nothing under it. */
static bool find_visitor(struct store_txn *txn, int64_t company, const struct head *h, struct arena *a,
                         struct visitor *v, bool *found, GError **error)
{
    bool token_taken = false;
    struct visitor other;
    if (!store_visitor_get(txn, company, h->visitor.id, a, v, found, error))
        return false;
    if (*found && v->state != VISITOR_KNOWN) {
        reason_set_field(error, REASON_ID_INVALID, STR("visitor.id"), "this id is taken by an erased visitor");
        return false;
    }
    if (!*found && h->visitor.token.ptr &&
        !store_visitor_by_token(txn, company, h->visitor.token, a, &other, &token_taken, error))
        return false;
    if (token_taken)
        reason_set_field(error, REASON_ID_TAKEN, STR("visitor.token"), "another visitor has this token");
    return !token_taken;
}

/* Numbers are taken when nothing can be refused any more. */
static bool make_visitor(struct intake *p, struct head *h, int64_t company, GError **error)
{
    int64_t guest;
    p->visitor_after = (struct visitor){.company = company};
    p->visitor_known = true;
    if (!h->visitor.token.ptr)
        h->visitor.token = id_random_hex(p->arena, 16);
    if (!h->visitor.username.ptr) {
        if (!store_company_guest(p->txn, company, &guest, error))
            return false;
        h->visitor.username = arena_printf(p->arena, "guest-%" PRId64, guest);
    }
    return store_visitor_number(p->txn, company, h->visitor.id, &p->visitor_after.number, error);
}

/* An import that only tries: everything but the writing. */
static bool is_dry(const struct op *op)
{
    return op->kind == OP_READ;
}

static bool write_new(struct intake *p, struct head *h, const struct visitor *known, GError **error)
{
    struct session *s = &p->after.session;
    if (known) {
        p->visitor_before = known;
        p->visitor_after = *known;
        p->visitor_known = true;
        if (!h->visitor.token.ptr)
            h->visitor.token = known->token;
        if (!h->visitor.username.ptr)
            h->visitor.username = known->username;
    } else if (!make_visitor(p, h, s->company, error)) {
        return false;
    }
    s->visitor = p->visitor_after.number;
    visitor_open(&p->visitor_after, p->events[0].time_ms, h);
    p->events[0].data = head_write(h, p->arena);
    return store_session_number(p->txn, s->company, s->visitor, &s->number, error) && intake_write(p, error);
}

/* Says which event was refused. */
static bool refuse_event(size_t index, GError *inner, GError **error)
{
    struct str field = reason_field(inner);
    char *path = g_strdup_printf("events[%zu]%s%.*s", index, field.len ? "." : "", STR_ARG(field));
    reason_set_field(error, reason_of(inner), str_from_c(path), "%s", inner->message);
    g_free(path);
    g_error_free(inner);
    return false;
}

static bool add_events(struct core *core, struct intake *p, const struct line *line, size_t from, bool import,
                       int64_t now, GError **error)
{
    for (size_t i = from; i < line->event_count; i++) {
        struct event e = line->events[i];
        GError *inner = NULL;
        if (!import)
            e.time_ms = now;
        if (!naming_of_event(core, p->txn, p->after.session.company, &e, p->arena, &inner) ||
            !intake_add(p, &e, !import, &inner))
            return refuse_event(i, inner, error);
    }
    return true;
}

static bool open_new(struct core *core, struct store_txn *txn, int64_t company, const struct line *line, bool import,
                     struct intake *p, struct op *op, GError **error)
{
    struct directory *d = directory_ref_in(core, txn, error);
    if (!d)
        return false;
    bool company_known = directory_company(d, company);
    struct head h = first_head_named(d, company, &line->head, &op->arena);
    directory_unref(d);
    if (!company_known) {
        reason_set(error, REASON_COMPANY_UNKNOWN, "there is no such company");
        return false;
    }
    struct visitor *v = arena_new(&op->arena, struct visitor);
    bool known;
    if (!find_visitor(txn, company, &h, &op->arena, v, &known, error))
        return false;
    int64_t now = clock_now_ms(), start = import && line->start_ms != NO_TIME ? line->start_ms : now;
    intake_init_new(p, txn, &h, start, line->event_count, &op->arena);
    p->after.session.company = company;
    p->after.session.id = line->id.ptr ? line->id : id_random(&op->arena);
    return add_events(core, p, line, 0, import, now, error) &&
           (is_dry(op) || write_new(p, &h, known ? v : NULL, error));
}

static bool differs(const struct line *line, const char *what, GError **error)
{
    reason_set(error, REASON_SESSION_DIFFERS, "session %.*s exists and has another %s", STR_ARG(line->id), what);
    return false;
}

/* As the line gives it, or as we completed it. */
static bool compare_event(struct core *core, struct store_txn *txn, const struct event *stored, struct event given,
                          int64_t company, const struct line *line, struct arena *a, GError **error)
{
    if (event_equal(stored, &given))
        return true;
    return naming_of_event(core, txn, company, &given, a, error) &&
           (event_equal(stored, &given) || differs(line, "event", error));
}

/* Every stored event that the line reaches must be the line's; what is known to be is not looked at again. */
static bool compare_events(struct core *core, struct store_txn *txn, const struct session *s, const struct line *line,
                           GError **error)
{
    uint32_t last = (uint32_t)MIN(line->event_count, s->last_index);
    bool equal = s->last_index >= line->events_stored || differs(line, "event", error);
    for (uint32_t first = (uint32_t)line->events_stored + 1; first <= last && equal; first += COMPARE_CHUNK) {
        struct arena scratch;
        arena_init(&scratch);
        struct event *stored;
        size_t count;
        equal = store_events(txn, s, first, last, COMPARE_CHUNK, &scratch, &stored, &count, error);
        for (size_t i = 0; i < count && equal; i++)
            equal =
                compare_event(core, txn, &stored[i], line->events[first - 1 + i], s->company, line, &scratch, error);
        arena_clear(&scratch);
    }
    return equal;
}

static bool compare_head(struct store_txn *txn, const struct session *s, const struct line *line, struct arena *a,
                         GError **error)
{
    struct event *head_event;
    size_t count;
    struct head stored;
    if (!store_events(txn, s, 0, 0, 1, a, &head_event, &count, error))
        return false;
    if (count == 0 || !head_event->data.ptr) {
        reason_set(error, REASON_DATABASE_CORRUPT, "session %.*s has no head", STR_ARG(s->id));
        return false;
    }
    if (!head_read(head_event->data, &stored, a, error))
        return false;
    if (!first_head_fits(&stored, &line->head))
        return differs(line, "head", error);
    return line->start_ms == NO_TIME || line->start_ms == head_event->time_ms || differs(line, "start", error);
}

/* An import meets a session that is there: skips what is equal, appends what is new. */
static bool complete(struct store_txn *txn, const struct line *line, const struct session_view *before,
                     struct intake *p, struct op *op, GError **error)
{
    const struct session *s = &before->session;
    if (s->erased) {
        reason_set(error, REASON_SESSION_ERASED, "session %.*s was erased", STR_ARG(s->id));
        return false;
    }
    if ((!line->events_stored && !compare_head(txn, s, line, &op->arena, error)) ||
        !compare_events(op->core, txn, s, line, error))
        return false;
    size_t more = line->event_count > s->last_index ? line->event_count - s->last_index : 0;
    intake_init(p, txn, before, more, &op->arena);
    return more == 0 ||
           (add_events(op->core, p, line, s->last_index, true, 0, error) && (is_dry(op) || intake_write(p, error)));
}

/* A chat that ended needs its client watched no longer. */
static bool unwatch_if_ended(struct store_txn *txn, const struct session *s, GError **error)
{
    return s->state == SESSION_OPEN || !dialect_watches_clients(s->dialect) ||
           store_live_chat_delete(txn, s->number, error);
}

static bool open_or_complete(struct core *core, struct store_txn *txn, int64_t company, const struct line *line,
                             bool import, struct intake *p, struct opened *opened, struct op *op, GError **error)
{
    struct session_view *before = arena_new(&op->arena, struct session_view);
    bool found = false;
    if (line->id.ptr && (!model_check_id(line->id, "id", error) ||
                         !store_session_get(txn, company, line->id, &op->arena, before, &found, error)))
        return false;
    if (!model_check_id(line->head.visitor.id, "visitor.id", error))
        return false;
    if (found && !import) {
        reason_set_field(error, REASON_SESSION_EXISTS, STR("id"), "there is a session with this id");
        return false;
    }
    if (!(found ? complete(txn, line, before, p, op, error) : open_new(core, txn, company, line, import, p, op, error)))
        return false;
    opened->outcome = !found ? OPEN_CREATED : p->count ? OPEN_APPENDED : OPEN_UNCHANGED;
    opened->view = p->after;
    opened->events_written = p->count - !found; /* the head is not counted */
    if (p->count)
        effect_of(op, &p->after);
    return !found || is_dry(op) || unwatch_if_ended(txn, &p->after.session, error);
}

bool conversation_open_in(struct core *core, struct store_txn *txn, int64_t company, const struct line *line,
                          bool import, struct opened *opened, struct op *op, GError **error)
{
    struct intake p = {0};
    *opened = (struct opened){0};
    bool done = open_or_complete(core, txn, company, line, import, &p, opened, op, error);
    intake_clear(&p);
    return done;
}

/* ---- the op ---- */

static bool put_key(struct open_op *op, struct store_txn *txn, GError **error)
{
    const struct session *s = &op->opened.view.session;
    struct chat_key *key = arena_new(&op->op.arena, struct chat_key);
    *key = (struct chat_key){.company = s->company, .session = s->number, .user_id = op->user_id, .participant = 1};
    id_hash(op->secure_key, key->hash);
    if (!store_chat_key_put(txn, key, error))
        return false;
    struct effect *effect = op->op.effects; /* the open's own */
    effect->key = key;
    if (!op->live_chat || s->state == SESSION_CLOSED)
        return true;
    effect->watched = true;
    return store_live_chat_put(txn, s->number, error);
}

static bool run_open(struct op *base, struct store_txn *txn, GError **error)
{
    struct open_op *op = (struct open_op *)base;
    return conversation_open_in(base->core, txn, op->company, &op->line, op->import, &op->opened, base, error) &&
           (!op->user_id.ptr || op->opened.outcome != OPEN_CREATED || put_key(op, txn, error));
}

void open_op_init(struct open_op *op, struct core *core)
{
    *op = (struct open_op){.line = {.start_ms = NO_TIME}};
    op_init(&op->op, core, OP_WRITE, run_open);
}
