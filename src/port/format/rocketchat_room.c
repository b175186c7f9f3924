/* A room with its messages as a conversation: the head holds what a room has from its first day, its messages become
 * events in the order of time, and the room's document comes last, as it stood when it was dumped. */
#include "port/format/rocketchat.h"

#include "port/format/conversion.h"

/* Bytes of messages whose trees are kept while a conversation is put together; of longer ones each is read twice. */
enum { TREES_KEPT = 1024 * 1024 };

static struct str member(const struct json_node *document, const char *name)
{
    return json_str(json_get(document, name));
}

/* ---- the head ---- */

static struct str text_member(struct build *b, const struct json_node *document, const char *path)
{
    struct str text = json_str(build_get(document, path));
    return text.len ? build_text(b, text, LIMIT_NAME) : STR_NULL;
}

static void read_visitor(struct rocketchat_room *room)
{
    struct build *b = &room->build;
    struct head *head = &b->line->head;
    const struct json_node *v = json_get(room->room, "v");
    struct str id = member(v, "_id"), name = text_member(b, room->visitor, "name");
    head->visitor.id = id.len ? id : b->line->id; /* nobody knows whose it was */
    head->visitor.token = member(v, "token").len ? member(v, "token") : STR_NULL;
    head->visitor.username = member(v, "username").len ? member(v, "username") : STR_NULL;
    head->visitor.name = name.ptr ? name : text_member(b, room->room, "fname");
    head->visitor.email = text_member(b, room->visitor, "visitorEmails.0.address");
    head->visitor.phone = text_member(b, room->visitor, "phone.0.phoneNumber");
    head->visitor.ip = text_member(b, room->visitor, "ip");
    head->visitor.user_agent = text_member(b, room->visitor, "userAgent");
}

/* Custom fields of the room and of the visitor; the room's count. */
static struct str custom_fields(const struct rocketchat_room *room)
{
    const struct json_node *own = json_get(room->room, "livechatData"), *all = json_get(room->visitor, "livechatData");
    struct buf out;
    struct json w;
    if (!json_first(own) && !json_first(all))
        return STR_NULL;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_object_begin(&w);
    for (const struct json_node *m = json_first(own); json_is(own, JSON_OBJECT) && m && !out.overflow; m = m->next)
        json_add_member(&w, m);
    for (const struct json_node *m = json_first(all); json_is(all, JSON_OBJECT) && m && !out.overflow; m = m->next) {
        bool is_own = json_is(own, JSON_OBJECT) && build_child(own, m->name);
        if (!is_own)
            json_add_member(&w, m);
    }
    json_object_end(&w);
    struct str fields = out.overflow ? STR_NULL : arena_str(room->build.arena, buf_str(&out));
    buf_clear(&out);
    return fields;
}

static void read_head(struct rocketchat_room *room)
{
    struct build *b = &room->build;
    struct head *head = &b->line->head;
    const struct json_node *source = json_get(room->room, "source");
    head->dialect = DIALECT_ROCKETCHAT;
    read_visitor(room);
    head->user_data = custom_fields(room);
    head->subject = text_member(b, room->room, "topic");
    head->source = json_is(source, JSON_OBJECT) ? model_json_text(source, b->arena) : STR_NULL;
}

/* ---- the document of the room ---- */

static void add_department(struct json *w, const struct json_node *room)
{
    const struct json_node *ancestors = json_get(room, "departmentAncestors");
    if (!member(room, "departmentId").len)
        return;
    json_member_object_begin(w, "department");
    json_member_string(w, "id", member(room, "departmentId"));
    if (json_is(ancestors, JSON_ARRAY)) {
        json_key_literal(w, "ancestors");
        json_add_tree(w, ancestors);
    }
    json_object_end(w);
}

static void add_server(struct json *w, const struct json_node *room)
{
    const struct json_node *served_by = json_get(room, "servedBy");
    int64_t since_ms = rocketchat_time(served_by, "ts");
    if (!member(served_by, "_id").len && !member(served_by, "username").len)
        return;
    json_member_object_begin(w, "operator");
    json_member_string_if(w, "id", member(served_by, "_id"));
    json_member_string_if(w, "username", member(served_by, "username"));
    json_object_end(w);
    if (since_ms != NO_TIME)
        json_member_int(w, "servedSince", since_ms);
}

static void add_recorded(struct rocketchat_room *room)
{
    struct build *b = &room->build;
    guint last = b->events->len;
    int64_t at_ms = last ? g_array_index(b->events, struct event, last - 1).time_ms : b->line->start_ms;
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_object_begin(&w);
    json_member_int(&w, "upTo", last);
    add_server(&w, room->room);
    add_department(&w, room->room);
    json_member_object_begin(&w, "rocketchat");
    json_key_literal(&w, "room");
    json_add_tree(&w, room->room);
    json_object_end(&w);
    json_object_end(&w);
    if (out.overflow)
        conversion_lost(b->conversion, STR("document beyond the limit"));
    else
        build_event(b, EVENT_RECORDED, at_ms, 0, STR_NULL)->data = arena_str(b->arena, buf_str(&out));
    buf_clear(&out);
}

/* ---- messages ---- */

static int by_time(gconstpointer a, gconstpointer b)
{
    const struct rocketchat_step *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    int ids = str_compare(x->id, y->id);
    return ids ? ids : (x->turn > y->turn) - (x->turn < y->turn);
}

static bool is_closed(const struct json_node *room)
{
    return !json_get(room, "open") && rocketchat_time(room, "closedAt") != NO_TIME;
}

/* The same message from two dumps, or twice in one: the one that was read last. */
static void drop_repeated(GArray *steps)
{
    g_autoptr(GHashTable) newest = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < steps->len; i++) {
        const struct rocketchat_step *step = &g_array_index(steps, struct rocketchat_step, i);
        if (step->record)
            g_hash_table_insert(newest, str_to_heap(step->id), (gpointer)step->record);
    }
    guint kept = 0;
    for (guint i = 0; i < steps->len; i++) {
        struct rocketchat_step step = g_array_index(steps, struct rocketchat_step, i);
        g_autofree char *id = str_to_heap(step.id);
        if (!step.record || g_hash_table_lookup(newest, id) == step.record)
            g_array_index(steps, struct rocketchat_step, kept++) = step;
    }
    g_array_set_size(steps, kept);
}

static size_t bytes_of(const struct rocketchat_room *room)
{
    size_t bytes = 0;
    for (size_t i = 0; i < room->count; i++)
        bytes += room->records[i].body.len;
    return bytes;
}

/* Edit history: copies of what a message was before, which carry its `_id` in `parent`. */
static bool is_copy(const struct json_node *message)
{
    const struct json_node *hidden = json_get(message, "_hidden");
    return json_is(hidden, JSON_BOOL) && hidden->truth && member(message, "parent").len;
}

static void gather_steps(struct rocketchat_room *room, GArray *steps)
{
    struct build *b = &room->build;
    bool keep = bytes_of(room) <= TREES_KEPT;
    struct arena scratch;
    arena_init(&scratch);
    for (size_t i = 0; i < room->count; i++) {
        const struct record *record = &room->records[i];
        if (record->kind != ROCKETCHAT_MESSAGE)
            continue;
        const struct json_node *message = json_read(record->body, JSON_TOP_OBJECT, keep ? b->arena : &scratch, NULL);
        guint first = steps->len;
        if (is_copy(message))
            conversion_lost(b->conversion, STR("earlier text of an edited message"));
        else if (rocketchat_time(message, "ts") == NO_TIME)
            conversion_lost(b->conversion, STR("message without a time"));
        else
            rocketchat_message_steps(message, record, steps);
        for (guint j = first; j < steps->len; j++) {
            struct rocketchat_step *step = &g_array_index(steps, struct rocketchat_step, j);
            step->id = arena_str(b->arena, step->id);
            step->message = keep ? message : NULL;
        }
        arena_reset(&scratch);
    }
    arena_clear(&scratch);
}

static bool add_step(struct rocketchat_room *room, const struct rocketchat_step *step, GError **error)
{
    struct arena scratch;
    if (!step->record) {
        rocketchat_close(room, step->at_ms, NULL);
        return true;
    }
    if (step->message)
        return rocketchat_message_add(room, step, step->message, error);
    arena_init(&scratch);
    bool ok = rocketchat_message_add(room, step, json_read(step->record->body, JSON_TOP_OBJECT, &scratch, NULL), error);
    arena_clear(&scratch);
    return ok;
}

static bool closes(const GArray *steps)
{
    bool close = false;
    for (guint i = 0; i < steps->len; i++)
        close |= g_array_index(steps, struct rocketchat_step, i).what == STEP_CLOSE;
    return close;
}

static bool add_messages(struct rocketchat_room *room, GError **error)
{
    g_autoptr(GArray) steps = g_array_new(FALSE, FALSE, sizeof(struct rocketchat_step));
    bool ok = true;
    gather_steps(room, steps);
    if (is_closed(room->room) && !closes(steps)) {
        struct rocketchat_step close = {.at_ms = rocketchat_time(room->room, "closedAt"), .what = STEP_CLOSE};
        g_array_append_val(steps, close);
    }
    drop_repeated(steps);
    g_array_sort(steps, by_time);
    for (guint i = 0; ok && i < steps->len; i++)
        ok = add_step(room, &g_array_index(steps, struct rocketchat_step, i), error);
    return ok;
}

/* ---- the conversation ---- */

static bool find_visitor(struct rocketchat_room *room, GError **error)
{
    struct str id = json_str(build_get(room->room, "v._id")), body;
    struct build *b = &room->build;
    if (!conversion_referred(b->conversion, ROCKETCHAT_VISITOR, id, b->arena, &body, error))
        return false;
    room->visitor = body.ptr ? json_read(body, JSON_TOP_OBJECT, b->arena, NULL) : NULL;
    return true;
}

static bool read_room(struct rocketchat_room *room, GError **error)
{
    struct line *line = room->build.line;
    line->start_ms = rocketchat_time(room->room, "ts");
    if (line->start_ms == NO_TIME) {
        reason_set_field(error, REASON_FIELD_MISSING, STR("ts"), "a room needs a time at which it began");
        return false;
    }
    if (!find_visitor(room, error))
        return false;
    read_head(room);
    if (!add_messages(room, error))
        return false;
    add_recorded(room);
    return build_end(&room->build, error);
}

/* The room among the records, the last one of several; NULL with its messages counted as lost. */
static const struct record *room_record(struct conversion *c, const struct record *records, size_t count)
{
    const struct record *room = NULL;
    bool is_other = false;
    for (size_t i = 0; i < count; i++) {
        if (records[i].kind == ROCKETCHAT_ROOM)
            room = &records[i];
        is_other |= records[i].kind == ROCKETCHAT_OTHER_ROOM;
    }
    for (size_t i = 0; !room && !is_other && i < count; i++)
        if (records[i].kind == ROCKETCHAT_MESSAGE)
            conversion_lost(c, STR("message without its room"));
    return room;
}

bool rocketchat_convert(struct conversion *c, const struct record *records, size_t count, struct line *line,
                        struct arena *a, GError **error)
{
    const struct record *record = room_record(c, records, count);
    struct rocketchat_room room = {.records = records, .count = count};
    if (!record)
        return false;
    room.room = json_read(record->body, JSON_TOP_OBJECT, a, error);
    if (!room.room)
        return false;
    room.indices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    room.left = g_hash_table_new(NULL, NULL);
    build_init(&room.build, c, line, conversion_id(c, record->key, a), a);
    bool made = read_room(&room, error);
    build_clear(&room.build);
    g_hash_table_unref(room.indices);
    g_hash_table_unref(room.left);
    g_clear_pointer(&room.uploads, g_hash_table_unref);
    return made;
}
