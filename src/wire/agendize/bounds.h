/* startDate and endDate (doc/dialects/agendize.md "startDate / endDate"): pure. */
#pragma once

#include "text/query.h"
#include "text/time.h"

/* Half-open bounds on first_message, in ms; NO_TIME (model/session.h) where a side is open. */
struct bounds {
    int64_t from_ms, to_ms;
};

/* Reads both parameters: exclusive on both sides, swapped when reversed, equal = nothing matches, empty = not given.
 * Dates without offset are local in `zone`. Reason TIME_INVALID naming the parameter. */
bool bounds_read(const struct query *query, const struct zone *zone, bool literal, struct bounds *bounds,
                 GError **error);
