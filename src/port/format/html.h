/* HTML that people wrote in a mail or a chat, as plain text: blocks and <br> are lines, list items begin with "- ", a
 * link keeps its address behind its text ("our page (https://...)"), an image its name and address; styles, scripts and
 * comments are dropped, character references resolved. Blanks run together as browsers show them.
 *
 * No document is too broken: what is no tag is text. Of a text longer than LIMIT_MARKUP the
 * beginning is read. The result lives in the arena. Pure; any thread. O(length). */
#pragma once

#include "base/arena.h"

struct str html_text(struct str html, struct arena *a);
