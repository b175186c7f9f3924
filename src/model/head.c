#include "model/head.h"

#include "base/limits.h"

static const struct str dialect_names[] = {
#define X(name, word) {word, sizeof word - 1},
    DIALECTS(X)
#undef X
};

struct str dialect_name(enum dialect dialect)
{
    return dialect_names[dialect];
}

bool dialect_watches_clients(enum dialect dialect)
{
    return dialect == DIALECT_GENESYS;
}

bool dialect_from_name(struct str name, enum dialect *dialect)
{
    for (int i = 0; i < DIALECT_COUNT; i++)
        if (str_equal(dialect_names[i], name)) {
            *dialect = (enum dialect)i;
            return true;
        }
    return false;
}

static const struct str participant_types[] = {
    [PARTICIPANT_CLIENT] = {"Client", 6},
    [PARTICIPANT_AGENT] = {"Agent", 5},
    [PARTICIPANT_SUPERVISOR] = {"Supervisor", 10},
    [PARTICIPANT_EXTERNAL] = {"External", 8},
};

struct str participant_type_name(enum participant_type type)
{
    return participant_types[type];
}

bool participant_type_from_name(struct str name, enum participant_type *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(participant_types); i++)
        if (str_equal(participant_types[i], name)) {
            *type = (enum participant_type)i;
            return true;
        }
    return false;
}

/* ---- parts that events' data share with the head ---- */

bool operator_ref_equal(const struct operator_ref *a, const struct operator_ref *b)
{
    return str_equal(a->id, b->id) && str_equal(a->username, b->username) && str_equal(a->name, b->name);
}

bool operator_ref_names(const struct operator_ref *o, struct str id, struct str username)
{
    return o->id.ptr ? str_equal(o->id, id) : o->username.ptr && str_equal(o->username, username);
}

void operator_ref_write(struct json *w, const struct operator_ref *o)
{
    json_object_begin(w);
    json_member_string_if(w, "id", o->id);
    json_member_string_if(w, "username", o->username);
    json_member_string_if(w, "name", o->name);
    json_object_end(w);
}

struct operator_ref participant_operator(const struct participant *p)
{
    return operator_ref_is_nobody(&p->operator_ref) ? (struct operator_ref){.name = p->name} : p->operator_ref;
}

static struct str take_string(const struct json_node *object, const char *name, struct arena *a)
{
    return arena_str(a, json_str(json_get(object, name)));
}

struct operator_ref operator_ref_read(const struct json_node *object, struct arena *a)
{
    return (struct operator_ref){
        .id = take_string(object, "id", a),
        .username = take_string(object, "username", a),
        .name = take_string(object, "name", a),
    };
}

static void write_participant_members(struct json *w, const struct participant *p)
{
    json_member_string(w, "type", participant_type_name(p->type));
    json_member_string_if(w, "name", p->name);
    if (!operator_ref_is_nobody(&p->operator_ref)) {
        json_key_literal(w, "operator");
        operator_ref_write(w, &p->operator_ref);
    }
}

void participant_write(struct json *w, const struct participant *p)
{
    json_object_begin(w);
    write_participant_members(w, p);
    json_object_end(w);
}

bool participant_read(const struct json_node *object, uint32_t id, struct participant *p, struct arena *a)
{
    *p = (struct participant){.id = id};
    if (!participant_type_from_name(json_str(json_get(object, "type")), &p->type))
        return false;
    p->name = take_string(object, "name", a);
    p->operator_ref = operator_ref_read(json_get(object, "operator"), a);
    return true;
}

struct str model_json_text(const struct json_node *tree, struct arena *a)
{
    if (!tree)
        return STR_NULL;
    struct buf out;
    buf_init(&out, LIMIT_IMPORT_LINE);
    struct json w;
    json_init(&w, &out);
    json_add_tree(&w, tree);
    struct str text = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return text;
}

/* What stands around kept JSON in the forms that are read back: line, events, event, data; head, recorded, dialect. */
enum { KEPT_DEPTH = LIMIT_JSON_DEPTH - 4 };

static bool fits_depth(const struct json_node *tree, int depth)
{
    if (!json_is(tree, JSON_OBJECT) && !json_is(tree, JSON_ARRAY))
        return true;
    if (depth == 0)
        return false;
    for (const struct json_node *part = json_first(tree); part; part = part->next)
        if (!fits_depth(part, depth - 1))
            return false;
    return true;
}

bool model_json_keep(const struct json_node *tree, const char *field, struct str *text, struct arena *a, GError **error)
{
    if (!fits_depth(tree, KEPT_DEPTH)) {
        reason_set_field(error, REASON_FIELD_VALUE, str_from_c(field), "%s is nested deeper than %d levels", field,
                         KEPT_DEPTH);
        return false;
    }
    *text = model_json_text(tree, a);
    if (text->len > LIMIT_EVENT_DATA) {
        reason_set_field(error, REASON_FIELD_TOO_LONG, str_from_c(field), "%s is longer than %d bytes", field,
                         LIMIT_EVENT_DATA);
        return false;
    }
    return true;
}

/* ---- the head ---- */

void head_visitor_write(struct json *w, const struct head *h)
{
    json_object_begin(w);
    json_member_string_if(w, "id", h->visitor.id);
    json_member_string_if(w, "name", h->visitor.name);
    json_member_string_if(w, "email", h->visitor.email);
    json_member_string_if(w, "phone", h->visitor.phone);
    json_member_string_if(w, "token", h->visitor.token);
    json_member_string_if(w, "username", h->visitor.username);
    json_member_string_if(w, "ip", h->visitor.ip);
    json_member_string_if(w, "userAgent", h->visitor.user_agent);
    json_member_string_if(w, "country", h->visitor.country);
    json_member_string_if(w, "city", h->visitor.city);
    json_member_string_if(w, "operatingSystem", h->visitor.operating_system);
    json_member_string_if(w, "browser", h->visitor.browser);
    json_object_end(w);
}

static void write_department(struct json *w, const struct head *h)
{
    if (!h->department.id.ptr)
        return;
    json_member_object_begin(w, "department");
    json_member_string(w, "id", h->department.id);
    json_member_string_if(w, "name", h->department.name);
    if (h->department.ancestors.ptr)
        json_member_raw(w, "ancestors", h->department.ancestors);
    json_object_end(w);
}

static void write_button(struct json *w, const struct head *h)
{
    if (!h->button.id.ptr)
        return;
    json_member_object_begin(w, "button");
    json_member_string(w, "id", h->button.id);
    json_member_string_if(w, "name", h->button.name);
    json_object_end(w);
}

static void write_participants(struct json *w, const struct head *h)
{
    json_member_array_begin(w, "participants");
    for (size_t i = 0; i < h->participant_count; i++) {
        json_object_begin(w);
        json_member_int(w, "id", h->participants[i].id);
        write_participant_members(w, &h->participants[i]);
        json_object_end(w);
    }
    json_array_end(w);
}

struct str head_write(const struct head *h, struct arena *a)
{
    struct buf out;
    buf_init(&out, LIMIT_IMPORT_LINE);
    struct json writer, *w = &writer;
    json_init(w, &out);
    json_object_begin(w);
    json_member_string(w, "dialect", dialect_name(h->dialect));
    json_member_string_if(w, "timeZone", h->time_zone);
    json_key_literal(w, "visitor");
    head_visitor_write(w, h);
    if (!operator_ref_is_nobody(&h->served_by)) {
        json_key_literal(w, "operator");
        operator_ref_write(w, &h->served_by);
    }
    write_department(w, h);
    write_button(w, h);
    json_member_string_if(w, "startPage", h->start_page);
    json_member_string_if(w, "subject", h->subject);
    if (h->user_data.ptr)
        json_member_raw(w, "userData", h->user_data);
    if (h->source.ptr)
        json_member_raw(w, "source", h->source);
    write_participants(w, h);
    if (h->recorded.ptr) {
        json_member_raw(w, "recorded", h->recorded);
        json_member_int(w, "recordedUpTo", h->recorded_up_to);
    }
    json_object_end(w);
    struct str data = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return data;
}

static void read_visitor(const struct json_node *v, struct head *h, struct arena *a)
{
    h->visitor.id = take_string(v, "id", a);
    h->visitor.name = take_string(v, "name", a);
    h->visitor.email = take_string(v, "email", a);
    h->visitor.phone = take_string(v, "phone", a);
    h->visitor.token = take_string(v, "token", a);
    h->visitor.username = take_string(v, "username", a);
    h->visitor.ip = take_string(v, "ip", a);
    h->visitor.user_agent = take_string(v, "userAgent", a);
    h->visitor.country = take_string(v, "country", a);
    h->visitor.city = take_string(v, "city", a);
    h->visitor.operating_system = take_string(v, "operatingSystem", a);
    h->visitor.browser = take_string(v, "browser", a);
}

static bool read_participants(const struct json_node *array, struct head *h, struct arena *a)
{
    size_t count = json_is(array, JSON_ARRAY) ? array->count : 0;
    if (count > LIMIT_PARTICIPANTS)
        return false;
    h->participants = arena_array(a, count, sizeof *h->participants);
    h->participant_count = count;
    const struct json_node *object = json_first(array);
    for (size_t i = 0; i < count; i++, object = object->next) {
        int64_t id = json_int64(json_get(object, "id"));
        if (id < 1 || id > LIMIT_PARTICIPANTS || !participant_read(object, (uint32_t)id, &h->participants[i], a))
            return false;
        for (size_t j = 0; j < i; j++)
            if (h->participants[j].id == id)
                return false;
    }
    return true;
}

static bool read_members(const struct json_node *object, struct head *h, struct arena *a)
{
    if (!dialect_from_name(json_str(json_get(object, "dialect")), &h->dialect))
        return false;
    h->time_zone = take_string(object, "timeZone", a);
    read_visitor(json_get(object, "visitor"), h, a);
    h->served_by = operator_ref_read(json_get(object, "operator"), a);
    const struct json_node *department = json_get(object, "department");
    h->department.id = take_string(department, "id", a);
    h->department.name = take_string(department, "name", a);
    h->department.ancestors = model_json_text(json_get(department, "ancestors"), a);
    const struct json_node *button = json_get(object, "button");
    h->button.id = take_string(button, "id", a);
    h->button.name = take_string(button, "name", a);
    h->start_page = take_string(object, "startPage", a);
    h->subject = take_string(object, "subject", a);
    h->user_data = model_json_text(json_get(object, "userData"), a);
    h->source = model_json_text(json_get(object, "source"), a);
    h->recorded = model_json_text(json_get(object, "recorded"), a);
    h->recorded_up_to = (uint32_t)json_int64(json_get(object, "recordedUpTo"));
    return h->visitor.id.ptr && read_participants(json_get(object, "participants"), h, a);
}

bool head_read(struct str data, struct head *h, struct arena *a, GError **error)
{
    *h = (struct head){0};
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *object = json_read(data, JSON_STORED, &scratch, NULL);
    bool valid = object && read_members(object, h, a);
    arena_clear(&scratch);
    if (!valid)
        reason_set(error, REASON_DATABASE_CORRUPT, "the head of a session is damaged");
    return valid;
}
