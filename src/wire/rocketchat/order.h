/* Documents in an order that no index has (doc/dialects/rocketchat.md, decision (c)): all of them are looked at, what
 * the keys of `sort` name in each is kept, and the rows are sorted. As the original does, which sorts in memory up to a
 * limit, too. */
#pragma once

#include "base/arena.h"
#include "base/reason.h"
#include "text/json_tree.h"

enum { SORT_KEYS_MAX = 16 };

struct sort_key {
    struct str path;
    bool descending;
};

/* The keys of a sort parameter in the order given; none for STR_NULL and {}. SORT_INVALID. */
bool sort_read(struct str sort, struct sort_key keys[SORT_KEYS_MAX], size_t *count, struct arena *a, GError **error);

/* ---- values: what a path names in a document as it is shown ---- */

/* A number (booleans are 0 and 1), a string, a time (shown as a string, and compared as that one), or nothing: a member
 * that is not there, an object, an array. */
struct sort_value {
    enum { SORT_ABSENT, SORT_NUMBER, SORT_TIME, SORT_STRING } type;
    double number; /* of a time: milliseconds */
    struct str string;
};
/* NO_TIME and STR_NULL give nothing. */
struct sort_value sort_nothing(void);
struct sort_value sort_number(int64_t value);
struct sort_value sort_seconds(int64_t ms);
struct sort_value sort_time(int64_t ms);
struct sort_value sort_string(struct str value);
/* `path` is a path of dots below `tree`; NULL has nothing. O(members on the way). */
struct sort_value sort_in_tree(const struct json_node *tree, struct str path);

/* A constant table of paths: the value at `path`, or nothing. */
struct sort_member {
    struct str path;
    struct sort_value value;
};
struct sort_value sort_member_at(const struct sort_member *members, size_t count, struct str path);

/* ---- rows ---- */

struct order {
    const struct sort_key *keys;
    size_t key_count;
    GArray *rows;
    struct arena arena; /* what the rows point to */
    size_t size;
};

/* order_clear in any case. `keys` are borrowed. */
void order_init(struct order *order, const struct sort_key *keys, size_t key_count);
void order_clear(struct order *order);

/* Adds a document: one value a key, copied. Documents that the keys leave equal stand newest `ts_ms` first, then by
 * `id` ascending, then by `number` descending. SORT_INVALID once all rows take more than LIMIT_SORT bytes. */
bool order_add(struct order *order, int64_t number, int64_t ts_ms, struct str id, const struct sort_value *values,
               GError **error);

/* The numbers in their order, in the arena. O(n log n). */
int64_t *order_numbers(struct order *order, size_t *count, struct arena *a);
