/* Rows and items of a mapped file become records: which conversation, when, and the members that the map looks at. */
#include "port/format/build.h"
#include "port/format/conversion.h"
#include "port/format/csv.h"
#include "port/format/fields.h"
#include "port/format/follow.h"
#include "port/format/formats.h"
#include "port/format/items.h"
#include "port/format/map.h"

enum { SPREADSHEET_CELL_MAX = 32767 };

struct reader {
    struct conversion *c;
    const struct map *map;
    const char *path;        /* of the file */
    const struct str *names; /* of the CSV file's columns, when they were looked at */
    bool *used;              /* column by column */
    struct str *unmapped;    /* what the report calls one that is not used */
    bool tells_of_sessions;  /* no row of this file is a message */
    struct arena file;       /* as long as the file is read */
    struct arena row;
    struct json_node *cells;
    struct buf body;
};

/* ---- records of either kind ---- */

static void find_order(struct reader *r, const struct scope *scope, int64_t *order, GError **error)
{
    const struct path *const *paths = r->map->paths[MAP_MAIN];
    struct arena *a = &r->row;
    struct str number = path_word(paths[MAP_EVENT_ORDER], scope, a);
    struct str time = path_word(paths[MAP_EVENT_TIME], scope, a);
    if (!time.len) {
        reason_set(error, REASON_FIELD_MISSING, "nothing stands where the map's event.time looks");
        return;
    }
    *order = map_time(r->map, time, conversion_hints(r->c)->zone, error);
    str_to_int64(number, order);
}

/* What has no message in it need not be a conversation: a list of contacts has ids too. */
static void check_session(struct reader *r, const struct scope *scope, GError **error)
{
    const struct path *state = r->map->paths[MAP_OF_SESSION][MAP_SESSION_STATE];
    if (state && !path_exists(state, scope, &r->row))
        reason_set(error, REASON_FIELD_MISSING,
                   "this is neither a message nor a conversation: nothing stands where the map's session.state looks");
}

/* `of_session`: it tells of a session and is no message. */
static bool give_record(struct reader *r, const struct scope *scope, bool of_session, struct str body,
                        const struct item_place *place, GError **error)
{
    struct record record = {.body = body, .place = *place, .kind = of_session ? 's' : 'm', .order = INT64_MIN};
    if (r->map->is_scattered) {
        g_autoptr(GError) why = NULL;
        record.key = path_word(r->map->paths[of_session ? MAP_OF_SESSION : MAP_MAIN][MAP_SESSION_ID], scope, &r->row);
        if (!record.key.len)
            reason_set(&why, REASON_FIELD_MISSING, "nothing stands where the map's session.id looks");
        else if (of_session)
            check_session(r, scope, &why);
        else
            find_order(r, scope, &record.order, &why);
        if (why) {
            conversion_refuse(r->c, place, why);
            return true;
        }
    }
    return conversion_record(r->c, &record, error);
}

/* ---- CSV ---- */

struct column {
    struct str name;
    bool found;
};

static void compare_name(void *data, struct str whole, struct str first)
{
    struct column *column = data;
    column->found |= str_equal(column->name, whole) || str_equal(column->name, first);
}

static bool is_used(const struct map *map, struct str name)
{
    struct column column = {.name = name};
    for (int group = 0; group < MAP_GROUP_COUNT; group++)
        for (int key = 0; key < MAP_KEY_COUNT; key++)
            path_each_name(map->paths[group][key], compare_name, &column);
    return column.found;
}

static bool has_column(const struct csv_row *row, const struct path *path)
{
    for (size_t i = 0; i < row->count; i++) {
        struct column column = {.name = row->names[i]};
        path_each_name(path, compare_name, &column);
        if (column.found)
            return true;
    }
    return false;
}

static bool refuse_file(const struct reader *r, const struct csv_row *row, const char *key, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);
    for (size_t i = 0; i < row->count && all->len < 1000; i++)
        g_string_append_printf(all, "%s%.*s", i ? ", " : "", STR_ARG(row->names[i]));
    reason_set(error, REASON_USAGE, "%s: the file has no column where the map's %s looks; it has %s", r->path, key,
               all->str);
    return false;
}

/* The columns of the file at hand, at its first row. */
static bool look_at_columns(struct reader *r, const struct csv_row *row, GError **error)
{
    const struct path *const *paths = r->map->paths[MAP_MAIN];
    static const enum map_key texts[] = MAP_TEXT_KEYS;
    bool has_text = false;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        has_text |= has_column(row, paths[texts[i]]);
    r->tells_of_sessions = r->map->has[MAP_OF_SESSION] && !has_text;
    if (!has_column(row, r->map->paths[r->tells_of_sessions ? MAP_OF_SESSION : MAP_MAIN][MAP_SESSION_ID]))
        return refuse_file(r, row, "session.id", error);
    if (!r->tells_of_sessions && !has_text && !paths[MAP_EVENTS])
        return refuse_file(r, row, "event.text", error);
    if (r->map->is_scattered && !r->tells_of_sessions && !has_column(row, paths[MAP_EVENT_TIME]))
        return refuse_file(r, row, "event.time", error);
    r->names = row->names;
    r->used = arena_array(&r->file, row->count, sizeof *r->used);
    r->unmapped = arena_array(&r->file, row->count, sizeof *r->unmapped);
    r->cells = arena_array(&r->file, row->count, sizeof *r->cells);
    for (size_t i = 0; i < row->count; i++) {
        r->used[i] = is_used(r->map, row->names[i]);
        r->unmapped[i] = arena_printf(&r->file, "column %.*s", STR_ARG(row->names[i]));
    }
    return true;
}

/* Without what spreadsheets, and our own export, put before a cell that would else be a formula; without zeros. */
static struct str clean_cell(struct str cell, struct arena *a)
{
    if (cell.len >= 2 && cell.ptr[0] == '\'' && strchr("=+-@", cell.ptr[1]))
        cell = str_skip(cell, 1);
    if (!memchr(cell.ptr ? cell.ptr : "", 0, cell.len))
        return cell;
    g_autofree char *valid = g_utf8_make_valid(cell.ptr, (gssize)cell.len);
    return arena_str(a, str_from_c(valid));
}

/* Spreadsheets hold no more in a cell, and cut it without a word. They count in UTF-16. */
static bool is_cut(struct str cell)
{
    if (cell.len < SPREADSHEET_CELL_MAX || cell.len > 3 * SPREADSHEET_CELL_MAX)
        return false;
    size_t units = 0;
    for (size_t i = 0; i < cell.len; i++)
        units += ((unsigned char)cell.ptr[i] & 0xc0) != 0x80 ? 1 + ((unsigned char)cell.ptr[i] >= 0xf0) : 0;
    return units == SPREADSHEET_CELL_MAX;
}

/* The row as an object of the cells that the map looks at and that are not empty. */
static const struct json_node *row_object(struct reader *r, const struct csv_row *row)
{
    struct json_node *object = arena_new(&r->row, struct json_node);
    struct json_node *last = NULL;
    object->kind = JSON_OBJECT;
    for (size_t i = 0; i < row->count; i++) {
        if (is_cut(row->cells[i]))
            conversion_lost(r->c, STR("text behind a spreadsheet's 32,767 characters"));
        if (row->cells[i].len && !r->used[i])
            conversion_lost(r->c, r->unmapped[i]);
        if (!row->cells[i].len || !r->used[i])
            continue;
        struct json_node *cell = &r->cells[i];
        *cell = (struct json_node){
            .name = row->names[i], .kind = JSON_STRING, .string = clean_cell(row->cells[i], &r->row)};
        if (last)
            last->next = cell;
        else
            object->first = cell;
        last = cell;
        object->count++;
    }
    return object;
}

static bool take_row(void *data, const struct csv_row *row, GError **error)
{
    struct reader *r = data;
    struct json w;
    if (row->names != r->names && !look_at_columns(r, row, error))
        return false;
    arena_reset(&r->row);
    const struct json_node *object = row_object(r, row);
    struct scope scope = {object, object};
    buf_reset(&r->body);
    json_init(&w, &r->body);
    json_add_tree(&w, object);
    return give_record(r, &scope, r->tells_of_sessions, buf_str(&r->body), &row->place, error);
}

static void refuse_row(void *data, const struct item_place *place, const GError *why)
{
    struct reader *r = data;
    conversion_refuse(r->c, place, why);
}

/* ---- JSON ---- */

static bool is_skipped(struct reader *r, const struct scope *scope)
{
    struct str type = path_word(r->map->paths[MAP_MAIN][MAP_ITEM_TYPE], scope, &r->row);
    if (!type.len || !str_equal(map_word(r->map, TABLE_ITEM_TYPE, type), STR("skip")))
        return false;
    conversion_lost(r->c, type);
    return true;
}

static bool take_object(struct reader *r, const struct json_node *item, struct str text, const struct item_place *place,
                        GError **error)
{
    static const enum map_key texts[] = MAP_TEXT_KEYS;
    struct scope scope = {item, item};
    bool is_message = false;
    if (is_skipped(r, &scope))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
        is_message |= path_exists(r->map->paths[MAP_MAIN][texts[i]], &scope, &r->row);
    return give_record(r, &scope, r->map->has[MAP_OF_SESSION] && !is_message, text, place, error);
}

/* Some answers hold their items by id and have nothing around them: {"ID":{...},"OTHER":null}. Such an object begins
 * with an object or null, has no id of its own, and nothing else in it. */
static bool may_hold_items(struct str text)
{
    struct str name, value = str_trim(str_split(str_skip(text, 1), ':', &name));
    return value.len && (value.ptr[0] == '{' || value.ptr[0] == 'n');
}

static bool holds_items(struct reader *r, const struct json_node *object)
{
    struct scope scope = {object, object};
    for (const struct json_node *member = json_first(object); member; member = member->next)
        if (member->kind != JSON_OBJECT && member->kind != JSON_NULL)
            return false;
    return json_first(object) && !path_word(r->map->paths[MAP_MAIN][MAP_SESSION_ID], &scope, &r->row).len;
}

static bool take_members(struct reader *r, const struct json_node *object, const struct item_place *place,
                         GError **error)
{
    bool ok = true;
    for (const struct json_node *member = json_first(object); ok && member; member = member->next)
        if (member->kind == JSON_OBJECT)
            ok = take_object(r, member, model_json_text(member, &r->row), place, error);
    return ok;
}

static bool take_item(void *data, struct str text, const struct item_place *place, GError **error)
{
    struct reader *r = data;
    g_autoptr(GError) why = NULL;
    if (!text.ptr) {
        conversion_refuse_long(r->c, place);
        return true;
    }
    if (!r->map->is_scattered && !r->map->paths[MAP_MAIN][MAP_ITEM_TYPE] && !may_hold_items(text))
        return give_record(r, NULL, false, text, place, error);
    arena_reset(&r->row);
    const struct json_node *item = json_read(text, JSON_TOP_OBJECT, &r->row, &why);
    if (item)
        return holds_items(r, item) ? take_members(r, item, place, error) : take_object(r, item, text, place, error);
    conversion_refuse(r->c, place, why);
    return true;
}

/* Tables come as lines of JSON too, where a database writes these better than CSV. */
static bool find_kind(const struct map *map, struct input *input, bool *is_csv, GError **error)
{
    struct str head = input_peek(input, INPUT_PEEK, error);
    *is_csv = map->is_csv && !fields_are_json(head);
    return head.ptr != NULL;
}

bool map_read(struct conversion *c, struct input *input, GError **error)
{
    bool is_csv;
    struct reader r = {.c = c, .map = conversion_map(c), .path = input_path(input)};
    if (!find_kind(r.map, input, &is_csv, error))
        return false;
    arena_init(&r.file);
    arena_init(&r.row);
    buf_init(&r.body, 2 * LIMIT_IMPORT_LINE);
    struct csv_options csv = {
        .encoding = r.map->encoding, .separator = r.map->separator, .row = take_row, .bad = refuse_row, .data = &r};
    bool ok = is_csv ? csv_read(input, &csv, error) : items_read(input, r.map->items, take_item, &r, error);
    buf_clear(&r.body);
    arena_clear(&r.row);
    arena_clear(&r.file);
    return ok;
}

const struct format format_csv = {
    .name = "csv",
    .about = "CSV of any columns, by a map (--map FILE)",
    .type = "csv",
    .read = map_read,
    .convert = map_convert,
    .follow = follow_export,
};

const struct format format_json = {
    .name = "json",
    .about = "JSON lines, arrays or pages of any shape, by a map (--map FILE)",
    .type = "json",
    .read = map_read,
    .convert = map_convert,
    .follow = follow_export,
};
