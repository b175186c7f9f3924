#include "wire/rocketchat/kinds.h"

const struct rocketchat_kind rocketchat_kinds[] = {
    [EVENT_OPENED] = {SHOWS_NOTHING, "-"},
    [EVENT_JOINED] = {SHOWS_NOTHING, "client, with data.dialect `rocketchat`: `livechat-started`; else -"},
    [EVENT_LEFT] = {SHOWS_NOTHING, "agent, supervisor: `ul`, but not what a close brought"},
    [EVENT_MESSAGE] = {SHOWS_MESSAGE, "message"},
    [EVENT_TYPING_STARTED] = {SHOWS_NOTHING, "- (live: `user-activity`)"},
    [EVENT_TYPING_STOPPED] = {SHOWS_NOTHING, "- (live: `user-activity`)"},
    [EVENT_NOTICE] = {SHOWS_NOTHING, "-"},
    [EVENT_URL] = {SHOWS_NOTHING, "-"},
    [EVENT_FILE] = {SHOWS_MESSAGE, "message"},
    [EVENT_TAKE] = {SHOWS_NOTHING, "`command` with msg `connected`, then `uj`"},
    [EVENT_TRANSFER] = {SHOWS_NOTHING, "`livechat_transfer_history`"},
    [EVENT_HOLD] = {SHOWS_NOTHING, "`omnichannel_placed_chat_on_hold`"},
    [EVENT_RESUME] = {SHOWS_NOTHING, "`omnichannel_on_hold_chat_resumed`"},
    [EVENT_EDIT] = {SHOWS_NOTHING, "- (changes its target)"},
    [EVENT_DELETE] = {SHOWS_NOTHING, "- (drops its target)"},
    [EVENT_NICKNAME] = {SHOWS_NOTHING, "-"},
    [EVENT_USER_DATA] = {SHOWS_NOTHING, "-"},
    [EVENT_PAGE_VISITED] = {SHOWS_NOTHING, "- (`visitors.pagesVisited`)"},
    [EVENT_SURVEY] = {SHOWS_NOTHING, "-"},
    [EVENT_READ_RECEIPT] = {SHOWS_NOTHING, "-"},
    [EVENT_CLOSED] = {SHOWS_CLOSE, "`livechat-close`, msg = comment"},
    [EVENT_ERASED] = {SHOWS_NOTHING, "-"},
    [EVENT_RECORDED] = {SHOWS_NOTHING, "- (the room, while nothing came after it)"},
};

G_STATIC_ASSERT(G_N_ELEMENTS(rocketchat_kinds) == EVENT_KIND_COUNT);
