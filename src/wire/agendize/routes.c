/* Every route of this dialect, under both names of the resource. */
#include "wire/agendize/internal.h"

#define DATES \
    {.name = "startDate", \
     .type = PARAMETER_TIME, \
     .may_be_empty = true, \
     .meaning = "Only sessions that start after this time (exclusive)."}, \
    { \
        .name = "endDate", .type = PARAMETER_TIME, .may_be_empty = true, \
        .meaning = "Only sessions that start before this time (exclusive)." \
    }

static const struct parameter list[] = {
    DATES,
    {.name = "pageToken", .meaning = "`nextPageToken` or `prevPageToken` of a page of the same query."},
    {.name = "maxResults",
     .type = PARAMETER_NUMBER,
     .least = 1,
     .greatest = LIST_MAX,
     .may_be_empty = true,
     .meaning = "How many at most; 50."},
};

static const struct parameter summary[] = {DATES};

#define LIST agendize_list, list, G_N_ELEMENTS(list), "The light list of sessions, newest first message first."
#define SUMMARY agendize_summary, summary, G_N_ELEMENTS(summary), "How many sessions, how long on average."
#define HISTORY agendize_history, NULL, 0, "One session: visitor, start, messages."

const struct agendize_route agendize_routes[AGENDIZE_ROUTES] = {
    {HTTP_GET, "/chat/history", LIST},
    {HTTP_GET, "/chat/history/summary", SUMMARY},
    {HTTP_GET, "/chat/history/:sessionId", HISTORY},
    {HTTP_GET, "/chat/sessions", LIST},
    {HTTP_GET, "/chat/sessions/summary", SUMMARY},
    {HTTP_GET, "/chat/sessions/:sessionId", HISTORY},
};
