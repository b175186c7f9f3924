/* What lists, search, exports and the commands for them may be narrowed to, under the same names everywhere. */
#pragma once

#include "core/history.h"
#include "text/parameter.h"

/* In the order of what they mean. */
#define FILTER_STATES "open closed" /* enum session_state */

/* Rows of a parameter table; `of` is what is left of them. */
#define FILTER_PARAMETERS(of) \
    {.name = "visitor", .meaning = "Only " of " of the visitor with this id."}, \
        {.name = "operator", .meaning = "Only " of " that the operator with this id serves."}, \
        {.name = "department", .meaning = "Only " of " of the department with this id."}, \
        {.name = "button", .meaning = "Only " of " that began at the button with this id."}, \
        {.name = "state", .type = PARAMETER_CHOICE, .words = FILTER_STATES, .meaning = "Only " of " in this state."}, \
    { \
        .name = "dialect", .type = PARAMETER_CHOICE, .words = DIALECT_WORDS, .meaning = "Only " of " opened in it." \
    }

#define FILTER_BETWEEN(what) \
    {.name = "from", .type = PARAMETER_TIME, .meaning = "Only " what " from this time on."}, \
    { \
        .name = "to", .type = PARAMETER_TIME, .meaning = "Only " what " before this time." \
    }

#define FILTER_CHANGED_SINCE \
    { \
        .name = "changedSince", .type = PARAMETER_TIME, \
        .meaning = "Only sessions whose last change was stored here at this time or later." \
    }

/* What a checked query says. Times without an offset are local in `zone`. An unknown visitor gives visitor -1, which
 * matches nothing. The filter's strings live in the arena. Fails only when the visitor cannot be read. */
bool filter_read(const struct query *query, int64_t company, const struct zone *zone, struct store_txn *txn,
                 struct arena *a, struct store_session_filter *filter, GError **error);

/* A bound of a half-open span, in whole milliseconds; NO_TIME where it is not given. */
int64_t filter_bound(const struct query *query, struct str name, const struct zone *zone);

/* Its `from` and `to`. */
void filter_bounds(const struct query *query, const struct zone *zone, int64_t *from_ms, int64_t *to_ms);
