/* A conversation by a map: of one object, or of rows that were sorted together. */
#include "port/format/conversion.h"
#include "port/format/formats.h"
#include "port/format/map_inside.h"

/* One message or the like, before its turn. */
struct entry {
    struct scope scope;
    int64_t at_ms, order;
};

/* ---- the head ---- */

static void read_visitor(struct conversation *v, enum map_group group, const struct scope *scope)
{
    static const struct {
        enum map_key key;
        size_t member, max;
    } members[] = {
        {MAP_VISITOR_IP, offsetof(struct head, visitor.ip), LIMIT_NAME},
        {MAP_VISITOR_USER_AGENT, offsetof(struct head, visitor.user_agent), LIMIT_URL},
        {MAP_VISITOR_COUNTRY, offsetof(struct head, visitor.country), LIMIT_NAME},
        {MAP_VISITOR_CITY, offsetof(struct head, visitor.city), LIMIT_NAME},
        {MAP_VISITOR_OPERATING_SYSTEM, offsetof(struct head, visitor.operating_system), LIMIT_NAME},
        {MAP_VISITOR_BROWSER, offsetof(struct head, visitor.browser), LIMIT_NAME},
        {MAP_SESSION_SUBJECT, offsetof(struct head, subject), LIMIT_URL},
        {MAP_SESSION_START_PAGE, offsetof(struct head, start_page), LIMIT_URL},
    };
    struct head *head = &v->b.line->head;
    struct str id = map_word_at(v, group, MAP_VISITOR_ID, scope);
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        struct str *member = (struct str *)((char *)head + members[i].member);
        if (!member->ptr)
            *member = build_text(&v->b, map_word_at(v, group, members[i].key, scope), members[i].max);
    }
    struct str department = map_word_at(v, group, MAP_SESSION_DEPARTMENT, scope);
    if (department.len && !head->department.id.len) {
        struct str ours = map_word(v->map, TABLE_DEPARTMENT, department);
        head->department.id = build_text(&v->b, ours.len ? ours : department, LIMIT_ID);
    }
    if (id.len && !head->visitor.id.len)
        head->visitor.id = conversion_visitor_id(v->b.conversion, id, v->b.arena);
}

/* Who has no id is known by the address, else is somebody of this conversation alone. */
static void end_head(struct conversation *v)
{
    struct head *head = &v->b.line->head;
    if (!head->visitor.id.len && head->visitor.email.len)
        head->visitor.id = conversion_visitor_id(v->b.conversion, head->visitor.email, v->b.arena);
    if (!head->visitor.id.len)
        head->visitor.id = v->b.line->id;
}

static void read_head(struct conversation *v, enum map_group group, const struct scope *scope)
{
    int64_t start_ms = map_time_at(v, group, MAP_SESSION_START, scope);
    if (v->b.line->start_ms == NO_TIME)
        v->b.line->start_ms = start_ms;
    read_visitor(v, group, scope);
    map_learn_visitor(v, group, scope, NO_TIME);
}

static gint by_order(gconstpointer a, gconstpointer b)
{
    int64_t x = ((const struct entry *)a)->order, y = ((const struct entry *)b)->order;
    return x < y ? -1 : x > y;
}

/* Those of one object, as its array has them or as the map's event.order, else the times, say. */
static bool read_events(struct conversation *v, const struct json_node *top)
{
    struct scope scope = {top, top};
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
    const struct path *events = v->map->paths[MAP_MAIN][MAP_EVENTS];
    struct entry entry = {.scope = scope, .order = INT64_MIN};
    if (!events)
        return map_read_event(v, MAP_MAIN, &scope, map_time_at(v, MAP_MAIN, MAP_EVENT_TIME, &scope));
    for (const struct json_node *e = json_first(path_node(events, &scope, v->b.arena)); e; e = e->next) {
        entry.scope.here = e;
        entry.at_ms = map_time_at(v, MAP_MAIN, MAP_EVENT_TIME, &entry.scope);
        if (v->error)
            return false;
        entry.order = entry.at_ms == NO_TIME ? entry.order : entry.at_ms;
        str_to_int64(map_word_at(v, MAP_MAIN, MAP_EVENT_ORDER, &entry.scope), &entry.order);
        g_array_append_val(entries, entry);
    }
    g_array_sort(entries, by_order); /* a stable one */
    bool ok = true;
    for (guint i = 0; ok && i < entries->len; i++) {
        const struct entry *next = &g_array_index(entries, struct entry, i);
        ok = map_read_event(v, MAP_MAIN, &next->scope, next->at_ms);
    }
    return ok;
}

/* ---- the end ---- */

static void write_tag(struct json *w, const struct json_node *tag)
{
    struct str name = json_str(tag);
    if (!name.len)
        name = json_str(json_get(tag, "name"));
    if (!name.len)
        name = json_str(json_get(tag, "tag"));
    if (name.len)
        json_add_string(w, name);
}

/* A list of texts, or of objects with a name; in one text they stand with commas between. */
static struct str tags_of(struct conversation *v, enum map_group group, const struct scope *scope)
{
    const struct json_node *tags = path_node(v->map->paths[group][MAP_SESSION_TAGS], scope, v->b.arena);
    struct str rest = json_str(tags), next;
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_array_begin(&w);
    for (const struct json_node *tag = json_first(tags); tag; tag = tag->next)
        write_tag(&w, tag);
    while (rest.len) {
        rest = str_split(rest, ',', &next);
        if (str_trim(next).len)
            json_add_string(&w, str_trim(next));
    }
    json_array_end(&w);
    struct str text = out.len > strlen("[]") && !out.overflow ? arena_str(v->b.arena, buf_str(&out)) : STR_NULL;
    buf_clear(&out);
    return text;
}

static void close_session(struct conversation *v, enum map_group group, const struct scope *scope)
{
    struct str state = map_word_at(v, group, MAP_SESSION_STATE, scope);
    int64_t end_ms = map_time_at(v, group, MAP_SESSION_END, scope);
    struct str tags = tags_of(v, group, scope);
    bool is_closed = state.len ? str_equal(map_word(v->map, TABLE_SESSION_STATE, state), STR("closed"))
                               : end_ms != NO_TIME && end_ms > 0;
    if (!is_closed) {
        if (tags.len)
            conversion_lost(v->b.conversion, STR("tags of an open conversation"));
        return;
    }
    if (end_ms == NO_TIME || end_ms < v->last_ms)
        end_ms = v->last_ms == NO_TIME ? v->b.line->start_ms : v->last_ms;
    if (end_ms == NO_TIME)
        return;
    struct event *e = build_event(&v->b, EVENT_CLOSED, end_ms, 0, STR_NULL);
    if (tags.len)
        e->data = arena_printf(v->b.arena, "{\"tags\":%.*s}", STR_ARG(tags));
    v->last_ms = end_ms;
}

static void rate_session(struct conversation *v, enum map_group group, const struct scope *scope)
{
    struct str rating = map_word_at(v, group, MAP_SESSION_RATING, scope), text;
    struct str comment = map_word_at(v, group, MAP_SESSION_RATING_COMMENT, scope);
    if (!rating.len || str_equal(rating, STR("0")) || v->last_ms == NO_TIME)
        return;
    struct json_node answers[] = {
        {.name = STR("rating"), .kind = JSON_STRING, .string = rating, .next = comment.len ? &answers[1] : NULL},
        {.name = STR("comment"), .kind = JSON_STRING, .string = comment}};
    struct json_node survey = {.kind = JSON_OBJECT, .count = comment.len ? 2 : 1, .first = answers};
    text = model_json_text(&survey, v->b.arena);
    build_event(&v->b, EVENT_SURVEY, v->last_ms, build_client(&v->b), STR_NULL)->data =
        arena_printf(v->b.arena, "{\"survey\":%.*s}", STR_ARG(text));
}

static void end_session(struct conversation *v, enum map_group group, const struct scope *scope)
{
    close_session(v, group, scope);
    rate_session(v, group, scope);
}

/* ---- the whole ---- */

static bool convert_object(struct conversation *v, const struct json_node *top)
{
    struct scope scope = {top, top};
    read_head(v, MAP_MAIN, &scope);
    v->last_ms = v->b.line->start_ms;
    const struct path *files = v->map->paths[MAP_OPENING][MAP_EVENT_FILES];
    bool has_opening = v->map->has[MAP_OPENING] &&
                       (map_text_at(v, MAP_OPENING, &scope).len || json_first(path_node(files, &scope, v->b.arena)));
    if (v->error ||
        (has_opening && !map_read_event(v, MAP_OPENING, &scope, map_time_at(v, MAP_OPENING, MAP_EVENT_TIME, &scope))) ||
        !read_events(v, top))
        return false;
    end_session(v, MAP_MAIN, &scope);
    return !v->error;
}

/* Rows that tell of the session stand before its messages. */
static bool convert_rows(struct conversation *v, const struct record *records, size_t count)
{
    const struct json_node *session = NULL, *first = NULL, *last = NULL;
    for (size_t i = 0; i < count && !v->error; i++) {
        const struct json_node *row = json_read(records[i].body, JSON_TOP_OBJECT, v->b.arena, &v->error);
        struct scope scope = {session ? session : row, row};
        if (records[i].kind == 's') {
            session = session ? session : row;
            continue;
        }
        if (!first) {
            if (session)
                read_head(v, MAP_OF_SESSION, &(struct scope){session, session});
            read_head(v, MAP_MAIN, &scope);
        }
        first = first ? first : row;
        last = row;
        if (!v->error)
            map_read_event(v, MAP_MAIN, &scope, map_time_at(v, MAP_MAIN, MAP_EVENT_TIME, &scope));
    }
    if (!first && session)
        read_head(v, MAP_OF_SESSION, &(struct scope){session, session});
    if (session)
        end_session(v, MAP_OF_SESSION, &(struct scope){session, session});
    if (last)
        end_session(v, MAP_MAIN, &(struct scope){last, last});
    return !v->error;
}

static bool convert_records(struct conversation *v, const struct record *records, size_t count,
                            const struct json_node *top)
{
    return (v->map->is_scattered ? convert_rows(v, records, count) : convert_object(v, top)) &&
           (end_head(v), build_end(&v->b, &v->error));
}

bool map_convert(struct conversion *c, const struct record *records, size_t count, struct line *line, struct arena *a,
                 GError **error)
{
    struct conversation v = {.map = conversion_map(c), .zone = conversion_hints(c)->zone, .last_ms = NO_TIME};
    const struct json_node *top = NULL;
    struct str id = records[0].key;
    if (!v.map->is_scattered) {
        top = json_read(records[0].body, JSON_TOP_OBJECT, a, error);
        struct scope scope = {top, top};
        if (!top)
            return false;
        id = path_word(v.map->paths[MAP_MAIN][MAP_SESSION_ID], &scope, a);
    }
    if (!id.len) {
        reason_set(error, REASON_FIELD_MISSING, "nothing stands where the map's session.id looks");
        return false;
    }
    v.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    build_init(&v.b, c, line, conversion_id(c, id, a), a);
    bool made = convert_records(&v, records, count, top);
    build_clear(&v.b);
    g_hash_table_unref(v.seen);
    if (v.error)
        g_propagate_error(error, v.error);
    return made;
}
