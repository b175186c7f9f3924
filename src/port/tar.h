/* Several files as one stream of bytes: POSIX ustar, with GNU's sizes beyond 8 GB. What an upload of many files is. */
#pragma once

#include "port/input.h"

enum { TAR_BLOCK = 512 };

/* Is this the beginning of one? It takes a whole block to see. */
bool tar_is_one(struct str head);

struct tar;

/* Reads the files of `input` (borrowed) in their order. */
struct tar *tar_open(struct input *input);
void tar_close(struct tar *tar);

/* The next regular file, to be closed before the next call; NULL at the end, or with an error: LINE_INVALID for what is
 * no tar, those of the input. Others than regular files are passed over. */
struct input *tar_next(struct tar *tar, GError **error);

/* The block before a file's bytes. `name` has at most 99 bytes. */
void tar_header(const char *name, int64_t size, char block[TAR_BLOCK]);

/* How many zero bytes fill up the last block of a file of so many bytes. */
static inline size_t tar_padding(int64_t size)
{
    return (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK);
}
