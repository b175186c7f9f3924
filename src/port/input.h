/* A file to import, or any other bytes that come one after the other: plain, or compressed with gzip. */
#pragma once

#include "base/reason.h"

#include <stdint.h>

struct input;

/* Is there such a file to read? FILE_UNREADABLE. */
bool input_check(const char *path, GError **error);

/* `-` is standard input. FILE_UNREADABLE. */
struct input *input_open(const char *path, GError **error);

/* Fills `bytes` and answers how many, 0 at the end, -1 with an error. May block. */
typedef int input_source(void *data, char *bytes, unsigned size, GError **error);

/* What a source gives, under a name for messages. */
struct input *input_over(const char *name, input_source *source, void *data);

void input_close(struct input *input);

/* Its path or name, as it was opened. Borrowed. */
const char *input_path(const struct input *input);

/* The first bytes that input_read will give, decompressed: `size` of them (at most INPUT_PEEK), fewer where there are
 * no more. STR_NULL with the reasons of input_read. Before the first read only. Borrowed until then. */
enum { INPUT_PEEK = 4096 };
struct str input_peek(struct input *input, unsigned size, GError **error);

/* Do compressed bytes begin so? */
bool input_is_gzip(struct str head);

/* The next bytes, decompressed; 0 at the end. -1 with FILE_UNREADABLE, also for compressed bytes that are cut off, or
 * the source's error. */
int input_read(struct input *input, char *bytes, unsigned size, GError **error);

/* The file's first bytes as they are on disk, for recognising it; STR_NULL when it is no regular file. Borrowed. */
struct str input_head(const struct input *input);

/* How far it was read, of how much, as it is on disk. `size` is 0 when that is not known. */
void input_progress(struct input *input, int64_t *done, int64_t *size);
