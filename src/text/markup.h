/* Message markup: what Rocket.Chat calls `md`. */
#pragma once

#include "text/json_write.h"

/* Writes the value of a message's `md`, an array as message-parser 0.31.36 makes it of plain text: each line a
 * PARAGRAPH of one PLAIN_TEXT, a blank line a LINE_BREAK, one newline at the very end gone. The empty text gives []
 * (the original's parser fails on it and the server leaves `md` out: so should the caller). Marks (*bold*, links,
 * emoji) stay plain text here. O(length). */
void markup_write_md(struct json *w, struct str text);
