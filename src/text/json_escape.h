/* The inside of a JSON string: escaping and UTF-8 repair, for text/json_write.c and its test alone.
 *
 * Both writers need room for JSON_ESCAPE_WORST bytes an input byte, or exactly json_escape_length bytes: the output is
 * never shorter than the input, which is what makes the 16-byte stores of the fast one safe. Both return the number of
 * bytes written, and write the same bytes. */
#pragma once

#include "base/str.h"

enum { JSON_ESCAPE_WORST = 6 }; /* \u0001 */

size_t json_escape_scalar(char *out, struct str s);

/* 16 bytes at a time where SSE2 is there, else the same as the scalar one. */
size_t json_escape(char *out, struct str s);

size_t json_escape_length(struct str s);
