/* What an export is asked for: the query of GET /export, and the options of `parley export`, which are the same names.
 */
#pragma once

#include "core/directory.h"
#include "port/export/export.h"
#include "text/parameter.h"

/* Rows for any route that answers in one of the formats. */
#define EXPORT_PARAMETER_FORMAT(choice, meant) \
    { \
        .name = "format", .type = PARAMETER_CHOICE, .words = choice, .meaning = "How it is written; " meant "." \
    }
#define EXPORT_PARAMETER_ZONE \
    { \
        .name = "timeZone", .type = PARAMETER_ZONE, .meaning = "Of the times that people read; the company's." \
    }
#define EXPORT_PARAMETER_NOTES \
    { \
        .name = "notes", .type = PARAMETER_CHOICE, .words = "true false", \
        .meaning = "With internal notes; not without being asked, but in formats that are read again." \
    }

enum { EXPORT_PARAMETERS = 12 };
extern const struct parameter export_parameters[EXPORT_PARAMETERS];

/* Who asks. */
struct export_asker {
    int64_t company;
    unsigned rights; /* enum right */
    const struct directory *directory;
    const struct export_format *format; /* what a query means that names none */
};

/* Fills the options from a query that parameters_check let through. What they point to lives in the arena, and zones
 * for ever; `markup` and `session` stay unset. RIGHT_MISSING: internal events are asked for by who may not see them. */
bool export_query_read(const struct query *query, const struct export_asker *asker, struct store_txn *txn,
                       struct arena *a, struct export_options *options, GError **error);
