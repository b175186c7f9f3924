/* What the child that is killed and the parent that looks at the remains share: an open data directory, and contents
 * that say for themselves whether they are whole. */
#pragma once

#include "core/core.h"
#include "core/history.h"

struct world {
    struct core *core;
    struct store_reader *reader;
    int64_t company;
};

/* Opens the directory (made when there is none, with its company). FALSE leaves nothing open. */
bool world_try(struct world *w, const char *directory, GError **error);
/* The same; failing ends the test. */
void world_open(struct world *w, const char *directory);
void world_close(struct world *w);

/* Opens a session of one client "1" and one agent "2", both joined; the visitor's token and user name follow from the
 * ids, so that equal worlds export equal bytes. */
bool world_open_session(struct world *w, const char *session, const char *visitor, GError **error);

/* Appends `count` messages with the ids "ID.0", "ID.1"... in one op: all or none. */
enum { WORLD_MESSAGES = 3 };
bool world_append(struct world *w, const char *session, const char *id, size_t count, GError **error);

/* The text of the message with that id: other length and bytes for each, and `marker` in it, which is the session's. */
struct str world_text(const char *session, const char *id, struct arena *a);

/* A file of `lines` import lines with some events each. */
void world_write_lines(const char *path, int lines);
/* Imports it, going on where an interrupted import of it stopped. `progress` (may be NULL) hears how many lines are
 * safe. */
bool world_import(struct world *w, const char *path, void (*progress)(int64_t lines), GError **error);

/* All sessions as export lines; g_free. */
char *world_export(struct world *w, size_t *length);

/* How many findings `check` has; each is printed. */
int64_t world_check(struct world *w);
