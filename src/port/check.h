/* Check: is everything that is stored what the log says it is? The driver checks its files, indexes, roll-ups and
 * search rows; then every session and every visitor is folded anew from the log and compared, and every chain verified.
 */
#pragma once

#include "core/core.h"

struct check_result {
    int64_t sessions, visitors, events; /* looked at */
    int64_t findings, repaired;
};

/* Each finding is reported in plain words. With `repair` projections that differ are replaced by what the log says, and
 * roll-ups and search made anew when there was any finding; a broken chain, or a driver's finding about pages, cannot
 * be repaired. FALSE only when checking itself failed (CANCELLED included). Reads run while others write. Not on a
 * loop's or the writer's thread. O(everything). */
bool check_run(struct core *core, bool repair, store_finding *report, void *data, const struct store_progress *progress,
               struct check_result *result, GError **error);
