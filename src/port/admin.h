/* What the commands do, as JSON in and JSON out: `{"command":"company.add","name":"Acme","timeZone":"UTC"}`.
 *
 * A command that finds the data directory free runs this itself; one that finds a server there sends the same bytes to
 * it (POST /parley/v1/admin/command over the unix socket). So each command exists once. */
#pragma once

#include "core/core.h"

/* SLOW: may hash a password, check everything or wait for writes. The caller needs administrator's rights over the
 * whole installation. Reasons: USAGE (no such command), FIELD_*, those of the operation itself. */
struct admin_op {
    struct op op;
    struct str request;                    /* one JSON object */
    const struct store_progress *progress; /* asked now and then by what takes long; NULL = never interrupted */
    struct str reply;                      /* out: one JSON object, in the op's arena */
};
void admin_op_init(struct admin_op *op, struct core *core);

/* The company named `name`, or the default one for STR_NULL. COMPANY_UNKNOWN, which says how to add one. */
bool admin_company(struct core *core, struct store_reader *reader, struct str name, int64_t *company, GError **error);

/* Adds the company `Environment` (UTC) to an installation that has none: what an import into an empty directory needs.
 */
bool admin_ensure_company(struct core *core, struct store_reader *reader, GError **error);
