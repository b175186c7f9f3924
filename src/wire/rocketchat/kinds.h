/* How this dialect shows each kind of event. */
#pragma once

#include "model/event.h"

/* What stands for it in `livechat/:rid/messages`. */
enum rocketchat_showing {
    SHOWS_NOTHING,
    SHOWS_MESSAGE,
    SHOWS_CLOSE, /* the one that closed the room */
};

struct rocketchat_kind {
    enum rocketchat_showing showing;
    const char *page; /* what doc/events.md says, of `messages.history` */
};

extern const struct rocketchat_kind rocketchat_kinds[EVENT_KIND_COUNT];
