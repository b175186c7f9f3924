/* startDate and endDate (doc/dialects/agendize.md "startDate / endDate"): pure. */
#pragma once

#include "text/parameter.h"

/* Half-open bounds on first_message, in ms; NO_TIME (model/session.h) where a side is open. */
struct bounds {
    int64_t from_ms, to_ms;
};

/* Reads both parameters of a query that was checked: exclusive on both sides, swapped when reversed, equal = nothing
 * matches, empty = not given. Dates without offset are local in `zone`. */
struct bounds bounds_read(const struct query *query, const struct zone *zone, bool literal);
