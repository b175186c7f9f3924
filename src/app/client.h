/* A client for the server that has the data directory: HTTP over DIR/parley.sock. Blocking; for commands. */
#pragma once

#include "base/buf.h"
#include "base/reason.h"

/* Fills `piece` (of `size` bytes) and answers how many; 0 at the end, SIZE_MAX to give up. */
typedef size_t client_source(void *data, char *piece, size_t size);

/* Takes a piece; false gives up. */
typedef bool client_sink(void *data, struct str piece);

/* Adds a parameter to a query, encoded; a `value` of NULL adds none. */
void client_query_add(GString *query, const char *name, const char *value);

struct client_request {
    const char *socket;    /* its path, of any length; not followed when it is a link */
    const char *path;      /* "/parley/v1/..." with its query, encoded */
    const char *company;   /* whose; NULL = the default one */
    bool accept_gzip;      /* the answer's body may come compressed, and is handed on so */
    struct str body;       /* POST when given */
    client_source *source; /* POST, chunked, when given */
    void *source_data;
    client_sink *sink; /* takes a 200 answer's body; NULL: it goes to `reply` */
    void *sink_data;
    struct buf *reply; /* required: an error's body lands here too */
};

/* True for a 200. Else the error that the server's problem document states, under its own reason where that is known
 * here; or SOCKET when there is no server. */
bool client_run(const struct client_request *request, GError **error);
