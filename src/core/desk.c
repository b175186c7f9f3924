#include "core/desk.h"

#include "core/directory.h"

/* ---- who ---- */

/* As whom an operator takes part: where they are present, else where they were last. NULL = nowhere. */
static const struct participant *find_operator(const struct session_view *view, struct str id, struct str username)
{
    const struct participant *found = NULL;
    for (size_t i = 0; i < view->participant_count; i++) {
        const struct participant *p = &view->participants[i];
        if (operator_ref_names(&p->operator_ref, id, username) && (!found || !found->present))
            found = p;
    }
    return found;
}

/* Somebody for whom events are composed; `is_new`: their first event introduces them. */
struct actor {
    struct participant who;
    bool is_new;
};

static struct actor actor_of(const struct session_view *view, uint32_t newcomers, struct operator_ref o,
                             enum participant_type type)
{
    const struct participant *known = find_operator(view, o.id, o.username);
    if (known)
        return (struct actor){.who = *known};
    return (struct actor){
        .who = {.id = view->session.participant_count + 1 + newcomers,
                .type = type,
                .name = o.name.ptr ? o.name : o.username,
                .operator_ref = o},
        .is_new = true,
    };
}

static struct operator_ref ref_of_caller(const struct caller *caller)
{
    return (struct operator_ref){.id = caller->operator_id, .username = caller->username, .name = caller->name};
}

/* Who acts: who was never here and does not come to serve looks in as a supervisor. */
static struct actor acting(const struct desk_op *op, const struct session_view *view)
{
    enum participant_type type = op->act == DESK_TAKE ? PARTICIPANT_AGENT : PARTICIPANT_SUPERVISOR;
    return actor_of(view, 0, ref_of_caller(&op->caller), type);
}

/* ---- events ---- */

struct data {
    const struct operator_ref *operator_ref;
    const struct department *department;
    struct str ancestors;
    struct str comment, tags;
    bool internal;
};

static void write_department(struct json *w, const struct data *data)
{
    json_member_object_begin(w, "department");
    json_member_string(w, "id", data->department->id);
    json_member_string(w, "name", data->department->name);
    if (data->ancestors.ptr)
        json_member_raw(w, "ancestors", data->ancestors);
    json_object_end(w);
}

static struct str write_data(const struct actor *actor, const struct data *data, struct arena *a)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_object_begin(&w);
    if (actor->is_new) {
        json_key_literal(&w, "participant");
        participant_write(&w, &actor->who);
    }
    if (data->department)
        write_department(&w, data);
    if (data->operator_ref) {
        json_key_literal(&w, "operator");
        operator_ref_write(&w, data->operator_ref);
    }
    json_member_string_if(&w, "comment", data->comment);
    if (data->tags.ptr)
        json_member_raw(&w, "tags", data->tags);
    if (data->internal)
        json_member_string(&w, "visibility", STR("internal"));
    json_object_end(&w);
    struct str text = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return text;
}

/* The next event of the operation. Without data, or with. */
static struct event *add(struct desk_op *op, enum event_kind kind, struct actor *actor, const struct data *data)
{
    struct event *e = &op->events[op->append.event_count++];
    *e = (struct event){.kind = kind, .participant = actor->who.id, .time_ms = NO_TIME};
    if (data || actor->is_new)
        e->data = write_data(actor, data ? data : &(struct data){0}, &op->append.op.arena);
    actor->is_new = false;
    return e;
}

/* Comes, or comes back. */
static void add_joined(struct desk_op *op, struct actor *actor)
{
    if (!actor->who.present)
        add(op, EVENT_JOINED, actor, NULL);
}

/* Whoever serves goes. */
static void add_left(struct desk_op *op, const struct session_view *view)
{
    const struct operator_ref *o = &view->session.served_by;
    const struct participant *server = find_operator(view, o->id, o->username);
    if (server && server->present)
        add(op, EVENT_LEFT, &(struct actor){.who = *server}, NULL);
}

/* ---- may they ---- */

static bool refuse(GError **error, enum reason reason, const char *why)
{
    reason_set(error, reason, "%s", why);
    return false;
}

/* A take asks for what the session would be in the queue: somebody else's take is told as such. */
static bool is_seen(const struct desk_op *op, const struct session *s)
{
    struct session queued = *s;
    queued.state = SESSION_OPEN;
    queued.served_by = (struct operator_ref){0};
    return access_sees(&op->caller, s) || (op->act == DESK_TAKE && access_sees(&op->caller, &queued));
}

static bool may_change(const struct desk_op *op, const struct session *s, GError **error)
{
    if (s->state == SESSION_CLOSED)
        return refuse(error, REASON_SESSION_CLOSED, "the session is closed");
    if (access_serves(&op->caller, s) || (op->caller.rights & RIGHT_MANAGE))
        return true;
    return refuse(error, REASON_NOT_SERVED_BY_CALLER, "you do not serve this session: take it first");
}

/* ---- the operations ---- */

static bool compose_take(struct desk_op *op, const struct session_view *view, GError **error)
{
    const struct session *s = &view->session;
    struct actor me = acting(op, view);
    const struct operator_ref own = ref_of_caller(&op->caller);
    bool serves = access_serves(&op->caller, s);
    if (s->state == SESSION_CLOSED)
        return refuse(error, REASON_SESSION_CLOSED, "the session is closed");
    if (!serves && !operator_ref_is_nobody(&s->served_by))
        return refuse(error, REASON_SESSION_TAKEN, "somebody else serves this session");
    add_joined(op, &me);
    if (!serves)
        add(op, EVENT_TAKE, &me, &(struct data){.operator_ref = &own});
    return true;
}

static bool compose_release(struct desk_op *op, const struct session_view *view)
{
    struct actor me = acting(op, view);
    if (operator_ref_is_nobody(&view->session.served_by))
        return true;
    add(op, EVENT_TRANSFER, &me, &(struct data){.comment = op->comment});
    add_left(op, view);
    return true;
}

/* Whom it goes to; rows of the directory. */
struct receiver {
    const struct operator_account *account;
    const struct department *department;
};

static bool find_receiver(const struct desk_op *op, const struct directory *d, struct receiver *to, GError **error)
{
    int64_t company = op->append.company;
    *to = (struct receiver){0};
    if (op->operator_name.ptr) {
        const struct operator_account *o = directory_operator(d, op->operator_name);
        to->account = o ? o : directory_operator_like(d, op->operator_name);
    }
    if (op->department.ptr)
        to->department = directory_department(d, company, op->department);
    bool works = to->account && to->account->company == company && !to->account->disabled &&
                 (access_rights(to->account->roles) & RIGHT_DESK);
    if (op->operator_name.ptr && !works)
        reason_set_field(error, REASON_OPERATOR_UNKNOWN, STR("operator"), "there is no such operator at the desk");
    else if (op->department.ptr && !(to->department && to->department->enabled))
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("department"), "there is no such department");
    else if (!to->account && !to->department)
        reason_set_field(error, REASON_FIELD_MISSING, STR("operator"), "say to which operator or department");
    else
        return true;
    return false;
}

static void add_transfer(struct desk_op *op, const struct directory *d, const struct session_view *view,
                         const struct receiver *to)
{
    struct arena *a = &op->append.op.arena;
    struct actor me = acting(op, view);
    struct data data = {.department = to->department, .comment = op->comment};
    struct operator_ref next = {0};
    if (to->department)
        data.ancestors = directory_ancestors(d, op->append.company, to->department->id, a);
    if (to->account) {
        next = (struct operator_ref){.id = arena_str(a, to->account->id),
                                     .username = arena_str(a, to->account->username),
                                     .name = arena_str(a, to->account->name)};
        data.operator_ref = &next;
    }
    bool to_me = str_equal(next.id, op->caller.operator_id);
    struct actor receiver = actor_of(view, me.is_new, next, PARTICIPANT_AGENT);
    add(op, EVENT_TRANSFER, &me, &data);
    if (!to->account || !operator_ref_names(&view->session.served_by, next.id, next.username))
        add_left(op, view);
    if (to->account)
        add_joined(op, to_me ? &me : &receiver);
}

static bool compose_transfer(struct desk_op *op, struct store_txn *txn, const struct session_view *view, GError **error)
{
    struct directory *d = directory_ref_in(op->append.op.core, txn, error);
    struct receiver to;
    if (!d)
        return false;
    bool found = find_receiver(op, d, &to, error);
    if (found)
        add_transfer(op, d, view, &to);
    directory_unref(d);
    return found;
}

/* Hold, resume and close are one event each. */
static bool compose_change(struct desk_op *op, enum event_kind kind, const struct session_view *view)
{
    struct actor me = acting(op, view);
    add(op, kind, &me, &(struct data){.comment = op->comment, .tags = op->tags});
    return true;
}

/* Writing and typing is for who is there. */
static bool compose_spoken(struct desk_op *op, enum event_kind kind, const struct session_view *view, GError **error)
{
    struct actor me = acting(op, view);
    if (me.is_new)
        return refuse(error, REASON_NOT_SERVED_BY_CALLER, "you take no part in this session: take it first");
    struct event *e = add(op, kind, &me, NULL);
    e->text = op->text;
    e->id = op->id;
    return true;
}

static bool compose_note(struct desk_op *op, const struct session_view *view)
{
    struct actor me = acting(op, view);
    me.is_new |= op->id.ptr != NULL; /* sent again it is the same event: it introduces whoever it introduced */
    struct event *e = add(op, EVENT_MESSAGE, &me, &(struct data){.internal = true});
    e->text = op->text;
    e->id = op->id;
    return true;
}

static bool compose(struct append_op *append, struct store_txn *txn, const struct session_view *view, GError **error)
{
    struct desk_op *op = (struct desk_op *)append;
    const struct session *s = &view->session;
    append->event_count = 0;
    if (!is_seen(op, s))
        return refuse(error, REASON_SESSION_UNKNOWN, "there is no such session");
    switch (op->act) {
    case DESK_TAKE:
        return compose_take(op, view, error);
    case DESK_RELEASE:
        return may_change(op, s, error) && compose_release(op, view);
    case DESK_TRANSFER:
        return may_change(op, s, error) && compose_transfer(op, txn, view, error);
    case DESK_HOLD:
        return may_change(op, s, error) && (s->on_hold || compose_change(op, EVENT_HOLD, view));
    case DESK_RESUME:
        return may_change(op, s, error) && (!s->on_hold || compose_change(op, EVENT_RESUME, view));
    case DESK_CLOSE:
        return may_change(op, s, error) && compose_change(op, EVENT_CLOSED, view);
    case DESK_MESSAGE:
        return compose_spoken(op, EVENT_MESSAGE, view, error);
    case DESK_NOTE:
        return compose_note(op, view);
    case DESK_TYPING_STARTED:
        return compose_spoken(op, EVENT_TYPING_STARTED, view, error);
    case DESK_TYPING_STOPPED:
        return compose_spoken(op, EVENT_TYPING_STOPPED, view, error);
    }
    return refuse(error, REASON_INTERNAL, "an operation of the desk that there is none of");
}

void desk_op_init(struct desk_op *op, struct core *core, enum desk_act act, const struct caller *caller,
                  struct str session_id)
{
    *op = (struct desk_op){.act = act};
    append_op_init(&op->append, core);
    op->caller = caller_copy(caller, &op->append.op.arena);
    op->append.company = caller->company;
    op->append.session_id = arena_str(&op->append.op.arena, session_id);
    op->append.events = op->events;
    op->append.prepare = compose;
}
