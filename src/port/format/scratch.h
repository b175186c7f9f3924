/* Records that lie apart, brought together: written in the order of the files, read sorted by conversation. On disk, in
 * a file of its own beside the data directory, so that an archive may be larger than memory; it is removed at the end.
 *
 * The file keeps what was written when it is left behind: a conversion of the same files that was interrupted while it
 * imported need not read them again. */
#pragma once

#include "port/format/format.h"

struct scratch;

/* Opens DIRECTORY/import-<digest>.scratch, `digest` naming the files and hints. `*complete`: an earlier run had read
 * everything. Without a directory it is in memory. FILE_UNWRITABLE, DISK_FULL when there is less free room than
 * `expected` bytes. */
struct scratch *scratch_open(const char *directory, const char *digest, int64_t expected, bool *complete,
                             GError **error);
/* Takes its name away: it is gone with the process, whatever happens. For one that no other run can use. */
void scratch_hide(struct scratch *scratch);
/* Closes it, and removes it unless it is kept for another run. */
void scratch_close(struct scratch *scratch, bool keep);

bool scratch_add(struct scratch *scratch, const struct record *record, GError **error);
/* A body that many conversations may ask for by `key`: a visitor, an account. The newest of a kind and key counts. */
bool scratch_refer(struct scratch *scratch, char kind, struct str key, struct str body, GError **error);

/* Everything was added. O(references * log). */
bool scratch_complete(struct scratch *scratch, GError **error);

/* Calls `each` with all records of one conversation after the other, in order; they live for the call. FALSE when
 * `each` says so, or the file cannot be read. A conversation of more than LIMIT_IMPORT_LINE bytes is given without its
 * tail, `cut` true. */
bool scratch_each(struct scratch *scratch,
                  bool (*each)(void *data, const struct record *records, size_t count, bool cut, GError **error),
                  void *data, GError **error);

/* What was referred to by `key`, in the arena; STR_NULL when nothing was. */
bool scratch_find(struct scratch *scratch, char kind, struct str key, struct arena *a, struct str *body,
                  GError **error);
/* All of a kind, in the order they came. FALSE when `each` says so. The body lives for the call. */
bool scratch_references(struct scratch *scratch, char kind, bool (*each)(void *data, struct str body, GError **error),
                        void *data, GError **error);
