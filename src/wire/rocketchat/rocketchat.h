/* The Rocket.Chat dialect, as its 6.12 line answers (doc/dialects/rocketchat.md): rooms and messages are views of the
 * log. */
#pragma once

#include "core/core.h"
#include "http/http.h"
#include "text/markup/markup.h"

struct rocketchat_settings {
    int64_t rate_calls; /* per client address and route; 0 = no limiter */
    int64_t rate_window_ms;
    struct str cors_origin;              /* wire/outcome/cors.h */
    const struct markup_options *markup; /* how messages are read; borrowed */
};

struct rocketchat;

/* The dialect on a core; `settings` are copied. Freed after the server closed. */
struct rocketchat *rocketchat_new(struct core *core, const struct rocketchat_settings *settings);
void rocketchat_free(struct rocketchat *rocketchat);

/* Mounts its routes under /api. A loop's data must be that loop's store reader. */
bool rocketchat_mount(struct rocketchat *rocketchat, struct http_router *router, GError **error);
