/* What the beginning of a file holds: its columns, or its objects' members, and what stands in them. */
#pragma once

#include "base/str.h"

enum { FIELD_VALUES_MAX = 20 };

/* A column, or a member by its dotted path. */
struct field {
    char *path;
    GPtrArray *values; /* char *, the distinct ones, at most FIELD_VALUES_MAX + 1 */
    char *first;       /* value; NULL when all were empty */
    bool repeats;      /* some value came again: an id of a conversation does, an id of a message does not */
    int seen;          /* values, empty ones left out */
};

/* An array of objects, in each of the items. */
struct field_array {
    char *path;
    GPtrArray *fields; /* struct field *, of its elements */
};

struct fields {
    bool is_json;
    const char *encoding; /* "windows-1252" when it is not UTF-8 and has no byte order mark; else NULL. Static. */
    const char *items;    /* name of a page's array of items; NULL = none. Static. */
    GPtrArray *top;       /* struct field * */
    GPtrArray *arrays;    /* struct field_array * */
    int samples;          /* rows or objects that were looked at, some hundred at most */
};

/* Does a file that begins like this hold JSON? Else it is CSV. */
bool fields_are_json(struct str head);

/* O(length). */
void fields_read(struct fields *fields, struct str head);
void fields_clear(struct fields *fields);
