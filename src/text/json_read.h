/* JSON in: a strict reader (RFC 8259) with our limits. */
#pragma once

#include "base/arena.h"
#include "text/json_tree.h"

enum json_top {
    JSON_TOP_OBJECT, /* only an object */
    JSON_TOP_ANY,    /* any value, also a bare string or number */
    JSON_STORED,     /* an object out of the store: how many values it may hold was checked when it came */
};

/* Reads the one JSON value that fills `text`, blanks around it allowed; NULL on failure:
 * - BODY_NOT_UTF8: invalid UTF-8, anywhere;
 * - TEXT_INVALID: a string or key holds U+0000 (written \u0000), which no text in Parley may;
 * - BODY_MALFORMED: anything else: not JSON, something behind the value, a repeated key, a lone surrogate, nesting
 *   deeper than LIMIT_JSON_DEPTH, more values than LIMIT_JSON_VALUES and LIMIT_JSON_DENSITY allow, an integer beyond 64
 * bits, a real beyond a double, an empty text. The message gives the column, behind the first line the line too (of a
 * key that a large object repeats: where the object ends), and repeats nothing of the text, which may hold a
 * credential. A number without fraction and exponent is an integer (-0 is 0), any other a real, rounded correctly. The
 * caller bounds the length; a tree takes at most 5 times as much, and 800 KB. O(length), with a sort of the keys of
 * large objects. */
const struct json_node *json_read(struct str text, enum json_top top, struct arena *a, GError **error);
