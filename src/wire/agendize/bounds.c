#include "wire/agendize/bounds.h"

#include "model/session.h"

static bool is_before(struct time_point a, struct time_point b)
{
    return a.ms != b.ms ? a.ms < b.ms : a.finer < b.finer;
}

struct bounds bounds_read(const struct query *query, const struct zone *zone, bool literal)
{
    struct time_point lower = {0}, upper = {0};
    bool has_lower = parameter_time(query, STR("startDate"), zone, &lower);
    bool has_upper = parameter_time(query, STR("endDate"), zone, &upper);
    bool alone = has_lower != has_upper;
    if ((has_lower && has_upper && is_before(upper, lower)) || (alone && literal)) {
        struct time_point point = lower;
        bool has = has_lower;
        lower = upper, has_lower = has_upper;
        upper = point, has_upper = has;
    }
    /* start > lower holds from the next whole millisecond on, whatever stood behind the third digit. */
    return (struct bounds){.from_ms = has_lower ? lower.ms + 1 : NO_TIME,
                           .to_ms = has_upper ? time_point_ceil_ms(upper) : NO_TIME};
}
