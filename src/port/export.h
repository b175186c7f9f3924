/* Export: a company's sessions, all or some, as lines, oldest start first, then by id: the order does not depend on how
 * they came in, so that export, import into an empty directory and export again give the same bytes. Erased sessions
 * are left out. Operator and API tokens, passwords and Genesys keys are not in it; visitor tokens are.
 *
 * Pulled piece by piece in constant memory (one session's line at a time); each piece has a snapshot of its own. A
 * session that changes meanwhile is exported as it stood when its turn came. */
#pragma once

#include "core/core.h"

struct exporter;

/* Of the sessions that the filter lets through (`by` is STORE_BY_START), whose strings live as long as the exporter. */
struct exporter *export_new(const struct store_session_filter *filter);
/* All of a company's. */
struct exporter *export_new_of_all(int64_t company);
void export_free(struct exporter *exporter);

/* Appends the next bytes to `out` until it holds `size` bytes, at least one when there are any; `*finished` once
 * nothing is left. out->max must be `size` or more. Each call may have a snapshot of its own, on any thread. On failure
 * the export is over. */
bool export_next(struct exporter *exporter, struct store_txn *txn, size_t size, struct buf *out, bool *finished,
                 GError **error);
