#include "wire/agendize/bounds.h"

#include "model/session.h"

static bool read_one(const struct query *query, struct str name, const struct zone *zone, bool *given,
                     struct time_point *point, GError **error)
{
    struct str value = query_get(query, name);
    *given = value.len > 0;
    return !*given || time_parse_bound(value, name, zone, point, error);
}

static bool is_before(struct time_point a, struct time_point b)
{
    return a.ms != b.ms ? a.ms < b.ms : a.finer < b.finer;
}

bool bounds_read(const struct query *query, const struct zone *zone, bool literal, struct bounds *bounds,
                 GError **error)
{
    struct time_point lower, upper;
    bool has_lower, has_upper;
    if (!read_one(query, STR("startDate"), zone, &has_lower, &lower, error) ||
        !read_one(query, STR("endDate"), zone, &has_upper, &upper, error))
        return false;
    bool alone = has_lower != has_upper;
    if ((has_lower && has_upper && is_before(upper, lower)) || (alone && literal)) {
        struct time_point point = lower;
        bool has = has_lower;
        lower = upper, has_lower = has_upper;
        upper = point, has_upper = has;
    }
    /* start > lower holds from the next whole millisecond on, whatever stood behind the third digit. */
    bounds->from_ms = has_lower ? lower.ms + 1 : NO_TIME;
    bounds->to_ms = has_upper ? time_point_ceil_ms(upper) : NO_TIME;
    return true;
}
