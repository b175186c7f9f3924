/* Where an export goes: standard output, or a file that gets its name once it is whole. Progress is shown on a
 * terminal, and Ctrl-C ends it. One in a process. */
#pragma once

#include "base/reason.h"

struct output;

/* Begins to write to `path`, NULL = standard output: beside a regular file of that name, which is replaced at the end.
 * FILE_UNWRITABLE. */
struct output *output_open(const char *path, GError **error);

/* A client_sink (app/client.h): FALSE when it cannot be written, or Ctrl-C was pressed. */
bool output_write(void *output, struct str piece);

/* What else is worth saying while it goes on: how many sessions were written. */
void output_count(struct output *output, int64_t sessions);

/* Ends it, `ok` = all was written: the file is made durable under its name, else it goes away. FALSE when that failed
 * or a write did; the error says which, CANCELLED for Ctrl-C, instead of the one that may be there. Frees it. */
bool output_close(struct output *output, bool ok, GError **error);
