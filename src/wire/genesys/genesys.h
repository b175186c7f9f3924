/* The Genesys dialect: eServices Web API Server 8.5 chat (doc/dialects/genesys.md section 0, 1.1, 1.2, 1.5 to 1.7).
 *
 * The log itself is this dialect's transcript: index, kind, time and participant of each event. doc/events.md says
 * which kinds it names; the others are skipped and the index jumps. */
#pragma once

#include "core/core.h"
#include "http/http.h"

struct genesys_settings {
    struct str prefix;      /* one more mount prefix, such as "/chat"; STR_NULL = none */
    struct str alias;       /* the alias that answers name; default "117" */
    bool lenient;           /* alias and tenantName may be missing */
    struct str cors_origin; /* whose pages may call: "*", or a comma-separated list of origins */
};

struct genesys;

/* The dialect on a core; `settings` are copied. Freed after the server closed. */
struct genesys *genesys_new(struct core *core, const struct genesys_settings *settings);
void genesys_free(struct genesys *genesys);

/* Mounts its routes under no prefix, /webapi, /eservices and the configured one. A loop's data (http_loop_data) must be
 * that loop's store reader. SETTING_INVALID for a bad prefix. */
bool genesys_mount(struct genesys *genesys, struct http_router *router, GError **error);
