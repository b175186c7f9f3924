#include "core/access.h"

#include "text/json_read.h"

unsigned access_rights(unsigned roles)
{
    unsigned rights = 0;
    if (roles & (ROLE_AGENT | ROLE_MONITOR | ROLE_MANAGER))
        rights |= RIGHT_READ | RIGHT_NOTES | RIGHT_DESK;
    if (roles & ROLE_MANAGER)
        rights |= RIGHT_MANAGE;
    return roles & ROLE_ADMIN ? RIGHT_ALL : rights;
}

bool access_sees_all(const struct caller *caller)
{
    return caller->kind != CALLER_OPERATOR || (caller->roles & (ROLE_ADMIN | ROLE_MANAGER | ROLE_MONITOR));
}

bool access_works_in(struct str departments, struct str department)
{
    bool found = false;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *ids = departments.len ? json_read(departments, JSON_TOP_ANY, &scratch, NULL) : NULL;
    for (const struct json_node *d = json_first(ids); d; d = d->next)
        found |= str_equal(json_str(d), department);
    arena_clear(&scratch);
    return found;
}

bool access_serves(const struct caller *caller, const struct session *s)
{
    return caller->kind == CALLER_OPERATOR && operator_ref_names(&s->served_by, caller->operator_id, caller->username);
}

bool access_sees(const struct caller *caller, const struct session *s)
{
    if (access_sees_all(caller))
        return true;
    if (!(caller->roles & ROLE_AGENT))
        return false;
    bool waits = s->state == SESSION_OPEN && operator_ref_is_nobody(&s->served_by);
    return access_serves(caller, s) ||
           (s->department_id.len ? access_works_in(caller->departments, s->department_id) : waits);
}
