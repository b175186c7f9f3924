/* Who may do and see what (doc/dialects/rocketchat.md 1.3). */
#include "text/json_read.h"
#include "wire/rocketchat/internal.h"

bool permission_held(const struct caller *caller, enum permission permission)
{
    unsigned all_rooms = ROLE_ADMIN | ROLE_MANAGER | ROLE_MONITOR;
    switch (permission) {
    case PERMISSION_VIEW_L_ROOM:
        return (caller->roles & (all_rooms | ROLE_AGENT)) != 0;
    case PERMISSION_VIEW_ROOMS:
        return (caller->roles & all_rooms) != 0;
    default:
        return true;
    }
}

static bool works_in(const struct caller *caller, struct str department)
{
    bool found = false;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *departments =
        caller->departments.len ? json_read(caller->departments, JSON_TOP_ANY, &scratch, NULL) : NULL;
    for (const struct json_node *d = json_first(departments); d; d = d->next)
        found |= str_equal(json_str(d), department);
    arena_clear(&scratch);
    return found;
}

bool room_is_visible(const struct caller *caller, const struct session *room)
{
    if (permission_held(caller, PERMISSION_VIEW_ROOMS))
        return true;
    bool served = !operator_ref_is_nobody(&room->served_by);
    if (served && (room->served_by.id.ptr ? str_equal(room->served_by.id, caller->operator_id)
                                          : str_equal(room->served_by.username, caller->username)))
        return true;
    bool queued = room->state == SESSION_OPEN && !served;
    return queued && (!room->department_id.len || works_in(caller, room->department_id));
}
