#include "model/line.h"

#include "base/hash.h"
#include "text/time.h"
#include "text/zone.h"

/* ---- errors: which member of which part ---- */

/* Moves `inner` to `*error`, its field behind `path`. Always false. */
static bool fail_at(const char *path, GError *inner, GError **error)
{
    struct str field = reason_field(inner);
    char *full = field.len ? g_strdup_printf("%s.%.*s", path, STR_ARG(field)) : g_strdup(path);
    reason_set_field(error, reason_of(inner), str_from_c(full), "%s", inner->message);
    g_free(full);
    g_error_free(inner);
    return false;
}

static bool fail_in(const char *array, size_t index, GError *inner, GError **error)
{
    char path[64];
    g_snprintf(path, sizeof path, "%s[%zu]", array, index);
    return fail_at(path, inner, error);
}

/* ---- reading ---- */

static bool get_string(const struct json_node *object, const char *name, enum json_presence presence, size_t max,
                       struct str *value, struct arena *a, GError **error)
{
    if (!json_get_string(object, name, presence, max, value, error))
        return false;
    *value = arena_str(a, *value);
    return true;
}

static bool get_id(const struct json_node *object, const char *name, enum json_presence presence, struct str *value,
                   struct arena *a, GError **error)
{
    return get_string(object, name, presence, SIZE_MAX, value, a, error) &&
           (!value->ptr || model_check_id(*value, name, error));
}

/* An object kept as it is. */
static bool get_kept_object(const struct json_node *object, const char *name, struct str *value, struct arena *a,
                            GError **error)
{
    const struct json_node *tree = NULL;
    if (!json_get_object(object, name, JSON_OPTIONAL, &tree, error))
        return false;
    return model_json_keep(tree, name, value, a, error);
}

static bool read_dialect(const struct json_node *object, struct head *h, GError **error)
{
    struct str name = STR("parley");
    if (!json_get_string(object, "dialect", JSON_OPTIONAL, LIMIT_NAME, &name, error))
        return false;
    if (dialect_from_name(name, &h->dialect))
        return true;
    reason_set_field(error, REASON_FIELD_VALUE, STR("dialect"),
                     "dialect must be parley, rocketchat, agendize or genesys");
    return false;
}

static bool read_time_zone(const struct json_node *object, struct head *h, struct arena *a, GError **error)
{
    if (!get_string(object, "timeZone", JSON_OPTIONAL, LIMIT_NAME, &h->time_zone, a, error))
        return false;
    GError *inner = NULL;
    if (!h->time_zone.ptr || zone_get(h->time_zone, &inner))
        return true;
    return fail_at("timeZone", inner, error);
}

static bool read_visitor_members(const struct json_node *v, struct head *h, struct arena *a, GError **error)
{
    static const char *const known[] = {"id", "name",      "email",   "phone", "token",           "username",
                                        "ip", "userAgent", "country", "city",  "operatingSystem", "browser"};
    return json_refuse_unknown(v, known, G_N_ELEMENTS(known), error) &&
           get_id(v, "id", JSON_REQUIRED, &h->visitor.id, a, error) &&
           get_string(v, "name", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.name, a, error) &&
           get_string(v, "email", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.email, a, error) &&
           get_string(v, "phone", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.phone, a, error) &&
           get_id(v, "token", JSON_OPTIONAL, &h->visitor.token, a, error) &&
           get_id(v, "username", JSON_OPTIONAL, &h->visitor.username, a, error) &&
           get_string(v, "ip", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.ip, a, error) &&
           get_string(v, "userAgent", JSON_OPTIONAL, LIMIT_URL, &h->visitor.user_agent, a, error) &&
           get_string(v, "country", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.country, a, error) &&
           get_string(v, "city", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.city, a, error) &&
           get_string(v, "operatingSystem", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.operating_system, a, error) &&
           get_string(v, "browser", JSON_OPTIONAL, LIMIT_NAME, &h->visitor.browser, a, error);
}

static bool read_visitor(const struct json_node *object, struct head *h, struct arena *a, GError **error)
{
    const struct json_node *visitor = NULL;
    if (!json_get_object(object, "visitor", JSON_REQUIRED, &visitor, error))
        return false;
    GError *inner = NULL;
    return read_visitor_members(visitor, h, a, &inner) || fail_at("visitor", inner, error);
}

static bool read_department(const struct json_node *object, struct head *h, struct arena *a, GError **error)
{
    const struct json_node *ancestors = NULL;
    if (!get_id(object, "department", JSON_OPTIONAL, &h->department.id, a, error) ||
        !json_get_array(object, "departmentAncestors", JSON_OPTIONAL, &ancestors, error))
        return false;
    if (ancestors && !h->department.id.ptr) {
        reason_set_field(error, REASON_FIELD_MISSING, STR("department"), "departmentAncestors needs a department");
        return false;
    }
    for (const struct json_node *id = json_first(ancestors); id; id = id->next) {
        GError *inner = NULL;
        if (!model_check_id(json_str(id), "departmentAncestors", &inner)) {
            g_clear_error(&inner);
            reason_set_field(error, REASON_ID_INVALID, STR("departmentAncestors"),
                             "departmentAncestors must hold ids of departments");
            return false;
        }
    }
    h->department.ancestors = model_json_text(ancestors, a);
    return true;
}

static bool read_button(const struct json_node *object, struct head *h, struct arena *a, GError **error)
{
    static const char *const known[] = {"id", "name"};
    const struct json_node *button = NULL;
    if (!json_get_object(object, "button", JSON_OPTIONAL, &button, error))
        return false;
    GError *inner = NULL;
    return !button ||
           (json_refuse_unknown(button, known, G_N_ELEMENTS(known), &inner) &&
            get_id(button, "id", JSON_REQUIRED, &h->button.id, a, &inner) &&
            get_string(button, "name", JSON_OPTIONAL, LIMIT_NAME, &h->button.name, a, &inner)) ||
           fail_at("button", inner, error);
}

static bool read_participant(const struct json_node *object, struct participant *p, struct arena *a, GError **error)
{
    static const char *const known[] = {"id", "type", "name", "operator"};
    int64_t id = 0;
    struct str type = STR_NULL;
    if (!json_is(object, JSON_OBJECT)) {
        reason_set(error, REASON_FIELD_TYPE, "a participant must be an object");
        return false;
    }
    if (!json_refuse_unknown(object, known, G_N_ELEMENTS(known), error) ||
        !json_get_int64(object, "id", JSON_REQUIRED, 1, LIMIT_PARTICIPANTS, &id, error) ||
        !json_get_string(object, "type", JSON_REQUIRED, LIMIT_NAME, &type, error) ||
        !get_string(object, "name", JSON_OPTIONAL, LIMIT_NAME, &p->name, a, error) ||
        !get_id(object, "operator", JSON_OPTIONAL, &p->operator_ref.username, a, error))
        return false;
    p->id = (uint32_t)id;
    if (participant_type_from_name(type, &p->type))
        return true;
    reason_set_field(error, REASON_FIELD_VALUE, STR("type"), "type must be Client, Agent, Supervisor or External");
    return false;
}

static bool read_participants(const struct json_node *object, enum json_presence presence, struct head *h,
                              struct arena *a, GError **error)
{
    const struct json_node *array = NULL;
    if (!json_get_array(object, "participants", presence, &array, error))
        return false;
    size_t count = array ? array->count : 0;
    if (count > LIMIT_PARTICIPANTS) {
        reason_set_field(error, REASON_FIELD_TOO_LONG, STR("participants"), "there may be at most %d participants",
                         LIMIT_PARTICIPANTS);
        return false;
    }
    h->participants = arena_array(a, count, sizeof *h->participants);
    h->participant_count = count;
    bool seen[LIMIT_PARTICIPANTS + 1] = {false};
    const struct json_node *element = json_first(array);
    for (size_t i = 0; i < count; i++, element = element->next) {
        GError *inner = NULL;
        struct participant *p = &h->participants[i];
        if (read_participant(element, p, a, &inner) && seen[p->id])
            reason_set_field(&inner, REASON_FIELD_VALUE, STR("id"), "participant %u is named twice", p->id);
        if (inner)
            return fail_in("participants", i, inner, error);
        seen[p->id] = true;
    }
    return true;
}

static bool read_event(const struct json_node *object, enum json_presence at, struct event *e, struct arena *a,
                       GError **error)
{
    static const char *const known[] = {"type", "at", "by", "id", "target", "text", "data"};
    if (!json_is(object, JSON_OBJECT)) {
        reason_set(error, REASON_FIELD_TYPE, "an event must be an object");
        return false;
    }
    struct str type = STR_NULL;
    int64_t by = 0, target = 0;
    if (!json_refuse_unknown(object, known, G_N_ELEMENTS(known), error) ||
        !json_get_string(object, "type", JSON_REQUIRED, LIMIT_NAME, &type, error) ||
        !json_get_int64(object, "at", at, INT64_MIN, INT64_MAX, &e->time_ms, error) ||
        !json_get_int64(object, "by", JSON_OPTIONAL, 0, LIMIT_PARTICIPANTS, &by, error) ||
        !json_get_int64(object, "target", JSON_OPTIONAL, 1, LIMIT_EVENTS_PER_SESSION - 1, &target, error) ||
        !get_string(object, "id", JSON_OPTIONAL, SIZE_MAX, &e->id, a, error) ||
        !get_string(object, "text", JSON_OPTIONAL, SIZE_MAX, &e->text, a, error) ||
        !get_kept_object(object, "data", &e->data, a, error))
        return false;
    if (!event_kind_from_name(type, &e->kind) || e->kind == EVENT_OPENED || e->kind == EVENT_ERASED) {
        reason_set_field(error, REASON_EVENT_KIND_UNKNOWN, STR("type"), "there is no such type of event");
        return false;
    }
    e->participant = (uint32_t)by;
    e->target = (uint32_t)target;
    /* One spelling of "no text", so that equal sessions stay equal: only a message has an empty one. */
    if (str_is_empty(e->text))
        e->text = e->kind == EVENT_MESSAGE ? STR("") : STR_NULL;
    return event_check(e, true, error);
}

/* What the fold checks: `by` is known, targets are messages before their edits. Notes revisions. */
static bool admit_events(struct line *line, struct arena *a, GError **error)
{
    struct session_view view = {0};
    struct event head = {.kind = EVENT_OPENED, .time_ms = line->start_ms == NO_TIME ? 0 : line->start_ms};
    session_open(&view, &head, &line->head, a);
    for (size_t i = 0; i < line->event_count; i++) {
        struct event *e = &line->events[i];
        struct event *target = e->target && e->target < e->index ? &line->events[e->target - 1] : NULL;
        GError *inner = NULL;
        if (!session_admits(&view, e, target, false, &inner))
            return fail_in("events", i, inner, error);
        session_apply(&view, e, a);
        if (target)
            event_revise(target, e);
    }
    return true;
}

static bool check_event_ids(const struct line *line, GError **error)
{
    GHashTable *ids = g_hash_table_new(hash_str, hash_str_equal);
    bool unique = true;
    for (size_t i = 0; i < line->event_count && unique; i++) {
        GError *inner = NULL;
        unique = !line->events[i].id.ptr || g_hash_table_add(ids, &line->events[i].id);
        if (!unique) {
            reason_set_field(&inner, REASON_ID_TAKEN, STR("id"), "two events have this id");
            fail_in("events", i, inner, error);
        }
    }
    g_hash_table_unref(ids);
    return unique;
}

static bool read_events(const struct json_node *object, bool id_optional, struct line *line, struct arena *a,
                        GError **error)
{
    const struct json_node *array = NULL;
    if (!json_get_array(object, "events", id_optional ? JSON_OPTIONAL : JSON_REQUIRED, &array, error))
        return false;
    size_t count = array ? array->count : 0;
    if (count > LIMIT_EVENTS_PER_SESSION - 2) {
        reason_set_field(error, REASON_SESSION_FULL, STR("events"), "there may be at most %d events",
                         LIMIT_EVENTS_PER_SESSION - 2);
        return false;
    }
    line->events = arena_array(a, count, sizeof *line->events);
    line->event_count = count;
    const struct json_node *element = json_first(array);
    for (size_t i = 0; i < count; i++, element = element->next) {
        GError *inner = NULL;
        line->events[i].index = (uint32_t)i + 1;
        if (!read_event(element, id_optional ? JSON_OPTIONAL : JSON_REQUIRED, &line->events[i], a, &inner))
            return fail_in("events", i, inner, error);
    }
    return check_event_ids(line, error);
}

static bool read_start(const struct json_node *object, struct line *line, GError **error)
{
    line->start_ms = line->event_count ? line->events[0].time_ms : NO_TIME;
    return json_get_int64(object, "start", JSON_OPTIONAL, 0, LIMIT_TIME_MS, &line->start_ms, error);
}

/* A recorded room began when it says: lists by start and by its `ts` are one. */
static bool read_recorded_start(const struct json_node *object, const struct json_node *room, struct line *line,
                                GError **error)
{
    struct str ts = json_str(json_get(room, "ts"));
    struct time_point point;
    if (!ts.ptr || !time_parse(ts, STR_NULL, &point, NULL))
        return true;
    if (!json_get(object, "start"))
        line->start_ms = point.ms;
    if (line->start_ms == point.ms)
        return true;
    reason_set_field(error, REASON_FIELD_VALUE, STR("rocketchat.room.ts"), "the room's ts must be the line's start");
    return false;
}

static bool read_recorded(const struct json_node *object, struct line *line, struct arena *a, GError **error)
{
    static const char *const known[] = {"room", "lastMessage"};
    struct str documents = STR_NULL;
    int64_t up_to = (int64_t)line->event_count;
    const struct json_node *rocketchat = json_get(object, "rocketchat"), *room = NULL, *message = NULL;
    if (!get_kept_object(object, "rocketchat", &documents, a, error) ||
        !json_get_int64(object, "recordedUpTo", JSON_OPTIONAL, 0, (int64_t)line->event_count, &up_to, error))
        return false;
    if (!rocketchat)
        return true;
    GError *inner = NULL;
    if (!json_refuse_unknown(rocketchat, known, G_N_ELEMENTS(known), &inner) ||
        !json_get_object(rocketchat, "room", JSON_OPTIONAL, &room, &inner) ||
        !json_get_object(rocketchat, "lastMessage", JSON_OPTIONAL, &message, &inner))
        return fail_at("rocketchat", inner, error);
    line->head.recorded = arena_printf(a, "{\"rocketchat\":%.*s}", STR_ARG(documents));
    line->head.recorded_up_to = (uint32_t)up_to;
    return read_recorded_start(object, room, line, error);
}

bool line_read(const struct json_node *object, bool id_optional, struct line *line, struct arena *a, GError **error)
{
    static const char *const known[] = {
        "id",     "dialect",    "timeZone",    "visitor",  "operator", "department", "departmentAncestors",
        "button", "startPage",  "subject",     "userData", "source",   "start",      "participants",
        "events", "rocketchat", "recordedUpTo"};
    *line = (struct line){.start_ms = NO_TIME};
    struct head *h = &line->head;
    enum json_presence presence = id_optional ? JSON_OPTIONAL : JSON_REQUIRED;
    return json_refuse_unknown(object, known, G_N_ELEMENTS(known), error) &&
           get_id(object, "id", presence, &line->id, a, error) && read_dialect(object, h, error) &&
           read_time_zone(object, h, a, error) && read_visitor(object, h, a, error) &&
           get_id(object, "operator", JSON_OPTIONAL, &h->served_by.username, a, error) &&
           read_department(object, h, a, error) && read_button(object, h, a, error) &&
           get_string(object, "startPage", JSON_OPTIONAL, LIMIT_URL, &h->start_page, a, error) &&
           get_string(object, "subject", JSON_OPTIONAL, LIMIT_URL, &h->subject, a, error) &&
           get_kept_object(object, "userData", &h->user_data, a, error) &&
           get_kept_object(object, "source", &h->source, a, error) &&
           read_participants(object, presence, h, a, error) && read_events(object, id_optional, line, a, error) &&
           read_start(object, line, error) && read_recorded(object, line, a, error) && admit_events(line, a, error);
}

bool line_parse(struct str text, struct line *line, struct arena *a, GError **error)
{
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *object = json_read(text, JSON_TOP_OBJECT, &scratch, error);
    bool valid = object && line_read(object, false, line, a, error);
    arena_clear(&scratch);
    return valid;
}

/* ---- writing ---- */

/* An operator's name in a line: the username, which another installation may know too, else the id. */
static struct str operator_word(const struct operator_ref *o)
{
    return o->username.ptr ? o->username : o->id;
}

static void write_participants(struct json *w, const struct head *h)
{
    json_member_array_begin(w, "participants");
    for (size_t i = 0; i < h->participant_count; i++) {
        const struct participant *p = &h->participants[i];
        json_object_begin(w);
        json_member_int(w, "id", p->id);
        json_member_string(w, "type", participant_type_name(p->type));
        json_member_string_if(w, "name", p->name);
        json_member_string_if(w, "operator", operator_word(&p->operator_ref));
        json_object_end(w);
    }
    json_array_end(w);
}

void line_write_event(struct json *w, const struct event *e)
{
    json_object_begin(w);
    json_member_string(w, "type", event_kind_name(e->kind));
    json_member_int(w, "at", e->time_ms);
    json_member_int(w, "by", e->participant);
    json_member_string_if(w, "id", e->id);
    if (e->target)
        json_member_int(w, "target", e->target);
    if (!str_is_empty(e->text) || e->kind == EVENT_MESSAGE)
        json_member_string(w, "text", e->text);
    if (e->data.ptr)
        json_member_raw(w, "data", e->data);
    json_object_end(w);
}

static void write_recorded(struct json *w, const struct head *h, uint32_t last_index)
{
    if (!h->recorded.ptr)
        return;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *recorded = json_read(h->recorded, JSON_STORED, &scratch, NULL);
    for (const struct json_node *documents = json_first(recorded); documents; documents = documents->next)
        json_add_member(w, documents);
    arena_clear(&scratch);
    if (h->recorded_up_to != last_index)
        json_member_int(w, "recordedUpTo", h->recorded_up_to);
}

void line_write_begin(struct json *w, struct str id, const struct head *h, int64_t start_ms, int64_t first_ms)
{
    json_object_begin(w);
    json_member_string_if(w, "id", id);
    json_member_string(w, "dialect", dialect_name(h->dialect));
    json_member_string_if(w, "timeZone", h->time_zone);
    json_key_literal(w, "visitor");
    head_visitor_write(w, h);
    json_member_string_if(w, "operator", operator_word(&h->served_by));
    json_member_string_if(w, "department", h->department.id);
    if (h->department.ancestors.ptr)
        json_member_raw(w, "departmentAncestors", h->department.ancestors);
    if (h->button.id.ptr) {
        json_member_object_begin(w, "button");
        json_member_string(w, "id", h->button.id);
        json_member_string_if(w, "name", h->button.name);
        json_object_end(w);
    }
    json_member_string_if(w, "startPage", h->start_page);
    json_member_string_if(w, "subject", h->subject);
    if (h->user_data.ptr)
        json_member_raw(w, "userData", h->user_data);
    if (h->source.ptr)
        json_member_raw(w, "source", h->source);
    if (start_ms != first_ms && start_ms != NO_TIME)
        json_member_int(w, "start", start_ms);
    write_participants(w, h);
    json_member_array_begin(w, "events");
}

void line_write_end(struct json *w, const struct head *h, uint32_t last_index)
{
    json_array_end(w);
    write_recorded(w, h, last_index);
    json_object_end(w);
}

void line_write(const struct line *line, struct buf *out)
{
    struct json w;
    json_init(&w, out);
    line_write_begin(&w, line->id, &line->head, line->start_ms, line->event_count ? line->events[0].time_ms : NO_TIME);
    for (size_t i = 0; i < line->event_count; i++)
        line_write_event(&w, &line->events[i]);
    line_write_end(&w, &line->head, (uint32_t)line->event_count);
}
