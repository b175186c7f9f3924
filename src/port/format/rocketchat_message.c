/* What one message of Rocket.Chat becomes. Whatever its document says beside the event goes into the event's data,
 * under `rocketchat`: that dialect answers with it again, member for member (doc/events.md). */
#include "port/format/rocketchat.h"

#include "base/hash.h"
#include "port/format/conversion.h"

static struct str member(const struct json_node *document, const char *name)
{
    return json_str(json_get(document, name));
}

/* ---- steps ---- */

static int64_t changed_ms(const struct json_node *message, int64_t at_ms)
{
    int64_t edited_ms = rocketchat_time(message, "editedAt");
    if (edited_ms == NO_TIME)
        edited_ms = rocketchat_time(message, "_updatedAt");
    return MAX(edited_ms, at_ms);
}

static const struct json_node *file_of(const struct json_node *message)
{
    const struct json_node *file = json_get(message, "file");
    return json_is(file, JSON_OBJECT) ? file : json_first(json_get(message, "files"));
}

static bool is_file_alone(const struct json_node *message)
{
    return file_of(message) && !member(message, "msg").len;
}

void rocketchat_message_steps(const struct json_node *message, const struct record *record, GArray *steps)
{
    struct str t = member(message, "t");
    struct rocketchat_step step = {
        .at_ms = rocketchat_time(message, "ts"), .id = member(message, "_id"), .record = record};
    if (str_equal(t, STR("livechat-close")))
        step.what = STEP_CLOSE;
    g_array_append_val(steps, step);
    bool is_deleted = str_equal(t, STR("rm"));
    if (!is_deleted && (t.len || !json_get(message, "editedAt") || is_file_alone(message)))
        return;
    step.what = is_deleted ? STEP_DELETE : STEP_EDIT;
    step.at_ms = changed_ms(message, step.at_ms);
    step.turn = 1;
    g_array_append_val(steps, step);
}

/* ---- who ---- */

static bool is_visitor(const struct rocketchat_room *room, const struct json_node *user)
{
    const struct json_node *v = json_get(room->room, "v");
    struct str id = member(user, "_id"), username = member(user, "username");
    return (id.len && str_equal(id, member(v, "_id"))) || (username.len && str_equal(username, member(v, "username")));
}

static uint32_t visitor_person(struct rocketchat_room *room)
{
    struct str name = str_or(member(room->visitor, "name"), member(room->room, "fname"));
    return build_participant(&room->build, STR("\x01visitor"), PARTICIPANT_CLIENT, name, STR_NULL);
}

uint32_t rocketchat_person(struct rocketchat_room *room, const struct json_node *user, struct str alias)
{
    struct str username = member(user, "username"), key = str_or(username, member(user, "_id"));
    if (is_visitor(room, user))
        return visitor_person(room);
    bool is_robot = !key.len || str_equal(key, STR("rocket.cat"));
    struct str name = str_or(member(user, "name"), str_or(alias, key));
    return is_robot
               ? build_participant(&room->build, STR("\x01robot"), PARTICIPANT_EXTERNAL, STR("rocket.cat"), STR_NULL)
               : build_participant(&room->build, key, PARTICIPANT_AGENT, name, username);
}

/* The message's author: who sent a visitor's token is the visitor, whatever `u` says. */
static uint32_t author(struct rocketchat_room *room, const struct json_node *message)
{
    return member(message, "token").len ? visitor_person(room)
                                        : rocketchat_person(room, json_get(message, "u"), member(message, "alias"));
}

/* ---- data ---- */

/* Is the member told by the event itself? */
static bool is_told(const struct json_node *m, const struct event *e, bool is_secret)
{
    if (str_equal(m->name, STR("msg")))
        return is_secret || (e->text.ptr && event_facts[e->kind].needs_text && str_equal(json_str(m), e->text)) ||
               !json_str(m).len;
    return str_equal(m->name, STR("_id")) || str_equal(m->name, STR("rid")) || str_equal(m->name, STR("ts")) ||
           (is_secret && str_equal(m->name, STR("content")));
}

static void add_document(struct json *w, const struct json_node *message, const struct event *e)
{
    bool is_secret = str_equal(member(message, "t"), STR("e2e"));
    json_member_object_begin(w, "rocketchat");
    for (const struct json_node *m = json_first(message); m; m = m->next)
        if (!is_told(m, e, is_secret))
            json_add_member(w, m);
    json_object_end(w);
}

/* Members of an event's data, before the document. */
struct data {
    struct buf out;
    struct json w;
};

static void data_begin(struct data *data)
{
    buf_init(&data->out, LIMIT_EVENT_DATA);
    json_init(&data->w, &data->out);
    json_object_begin(&data->w);
}

/* A document that is too long is left out: what the event says remains. */
static void data_end(struct data *data, struct rocketchat_room *room, struct event *e, const struct json_node *message)
{
    struct buf *out = &data->out;
    struct json before = data->w;
    size_t length = out->len;
    add_document(&data->w, message, e);
    json_object_end(&data->w);
    if (out->overflow) {
        conversion_lost(room->build.conversion, STR("document beyond the limit"));
        buf_reset(out);
        out->len = length;
        data->w = before;
        json_object_end(&data->w);
    }
    e->data = arena_str(room->build.arena, buf_str(out));
    buf_clear(out);
}

static void add_user(struct json *w, const struct json_node *user)
{
    json_object_begin(w);
    json_member_string_if(w, "id", member(user, "_id"));
    json_member_string_if(w, "username", member(user, "username"));
    json_member_string_if(w, "name", member(user, "name"));
    json_object_end(w);
}

/* ---- kinds ---- */

static struct event *add_event(struct rocketchat_room *room, enum event_kind kind, const struct rocketchat_step *step,
                               uint32_t by, struct str text)
{
    struct event *e = build_event(&room->build, kind, step->at_ms, by, text);
    e->id = arena_str(room->build.arena, step->id);
    e->text = arena_str(room->build.arena, e->text);
    return e;
}

static void add_plain(struct rocketchat_room *room, enum event_kind kind, const struct rocketchat_step *step,
                      uint32_t by, struct str text, const struct json_node *message)
{
    struct event *e = add_event(room, kind, step, by, text);
    struct data data;
    data_begin(&data);
    data_end(&data, room, e, message);
}

static void add_notice(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by, struct str was,
                       struct str text, const struct json_node *message)
{
    struct event *e = add_event(room, EVENT_NOTICE, step, by, text.ptr ? text : STR(""));
    struct data data;
    conversion_notice(room->build.conversion, was);
    data_begin(&data);
    json_member_string(&data.w, "was", was);
    data_end(&data, room, e, message);
}

static void add_join(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                     const struct json_node *message)
{
    struct event *e = add_event(room, EVENT_JOINED, step, by, STR_NULL);
    struct data data;
    data_begin(&data);
    if (g_hash_table_remove(room->left, GUINT_TO_POINTER(by)))
        json_member_bool(&data.w, "rejoined", true);
    data_end(&data, room, e, message);
}

static void add_leave(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                      const struct json_node *message)
{
    add_plain(room, EVENT_LEFT, step, by, STR_NULL, message);
    g_hash_table_add(room->left, GUINT_TO_POINTER(by));
}

/* "au" and "ru" name whom by `msg`. */
static uint32_t named_person(struct rocketchat_room *room, const struct json_node *message)
{
    const struct json_node user = {.name = STR("username"), .kind = JSON_STRING, .string = member(message, "msg")};
    const struct json_node named = {.kind = JSON_OBJECT, .count = 1, .first = &user};
    return rocketchat_person(room, &named, STR_NULL);
}

static void add_transfer(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                         const struct json_node *message)
{
    const struct json_node *transfer = json_get(message, "transferData");
    const struct json_node *to = json_get(transfer, "transferredTo"), *next = json_get(transfer, "nextDepartment");
    struct event *e = add_event(room, EVENT_TRANSFER, step, by, STR_NULL);
    struct data data;
    data_begin(&data);
    if (member(next, "_id").len) {
        json_member_object_begin(&data.w, "department");
        json_member_string(&data.w, "id", member(next, "_id"));
        json_member_string_if(&data.w, "name", member(next, "name"));
        json_object_end(&data.w);
    }
    if (member(to, "username").len || member(to, "_id").len) {
        json_key_literal(&data.w, "operator");
        add_user(&data.w, to);
    }
    json_member_string_if(&data.w, "comment", str_or(member(transfer, "comment"), member(message, "comment")));
    data_end(&data, room, e, message);
}

static void add_hold(struct rocketchat_room *room, enum event_kind kind, const struct rocketchat_step *step,
                     uint32_t by, const struct json_node *message)
{
    struct event *e = add_event(room, kind, step, by, STR_NULL);
    struct data data;
    data_begin(&data);
    json_member_string_if(&data.w, "comment", member(message, "comment"));
    data_end(&data, room, e, message);
}

/* Older rows are texts of rocket.cat, "title - address". */
static void add_page(struct rocketchat_room *room, const struct rocketchat_step *step, const struct json_node *message)
{
    struct str title = json_str(build_get(message, "navigation.page.title"));
    struct str address = json_str(build_get(message, "navigation.page.location.href")), msg = member(message, "msg");
    for (size_t at = msg.len; !address.len && at >= 3; at--)
        if (!memcmp(msg.ptr + at - 3, " - ", 3)) {
            address = str_skip(msg, at);
            title = str_from(msg.ptr, at - 3);
        }
    struct event *e = add_event(room, EVENT_PAGE_VISITED, step, visitor_person(room), address);
    struct data data;
    data_begin(&data);
    json_member_string_if(&data.w, "title", title);
    data_end(&data, room, e, message);
}

/* ---- files ---- */

/* Of several with one id the first. */
static void read_uploads(struct rocketchat_room *room)
{
    room->uploads = g_hash_table_new(hash_str, hash_str_equal);
    for (size_t i = 0; i < room->count; i++) {
        if (room->records[i].kind != ROCKETCHAT_UPLOAD)
            continue;
        const struct json_node *upload = json_read(room->records[i].body, JSON_TOP_OBJECT, room->build.arena, NULL);
        const struct json_node *id = json_get(upload, "_id");
        if (json_is(id, JSON_STRING) && !g_hash_table_contains(room->uploads, &id->string))
            g_hash_table_insert(room->uploads, (gpointer)&id->string, (gpointer)upload);
    }
}

static const struct json_node *upload_of(struct rocketchat_room *room, struct str id)
{
    if (!id.len)
        return NULL;
    if (!room->uploads)
        read_uploads(room);
    return g_hash_table_lookup(room->uploads, &id);
}

static struct str address_of(const struct json_node *attachment, const struct json_node *upload)
{
    static const char *const members[] = {"title_link", "image_url", "audio_url", "video_url"};
    struct str address = STR_NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(members) && !address.len; i++)
        address = member(attachment, members[i]);
    return str_or(address, str_or(member(upload, "path"), member(upload, "url")));
}

static const struct json_node *size_of(const struct json_node *file, const struct json_node *attachment,
                                       const struct json_node *upload)
{
    static const char *const members[] = {"size", "image_size", "audio_size", "video_size"};
    const struct json_node *size = json_get(file, "size");
    for (size_t i = 0; i < G_N_ELEMENTS(members) && !json_is(size, JSON_INTEGER); i++)
        size = json_get(attachment, members[i]);
    return json_is(size, JSON_INTEGER) ? size : json_get(upload, "size");
}

static bool count_bytes(struct rocketchat_room *room, struct str id, GError **error)
{
    struct str bytes = STR_NULL;
    struct build *b = &room->build;
    if (id.len && !conversion_referred(b->conversion, ROCKETCHAT_BYTES, id, b->arena, &bytes, error))
        return false;
    if (bytes.ptr)
        conversion_lost(b->conversion, STR("bytes of a file"));
    return true;
}

/* A message that is a file alone is a file event; beside a text the file follows its message. */
static bool add_file(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                     const struct json_node *message, const struct json_node *file, bool has_text, GError **error)
{
    const struct json_node *attachment = json_first(json_get(message, "attachments"));
    struct str id = member(file, "_id");
    const struct json_node *upload = upload_of(room, id);
    const struct json_node *size = size_of(file, attachment, upload);
    struct str name = str_or(member(file, "name"), str_or(member(attachment, "title"), member(upload, "name")));
    struct event *e = add_event(room, EVENT_FILE, step, by, name);
    struct build *b = &room->build;
    struct data data;
    data_begin(&data);
    json_member_string_if(&data.w, "id", id);
    json_member_string_if(&data.w, "name", build_text(b, name, LIMIT_NAME));
    json_member_string_if(&data.w, "type",
                          build_text(b, str_or(member(file, "type"), member(upload, "type")), LIMIT_NAME));
    if (json_is(size, JSON_INTEGER))
        json_member_int(&data.w, "size", size->integer);
    json_member_string_if(&data.w, "url", build_text(b, address_of(attachment, upload), LIMIT_URL));
    if (has_text) {
        e->id = arena_printf(b->arena, "%.*s@file", STR_ARG(step->id));
        json_member_string(&data.w, "attachedTo", step->id);
        json_object_end(&data.w);
        e->data = arena_str(b->arena, buf_str(&data.out));
        buf_clear(&data.out);
    } else {
        data_end(&data, room, e, message);
    }
    return count_bytes(room, id, error);
}

/* ---- one message ---- */

static bool add_text(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                     const struct json_node *message, GError **error)
{
    const struct json_node *file = file_of(message);
    struct str text = member(message, "msg");
    if (is_file_alone(message))
        return add_file(room, step, by, message, file, false, error);
    add_plain(room, EVENT_MESSAGE, step, by, text, message);
    char *key = str_to_heap(step->id);
    g_hash_table_insert(room->indices, key, GUINT_TO_POINTER(room->build.events->len));
    return !file || add_file(room, step, by, message, file, true, error);
}

static bool is_one_of(struct str t, const struct str *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(t, words[i]))
            return true;
    return false;
}

static void add_system_message(struct rocketchat_room *room, const struct rocketchat_step *step, uint32_t by,
                               struct str t, const struct json_node *message)
{
    static const struct str transfers[] = {STR("livechat_transfer_history"), STR("livechat_transfer_history_fallback")};
    struct str msg = member(message, "msg");
    if (str_equal(t, STR("uj")))
        add_join(room, step, by, message);
    else if (str_equal(t, STR("au")))
        add_join(room, step, named_person(room, message), message);
    else if (str_equal(t, STR("ul")))
        add_leave(room, step, by, message);
    else if (str_equal(t, STR("ru")))
        add_leave(room, step, named_person(room, message), message);
    else if (str_equal(t, STR("command")) && str_equal(msg, STR("connected")))
        add_plain(room, EVENT_TAKE, step, by, STR_NULL, message);
    else if (is_one_of(t, transfers, G_N_ELEMENTS(transfers)))
        add_transfer(room, step, by, message);
    else if (str_equal(t, STR("livechat_navigation_history")))
        add_page(room, step, message);
    else if (str_equal(t, STR("omnichannel_placed_chat_on_hold")))
        add_hold(room, EVENT_HOLD, step, by, message);
    else if (str_equal(t, STR("omnichannel_on_hold_chat_resumed")))
        add_hold(room, EVENT_RESUME, step, by, message);
    else if (str_equal(t, STR("e2e")))
        add_notice(room, step, by, t, STR("encrypted"), message);
    else
        add_notice(room, step, by, t, msg, message);
}

/* ---- revisions ---- */

static void add_revision(struct rocketchat_room *room, const struct rocketchat_step *step,
                         const struct json_node *message)
{
    bool is_edit = step->what == STEP_EDIT;
    g_autofree char *key = str_to_heap(step->id);
    guint target = GPOINTER_TO_UINT(g_hash_table_lookup(room->indices, key));
    const struct json_node *editor = json_get(message, "editedBy");
    if (!target)
        return;
    struct event *e =
        add_event(room, is_edit ? EVENT_EDIT : EVENT_DELETE, step,
                  editor ? rocketchat_person(room, editor, STR_NULL) : 0, is_edit ? member(message, "msg") : STR_NULL);
    e->id = arena_printf(room->build.arena, "%.*s@%" G_GINT64_FORMAT, STR_ARG(step->id), step->at_ms);
    e->target = target;
    struct data data;
    data_begin(&data);
    data_end(&data, room, e, message);
}

bool rocketchat_message_add(struct rocketchat_room *room, const struct rocketchat_step *step,
                            const struct json_node *message, GError **error)
{
    struct str t = member(message, "t");
    if (step->what == STEP_CLOSE) {
        rocketchat_close(room, step->at_ms, message);
        return true;
    }
    if (step->what != STEP_MESSAGE) {
        add_revision(room, step, message);
        return true;
    }
    uint32_t by = author(room, message);
    if (!t.len || str_equal(t, STR("rm")))
        return add_text(room, step, by, message, error);
    add_system_message(room, step, by, t, message);
    return true;
}

/* ---- the close ---- */

void rocketchat_close(struct rocketchat_room *room, int64_t at_ms, const struct json_node *message)
{
    const struct json_node *closed_by = json_get(room->room, "closedBy"), *tags = json_get(room->room, "tags");
    bool by_visitor = str_equal(member(room->room, "closer"), STR("visitor"));
    struct rocketchat_step step = {.at_ms = at_ms, .id = member(message ? message : room->room, "_id")};
    uint32_t by = by_visitor ? visitor_person(room) : closed_by ? rocketchat_person(room, closed_by, STR_NULL) : 0;
    struct event *e = add_event(room, EVENT_CLOSED, &step, by, STR_NULL);
    struct data data;
    data_begin(&data);
    json_member_string(&data.w, "closer", by_visitor ? STR("visitor") : closed_by ? STR("operator") : STR("system"));
    if (closed_by && !by_visitor) {
        json_key_literal(&data.w, "operator");
        add_user(&data.w, closed_by);
    }
    json_member_string_if(&data.w, "comment", member(message, "msg"));
    if (json_is(tags, JSON_ARRAY)) {
        json_key_literal(&data.w, "tags");
        json_add_tree(&data.w, tags);
    }
    data_end(&data, room, e, message);
}
