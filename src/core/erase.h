/* Erasing a visitor (doc/decisions.md 1 and 4): unreadable at once, payloads dropped in steps, then scrubbed from the
 * files. The counts in summaries stay; the chain still verifies. */
#pragma once

#include "core/core.h"

/* WRITE: appends an ERASED event to each session of the visitor (closing open ones), marks them unreadable, then starts
 * the steps on a thread of its own; the scrub follows at core_options.scrub_minute. Reason VISITOR_UNKNOWN. */
struct erase_op {
    struct op op;
    int64_t company;
    struct str visitor_id;
    int64_t sessions; /* out: how many were erased */
};
void erase_op_init(struct erase_op *op, struct core *core);

/* Waits until the payloads of every erasure are dropped; false with CANCELLED when `progress` says so. For commands and
 * tests. */
bool erase_finish(struct core *core, const struct store_progress *progress, GError **error);

/* The same, then scrubs the files when that is owed, now. Writes wait meanwhile. */
bool erase_scrub(struct core *core, const struct store_progress *progress, GError **error);

/* When a scrub that is owed since then is due: the first time that the machine's clock shows that minute of the day. */
int64_t erase_due_ms(int64_t owed_ms, int minute);

/* For /metrics. Any thread. */
struct erase_counters {
    bool owed;           /* something that was erased is still in the files */
    int64_t due_ms;      /* when it goes; 0 = when somebody asks, or nothing is owed */
    int64_t expected_ms; /* how long writes would wait, by the database's size */
    int64_t scrubs, took_ms;
};
void erase_counters(struct core *core, struct erase_counters *counters);
