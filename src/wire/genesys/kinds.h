/* How this dialect shows each kind of event. */
#pragma once

#include "model/event.h"

struct genesys_kind {
    const char *type;         /* in the older dialect, the one served; NULL = left out */
    bool needs_text;          /* left out without one: an empty Message stops the 2014 widget for good */
    const char *webapi, *gms; /* what doc/events.md says, of the older dialect and of the later one */
};

extern const struct genesys_kind genesys_kinds[EVENT_KIND_COUNT];
