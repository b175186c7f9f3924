/* Parley's own API, under /parley/v1: what the other dialects lack. Bearer tokens with rights; errors as
 * application/problem+json that say what to do next; unknown parameters refused by name.
 *
 * Requests over the unix socket from this machine's administrator (HTTP_PEER_TRUSTED) need no token; the header
 * Parley-Company names their company, else the default one is meant. */
#pragma once

#include "core/core.h"
#include "http/http.h"
#include "text/markup/markup.h"

struct parley;

/* Ends the request with an RFC 9457 problem: the one place where reasons become this dialect's statuses and advice.
 * Also for what belongs to no dialect. */
void parley_refuse(struct http_request *request, const GError *error);

struct parley_settings {
    struct str genesys_alias;            /* what the Genesys credentials that it hands out name; borrowed */
    struct str cors_origin;              /* wire/outcome/cors.h; borrowed */
    const struct markup_options *markup; /* how messages are read; borrowed */
};

/* The dialect on a core; `settings` are copied. Freed after the server closed. */
struct parley *parley_new(struct core *core, const struct parley_settings *settings);
void parley_free(struct parley *parley);

/* Mounts its routes under /parley/v1. A loop's data must be that loop's store reader. */
bool parley_mount(struct parley *parley, struct http_router *router, GError **error);
