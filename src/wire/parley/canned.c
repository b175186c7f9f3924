/* GET, POST canned-answers; PATCH, DELETE canned-answers/{id}. */
#include "core/team.h"

#include "text/json_read.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/internal.h"

enum { ANSWERS_AT_ONCE = 20, ROW_MAX = ANSWERS_AT_ONCE * (6 * LIMIT_CANNED_TEXT + 24 * LIMIT_ID) };

static void add_members(struct json *w, const struct canned_answer *c)
{
    json_member_string(w, "id", c->id);
    json_member_string(w, "shortcut", c->shortcut);
    json_member_string(w, "text", c->text);
    json_member_string_or_null(w, "department", c->department.len ? c->department : STR_NULL);
    json_member_time(w, "changed", c->changed_ms);
}

/* ---- all of them ---- */

struct answers {
    struct page page;
    struct canned_query query;
    struct caller viewer;
    struct canned_answer last; /* where the next part goes on; in the page's arena */
};

static bool answers_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct answers *answers = (struct answers *)page;
    struct canned_answer *list, last;
    size_t count;
    bool more;
    if (!page->parts) {
        json_object_begin(w);
        json_member_array_begin(w, "cannedAnswers");
    }
    if (!team_canned(txn, &answers->query, &answers->viewer, scratch, &list, &count, &last, &more, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        json_object_begin(w);
        add_members(w, &list[i]);
        json_object_end(w);
    }
    page->last = !more;
    if (more) {
        answers->last.shortcut = arena_str(&page->op.arena, last.shortcut);
        answers->last.department = arena_str(&page->op.arena, last.department);
        answers->query.after = &answers->last;
    } else {
        json_array_end(w);
        json_object_end(w);
    }
    return true;
}

void parley_canned(struct http_request *request, const struct call *call)
{
    struct answers *answers = (struct answers *)page_new(call->parley->core, sizeof *answers);
    struct arena *a = &answers->page.op.arena;
    answers->page.part = answers_part;
    answers->page.row_max = ROW_MAX;
    answers->viewer = caller_copy(&call->caller, a);
    answers->query = (struct canned_query){.company = call->caller.company,
                                           .department = arena_str(a, query_get(&call->query, STR("department"))),
                                           .limit = ANSWERS_AT_ONCE};
    parley_reply_page(request, &answers->page);
}

/* ---- changing them ---- */

static void answer_canned(struct http_request *request, struct op *base)
{
    const struct canned_op *op = (struct canned_op *)base;
    if (base->error) {
        parley_refuse(request, base->error);
        return;
    }
    if (op->act == CANNED_DELETE) {
        parley_reply_nothing(request);
        return;
    }
    struct object_reply reply;
    add_members(object_reply_begin(&reply), &op->answer);
    object_reply_end(&reply, request, op->act == CANNED_ADD ? 201 : 200);
}

/* A department of null is the whole company. */
static bool read_answer(const struct http_request *request, struct canned_op *op, GError **error)
{
    static const char *const names[] = {"shortcut", "text", "department"};
    enum json_presence needed = op->act == CANNED_ADD ? JSON_REQUIRED : JSON_OPTIONAL;
    struct canned_answer *c = &op->answer;
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &op->op.arena, error);
    if (!body || !json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) ||
        !json_get_string(body, "shortcut", needed, LIMIT_HTTP_BODY, &c->shortcut, error) ||
        !json_get_string(body, "text", needed, LIMIT_HTTP_BODY, &c->text, error) ||
        !json_get_string(body, "department", JSON_NULLABLE, LIMIT_NAME, &c->department, error))
        return false;
    if (json_is(json_get(body, "department"), JSON_NULL))
        c->department = STR("");
    return true;
}

static struct canned_op *canned_new(const struct http_request *request, const struct call *call, enum canned_act act)
{
    struct canned_op *op = g_new(struct canned_op, 1);
    canned_op_init(op, call->parley->core, act);
    op->answer.company = call->caller.company;
    if (act != CANNED_ADD)
        op->answer.id = request->parameters[0];
    return op;
}

void parley_canned_add(struct http_request *request, const struct call *call)
{
    struct canned_op *op = canned_new(request, call, CANNED_ADD);
    read_answer(request, op, &op->op.error);
    deferred_answer(request, &op->op, answer_canned);
}

void parley_canned_change(struct http_request *request, const struct call *call)
{
    struct canned_op *op = canned_new(request, call, CANNED_CHANGE);
    read_answer(request, op, &op->op.error);
    deferred_answer(request, &op->op, answer_canned);
}

void parley_canned_delete(struct http_request *request, const struct call *call)
{
    deferred_answer(request, &canned_new(request, call, CANNED_DELETE)->op, answer_canned);
}
