/* PUT me/status, GET and PUT me/preferences, GET operators, GET departments. */
#include "core/team.h"

#include "text/json_read.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/internal.h"

/* ---- status ---- */

static void answer_status(struct http_request *request, struct op *base)
{
    if (base->error) {
        parley_refuse(request, base->error);
        return;
    }
    struct object_reply reply;
    document_status(object_reply_begin(&reply), &((struct status_op *)base)->status);
    object_reply_end(&reply, request, 200);
}

static bool read_status(const struct http_request *request, struct status_op *op, GError **error)
{
    static const char *const names[] = {"status"};
    struct str word;
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &op->op.arena, error);
    if (!body || !json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) ||
        !json_get_string(body, "status", JSON_REQUIRED, LIMIT_ID, &word, error))
        return false;
    int availability = parameter_word(AVAILABILITY_WORDS, word);
    if (availability >= 0) {
        op->status.availability = (enum availability)availability;
        return true;
    }
    reason_set_field(error, REASON_FIELD_VALUE, STR("status"), "status must be one of: %s", AVAILABILITY_WORDS);
    return false;
}

void parley_set_status(struct http_request *request, const struct call *call)
{
    struct status_op *op = g_new(struct status_op, 1);
    status_op_init(op, call->parley->core);
    op->status.company = call->caller.company;
    op->status.operator_id = arena_str(&op->op.arena, call->caller.operator_id);
    read_status(request, op, &op->op.error);
    deferred_answer(request, &op->op, answer_status);
}

/* ---- preferences ---- */

static bool preferences_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                             GError **error)
{
    struct str value;
    if (!team_preferences(txn, ((struct single *)page)->call->caller.operator_id, scratch, &value, error))
        return false;
    json_add_raw(w, value);
    page->last = true;
    return true;
}

void parley_preferences(struct http_request *request, const struct call *call)
{
    single_reply(request, call, LIMIT_PREFERENCES, false, preferences_part);
}

static void answer_preferences(struct http_request *request, struct op *base)
{
    if (base->error)
        parley_refuse(request, base->error);
    else
        parley_reply_nothing(request);
}

static bool read_preferences(const struct http_request *request, struct preference_op *op, GError **error)
{
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &op->op.arena, error);
    if (!body || !model_json_keep(body, "body", &op->value, &op->op.arena, error))
        return false;
    if (op->value.len <= LIMIT_PREFERENCES)
        return true;
    reason_set(error, REASON_BODY_TOO_LARGE, "preferences are at most %d bytes of JSON", LIMIT_PREFERENCES);
    return false;
}

void parley_set_preferences(struct http_request *request, const struct call *call)
{
    struct preference_op *op = g_new(struct preference_op, 1);
    preference_op_init(op, call->parley->core);
    op->operator_id = arena_str(&op->op.arena, call->caller.operator_id);
    read_preferences(request, op, &op->op.error);
    deferred_answer(request, &op->op, answer_preferences);
}

/* ---- operators ---- */

struct members {
    struct page page;
    struct str department;
    int64_t company;
    int availability; /* -1 = any */
    struct team_member *list;
    size_t count, told;
};

static bool is_wanted(const struct members *members, const struct team_member *m)
{
    return (members->availability < 0 || (int)m->status.availability == members->availability) &&
           (!members->department.ptr || access_works_in(m->account.departments, members->department));
}

static void add_member(struct json *w, const struct team_member *m)
{
    json_object_begin(w);
    document_account(w, &m->account);
    document_roles(w, &m->account);
    json_member_raw(w, "departments", m->account.departments.ptr ? m->account.departments : STR("[]"));
    document_status(w, &m->status);
    json_object_end(w);
}

static bool members_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct members *members = (struct members *)page;
    (void)scratch;
    if (!page->parts) {
        if (!team_members(txn, members->company, &page->op.arena, &members->list, &members->count, error))
            return false;
        json_object_begin(w);
        json_member_array_begin(w, "operators");
    }
    for (; members->told < members->count && !page_is_full(page); members->told++)
        if (is_wanted(members, &members->list[members->told]))
            add_member(w, &members->list[members->told]);
    page->last = members->told == members->count;
    if (page->last) {
        json_array_end(w);
        json_object_end(w);
    }
    return true;
}

void parley_operators(struct http_request *request, const struct call *call)
{
    struct members *members = (struct members *)page_new(call->parley->core, sizeof *members);
    members->page.part = members_part;
    members->page.row_max = 32 * LIMIT_NAME + LIMIT_EVENT_DATA;
    members->page.is_long = true; /* every operator of the company is looked at */
    members->company = call->caller.company;
    members->availability = parameter_word(AVAILABILITY_WORDS, query_get(&call->query, STR("status")));
    members->department = arena_str(&members->page.op.arena, query_get(&call->query, STR("department")));
    parley_reply_page(request, &members->page);
}

/* ---- departments ---- */

struct departments {
    struct page page;
    int64_t company;
    struct department *list;
    size_t count, told;
};

static void add_department(struct json *w, const struct department *d)
{
    json_object_begin(w);
    json_member_string(w, "id", d->id);
    json_member_string(w, "name", d->name);
    json_member_string_or_null(w, "parent", d->parent);
    json_member_bool(w, "enabled", d->enabled);
    json_object_end(w);
}

static bool departments_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                             GError **error)
{
    struct departments *all = (struct departments *)page;
    (void)scratch;
    if (!page->parts) {
        if (!team_departments(txn, all->company, &page->op.arena, &all->list, &all->count, error))
            return false;
        json_object_begin(w);
        json_member_array_begin(w, "departments");
    }
    for (; all->told < all->count && !page_is_full(page); all->told++)
        add_department(w, &all->list[all->told]);
    page->last = all->told == all->count;
    if (page->last) {
        json_array_end(w);
        json_object_end(w);
    }
    return true;
}

void parley_departments(struct http_request *request, const struct call *call)
{
    struct departments *all = (struct departments *)page_new(call->parley->core, sizeof *all);
    all->page.part = departments_part;
    all->page.row_max = 24 * LIMIT_NAME;
    all->page.is_long = true; /* every department of the company */
    all->company = call->caller.company;
    parley_reply_page(request, &all->page);
}
