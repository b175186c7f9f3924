/* Parley's own API, under /parley/v1: what the other dialects lack. Callers have rights (credential.h says how
 * they say who they are); errors are application/problem+json that say what to do next; unknown parameters are refused
 * by name. */
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
    struct str user_header;              /* in which a trusted proxy names an operator; "" = none does; borrowed */
    int64_t sign_in_ms;                  /* how long a sign-in lasts */
    const struct markup_options *markup; /* how messages are read; borrowed */
    const char *scratch_directory;       /* where imports sort what lies apart; borrowed */
};

/* The dialect on a core; `settings` are copied. Freed after the server closed. */
struct parley *parley_new(struct core *core, const struct parley_settings *settings);
void parley_free(struct parley *parley);

/* Mounts its routes under /parley/v1. A loop's data must be that loop's store reader. */
bool parley_mount(struct parley *parley, struct http_router *router, GError **error);
