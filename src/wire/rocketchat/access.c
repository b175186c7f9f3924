/* Which permissions the roles hold (doc/dialects/rocketchat.md 1.3); which rooms are seen is core/access.h's. */
#include "wire/rocketchat/internal.h"

bool permission_held(const struct caller *caller, enum permission permission)
{
    unsigned all_rooms = ROLE_ADMIN | ROLE_MANAGER | ROLE_MONITOR;
    switch (permission) {
    case PERMISSION_VIEW_L_ROOM:
        return (caller->roles & (all_rooms | ROLE_AGENT)) != 0;
    default:
        return true;
    }
}
