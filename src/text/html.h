/* Text as HTML has it. Pure; any thread. */
#pragma once

#include "base/buf.h"

/* Appends `text` so that it stands in an element or between the quotes of an attribute as itself: & < > " ' become
 * entities, U+0000 becomes U+FFFD. O(length). */
void html_add_text(struct buf *out, struct str text);
