/* BBCode, as Live Helper Chat's messages are written, as plain text: marks of looks are dropped, a link keeps its
 * address behind its text, an image its address, `[file=ID_HASH]` is a file. What is no known mark is text. Pure; any
 * thread. O(length). */
#pragma once

#include "base/arena.h"

enum { BBCODE_FILES_MAX = 20 };

struct bbcode {
    struct str text;
    struct str files[BBCODE_FILES_MAX]; /* ids of files, in order; marks beyond stay in the text. The hash that opens
                                           the file is left out: whoever has it may read it. */
    size_t file_count;
};

/* Slices live in the arena. */
void bbcode_read(struct str text, struct bbcode *read, struct arena *a);
