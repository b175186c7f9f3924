/* Files as one stream for the server: a tar (port/tar.h), each as it is on disk. They are called "PLACE/BASENAME", so
 * that an answer that names one says which it was. A single one whose length nobody knows, such as standard input, goes
 * as it is. */
#pragma once

#include "app/client.h"

struct bundle;

/* `files` is ended by NULL and borrowed. FILE_UNREADABLE. */
struct bundle *bundle_open(char *const *files, GError **error);
void bundle_close(struct bundle *bundle);

/* A client_source. SIZE_MAX when a file cannot be read: then bundle_error says why. */
size_t bundle_read(void *bundle, char *piece, size_t size);
/* NULL = nothing failed. Borrowed. */
const GError *bundle_error(const struct bundle *bundle);

/* How far, of how much. */
void bundle_progress(const struct bundle *bundle, int64_t *done, int64_t *size);

/* Which of the files an answer means; NULL = none. */
const char *bundle_file(const struct bundle *bundle, struct str name);
