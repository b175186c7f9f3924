/* Who wrote and what happened, by a map. */
#include "port/format/map_inside.h"

#include "port/format/bbcode.h"
#include "port/format/conversion.h"
#include "port/format/html.h"

struct str map_word_at(const struct conversation *v, enum map_group group, enum map_key key, const struct scope *scope)
{
    return path_word(v->map->paths[group][key], scope, v->b.arena);
}

int64_t map_time_at(struct conversation *v, enum map_group group, enum map_key key, const struct scope *scope)
{
    struct str word = map_word_at(v, group, key, scope);
    return word.len && !v->error ? map_time(v->map, word, v->zone, &v->error) : NO_TIME;
}

/* ---- people ---- */

void map_learn_visitor(struct conversation *v, enum map_group group, const struct scope *scope, int64_t at_ms)
{
    build_visitor(&v->b, at_ms, map_word_at(v, group, MAP_VISITOR_NAME, scope),
                  map_word_at(v, group, MAP_VISITOR_EMAIL, scope), map_word_at(v, group, MAP_VISITOR_PHONE, scope));
}

static enum participant_type participant_type_of(struct conversation *v, enum map_group group,
                                                 const struct scope *scope)
{
    enum participant_type type = PARTICIPANT_EXTERNAL;
    struct str value = map_word_at(v, group, MAP_PARTICIPANT_TYPE, scope);
    struct str word = map_word(v->map, TABLE_PARTICIPANT_TYPE, value);
    if (participant_type_from_name(word.len ? word : value, &type))
        return type;
    conversion_notice(v->b.conversion, arena_printf(v->b.arena, "participant.type %.*s",
                                                    (int)MIN(value.len, (size_t)60), value.ptr ? value.ptr : ""));
    return PARTICIPANT_EXTERNAL;
}

static struct str operator_name(const struct conversation *v, struct str email, struct str name, struct str id)
{
    struct str known_by[] = {email, name, id};
    for (size_t i = 0; i < G_N_ELEMENTS(known_by); i++) {
        struct str username = map_word(v->map, TABLE_OPERATOR, known_by[i]);
        if (username.len)
            return username;
    }
    return email;
}

static uint32_t read_participant(struct conversation *v, enum map_group group, const struct scope *scope, int64_t at_ms)
{
    enum participant_type type = participant_type_of(v, group, scope);
    struct str id = map_word_at(v, group, MAP_PARTICIPANT_ID, scope);
    struct str name = map_word_at(v, group, MAP_PARTICIPANT_NAME, scope);
    struct str email = map_word_at(v, group, MAP_PARTICIPANT_EMAIL, scope);
    bool is_client = type == PARTICIPANT_CLIENT;
    if (is_client && str_equal(name, map_word_at(v, group, MAP_PARTICIPANT_TYPE, scope))) /* one column says both */
        name = STR_NULL;
    if (is_client)
        build_visitor(&v->b, at_ms, name, email, STR_NULL);
    if (is_client && !name.len)
        name = v->b.name;
    struct str key = arena_printf(v->b.arena, "%d %.*s", (int)type, STR_ARG(id.len ? id : is_client ? STR_NULL : name));
    return build_participant(&v->b, key, type, name, operator_name(v, email, name, id));
}

/* ---- events ---- */

struct str map_text_at(struct conversation *v, enum map_group group, const struct scope *scope)
{
    struct str text = map_word_at(v, group, MAP_EVENT_TEXT, scope);
    return text.len ? text : html_text(map_word_at(v, group, MAP_EVENT_HTML, scope), v->b.arena);
}

/* One of BBCode, with the files in it. */
static struct str code_text(struct conversation *v, enum map_group group, const struct scope *scope,
                            struct bbcode *code)
{
    struct str text = map_word_at(v, group, MAP_EVENT_BBCODE, scope);
    code->file_count = 0;
    if (!text.len)
        return map_text_at(v, group, scope);
    bbcode_read(text, code, v->b.arena);
    return code->text;
}

struct happening {
    int64_t at_ms;
    struct str id;
    uint32_t by;
    struct str type; /* the product's word for it */
    struct str text;
    struct bbcode code;
    bool is_internal;
};

static void end_event(struct conversation *v, const struct happening *h)
{
    if (h->is_internal)
        build_hide(&v->b);
}

static void add_notice(struct conversation *v, const struct happening *h)
{
    build_notice(&v->b, h->type.len ? h->type : STR("message without a text"), h->at_ms, h->by, h->text);
    end_event(v, h);
}

static bool add_file(struct conversation *v, enum map_group group, const struct scope *scope, const struct happening *h)
{
    int64_t size = -1;
    struct str name = map_word_at(v, group, MAP_FILE_NAME, scope), url = map_word_at(v, group, MAP_FILE_URL, scope);
    if (!name.len && !url.len)
        return false;
    str_to_int64(map_word_at(v, group, MAP_FILE_SIZE, scope), &size);
    build_file(&v->b, h->at_ms, h->by, name.len ? name : STR_NULL, map_word_at(v, group, MAP_FILE_TYPE, scope), size,
               url.len ? url : STR_NULL);
    end_event(v, h);
    return true;
}

static bool add_files(struct conversation *v, enum map_group group, const struct scope *scope,
                      const struct happening *h)
{
    const struct path *path = v->map->paths[group][MAP_EVENT_FILES];
    bool any = h->code.file_count > 0;
    for (size_t i = 0; i < h->code.file_count; i++) {
        build_file(&v->b, h->at_ms, h->by, arena_printf(v->b.arena, "file %.*s", STR_ARG(h->code.files[i])), STR_NULL,
                   -1, STR_NULL);
        end_event(v, h);
    }
    if (!path)
        return add_file(v, group, scope, h) || any;
    for (const struct json_node *file = json_first(path_node(path, scope, v->b.arena)); file; file = file->next) {
        struct scope inner = {scope->top, file};
        any |= add_file(v, group, &inner, h);
    }
    return any;
}

static void add_message(struct conversation *v, enum map_group group, const struct scope *scope,
                        const struct happening *h)
{
    struct str deleted = map_word_at(v, group, MAP_EVENT_DELETED, scope);
    if (h->text.len) {
        struct event *e = build_event(&v->b, EVENT_MESSAGE, h->at_ms, h->by, h->text);
        uint32_t index = e->index;
        e->id = h->id.len <= LIMIT_ID ? h->id : STR_NULL;
        build_source_time(&v->b, map_word_at(v, group, MAP_EVENT_TIME, scope));
        end_event(v, h);
        if (deleted.len && !str_equal(deleted, STR("false")) && !str_equal(deleted, STR("0")))
            build_event(&v->b, EVENT_DELETE, h->at_ms, 0, STR_NULL)->target = index;
    }
    if (!add_files(v, group, scope, h) && !h->text.len)
        add_notice(v, h);
}

/* "survey" keeps what was answered as data; the others are their kind and their text. */
static void add_other(struct conversation *v, enum map_group group, const struct scope *scope, enum event_kind kind,
                      const struct happening *h)
{
    if (kind == EVENT_FILE) {
        if (!add_files(v, group, scope, h))
            add_notice(v, h);
        return;
    }
    if ((kind == EVENT_PAGE_VISITED || kind == EVENT_URL) && !h->text.len) {
        add_notice(v, h);
        return;
    }
    struct event *e = build_event(&v->b, kind, h->at_ms, h->by, h->text.len ? h->text : STR_NULL);
    if (kind == EVENT_SURVEY && h->text.len) {
        struct json_node answer = {.kind = JSON_STRING, .string = e->text};
        e->data = arena_printf(v->b.arena, "{\"survey\":%.*s}", STR_ARG(model_json_text(&answer, v->b.arena)));
    }
    end_event(v, h);
}

static void add_event(struct conversation *v, enum map_group group, const struct scope *scope, struct str word,
                      const struct happening *h)
{
    enum event_kind kind;
    if (!h->type.len)
        word = STR("message");
    if (str_equal(word, STR("message")) || str_equal(word, STR("note")))
        add_message(v, group, scope, h);
    else if (str_equal(word, STR("notice")) || !event_kind_from_name(word, &kind))
        add_notice(v, h);
    else
        add_other(v, group, scope, kind, h);
}

bool map_read_event(struct conversation *v, enum map_group group, const struct scope *scope, int64_t at_ms)
{
    struct happening h = {.at_ms = at_ms, .id = map_word_at(v, group, MAP_EVENT_ID, scope)};
    bool is_repeated = h.id.len && !g_hash_table_add(v->seen, str_to_heap(h.id));
    if (is_repeated || v->error)
        return !v->error;
    if (h.at_ms == NO_TIME)
        h.at_ms = v->last_ms;
    if (h.at_ms == NO_TIME) {
        reason_set(&v->error, REASON_FIELD_MISSING, "nothing says when this conversation began");
        return false;
    }
    v->last_ms = h.at_ms;
    h.type = map_word_at(v, group, MAP_EVENT_TYPE, scope);
    struct str word = map_word(v->map, TABLE_EVENT_TYPE, h.type);
    if (str_equal(word, STR("skip"))) {
        conversion_lost(v->b.conversion, h.type);
        return true;
    }
    map_learn_visitor(v, group, scope, h.at_ms);
    h.by = read_participant(v, group, scope, h.at_ms);
    h.text = code_text(v, group, scope, &h.code);
    struct str visibility = map_word_at(v, group, MAP_EVENT_VISIBILITY, scope);
    h.is_internal = str_equal(word, STR("note")) ||
                    str_equal(map_word(v->map, TABLE_EVENT_VISIBILITY, visibility), STR("internal"));
    add_event(v, group, scope, word, &h);
    return true;
}
