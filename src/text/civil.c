#include "text/civil.h"

#include <stdbool.h>

enum { DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468 /* from 0000-03-01 */ };

int64_t civil_to_days(struct civil_date date)
{
    int year = date.year - (date.month <= 2);
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int month_from_march = (date.month + 9) % 12;
    int day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * DAYS_PER_ERA + day_of_era - DAYS_0000_TO_1970;
}

struct civil_date civil_from_days(int64_t days)
{
    int64_t shifted = days + DAYS_0000_TO_1970;
    int era = (int)((shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA);
    int day_of_era = (int)(shifted - (int64_t)era * DAYS_PER_ERA);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil_date){.year = year_of_era + era * 400 + (month <= 2),
                               .month = month,
                               .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

int civil_month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && leap);
}
