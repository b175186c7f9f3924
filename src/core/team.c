#include "core/team.h"

#include "base/clock.h"
#include "core/directory.h"

/* ---- status and preferences ---- */

static bool run_status(struct op *base, struct store_txn *txn, GError **error)
{
    struct status_op *op = (struct status_op *)base;
    struct operator_status known;
    if (!store_status_get(txn, op->status.company, op->status.operator_id, &known, error))
        return false;
    bool said = known.since_ms != NO_TIME && known.availability == op->status.availability;
    op->status.since_ms = said ? known.since_ms : clock_now_ms();
    return said || store_status_put(txn, &op->status, error);
}

void status_op_init(struct status_op *op, struct core *core)
{
    *op = (struct status_op){0};
    op_init(&op->op, core, OP_WRITE, run_status);
}

bool team_status(struct store_txn *txn, const struct caller *caller, struct operator_status *status, GError **error)
{
    return store_status_get(txn, caller->company, caller->operator_id, status, error);
}

/* Both are sorted, but not alike. */
static struct operator_status status_of(const struct operator_status *statuses, size_t count,
                                        const struct operator_account *o)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(statuses[middle].operator_id, o->id);
        if (order == 0)
            return statuses[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct operator_status){.company = o->company, .operator_id = o->id, .since_ms = NO_TIME};
}

bool team_members(struct store_txn *txn, int64_t company, struct arena *a, struct team_member **members, size_t *count,
                  GError **error)
{
    struct operator_account *operators;
    struct operator_status *statuses;
    size_t operator_count, status_count;
    *count = 0;
    if (!store_operators(txn, company, a, &operators, &operator_count, error) ||
        !store_statuses(txn, company, a, &statuses, &status_count, error))
        return false;
    *members = arena_array(a, MAX(operator_count, 1), sizeof **members);
    for (size_t i = 0; i < operator_count; i++)
        if (!operators[i].disabled && (access_rights(operators[i].roles) & RIGHT_DESK))
            (*members)[(*count)++] =
                (struct team_member){operators[i], status_of(statuses, status_count, &operators[i])};
    return true;
}

bool team_departments(struct store_txn *txn, int64_t company, struct arena *a, struct department **departments,
                      size_t *count, GError **error)
{
    return store_departments(txn, company, a, departments, count, error);
}

static bool run_preference(struct op *base, struct store_txn *txn, GError **error)
{
    struct preference_op *op = (struct preference_op *)base;
    return store_preference_put(txn, op->operator_id, op->value, error);
}

void preference_op_init(struct preference_op *op, struct core *core)
{
    *op = (struct preference_op){0};
    op_init(&op->op, core, OP_WRITE, run_preference);
}

bool team_preferences(struct store_txn *txn, struct str operator_id, struct arena *a, struct str *value, GError **error)
{
    bool found;
    if (!store_preference_get(txn, operator_id, a, value, &found, error))
        return false;
    if (!found)
        *value = STR("{}");
    return true;
}

/* ---- canned answers ---- */

static bool check_shortcut(struct str shortcut, GError **error)
{
    if (model_check_id(shortcut, "shortcut", NULL) && !memchr(shortcut.ptr, ' ', shortcut.len))
        return true;
    reason_set_field(error, REASON_FIELD_VALUE, STR("shortcut"), "a shortcut has 1 to %d bytes without blanks",
                     LIMIT_ID);
    return false;
}

static bool check_text(struct str text, GError **error)
{
    if (text.len)
        return model_check_text(text, LIMIT_CANNED_TEXT, "text", error);
    reason_set_field(error, REASON_TEXT_EMPTY, STR("text"), "a canned answer needs a text");
    return false;
}

/* Its id, whatever it was given by. */
static bool check_department(struct canned_op *op, struct store_txn *txn, GError **error)
{
    struct canned_answer *c = &op->answer;
    if (!c->department.len)
        return true;
    struct directory *d = directory_ref_in(op->op.core, txn, error);
    if (!d)
        return false;
    const struct department *department = directory_department(d, c->company, c->department);
    if (department)
        c->department = arena_str(&op->op.arena, department->id);
    else
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("department"), "there is no such department");
    directory_unref(d);
    return department;
}

static bool check_room(struct canned_op *op, struct store_txn *txn, GError **error)
{
    size_t count;
    if (!store_canned_count(txn, op->answer.company, &count, error))
        return false;
    if (count < LIMIT_CANNED_ANSWERS)
        return true;
    reason_set(error, REASON_CANNED_ANSWERS_FULL, "a company has at most %d canned answers", LIMIT_CANNED_ANSWERS);
    return false;
}

/* What a change leaves out stays. */
static bool read_known(struct canned_op *op, struct store_txn *txn, GError **error)
{
    struct canned_answer known, *c = &op->answer;
    bool found;
    if (!store_canned_get(txn, c->company, c->id, &op->op.arena, &known, &found, error))
        return false;
    if (!found) {
        reason_set(error, REASON_CANNED_ANSWER_UNKNOWN, "there is no such canned answer");
        return false;
    }
    c->shortcut = c->shortcut.ptr ? c->shortcut : known.shortcut;
    c->department = c->department.ptr ? c->department : known.department;
    c->text = c->text.ptr ? c->text : known.text;
    return true;
}

static bool run_canned(struct op *base, struct store_txn *txn, GError **error)
{
    struct canned_op *op = (struct canned_op *)base;
    struct canned_answer *c = &op->answer;
    if (op->act == CANNED_ADD && !c->id.ptr)
        c->id = id_random(&base->arena);
    if (op->act == CANNED_ADD ? !check_room(op, txn, error) : !read_known(op, txn, error))
        return false;
    if (op->act == CANNED_DELETE)
        return store_canned_delete(txn, c->company, c->id, error);
    c->changed_ms = clock_now_ms();
    c->department = c->department.ptr ? c->department : STR("");
    return check_shortcut(c->shortcut, error) && check_text(c->text, error) && check_department(op, txn, error) &&
           store_canned_put(txn, c, error);
}

void canned_op_init(struct canned_op *op, struct core *core, enum canned_act act)
{
    *op = (struct canned_op){.act = act};
    op_init(&op->op, core, OP_WRITE, run_canned);
}

static bool may_send(const struct canned_answer *c, const struct canned_query *query, const struct caller *viewer)
{
    if (!c->department.len)
        return true;
    return (!query->department.ptr || str_equal(c->department, query->department)) &&
           (access_sees_all(viewer) || access_works_in(viewer->departments, c->department));
}

bool team_canned(struct store_txn *txn, const struct canned_query *query, const struct caller *viewer, struct arena *a,
                 struct canned_answer **answers, size_t *count, struct canned_answer *last, bool *more, GError **error)
{
    size_t looked;
    *count = 0;
    if (!store_canned_list(txn, query->company, query->after, query->limit, a, answers, &looked, error))
        return false;
    *more = looked == query->limit;
    if (looked)
        *last = (*answers)[looked - 1];
    for (size_t i = 0; i < looked; i++)
        if (may_send(&(*answers)[i], query, viewer))
            (*answers)[(*count)++] = (*answers)[i];
    return true;
}
