/* The Gregorian calendar as arithmetic: days since 1970-01-01 to year, month, day and back. Years 0 to 9999. The method
 * counts in eras of 400 years that begin in March, so that the leap day comes last. Pure; any thread. */
#pragma once

#include <stdint.h>

struct civil_date {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

enum { CIVIL_MS_PER_DAY = 86400000, CIVIL_MS_PER_HOUR = 3600000 };

int64_t civil_to_days(struct civil_date date);
struct civil_date civil_from_days(int64_t days);

/* Days in a month, 28..31. */
int civil_month_length(int year, int month);

/* Whole days in `ms`, rounded down also before 1970. */
static inline int64_t civil_days_of_ms(int64_t ms)
{
    return ms / CIVIL_MS_PER_DAY - (ms % CIVIL_MS_PER_DAY < 0);
}
