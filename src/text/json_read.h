/* JSON in: jansson's parser with our limits, and accessors that name the member at fault.
 *
 * A tree is a jansson `json_t *`, owned by whoever read it (`json_auto_t *` frees it at the end of the block). Strings
 * and members handed out are borrowed from the tree and live as long as it does. A tree belongs to one thread at a
 * time; different trees may be used on different threads. */
#pragma once

#include "base/str.h"
#include "text/json_write.h"

#include <jansson.h>

enum json_top {
    JSON_TOP_OBJECT, /* only an object */
    JSON_TOP_ANY,    /* any value, also a bare string or number */
};

/* Reads the one JSON value that fills `text`, blanks around it allowed; NULL on failure:
 * - BODY_NOT_UTF8: invalid UTF-8, anywhere;
 * - TEXT_INVALID: a string or key holds U+0000 (written \u0000), which no text in Parley may;
 * - BODY_MALFORMED: anything else: not JSON, something behind the value, a repeated key, a lone surrogate, nesting
 *   deeper than LIMIT_JSON_DEPTH, an integer beyond 64 bits, a real beyond a double, an empty text. The message gives
 *   line and column and repeats nothing of the text, which may hold a credential.
 * The caller bounds the length. O(length). */
json_t *json_read(struct str text, enum json_top top, GError **error);

enum json_presence {
    JSON_REQUIRED, /* must be there */
    JSON_OPTIONAL, /* may be absent; null is of the wrong type */
    JSON_NULLABLE, /* may be absent, and null counts as absent */
};

/* The member `name` of `object` (which must be an object). True when it was read into `*value`, and also when it is
 * absent and may be: `*value` then keeps what the caller put there. False with an error that names the field:
 * FIELD_MISSING, FIELD_TYPE, FIELD_TOO_LONG (more than `max_len` bytes), FIELD_VALUE (outside min..max).
 * Numbers are not read from strings nor from reals (5.0 is no integer). */
bool json_get_string(const json_t *object, const char *name, enum json_presence presence, size_t max_len,
                     struct str *value, GError **error);
bool json_get_int64(const json_t *object, const char *name, enum json_presence presence, int64_t min, int64_t max,
                    int64_t *value, GError **error);
bool json_get_bool(const json_t *object, const char *name, enum json_presence presence, bool *value, GError **error);
bool json_get_object(const json_t *object, const char *name, enum json_presence presence, json_t **value,
                     GError **error);
bool json_get_array(const json_t *object, const char *name, enum json_presence presence, json_t **value,
                    GError **error);

/* True when each member of `object` is one of `names`, else FIELD_UNKNOWN naming the first that is not.
 * O(members * count). */
bool json_refuse_unknown(const json_t *object, const char *const *names, size_t count, GError **error);

/* The string a JSON string node holds, borrowed; STR_NULL for any other node and for NULL. */
struct str json_str(const json_t *node);

/* Writes a tree compactly, members in the order they were read. Integers come back digit for digit; reals with as few
 * of 15 to 17 digits as read back to the same double, and still looking like a real (0.233, 1.0, 1e+300). */
void json_add_tree(struct json *w, const json_t *tree);
