/* Departments and buttons. */
#include "port/admin_internal.h"

static void write_department(struct json *w, const struct department *d)
{
    json_member_string(w, "id", d->id);
    json_member_string(w, "name", d->name);
    json_member_string_if(w, "parent", d->parent);
    json_member_bool(w, "enabled", d->enabled);
}

static bool department_put(struct admin *admin, struct department *d, GError **error)
{
    struct str parent = STR_NULL;
    if (!admin_text(admin, "parent", JSON_OPTIONAL, LIMIT_NAME, &parent, error) ||
        !json_get_bool(admin->request, "enabled", JSON_OPTIONAL, &d->enabled, error))
        return false;
    if (parent.ptr) {
        const struct department *above = directory_department(admin->directory, d->company, parent);
        if (parent.len && !above) {
            reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("parent"), "there is no department %.*s",
                             STR_ARG(parent));
            return false;
        }
        d->parent = above ? above->id : STR_NULL;
    }
    if (!admin_account_put(admin, (struct account_op){.department = d}, error))
        return false;
    write_department(admin->reply, d);
    return true;
}

bool admin_department_add(struct admin *admin, GError **error)
{
    struct department d = {.enabled = true};
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "name", JSON_REQUIRED, LIMIT_NAME, &d.name, error) ||
        !admin_text(admin, "id", JSON_OPTIONAL, LIMIT_ID, &d.id, error))
        return false;
    d.company = c->number;
    if (!d.id.ptr)
        d.id = id_random(admin->arena);
    if (directory_department(admin->directory, c->number, d.id)) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("id"), "there is a department %.*s", STR_ARG(d.id));
        return false;
    }
    return model_check_id(d.id, "id", error) && department_put(admin, &d, error);
}

bool admin_department_set(struct admin *admin, GError **error)
{
    struct str id;
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "id", JSON_REQUIRED, LIMIT_NAME, &id, error))
        return false;
    const struct department *known = directory_department(admin->directory, c->number, id);
    if (!known) {
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("id"), "there is no department %.*s", STR_ARG(id));
        return false;
    }
    struct department d = *known;
    return admin_text(admin, "name", JSON_OPTIONAL, LIMIT_NAME, &d.name, error) && department_put(admin, &d, error);
}

bool admin_department_list(struct admin *admin, GError **error)
{
    struct department *departments;
    size_t count;
    const struct company *c = admin_company_of(admin, "company", error);
    struct store_txn *txn = c ? core_read_begin(admin->reader, error) : NULL;
    if (!txn)
        return false;
    bool ok = store_departments(txn, c->number, admin->arena, &departments, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "departments");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_department(admin->reply, &departments[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}

static void write_button(struct json *w, const struct button *b)
{
    json_member_string(w, "id", b->id);
    json_member_string(w, "name", b->name);
}

static bool button_put(struct admin *admin, struct button *b, GError **error)
{
    if (!admin_text(admin, "name", JSON_REQUIRED, LIMIT_NAME, &b->name, error) || !model_check_id(b->id, "id", error) ||
        !admin_account_put(admin, (struct account_op){.button = b}, error))
        return false;
    write_button(admin->reply, b);
    return true;
}

bool admin_button_add(struct admin *admin, GError **error)
{
    struct button b = {0};
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "id", JSON_OPTIONAL, LIMIT_ID, &b.id, error))
        return false;
    b.company = c->number;
    if (!b.id.ptr)
        b.id = id_random(admin->arena);
    if (directory_button(admin->directory, c->number, b.id)) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("id"), "there is a button %.*s", STR_ARG(b.id));
        return false;
    }
    return button_put(admin, &b, error);
}

bool admin_button_set(struct admin *admin, GError **error)
{
    struct str id;
    const struct company *c = admin_company_of(admin, "company", error);
    if (!c || !admin_text(admin, "id", JSON_REQUIRED, LIMIT_ID, &id, error))
        return false;
    const struct button *known = directory_button(admin->directory, c->number, id);
    if (!known) {
        reason_set_field(error, REASON_BUTTON_UNKNOWN, STR("id"), "there is no button %.*s", STR_ARG(id));
        return false;
    }
    struct button b = *known;
    return button_put(admin, &b, error);
}

bool admin_button_list(struct admin *admin, GError **error)
{
    struct button *buttons;
    size_t count;
    const struct company *c = admin_company_of(admin, "company", error);
    struct store_txn *txn = c ? core_read_begin(admin->reader, error) : NULL;
    if (!txn)
        return false;
    bool ok = store_buttons(txn, c->number, admin->arena, &buttons, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "buttons");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_button(admin->reply, &buttons[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}
