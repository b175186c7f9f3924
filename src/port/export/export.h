/* Export: a company's sessions, all or some, oldest start first, then by id: the order does not depend on how they came
 * in, so that export, import into an empty directory and export again give the same bytes. Operator and API tokens,
 * passwords and Genesys keys are in no format; what else is, is the format's affair (format.h).
 *
 * Pulled piece by piece in constant memory; each piece has a snapshot of its own. A session that changes meanwhile is
 * exported as it stood when its turn came; one that is erased in the middle of a long one ends the export. */
#pragma once

#include "core/access.h"
#include "port/export/format.h"

struct exporter;

/* Strings and pointers live as long as the exporter. */
struct export_options {
    const struct export_format *format;
    struct store_session_filter filter; /* `by` is STORE_BY_START */
    struct str session;                 /* only the one with this id; STR_NULL = those of the filter */
    const struct zone *zone;
    const struct markup_options *markup;
    struct str company_name;
    bool notes;           /* internal events, too */
    bool gzip;            /* compressed */
    struct caller viewer; /* what they may not see is left out; zeroed: the system, which sees all */
};

struct exporter *export_new(const struct export_options *options);
/* All of a company's as lines with everything. */
struct exporter *export_new_of_all(int64_t company);
void export_free(struct exporter *exporter);

/* Appends the next bytes to `out` until it holds `size` bytes, at least one when there are any; `*finished` once
 * nothing is left. out->max must be `size` or more. Each call may have a snapshot of its own, on any thread. On failure
 * the export is over: TEXT_TOO_LONG (a session is longer than the format allows), SESSION_ERASED, SESSION_UNKNOWN (the
 * one asked for). */
bool export_next(struct exporter *exporter, struct store_txn *txn, size_t size, struct buf *out, bool *finished,
                 GError **error);

/* How many were finished, for progress. */
int64_t export_sessions(const struct exporter *exporter);
