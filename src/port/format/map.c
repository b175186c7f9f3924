#include "port/format/map.h"

#include "base/reason.h"
#include "model/event.h"
#include "text/parameter.h"

static const char *const keys[MAP_KEY_COUNT] = {
#define X(name, word) word,
    MAP_KEYS(X)
#undef X
};

const char *map_key_name(enum map_key key)
{
    return keys[key];
}

static const char *const groups[MAP_GROUP_COUNT] = {"map", "session", "opening"};

static const struct {
    const char *name, *words; /* blanks between; NULL = any */
} tables[MAP_TABLE_COUNT] = {
    [TABLE_PARTICIPANT_TYPE] = {"participant.type", "Client Agent Supervisor External"},
    [TABLE_EVENT_TYPE] = {"event.type",
                          "message note file notice joined left closed hold resume page_visited url survey skip"},
    [TABLE_EVENT_VISIBILITY] = {"event.visibility", "internal all"},
    [TABLE_SESSION_STATE] = {"session.state", "open closed"},
    [TABLE_ITEM_TYPE] = {"item.type", "session skip"},
    [TABLE_DEPARTMENT] = {"session.department", NULL},
    [TABLE_OPERATOR] = {"operator", NULL},
};

struct reading {
    const char *name;
    GKeyFile *file;
    struct map *map;
};

static bool refuse_key(const struct reading *r, const char *group, const char *key, const char *why, GError **error)
{
    reason_set(error, REASON_USAGE, "%s: [%s]%s%s: %s", r->name, group, key ? " " : "", key ? key : "", why);
    return false;
}

/* The value without blanks around it; STR_NULL when there is none. */
static struct str value_of(const struct reading *r, const char *group, const char *key)
{
    g_autofree char *value = g_key_file_get_value(r->file, group, key, NULL);
    return value ? arena_str(&r->map->arena, str_trim(str_from_c(value))) : STR_NULL;
}

/* ---- [map], [session], [opening] ---- */

static int key_index(const char *key)
{
    for (int i = 0; i < MAP_KEY_COUNT; i++)
        if (!strcmp(keys[i], key))
            return i;
    return -1;
}

static bool refuse_unknown_key(const struct reading *r, const char *group, const char *key, GError **error)
{
    g_autoptr(GString) why = g_string_new("there is no such key; there are");
    for (int i = 0; i < MAP_KEY_COUNT; i++)
        g_string_append_printf(why, "%s %s", i ? "," : "", keys[i]);
    return refuse_key(r, group, key, why->str, error);
}

static bool read_paths(const struct reading *r, enum map_group group, GError **error)
{
    const char *name = groups[group];
    g_auto(GStrv) given = g_key_file_get_keys(r->file, name, NULL, NULL);
    r->map->has[group] = given != NULL;
    for (char **key = given; key && *key; key++) {
        int index = key_index(*key);
        if (index < 0)
            return refuse_unknown_key(r, name, *key, error);
        r->map->paths[group][index] = path_parse(value_of(r, name, *key), &r->map->arena);
        if (!r->map->paths[group][index])
            return refuse_key(r, name, *key, "a column or a dotted path must stand here, or several with | between",
                              error);
    }
    return true;
}

/* ---- tables ---- */

static bool read_table(const struct reading *r, enum map_table table, GError **error)
{
    const char *name = tables[table].name;
    gsize count = 0;
    g_auto(GStrv) values = g_key_file_get_keys(r->file, name, &count, NULL);
    struct map_entry *entries = arena_array(&r->map->arena, count, sizeof *entries);
    for (gsize i = 0; i < count; i++) {
        entries[i].value = arena_str(&r->map->arena, str_from_c(values[i]));
        entries[i].word = value_of(r, name, values[i]);
        if (tables[table].words && parameter_word(tables[table].words, entries[i].word) < 0) {
            g_autofree char *why = g_strdup_printf("one of these must stand here: %s", tables[table].words);
            return refuse_key(r, name, values[i], why, error);
        }
    }
    r->map->tables[table] = entries;
    r->map->table_counts[table] = count;
    return true;
}

static bool fits(struct str pattern, struct str value)
{
    if (pattern.len && pattern.ptr[pattern.len - 1] == '*')
        return str_starts_with(value, str_from(pattern.ptr, pattern.len - 1));
    return str_equal(pattern, value);
}

struct str map_word(const struct map *map, enum map_table table, struct str value)
{
    for (size_t i = 0; value.len && i < map->table_counts[table]; i++)
        if (fits(map->tables[table][i].value, value))
            return map->tables[table][i].word;
    return STR_NULL;
}

/* ---- [file] ---- */

static bool read_type(const struct reading *r, const char *type, GError **error)
{
    struct str said = value_of(r, "file", "type");
    if (!said.ptr)
        said = str_from_c(type);
    if (parameter_word("csv json", said) < 0)
        return refuse_key(r, "file", "type", "csv or json must stand here, or be given as --format", error);
    if (type && !str_equal(said, str_from_c(type)))
        return refuse_key(r, "file", "type", "another format was asked for", error);
    r->map->is_csv = str_equal(said, STR("csv"));
    return true;
}

static bool read_row(const struct reading *r, GError **error)
{
    struct str row = value_of(r, "file", "row");
    r->map->is_scattered = str_equal(row, STR("message"));
    return r->map->is_scattered || str_equal(row, STR("session")) ||
           refuse_key(r, "file", "row", "message or session must stand here: what one row or object is", error);
}

static bool read_ids(const struct reading *r, GError **error)
{
    struct str ids = value_of(r, "file", "ids");
    r->map->keeps_ids = str_equal(ids, STR("kept"));
    return !ids.ptr || r->map->keeps_ids || str_equal(ids, STR("made")) ||
           refuse_key(r, "file", "ids", "kept or made must stand here", error);
}

static bool read_separator(const struct reading *r, GError **error)
{
    struct str separator = value_of(r, "file", "separator");
    if (str_equal(separator, STR("tab")))
        separator = STR("\t");
    r->map->separator = separator.len == 1 ? separator.ptr[0] : 0;
    return separator.len <= 1 || refuse_key(r, "file", "separator", "one character or tab must stand here", error);
}

static bool read_zone(const struct reading *r, GError **error)
{
    struct str zone = value_of(r, "file", "time_zone");
    GError *why = NULL;
    r->map->zone = zone.ptr ? zone_get(zone, &why) : NULL;
    if (!why)
        return true;
    refuse_key(r, "file", "time_zone", why->message, error);
    g_error_free(why);
    return false;
}

static void read_lists(const struct reading *r)
{
    struct map *map = r->map;
    struct str items = value_of(r, "file", "items"), formats = value_of(r, "file", "time_format"), next;
    size_t count = 0;
    if (items.len) {
        map->items = arena_array(&map->arena, items.len + 1, sizeof *map->items);
        while (items.ptr) {
            items = str_split(items, ',', &next);
            map->items[count++] = arena_str(&map->arena, str_trim(next)).ptr;
        }
    }
    map->time_formats = arena_array(&map->arena, formats.len + 1, sizeof *map->time_formats);
    while (formats.len) {
        formats = str_split(formats, '|', &next);
        map->time_formats[map->time_format_count++] = arena_str(&map->arena, str_trim(next));
    }
}

static bool read_file_group(const struct reading *r, const char *type, GError **error)
{
    static const char known[] = "about marks type row items time_format time_zone encoding separator ids";
    g_auto(GStrv) given = g_key_file_get_keys(r->file, "file", NULL, NULL);
    for (char **key = given; key && *key; key++)
        if (parameter_word(known, str_from_c(*key)) < 0) {
            g_autofree char *why = g_strdup_printf("there is no such key; there are %s", known);
            return refuse_key(r, "file", *key, why, error);
        }
    r->map->encoding = value_of(r, "file", "encoding");
    read_lists(r);
    return read_type(r, type, error) && read_row(r, error) && read_ids(r, error) && read_separator(r, error) &&
           read_zone(r, error);
}

/* ---- the whole ---- */

static bool refuse_unknown_groups(const struct reading *r, GError **error)
{
    g_auto(GStrv) given = g_key_file_get_groups(r->file, NULL);
    for (char **name = given; *name; name++) {
        bool known = !strcmp(*name, "file");
        for (size_t i = 0; i < MAP_GROUP_COUNT; i++)
            known |= !strcmp(*name, groups[i]);
        for (size_t i = 0; i < MAP_TABLE_COUNT; i++)
            known |= !strcmp(*name, tables[i].name);
        if (!known)
            return refuse_key(r, *name, NULL,
                              "there is no such group; there are file, map, session, opening, participant.type, "
                              "event.type, event.visibility, session.state, item.type, session.department, operator",
                              error);
    }
    return true;
}

static bool has_needed(const struct reading *r, GError **error)
{
    const struct path *const *paths = r->map->paths[MAP_MAIN];
    static const enum map_key texts[] = MAP_TEXT_KEYS;
    bool has_text = false;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        has_text |= paths[texts[i]] != NULL;
    if (!paths[MAP_SESSION_ID])
        return refuse_key(r, "map", "session.id", "it must say which conversation a row or object belongs to", error);
    if (r->map->is_scattered && !paths[MAP_EVENT_TIME])
        return refuse_key(r, "map", "event.time", "it must say when a message was written", error);
    if (!has_text)
        return refuse_key(r, "map", "event.text",
                          "it must say where a message's text stands (or event.html, event.bbcode)", error);
    return true;
}

/* The first line that is no remark, no [group] and no KEY=VALUE; GLib tells what, not where. */
static int line_at_fault(struct str text)
{
    struct str line;
    bool in_group = false;
    int number = 0;
    while (text.ptr) {
        text = str_split(text, '\n', &line);
        line = str_trim(line);
        number++;
        bool is_group = line.len && line.ptr[0] == '[' && line.ptr[line.len - 1] == ']';
        in_group |= is_group;
        if (line.len && line.ptr[0] != '#' && !is_group && (!in_group || !memchr(line.ptr + 1, '=', line.len - 1)))
            return number;
    }
    return number;
}

struct map *map_parse(const char *name, struct str text, const char *type, GError **error)
{
    GError *why = NULL;
    struct map *map = g_new0(struct map, 1);
    struct reading r = {name, g_key_file_new(), map};
    arena_init(&map->arena);
    map->source = arena_str(&map->arena, text);
    bool ok = g_key_file_load_from_data(r.file, text.len ? text.ptr : "", text.len, G_KEY_FILE_NONE, &why);
    if (!ok)
        reason_set(error, REASON_USAGE, "%s:%d: %s", name, line_at_fault(text), why->message);
    g_clear_error(&why);
    ok = ok && refuse_unknown_groups(&r, error) && read_file_group(&r, type, error);
    for (size_t i = 0; ok && i < MAP_GROUP_COUNT; i++)
        ok = read_paths(&r, i, error);
    for (size_t i = 0; ok && i < MAP_TABLE_COUNT; i++)
        ok = read_table(&r, i, error);
    ok = ok && has_needed(&r, error);
    g_key_file_free(r.file);
    if (ok)
        return map;
    map_free(map);
    return NULL;
}

void map_free(struct map *map)
{
    if (map)
        arena_clear(&map->arena);
    g_free(map);
}
