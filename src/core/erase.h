/* Erasing a visitor (doc/decisions.md 1 and 4): unreadable at once, payloads dropped in steps, then scrubbed from the
 * files. The counts in summaries stay; the chain still verifies. */
#pragma once

#include "core/core.h"

/* WRITE: appends an ERASED event to each session of the visitor (closing open ones), marks them unreadable, then starts
 * the steps and the scrub on a thread of its own. Reason VISITOR_UNKNOWN. */
struct erase_op {
    struct op op;
    int64_t company;
    struct str visitor_id;
    int64_t sessions; /* out: how many were erased */
};
void erase_op_init(struct erase_op *op, struct core *core);

/* Waits until every erasure is dropped and scrubbed; false with CANCELLED when `progress` says so. For commands and
 * tests. */
bool erase_finish(struct core *core, const struct store_progress *progress, GError **error);
