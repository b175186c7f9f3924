/* Cursors of the feed. The payload is "NUMBER.EVENTS ID:AFTER ID:AFTER ...": the place, and the lines that lead to it,
 * newest last. A line that began behind the place is no part of its history, so it is left out: what a cursor says does
 * not depend on when it is made, nor in which of several copies. */
#include "core/feed.h"
#include "core/internal.h"

#include <inttypes.h>

/* A cursor is an event's id, too (LIMIT_HTTP_EVENT_ID), which leaves room for some half a dozen lines: the newest ones,
 * if there were more restores than that. */
enum { PAYLOAD_MAX = LIMIT_HTTP_EVENT_ID / 4 * 3 - 16, LINES_MAX = PAYLOAD_MAX / 4, PLACE_MAX = 32 };

static void digest_of_feed(int64_t company, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    struct str parts[] = {STR("changes"), str_from((const char *)&company, sizeof company)};
    cursor_digest(parts, G_N_ELEMENTS(parts), digest);
}

/* How many lines lead to the place; one at least. */
static size_t lines_to(const struct store_line *lines, size_t count, struct feed_place place)
{
    while (count > 1 && lines[count - 1].after >= place.number)
        count--;
    return count;
}

struct str feed_cursor(struct core *core, int64_t company, struct feed_place place, struct arena *a)
{
    char words[PAYLOAD_MAX], line[PAYLOAD_MAX];
    uint8_t digest[CURSOR_DIGEST_SIZE];
    const struct store_line *lines = feeds_lines(core);
    size_t start = sizeof words; /* written from the end, the newest line first */
    for (size_t i = lines_to(lines, feeds_line_count(core), place); i-- > 0;) {
        size_t length = (size_t)g_snprintf(line, sizeof line, " %.*s:%" PRId64, STR_ARG(lines[i].id), lines[i].after);
        if (length + PLACE_MAX > start)
            break;
        start -= length;
        memcpy(words + start, line, length);
    }
    size_t length = (size_t)g_snprintf(line, sizeof line, "%" PRId64 ".%" PRIu32, place.number, place.events);
    start -= length;
    memcpy(words + start, line, length);
    digest_of_feed(company, digest);
    return cursor_write(core_cursor_key(core), digest, str_from(words + start, sizeof words - start), a);
}

/* ---- reading one ---- */

struct named {
    struct feed_place place;
    struct store_line lines[LINES_MAX];
    size_t count;
};

/* It was sealed here, so it reads as it was written. */
static void parse(struct str payload, struct named *named)
{
    struct str word, rest = str_split(payload, ' ', &word), events = str_split(word, '.', &word);
    int64_t passed = 0;
    *named = (struct named){0};
    str_to_int64(word, &named->place.number);
    str_to_int64(events, &passed);
    named->place.events = (uint32_t)passed;
    while (rest.len && named->count < LINES_MAX) {
        struct store_line *line = &named->lines[named->count++];
        rest = str_split(rest, ' ', &word);
        str_to_int64(str_split(word, ':', &line->id), &line->after);
    }
}

static struct feed_place earlier(struct feed_place place, int64_t end)
{
    return place.number <= end ? place : (struct feed_place){end, UINT32_MAX};
}

/* The last place that the history of the cursor and ours have both, {0} = none: up to where their newest common line
 * was left, by either. */
static struct feed_place shared_place(const struct named *named, const struct store_line *ours, size_t count)
{
    for (size_t i = named->count; i-- > 0;)
        for (size_t k = count; k-- > 0;)
            if (str_equal(named->lines[i].id, ours[k].id)) {
                struct feed_place place = named->place;
                if (i + 1 < named->count)
                    place = earlier(place, named->lines[i + 1].after);
                return k + 1 < count ? earlier(place, ours[k + 1].after) : place;
            }
    return (struct feed_place){0};
}

bool feed_cursor_read(struct core *core, int64_t company, struct str cursor, struct feed_place *place, struct arena *a,
                      GError **error)
{
    uint8_t digest[CURSOR_DIGEST_SIZE];
    struct str payload;
    struct named named;
    digest_of_feed(company, digest);
    if (!cursor_read(core_cursor_key(core), digest, cursor, a, &payload, NULL)) {
        reason_set_field(error, REASON_CURSOR_INVALID, STR("after"),
                         "this is no cursor that the feed of this company gave; without one it begins with the oldest "
                         "change");
        return false;
    }
    parse(payload, &named);
    *place = shared_place(&named, feeds_lines(core), feeds_line_count(core));
    if (feed_place_compare(*place, named.place) == 0)
        return true;
    reason_set_field(error, REASON_CURSOR_GONE, STR("after"),
                     "the data was restored from a copy that does not have this change: go on from `cursor`, the last "
                     "one that is still true, and take back what came after it");
    return false;
}
