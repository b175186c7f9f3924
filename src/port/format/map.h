/* A map: what of a CSV or JSON file is what in a conversation, as an INI file (doc/import.md "Maps" is its manual).
 *
 *     [file]               row=message|session, type, items, time_format, time_zone, encoding, separator, ids
 *     [map]                KEY=PATH (port/format/path.h), the keys below
 *     [session]            the same for rows that tell of a whole session, in files of messages
 *     [opening]            the same for a message that stands beside the others, at the beginning
 *     [participant.type]   VALUE=Client|Agent|Supervisor|External; a VALUE may end in `*`
 *     [event.type]         VALUE=a kind of event, or note, or skip
 *     [event.visibility]   VALUE=internal|all
 *     [session.state]      VALUE=open|closed
 *     [item.type]          VALUE=session|skip
 *     [session.department] VALUE=a department of ours
 *     [operator]           VALUE=a username of ours; VALUE is the e-mail, name or id of who wrote
 *
 * Presets are maps too: data/maps/NAME.ini, part of the program. A map never changes; any thread may read it. */
#pragma once

#include "port/format/path.h"
#include "text/zone.h"

#define MAP_KEYS(X) \
    X(SESSION_ID, "session.id") \
    X(SESSION_START, "session.start") \
    X(SESSION_END, "session.end") \
    X(SESSION_STATE, "session.state") \
    X(SESSION_SUBJECT, "session.subject") \
    X(SESSION_TAGS, "session.tags") \
    X(SESSION_DEPARTMENT, "session.department") \
    X(SESSION_START_PAGE, "session.start_page") \
    X(SESSION_RATING, "session.rating") \
    X(SESSION_RATING_COMMENT, "session.rating_comment") \
    X(VISITOR_ID, "visitor.id") \
    X(VISITOR_NAME, "visitor.name") \
    X(VISITOR_EMAIL, "visitor.email") \
    X(VISITOR_PHONE, "visitor.phone") \
    X(VISITOR_IP, "visitor.ip") \
    X(VISITOR_USER_AGENT, "visitor.user_agent") \
    X(VISITOR_COUNTRY, "visitor.country") \
    X(VISITOR_CITY, "visitor.city") \
    X(VISITOR_OPERATING_SYSTEM, "visitor.operating_system") \
    X(VISITOR_BROWSER, "visitor.browser") \
    X(PARTICIPANT_ID, "participant.id") \
    X(PARTICIPANT_TYPE, "participant.type") \
    X(PARTICIPANT_NAME, "participant.name") \
    X(PARTICIPANT_EMAIL, "participant.email") \
    X(EVENTS, "events") \
    X(EVENT_ID, "event.id") \
    X(EVENT_ORDER, "event.order") \
    X(EVENT_TIME, "event.time") \
    X(EVENT_TYPE, "event.type") \
    X(EVENT_TEXT, "event.text") \
    X(EVENT_HTML, "event.html") \
    X(EVENT_BBCODE, "event.bbcode") \
    X(EVENT_VISIBILITY, "event.visibility") \
    X(EVENT_DELETED, "event.deleted") \
    X(EVENT_FILES, "event.files") \
    X(FILE_NAME, "file.name") \
    X(FILE_TYPE, "file.type") \
    X(FILE_SIZE, "file.size") \
    X(FILE_URL, "file.url") \
    X(ITEM_TYPE, "item.type")

enum map_key {
#define X(name, word) MAP_##name,
    MAP_KEYS(X)
#undef X
        MAP_KEY_COUNT
};

/* What a map calls it. */
const char *map_key_name(enum map_key key);

/* A message's text stands in one of these. */
#define MAP_TEXT_KEYS \
    { \
        MAP_EVENT_TEXT, MAP_EVENT_HTML, MAP_EVENT_BBCODE \
    }

enum map_group { MAP_MAIN, MAP_OF_SESSION, MAP_OPENING, MAP_GROUP_COUNT };

enum map_table {
    TABLE_PARTICIPANT_TYPE,
    TABLE_EVENT_TYPE,
    TABLE_EVENT_VISIBILITY,
    TABLE_SESSION_STATE,
    TABLE_ITEM_TYPE,
    TABLE_DEPARTMENT,
    TABLE_OPERATOR,
    MAP_TABLE_COUNT
};

struct map {
    struct arena arena;
    struct str source; /* its text */
    bool is_csv;       /* else JSON */
    bool is_scattered; /* a row or item is a message, else a whole session */
    bool keeps_ids;    /* the file's ids are what clients will ask for */
    bool has[MAP_GROUP_COUNT];
    char separator;           /* 0 = found in the file */
    struct str encoding;      /* STR_NULL = UTF-8 */
    const char **items;       /* names of the arrays of items, as items_read takes them; NULL = none */
    struct str *time_formats; /* tried in this order; none = what build_time reads */
    size_t time_format_count;
    const struct zone *zone; /* NULL = not said */
    const struct path *paths[MAP_GROUP_COUNT][MAP_KEY_COUNT];
    struct map_entry {
        struct str value; /* of the file; a `*` at the end stands for anything */
        struct str word;  /* ours */
    } * tables[MAP_TABLE_COUNT];
    size_t table_counts[MAP_TABLE_COUNT];
};

/* `name` is what messages call it; `type` is "csv" or "json" where that is known, else the map must say. NULL with
 * USAGE: the message names the map, the group and key, and what may stand there. */
struct map *map_parse(const char *name, struct str text, const char *type, GError **error);
void map_free(struct map *map);

/* Our word for a value of the file; STR_NULL when the table has none, or the value is empty.
 * O(entries). */
struct str map_word(const struct map *map, enum map_table table, struct str value);

/* A time by the map's formats, else as build_time reads it. `zone` is the user's, and goes before the map's. Reason
 * TIME_INVALID, and then NO_TIME. */
int64_t map_time(const struct map *map, struct str text, const struct zone *zone, GError **error);
