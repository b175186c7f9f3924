/* The desk: POST sessions/{id}/take, release, transfer, hold, resume, close, messages, notes, typing. Each body is read
 * into a desk_op, which decides (core/desk.h). */
#include "core/desk.h"
#include "text/json_read.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/internal.h"

static void answer_session(struct http_request *request, struct op *op)
{
    const struct desk_op *desk = (struct desk_op *)op;
    session_written_reply(request, op, 200, &desk->append.view, desk->caller.rights);
}

static struct desk_op *desk_new(const struct http_request *request, const struct call *call, enum desk_act act)
{
    struct desk_op *op = g_new(struct desk_op, 1);
    desk_op_init(op, call->parley->core, act, &call->caller, request->parameters[0]);
    return op;
}

/* ---- what the bodies hold ---- */

static bool all_tags(const struct json_node *tags, GError **error)
{
    const struct json_node *tag = json_first(tags);
    while (tag && json_str(tag).len && model_check_id(json_str(tag), "tags", NULL))
        tag = tag->next;
    if (!tag && (!tags || tags->count <= LIMIT_TAGS))
        return true;
    reason_set_field(error, REASON_FIELD_VALUE, STR("tags"), "tags are at most %d texts of 1 to %d bytes each",
                     LIMIT_TAGS, LIMIT_ID);
    return false;
}

/* All members that bodies of the desk may have; `names` those of this one. */
static bool read_body(const struct http_request *request, struct desk_op *op, const char *const *names, size_t count,
                      GError **error)
{
    const struct json_node *tags = NULL, *body = body_read(request, &op->append.op.arena, error);
    if (!body || !json_refuse_unknown(body, names, count, error) ||
        !json_get_string(body, "operator", JSON_OPTIONAL, LIMIT_NAME, &op->operator_name, error) ||
        !json_get_string(body, "department", JSON_OPTIONAL, LIMIT_NAME, &op->department, error) ||
        !json_get_string(body, "comment", JSON_OPTIONAL, LIMIT_COMMENT, &op->comment, error) ||
        !json_get_array(body, "tags", JSON_OPTIONAL, &tags, error) || !all_tags(tags, error))
        return false;
    if (tags)
        op->tags = model_json_text(tags, &op->append.op.arena);
    return true;
}

static void change(struct http_request *request, const struct call *call, enum desk_act act, const char *const *names,
                   size_t count)
{
    struct desk_op *op = desk_new(request, call, act);
    read_body(request, op, names, count, &op->append.op.error);
    deferred_answer(request, &op->append.op, answer_session);
}

void parley_take(struct http_request *request, const struct call *call)
{
    change(request, call, DESK_TAKE, NULL, 0);
}

void parley_release(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"comment"};
    change(request, call, DESK_RELEASE, names, G_N_ELEMENTS(names));
}

void parley_transfer(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"operator", "department", "comment"};
    change(request, call, DESK_TRANSFER, names, G_N_ELEMENTS(names));
}

void parley_hold(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"comment"};
    change(request, call, DESK_HOLD, names, G_N_ELEMENTS(names));
}

void parley_resume(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"comment"};
    change(request, call, DESK_RESUME, names, G_N_ELEMENTS(names));
}

void parley_close(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"comment", "tags"};
    change(request, call, DESK_CLOSE, names, G_N_ELEMENTS(names));
}

/* ---- what operators say ---- */

static void say(struct http_request *request, const struct call *call, enum desk_act act)
{
    static const char *const names[] = {"text", "id"};
    struct desk_op *op = desk_new(request, call, act);
    GError **error = &op->append.op.error;
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &op->append.op.arena, error);
    if (body && json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) &&
        json_get_string(body, "text", JSON_REQUIRED, LIMIT_HTTP_BODY, &op->text, error))
        json_get_string(body, "id", JSON_OPTIONAL, LIMIT_ID, &op->id, error);
    deferred_answer(request, &op->append.op, event_written_reply);
}

void parley_message(struct http_request *request, const struct call *call)
{
    say(request, call, DESK_MESSAGE);
}

void parley_note(struct http_request *request, const struct call *call)
{
    say(request, call, DESK_NOTE);
}

void parley_typing(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"typing"};
    struct desk_op *op = desk_new(request, call, DESK_TYPING_STARTED);
    GError **error = &op->append.op.error;
    bool typing = true;
    const struct json_node *body = body_read(request, &op->append.op.arena, error);
    if (body && json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) &&
        json_get_bool(body, "typing", JSON_OPTIONAL, &typing, error) && !typing)
        op->act = DESK_TYPING_STOPPED;
    deferred_answer(request, &op->append.op, event_written_reply);
}
