/* The dialects that are served: one row each, with what it takes of the settings. */
#pragma once

#include "app/settings.h"
#include "core/core.h"
#include "http/route.h"

struct dialects;

/* All of them on a core. Both are borrowed until dialects_free, which comes after the server closed. */
struct dialects *dialects_new(struct core *core, const struct settings *settings);
void dialects_free(struct dialects *dialects);

/* Mounts the routes of each. */
bool dialects_mount(struct dialects *dialects, struct http_router *router, GError **error);
