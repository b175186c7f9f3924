/* Companies. */
#include "port/admin_internal.h"

#include "text/zone.h"

static bool check_zone(struct str zone, GError **error)
{
    return zone_get(zone, error) != NULL;
}

static void write_company(struct json *w, const struct company *c)
{
    json_member_string(w, "name", c->name);
    json_member_string(w, "timeZone", c->time_zone);
    json_member_string_if(w, "host", c->host);
    json_member_bool(w, "default", c->is_default);
    json_member_bool(w, "sample", c->is_sample);
}

static bool company_put(struct admin *admin, struct company *c, enum json_presence zone, GError **error)
{
    struct str host = STR_NULL;
    if (!admin_text(admin, "timeZone", zone, LIMIT_NAME, &c->time_zone, error) || !check_zone(c->time_zone, error) ||
        !admin_text(admin, "host", JSON_OPTIONAL, LIMIT_NAME, &host, error))
        return false;
    if (host.ptr)
        c->host = host.len ? host : STR_NULL;
    if (!admin_account_put(admin, (struct account_op){.company = c}, error))
        return false;
    write_company(admin->reply, c);
    return true;
}

bool admin_company_add(struct admin *admin, GError **error)
{
    struct company c = {0};
    return admin_text(admin, "name", JSON_REQUIRED, LIMIT_NAME, &c.name, error) &&
           company_put(admin, &c, JSON_REQUIRED, error);
}

bool admin_company_set(struct admin *admin, GError **error)
{
    const struct company *known = admin_company_of(admin, "name", error);
    if (!known)
        return false;
    struct company c = *known;
    return admin_text(admin, "newName", JSON_OPTIONAL, LIMIT_NAME, &c.name, error) &&
           company_put(admin, &c, JSON_OPTIONAL, error);
}

bool admin_company_list(struct admin *admin, GError **error)
{
    (void)error;
    size_t count;
    const struct company *companies = directory_companies(admin->directory, &count);
    json_member_array_begin(admin->reply, "companies");
    for (size_t i = 0; i < count; i++) {
        json_object_begin(admin->reply);
        write_company(admin->reply, &companies[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return true;
}
