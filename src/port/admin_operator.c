/* Operators and their passwords. */
#include "port/admin_internal.h"

#include "base/clock.h"

const struct operator_account *admin_operator_of(struct admin *admin, GError **error)
{
    struct str username;
    if (!admin_text(admin, "username", JSON_REQUIRED, LIMIT_NAME, &username, error))
        return NULL;
    const struct operator_account *o = directory_operator_by_username(admin->directory, username);
    if (!o)
        reason_set_field(error, REASON_OPERATOR_UNKNOWN, STR("username"),
                         "there is no operator %.*s; `parley operator list` shows all", STR_ARG(username));
    return o;
}

static void write_operator(struct admin *admin, const struct operator_account *o)
{
    struct json *w = admin->reply;
    const struct company *c = directory_company(admin->directory, o->company);
    json_member_string(w, "userId", o->id);
    json_member_string(w, "username", o->username);
    json_member_string(w, "company", c ? c->name : STR(""));
    json_member_string_if(w, "name", o->name);
    json_member_string_if(w, "email", o->email);
    json_member_array_begin(w, "roles");
    for (unsigned role = 1; role <= ROLE_USER; role <<= 1)
        if (o->roles & role)
            json_add_string(w, role_name(role));
    json_array_end(w);
    if (o->departments.ptr)
        json_member_raw(w, "departments", o->departments);
    json_member_bool(w, "disabled", o->disabled);
}

/* Members "departments" (ids or names) as a JSON array of ids. */
static bool departments_of(struct admin *admin, struct operator_account *o, GError **error)
{
    const struct json_node *array = NULL;
    if (!json_get_array(admin->request, "departments", JSON_OPTIONAL, &array, error))
        return false;
    if (!array)
        return true;
    struct buf ids;
    struct json w;
    buf_init(&ids, LIMIT_EVENT_DATA);
    json_init(&w, &ids);
    json_array_begin(&w);
    bool ok = true;
    for (const struct json_node *word = json_first(array); word; word = word->next) {
        const struct department *d = directory_department(admin->directory, o->company, json_str(word));
        ok = ok && d;
        if (d)
            json_add_string(&w, d->id);
    }
    json_array_end(&w);
    o->departments = arena_str(admin->arena, buf_str(&ids));
    buf_clear(&ids);
    if (!ok)
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("departments"), "there is no such department");
    return ok;
}

static bool operator_put(struct admin *admin, struct operator_account *o, GError **error)
{
    struct str password = STR_NULL;
    if (!admin_text(admin, "name", JSON_OPTIONAL, LIMIT_NAME, &o->name, error) ||
        !admin_text(admin, "email", JSON_OPTIONAL, LIMIT_NAME, &o->email, error) ||
        !admin_text(admin, "password", JSON_OPTIONAL, LIMIT_NAME, &password, error) ||
        !json_get_bool(admin->request, "disabled", JSON_OPTIONAL, &o->disabled, error) ||
        !admin_bits(admin, "roles", role_from_name, "admin livechat-manager livechat-monitor livechat-agent user",
                    &o->roles, error) ||
        !departments_of(admin, o, error))
        return false;
    if (password.ptr && !account_hash_password(o, password, admin->arena, error))
        return false;
    if (!admin_account_put(admin, (struct account_op){.account = o}, error))
        return false;
    write_operator(admin, o);
    return true;
}

bool admin_operator_add(struct admin *admin, GError **error)
{
    struct operator_account o = {0};
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "username", JSON_REQUIRED, LIMIT_NAME, &o.username, error) ||
        !admin_text(admin, "id", JSON_OPTIONAL, LIMIT_ID, &o.id, error))
        return false;
    if (directory_operator_like(admin->directory, o.username) ||
        (o.id.ptr && directory_operator(admin->directory, o.id))) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("username"), "there is an operator of that name or id");
        return false;
    }
    if (!o.id.ptr)
        o.id = id_random(admin->arena);
    o.company = c->number;
    o.name = o.username;
    o.created_ms = clock_now_ms();
    return operator_put(admin, &o, error);
}

bool admin_operator_set(struct admin *admin, GError **error)
{
    const struct operator_account *known = admin_operator_of(admin, error);
    if (!known)
        return false;
    struct operator_account o = *known;
    return operator_put(admin, &o, error) &&
           (!o.disabled || admin_account_put(admin, (struct account_op){.drop_tokens_of = o.id}, error));
}

bool admin_operator_passwd(struct admin *admin, GError **error)
{
    struct str password;
    const struct operator_account *known = admin_operator_of(admin, error);
    if (!known || !admin_text(admin, "password", JSON_REQUIRED, LIMIT_NAME, &password, error))
        return false;
    struct operator_account o = *known;
    if (!o.password.ptr) /* one whom an import made waits for it */
        o.disabled = false;
    return operator_put(admin, &o, error) &&
           admin_account_put(admin, (struct account_op){.drop_tokens_of = o.id}, error);
}

bool admin_operator_list(struct admin *admin, GError **error)
{
    const struct company *c = NULL;
    struct operator_account *operators;
    size_t count;
    if (json_get(admin->request, "company") && !(c = admin_company_of(admin, "company", error)))
        return false;
    struct store_txn *txn = core_read_begin(admin->reader, error);
    if (!txn)
        return false;
    bool ok = store_operators(txn, c ? c->number : 0, admin->arena, &operators, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "operators");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_operator(admin, &operators[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}
