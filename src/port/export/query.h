/* What an export is asked for: the query of GET /export, and the options of `parley export`, which are the same names.
 */
#pragma once

#include "core/directory.h"
#include "port/export/export.h"
#include "text/parameter.h"

enum { EXPORT_PARAMETERS = 12 };
extern const struct parameter export_parameters[EXPORT_PARAMETERS];

/* Who asks. */
struct export_asker {
    int64_t company;
    unsigned rights; /* enum right */
    const struct directory *directory;
};

/* Fills the options from a query that parameters_check let through. What they point to lives in the arena, and zones
 * for ever; `markup` and `session` stay unset. RIGHT_MISSING: internal events are asked for by who may not see them. */
bool export_query_read(const struct query *query, const struct export_asker *asker, struct store_txn *txn,
                       struct arena *a, struct export_options *options, GError **error);
