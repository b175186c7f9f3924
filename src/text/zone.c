#include "text/zone.h"

#include "base/limits.h"
#include "base/reason.h"
#include "text/civil.h"

#include <pthread.h>
#include <stdio.h>

/* From `from_ms` (UTC) until the next one's, the wall clock is `offset_ms` ahead of UTC. */
struct offset {
    int64_t from_ms;
    int64_t offset_ms;
};

struct zone {
    struct str id;
    size_t count;
    struct offset offsets[]; /* by from_ms; the first one's is INT64_MIN; neighbours differ in offset_ms */
};

/* More than any offset of any zone, so that a local time and its UTC differ by less. */
enum { OFFSET_MAX_MS = 26 * CIVIL_MS_PER_HOUR };

/* ---- reading tzdata ---- */

/* An id as tzdata has them; what is left out on purpose: "posix/" and "right/" (copies, the latter with leap seconds),
 * the machine's own zone, and whatever could leave the directory. */
static bool is_plausible_id(struct str id)
{
    if (id.len == 0 || id.len > 64 || !g_ascii_isalpha(id.ptr[0]) || id.ptr[id.len - 1] == '/')
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!g_ascii_isalnum(c) && c != '_' && c != '+' && c != '-' && c != '/')
            return false;
        if (c == '/' && id.ptr[i - 1] == '/')
            return false;
    }
    return !str_starts_with(id, STR("posix/")) && !str_starts_with(id, STR("right/")) &&
           !str_equal(id, STR("localtime")) && !str_equal(id, STR("posixrules"));
}

/* GLib takes much more than ids (POSIX rules, offsets) and complains aloud about other files in tzdata's directory, so
 * it is asked only about what is a time zone file there. */
static bool is_zone_file(const char *id)
{
    const char *directory = g_getenv("TZDIR");
    g_autofree char *path = g_build_filename(directory ? directory : "/usr/share/zoneinfo", id, NULL);
    FILE *file = fopen(path, "rbe");
    if (!file)
        return false;
    char magic[4];
    bool is_zone = fread(magic, sizeof magic, 1, file) == 1 && memcmp(magic, "TZif", sizeof magic) == 0;
    fclose(file);
    return is_zone;
}

/* Adds each change of offset in (low, high] of seconds, by halving until GLib's interval changes. */
static void add_changes(GTimeZone *source, int64_t low, int64_t high, GArray *offsets)
{
    int interval = g_time_zone_find_interval(source, G_TIME_TYPE_UNIVERSAL, high);
    if (g_time_zone_find_interval(source, G_TIME_TYPE_UNIVERSAL, low) == interval)
        return;
    if (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        add_changes(source, low, middle, offsets);
        add_changes(source, middle, high, offsets);
        return;
    }
    struct offset change = {high * 1000, INT64_C(1000) * g_time_zone_get_offset(source, interval)};
    /* Intervals may differ in name only. */
    if (g_array_index(offsets, struct offset, offsets->len - 1).offset_ms != change.offset_ms)
        g_array_append_val(offsets, change);
}

static struct zone *zone_read(struct str id)
{
    g_autofree char *name = str_to_heap(id);
    if (!is_zone_file(name))
        return NULL;
    g_autoptr(GTimeZone) source = g_time_zone_new_identifier(name);
    if (!source)
        return NULL;
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(struct offset));
    int first = g_time_zone_find_interval(source, G_TIME_TYPE_UNIVERSAL, 0);
    struct offset earliest = {INT64_MIN, INT64_C(1000) * g_time_zone_get_offset(source, first)};
    g_array_append_val(offsets, earliest);
    add_changes(source, 0, LIMIT_TIME_MS / 1000 + 62 * INT64_C(86400), offsets);

    struct zone *zone = g_malloc(sizeof *zone + offsets->len * sizeof(struct offset));
    zone->count = offsets->len;
    memcpy(zone->offsets, offsets->data, offsets->len * sizeof(struct offset));
    zone->id = str_from(g_steal_pointer(&name), id.len);
    return zone;
}

/* ---- handles ---- */

static const struct zone utc = {.id = {"UTC", 3}, .count = 1, .offsets = {{INT64_MIN, 0}}};

const struct zone *zone_utc(void)
{
    return &utc;
}

const struct zone *zone_get(struct str id, GError **error)
{
    /* Not a GMutex: the thread sanitizer does not see into GLib. */
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static GHashTable *zones; /* id -> struct zone, for ever */
    if (str_equal(id, utc.id))
        return &utc;
    struct zone *zone = NULL;
    if (is_plausible_id(id)) {
        char name[65];
        memcpy(name, id.ptr, id.len);
        name[id.len] = '\0';
        pthread_mutex_lock(&lock);
        if (!zones)
            zones = g_hash_table_new(g_str_hash, g_str_equal);
        zone = g_hash_table_lookup(zones, name);
        if (!zone && (zone = zone_read(id)))
            g_hash_table_insert(zones, (char *)zone->id.ptr, zone);
        pthread_mutex_unlock(&lock);
    }
    if (!zone)
        reason_set(error, REASON_ZONE_UNKNOWN, "not a known time zone; use an IANA id such as America/New_York");
    return zone;
}

struct str zone_id(const struct zone *zone)
{
    return zone->id;
}

/* ---- arithmetic ---- */

/* The offset that holds at `utc_ms`. */
static size_t offset_at(const struct zone *zone, int64_t utc_ms)
{
    size_t low = 0, high = zone->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->offsets[middle].from_ms <= utc_ms)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* When the offset after the i-th begins. */
static int64_t offset_end(const struct zone *zone, size_t i)
{
    return i + 1 < zone->count ? zone->offsets[i + 1].from_ms : INT64_MAX;
}

int64_t zone_to_local_ms(const struct zone *zone, int64_t utc_ms)
{
    return utc_ms + zone->offsets[offset_at(zone, utc_ms)].offset_ms;
}

/* The offset under which `local_ms` occurs first; when a gap skips it, the offset after the gap, with `*in_gap`. */
static size_t offset_of_local(const struct zone *zone, int64_t local_ms, bool *in_gap)
{
    size_t i = offset_at(zone, local_ms - OFFSET_MAX_MS);
    while (i + 1 < zone->count && local_ms - zone->offsets[i].offset_ms >= zone->offsets[i + 1].from_ms)
        i++;
    *in_gap = i > 0 && local_ms - zone->offsets[i].offset_ms < zone->offsets[i].from_ms;
    return i;
}

int64_t zone_to_utc_ms(const struct zone *zone, int64_t local_ms)
{
    bool in_gap;
    size_t i = offset_of_local(zone, local_ms, &in_gap);
    /* Moving forward by the gap is the same as reading the clock as if it had not been changed yet. */
    return local_ms - zone->offsets[in_gap ? i - 1 : i].offset_ms;
}

/* ---- spans ---- */

/* The first instant at which the wall clock shows `local_ms` or has skipped it. */
static int64_t first_reached(const struct zone *zone, int64_t local_ms)
{
    bool in_gap;
    size_t i = offset_of_local(zone, local_ms, &in_gap);
    return in_gap ? zone->offsets[i].from_ms : local_ms - zone->offsets[i].offset_ms;
}

/* The local beginning of the day, week or month that holds `local_ms`; with `step` 1, of the one after it. */
static int64_t local_start(enum zone_span by, int64_t local_ms, int step)
{
    int64_t day = civil_days_of_ms(local_ms);
    if (by == ZONE_DAY) {
        day += step;
    } else if (by == ZONE_WEEK) {
        int64_t weekday = (day % 7 + 10) % 7; /* 0 is Monday; 1970-01-01 was a Thursday */
        day += 7 * step - weekday;
    } else {
        struct civil_date date = civil_from_days(day);
        date.day = 1;
        date.month += step;
        if (date.month > 12) {
            date.month = 1;
            date.year++;
        }
        day = civil_to_days(date);
    }
    return day * CIVIL_MS_PER_DAY;
}

void zone_span(const struct zone *zone, enum zone_span by, int64_t utc_ms, int64_t *start, int64_t *next)
{
    size_t i = offset_at(zone, utc_ms);
    int64_t offset_ms = zone->offsets[i].offset_ms, local_ms = utc_ms + offset_ms;
    if (by == ZONE_HOUR) {
        int64_t into_hour = (local_ms % CIVIL_MS_PER_HOUR + CIVIL_MS_PER_HOUR) % CIVIL_MS_PER_HOUR;
        *start = MAX(utc_ms - into_hour, zone->offsets[i].from_ms);
        *next = MIN(utc_ms - into_hour + CIVIL_MS_PER_HOUR, offset_end(zone, i));
        return;
    }
    int64_t local_next = local_start(by, local_ms, 1);
    *start = first_reached(zone, local_start(by, local_ms, 0));
    *next = first_reached(zone, local_next);
    if (*next <= utc_ms) {
        /* The clock went back over midnight: this is the old date for a second time, but the new day has begun. */
        *start = *next;
        *next = first_reached(zone, local_start(by, local_next, 1));
    }
}
