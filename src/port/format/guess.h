/* A map to begin with: from the names of a file's columns or members, and what stands in the first of them. */
#pragma once

#include "base/str.h"

/* The map as text (g_free), with remarks on what could not be told, for a file that begins with `head`. NULL with USAGE
 * when it holds neither rows nor objects, or nothing in it looks like a conversation's id and text. O(length). */
char *guess_map(struct str head, GError **error);
