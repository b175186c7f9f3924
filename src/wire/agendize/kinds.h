/* How this dialect shows each kind of event. */
#pragma once

#include "model/event.h"

struct agendize_kind {
    bool is_message;  /* one of `messages`, when its text is not empty */
    const char *page; /* what doc/events.md says */
};

extern const struct agendize_kind agendize_kinds[EVENT_KIND_COUNT];
