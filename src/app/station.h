/* What belongs to the server as a whole and to no dialect: /healthz, /metrics, and the commands' route. */
#pragma once

#include "core/core.h"
#include "http/http.h"

struct station;

/* Freed after the server closed. */
struct station *station_new(struct core *core);
void station_free(struct station *station);

/* Mounts under no prefix; so what no dialect owns is answered here as unknown. A loop's data must be its store reader.
 */
bool station_mount(struct station *station, struct http_router *router, GError **error);

/* The server whose numbers /metrics shows; call it once the server is open. */
void station_set_server(struct station *station, struct http_server *server);

/* The server is about to stop: long commands under way are interrupted. */
void station_stop(struct station *station);
