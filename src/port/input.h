/* A file to import: plain or compressed with gzip, or `-` for standard input. */
#pragma once

#include "base/reason.h"

#include <stdint.h>

struct input;

/* Is there such a file to read? FILE_UNREADABLE. */
bool input_check(const char *path, GError **error);

/* FILE_UNREADABLE. */
struct input *input_open(const char *path, GError **error);
void input_close(struct input *input);

/* As it was opened. Borrowed. */
const char *input_path(const struct input *input);

/* The first 16 bytes that input_read will give, decompressed; fewer where the file has no more. STR_NULL with the
 * reasons of input_read. Before the first read only. Borrowed until then. */
struct str input_peek(struct input *input, GError **error);

/* The next bytes, decompressed; 0 at the end. -1 with FILE_UNREADABLE, also for a compressed file that is cut off. */
int input_read(struct input *input, char *bytes, unsigned size, GError **error);

/* The file's first bytes as they are on disk, for recognising it; STR_NULL when it is no regular file. Borrowed. */
struct str input_head(const struct input *input);

/* How far the file was read, of how much, on disk. `size` is 0 when that is not known. */
void input_progress(struct input *input, int64_t *done, int64_t *size);
