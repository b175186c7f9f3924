/* Query strings and form bodies: `name=value&name=value`, percent-decoded, in their order.
 *
 * Names and values live in the arena. Pure; any thread. */
#pragma once

#include "base/arena.h"

struct query_pair {
    struct str name;
    struct str value; /* empty, not STR_NULL, when there was no `=` */
};

struct query {
    struct query_pair *pairs;
    size_t count;
};

/* Splits and decodes; `+` means a blank. Empty pieces (`a=1&&b=2`) are skipped. Fails with PARAMETER_VALUE, naming the
 * parameter: a `%` without two hexadecimal digits, bytes that are not UTF-8, U+0000, a name
 * longer than LIMIT_ID, or more than LIMIT_QUERY_PARAMETERS pairs. Text behind a `#` is no part of a query and must be
 * gone. O(length). */
bool query_parse(struct str text, struct arena *a, struct query *q, GError **error);

/* The first value of `name`, borrowed from the arena; STR_NULL when it is not there. Names compare exactly. O(count).
 */
struct str query_get(const struct query *q, struct str name);

/* Percent-decodes one piece, for example a path segment. False when an escape is broken or the result holds U+0000 or
 * is not UTF-8. The result is borrowed from `text` itself when there is nothing to decode, else it lives in `a`. */
bool query_decode(struct str text, bool plus_is_blank, struct arena *a, struct str *decoded);
