/* The Agendize dialect: the chat History resource, its list and its summary (doc/dialects/agendize.md). */
#pragma once

#include "core/core.h"
#include "http/http.h"

struct agendize_settings {
    bool literal_bounds;    /* a lone startDate is an upper bound, a lone endDate a lower one, as the page says */
    bool query_credentials; /* accept apiKey and token in the query (URLs reach logs: off by default) */
    struct str cors_origin; /* wire/outcome/cors.h; borrowed */
};

struct agendize;

/* The dialect on a core; `settings` are copied. Freed after the server closed. */
struct agendize *agendize_new(struct core *core, const struct agendize_settings *settings);
void agendize_free(struct agendize *agendize);

/* Mounts its routes under /api/2.0; every other /api/VERSION is its too and holds nothing. A loop's data must be that
 * loop's store reader. */
bool agendize_mount(struct agendize *agendize, struct http_router *router, GError **error);
