/* Parameters of a query string, as a route's table states them: what each may be, and what it means. The check reads
 * that table, and whatever describes a route to people can read it too. Pure; any thread. */
#pragma once

#include "text/query.h"
#include "text/time.h"

enum parameter_type {
    PARAMETER_TEXT,   /* any */
    PARAMETER_CHOICE, /* one of `words` */
    PARAMETER_LIST,   /* some of `words`, with commas */
    PARAMETER_NUMBER, /* a whole number from `least` to `greatest` */
    PARAMETER_TIME,   /* as time_parse_bound takes it */
    PARAMETER_ZONE,   /* an IANA id */
};

/* One row; constants all. */
struct parameter {
    const char *name;
    enum parameter_type type;
    const char *words; /* with blanks between */
    int64_t least, greatest;
    bool is_required;
    bool may_be_empty; /* given without a value is not given */
    const char *meaning;
};

/* Everything given is in the table, once, and may be what it is; what is required is there. Reasons PARAMETER_UNKNOWN,
 * PARAMETER_REPEATED, PARAMETER_VALUE, TIME_INVALID, ZONE_UNKNOWN, FIELD_MISSING, naming the parameter. */
bool parameters_check(const struct query *query, const struct parameter *parameters, size_t count, GError **error);

/* What a query that was checked says of a parameter; these cannot fail. */

/* `otherwise` when it is not given. */
int64_t parameter_number(const struct query *query, struct str name, int64_t otherwise);
/* False when it is not given; a time without an offset is local in `zone`. */
bool parameter_time(const struct query *query, struct str name, const struct zone *zone, struct time_point *value);

/* Those of `words` that a PARAMETER_LIST names, 1 << their place, of at most 32; `otherwise` when it is not given. */
uint32_t parameter_list(const struct query *query, struct str name, const char *words, uint32_t otherwise);

/* Which of `words` it is, from 0; -1 = none. */
int parameter_word(const char *words, struct str word);
