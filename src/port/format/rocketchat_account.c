/* Users that work in live chat become operators, departments departments. Credentials are never looked at: an operator
 * is disabled until somebody sets a password. */
#include "port/format/rocketchat.h"

/* Those of Rocket.Chat's roles that mean something here. */
static unsigned roles_of(const struct json_node *user)
{
    unsigned roles = 0;
    for (const struct json_node *role = json_first(json_get(user, "roles")); role; role = role->next)
        roles |= role_from_name(json_str(role));
    return roles;
}

static struct str cut(struct str text)
{
    return text.len <= LIMIT_NAME ? text : STR_NULL;
}

static bool add_operator(void *data, struct str body, GError **error)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *user = json_read(body, JSON_TOP_OBJECT, &a, NULL);
    struct operator_account o = {
        .id = json_str(json_get(user, "_id")),
        .username = json_str(json_get(user, "username")),
        .name = cut(json_str(json_get(user, "name"))),
        .email = cut(json_str(build_get(user, "emails.0.address"))),
        .roles = roles_of(user),
        .disabled = true,
        .created_ms = MAX(rocketchat_time(user, "createdAt"), 0),
    };
    bool works = o.roles & (ROLE_ADMIN | ROLE_MANAGER | ROLE_MONITOR | ROLE_AGENT);
    bool can_be = model_check_id(o.id, "id", NULL) && model_check_id(o.username, "username", NULL);
    bool ok = !works || !can_be || conversion_add_operator(data, &o, error);
    arena_clear(&a);
    return ok;
}

static bool add_department(void *data, struct str body, GError **error)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *document = json_read(body, JSON_TOP_OBJECT, &a, NULL);
    const struct json_node *enabled = json_get(document, "enabled");
    struct department d = {
        .id = json_str(json_get(document, "_id")),
        .name = cut(json_str(json_get(document, "name"))),
        .enabled = !json_is(enabled, JSON_BOOL) || enabled->truth,
    };
    bool ok = !d.name.len || !model_check_id(d.id, "id", NULL) || conversion_add_department(data, &d, error);
    arena_clear(&a);
    return ok;
}

bool rocketchat_begin(struct conversion *c, GError **error)
{
    return conversion_references(c, ROCKETCHAT_USER, add_operator, c, error) &&
           conversion_references(c, ROCKETCHAT_DEPARTMENT, add_department, c, error);
}
