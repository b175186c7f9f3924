/* Where a command does its work: in this process when the data directory is free, else in the server that has it. */
#pragma once

#include "app/settings.h"
#include "core/core.h"

struct place {
    struct core *core;           /* NULL: a server has the directory */
    struct store_reader *reader; /* with core */
    char *socket;                /* of that server */
};

/* Opens the store of the settings' directory, and says how to make one when there is none. Reasons: as place_open. */
struct store *place_store(const struct settings *settings, bool create, GError **error);

/* The path by which to bind the server's socket, DIR/parley.sock: that itself or, where it is longer than a socket's
 * path may be, a short one of this process. To g_free. */
char *place_socket(const char *data);

/* `create` makes the directory when there is none. Reasons: USAGE (no --data), those of store_open. */
bool place_open(struct place *place, const struct settings *settings, bool create, GError **error);
void place_close(struct place *place);

/* Runs one admin command (port/admin.h); the answer's JSON goes to `reply`. */
bool place_command(struct place *place, struct str request, struct buf *reply, GError **error);
