/* POST sessions, POST sessions/{id}/events, POST sessions/{id}/genesys-credentials, DELETE visitors/{id}. */
#include "core/conversation.h"
#include "core/directory.h"
#include "core/erase.h"
#include "text/json_read.h"
#include "text/time.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/internal.h"

/* ---- open ---- */

struct opening {
    struct open_op op; /* first */
    unsigned rights;   /* the caller's */
};

static bool read_written(struct http_request *request, const struct session *s, struct history_item *item,
                         GError **error)
{
    struct store_txn *txn = core_read_begin(http_loop_data(request->loop), error);
    if (!txn)
        return false;
    bool read = history_one(txn, s, &request->arena, item, error);
    core_read_end(txn);
    return read;
}

void session_written_reply(struct http_request *request, struct op *op, unsigned status,
                           const struct session_view *view, unsigned rights)
{
    struct history_item item;
    if (!op->error && read_written(request, &view->session, &item, &op->error))
        session_reply(request, status, &item, view, rights);
    else
        parley_refuse(request, op->error);
}

static void answer_open(struct http_request *request, struct op *base)
{
    const struct opening *opening = (struct opening *)base;
    const struct opened *opened = &opening->op.opened;
    session_written_reply(request, base, opened->outcome == OPEN_CREATED ? 201 : 200, &opened->view, opening->rights);
}

/* Times of one's own are history: that takes the import right. A line without any begins now. */
static bool has_times(const struct line *line)
{
    bool given = line->start_ms != NO_TIME && line->start_ms != 0;
    for (size_t i = 0; i < line->event_count; i++)
        given |= line->events[i].time_ms != 0;
    return given;
}

/* One call is one job of the writer. */
static bool check_length(const struct line *line, GError **error)
{
    if (line->event_count <= LIMIT_IMPORT_BATCH)
        return true;
    reason_set_field(error, REASON_FIELD_TOO_LONG, STR("events"),
                     "one call opens a session with at most %d events: append the others, or import it",
                     LIMIT_IMPORT_BATCH);
    return false;
}

static bool read_line(struct http_request *request, const struct call *call, struct open_op *op, GError **error)
{
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &op->op.arena, error);
    if (!body || !line_read(body, true, &op->line, &op->op.arena, error) || !check_length(&op->line, error))
        return false;
    op->import = has_times(&op->line);
    if (!op->import || (call->caller.rights & RIGHT_IMPORT))
        return true;
    reason_set_field(error, REASON_RIGHT_MISSING, STR("at"),
                     "times of one's own need the import right; without `at` and `start` the session begins now");
    return false;
}

void parley_open(struct http_request *request, const struct call *call)
{
    struct opening *opening = g_new(struct opening, 1);
    struct open_op *op = &opening->op;
    open_op_init(op, call->parley->core);
    opening->rights = call->caller.rights;
    op->company = call->caller.company;
    read_line(request, call, op, &op->op.error);
    deferred_answer(request, &op->op, answer_open);
}

/* ---- append ---- */

struct append {
    struct append_op op; /* first */
    struct event event;
};

void event_written_reply(struct http_request *request, struct op *base)
{
    const struct append_op *op = (struct append_op *)base;
    if (base->error) {
        parley_refuse(request, base->error);
        return;
    }
    const struct event *stored = &op->stored[0];
    struct object_reply reply;
    struct json *w = object_reply_begin(&reply);
    json_member_string(w, "id", event_shown_id(stored, op->view.session.id, &request->arena));
    json_member_int(w, "index", stored->index);
    json_member_time(w, "time", stored->time_ms);
    object_reply_end(&reply, request, op->repeated ? 200 : 201);
}

/* `at`: RFC 3339, or milliseconds as in an import line. */
static bool read_time(const struct json_node *body, const struct call *call, int64_t *time_ms, GError **error)
{
    const struct json_node *at = json_get(body, "at");
    struct time_point point;
    *time_ms = NO_TIME;
    if (!at)
        return true;
    if (!(call->caller.rights & RIGHT_IMPORT)) {
        reason_set_field(error, REASON_RIGHT_MISSING, STR("at"),
                         "`at` needs the import right; without it the event happens now");
        return false;
    }
    if (json_is(at, JSON_INTEGER) && json_int64(at) != NO_TIME) { /* event_check knows the range */
        *time_ms = json_int64(at);
        return true;
    }
    if (!json_is(at, JSON_STRING)) {
        reason_set_field(error, REASON_FIELD_TYPE, STR("at"), "at must be an RFC 3339 time or milliseconds");
        return false;
    }
    if (!time_parse(json_str(at), STR("at"), &point, error))
        return false;
    *time_ms = point.ms;
    return true;
}

static bool read_data(const struct json_node *body, struct event *e, struct arena *a, GError **error)
{
    const struct json_node *data = NULL;
    return json_get_object(body, "data", JSON_OPTIONAL, &data, error) &&
           model_json_keep(data, "data", &e->data, a, error);
}

static bool read_event(struct http_request *request, const struct call *call, struct event *e, struct arena *a,
                       GError **error)
{
    static const char *const names[] = {"type", "by", "id", "text", "target", "data", "at"};
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, a, error);
    struct str type = STR_NULL, id = STR_NULL, text = STR_NULL;
    int64_t by = 0, target = 0;
    if (!body || !json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) ||
        !json_get_string(body, "type", JSON_REQUIRED, LIMIT_ID, &type, error) ||
        !json_get_int64(body, "by", JSON_OPTIONAL, 0, LIMIT_PARTICIPANTS, &by, error) ||
        !json_get_string(body, "id", JSON_OPTIONAL, LIMIT_ID, &id, error) ||
        !json_get_string(body, "text", JSON_OPTIONAL, LIMIT_HTTP_BODY, &text, error) ||
        !json_get_int64(body, "target", JSON_OPTIONAL, 1, LIMIT_EVENTS_PER_SESSION, &target, error) ||
        !read_data(body, e, a, error) || !read_time(body, call, &e->time_ms, error))
        return false;
    if (!event_kind_from_name(type, &e->kind) || !event_facts[e->kind].live) {
        reason_set_field(error, REASON_EVENT_KIND_UNKNOWN, STR("type"),
                         "type must be message, joined, left, closed or another kind of doc/events.md");
        return false;
    }
    e->participant = (uint32_t)by;
    e->target = (uint32_t)target;
    e->id = arena_str(a, id);
    e->text = arena_str(a, text);
    return true;
}

void parley_append(struct http_request *request, const struct call *call)
{
    struct append *append = g_new0(struct append, 1);
    struct op *base = &append->op.op;
    append_op_init(&append->op, call->parley->core);
    append->op.company = call->caller.company;
    append->op.session_id = request->parameters[0];
    append->op.events = &append->event;
    append->op.event_count = 1;
    read_event(request, call, &append->event, &base->arena, &base->error);
    deferred_answer(request, base, event_written_reply);
}

/* ---- a Genesys key ---- */

struct key {
    struct key_op op; /* first */
    struct str tenant;
};

static void answer_key(struct http_request *request, struct op *base)
{
    const struct parley *parley = request->mount->word;
    const struct key *key = (struct key *)base;
    if (base->error) {
        parley_refuse(request, base->error);
        return;
    }
    struct object_reply reply;
    struct json *w = object_reply_begin(&reply);
    json_member_string(w, "chatId", key->op.session_id);
    json_member_string(w, "userId", key->op.user_id);
    json_member_string(w, "secureKey", key->op.secure_key);
    json_member_string(w, "alias", parley->settings.genesys_alias);
    json_member_string(w, "tenantName", key->tenant);
    object_reply_end(&reply, request, 201);
}

static bool find_tenant(struct http_request *request, const struct call *call, struct key *key, GError **error)
{
    struct directory *directory = directory_ref(call->parley->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    const struct company *company = directory_company(directory, call->caller.company);
    key->tenant = company ? arena_str(&key->op.op.arena, company->name) : STR("");
    directory_unref(directory);
    return true;
}

void parley_key(struct http_request *request, const struct call *call)
{
    struct key *key = g_new0(struct key, 1);
    struct op *base = &key->op.op;
    key_op_init(&key->op, call->parley->core);
    key->op.company = call->caller.company;
    key->op.session_id = request->parameters[0];
    key->op.user_id = id_random_hex(&base->arena, 8);
    key->op.secure_key = id_random_hex(&base->arena, 8);
    find_tenant(request, call, key, &base->error);
    deferred_answer(request, base, answer_key);
}

/* ---- erase ---- */

static void answer_erase(struct http_request *request, struct op *base)
{
    const struct erase_op *op = (struct erase_op *)base;
    if (base->error) {
        parley_refuse(request, base->error);
        return;
    }
    struct object_reply reply;
    struct json *w = object_reply_begin(&reply);
    /* Unreadable from now on; the files are scrubbed behind this answer. */
    json_member_int(w, "sessions", op->sessions);
    json_member_string(w, "state", STR("erasing"));
    object_reply_end(&reply, request, 202);
}

void parley_erase(struct http_request *request, const struct call *call)
{
    struct erase_op *op = g_new(struct erase_op, 1);
    erase_op_init(op, call->parley->core);
    op->company = call->caller.company;
    op->visitor_id = request->parameters[0];
    deferred_answer(request, &op->op, answer_erase);
}
