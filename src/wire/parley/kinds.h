/* How this dialect shows each kind of event. */
#pragma once

#include "model/event.h"

struct parley_kind {
    const char *page; /* what doc/events.md says; events are shown by the kind's word, all but the head */
};

extern const struct parley_kind parley_kinds[EVENT_KIND_COUNT];
