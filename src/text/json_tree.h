/* What text/json_read.h makes of JSON, accessors that name the member at fault, and the way back.
 *
 * A tree lives in the arena it was read into, and its strings are slices of the text wherever the text holds no escape:
 * both text and arena must outlive the tree. A tree never changes; any thread may look at it. */
#pragma once

#include "text/json_write.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_INTEGER, JSON_REAL, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_node {
    const struct json_node *next; /* the next element or member, in the order of the text */
    struct str name;              /* of a member; else STR_NULL */
    enum json_kind kind;
    uint32_t count; /* of an array's elements or an object's members */
    union {
        bool truth;
        int64_t integer;
        double real;
        struct str string; /* valid UTF-8 without U+0000; no zero behind it */
        const struct json_node *first;
    };
};

/* ---- looking: NULL stands for what is not there, so that look-ups can be nested ---- */

static inline bool json_is(const struct json_node *node, enum json_kind kind)
{
    return node && node->kind == kind;
}

/* The first of an array's elements or an object's members; NULL for an empty one and for anything else. */
static inline const struct json_node *json_first(const struct json_node *node)
{
    return json_is(node, JSON_ARRAY) || json_is(node, JSON_OBJECT) ? node->first : NULL;
}

/* The member `name`; NULL when there is none, or no object. O(members). */
const struct json_node *json_get(const struct json_node *object, const char *name);

/* The string of a string node; STR_NULL for anything else. */
static inline struct str json_str(const struct json_node *node)
{
    return json_is(node, JSON_STRING) ? node->string : STR_NULL;
}

/* The number of an integer node; 0 for anything else. */
static inline int64_t json_int64(const struct json_node *node)
{
    return json_is(node, JSON_INTEGER) ? node->integer : 0;
}

/* ---- members that must be so ---- */

enum json_presence {
    JSON_REQUIRED, /* must be there */
    JSON_OPTIONAL, /* may be absent; null is of the wrong type */
    JSON_NULLABLE, /* may be absent, and null counts as absent */
};

/* The member `name` of `object` (which must be an object). True when it was read into `*value`, and also when it is
 * absent and may be: `*value` then keeps what the caller put there. False with an error that names the field:
 * FIELD_MISSING, FIELD_TYPE, FIELD_TOO_LONG (more than `max_len` bytes), FIELD_VALUE (outside min..max).
 * Numbers are not read from strings nor from reals (5.0 is no integer). */
bool json_get_string(const struct json_node *object, const char *name, enum json_presence presence, size_t max_len,
                     struct str *value, GError **error);
bool json_get_int64(const struct json_node *object, const char *name, enum json_presence presence, int64_t min,
                    int64_t max, int64_t *value, GError **error);
bool json_get_bool(const struct json_node *object, const char *name, enum json_presence presence, bool *value,
                   GError **error);
bool json_get_object(const struct json_node *object, const char *name, enum json_presence presence,
                     const struct json_node **value, GError **error);
bool json_get_array(const struct json_node *object, const char *name, enum json_presence presence,
                    const struct json_node **value, GError **error);

/* True when each member of `object` is one of `names`, else FIELD_UNKNOWN naming the first that is not.
 * O(members * count). */
bool json_refuse_unknown(const struct json_node *object, const char *const *names, size_t count, GError **error);

/* Writes a tree compactly, members in the order they were read. Integers come back digit for digit; reals with as few
 * of 15 to 17 digits as read back to the same double, and still looking like a real (0.233, 1.0, 1e+300). */
void json_add_tree(struct json *w, const struct json_node *tree);

/* The same of an object's member, its name before it: for an object that takes over members of another. */
static inline void json_add_member(struct json *w, const struct json_node *member)
{
    json_key(w, member->name);
    json_add_tree(w, member);
}
