/* The search index is filled anew beside the service, when its rules have changed (store.h: store_search_refill). */
#pragma once

#include "core/core.h"

/* For /metrics. Any thread. */
struct refill_counters {
    int64_t messages;        /* looked at since the start */
    int64_t indexed_from_ms; /* older messages are not found yet; NO_TIME = all are */
};
void refill_counters(struct core *core, struct refill_counters *counters);
