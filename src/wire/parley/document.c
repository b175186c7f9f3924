/* Parley's own documents. Times are RFC 3339 UTC with milliseconds; what there is none of yet is null where a client
 * will look for it, and left out elsewhere. */
#include "model/account.h"
#include "model/team.h"
#include "text/json_read.h"
#include "wire/parley/internal.h"

static void add_operator(struct json *w, const struct operator_ref *ref)
{
    json_object_begin(w);
    json_member_string_if(w, "id", ref->id);
    json_member_string_if(w, "username", ref->username);
    json_member_string_if(w, "name", ref->name);
    json_object_end(w);
}

static void add_last_message(struct json *w, const struct history_item *item)
{
    const struct event *e = &item->last_message;
    if (!e->index) {
        json_member_null(w, "lastMessage");
        return;
    }
    json_member_object_begin(w, "lastMessage");
    json_member_int(w, "index", e->index);
    json_member_time(w, "time", e->time_ms);
    json_member_string_or_null(w, "text", event_current_text(e));
    json_object_end(w);
}

void document_session(struct json *w, const struct history_item *item, bool open)
{
    const struct session *s = &item->session;
    json_object_begin(w);
    json_member_string(w, "id", s->id);
    json_member_string(w, "dialect", dialect_name(s->dialect));
    json_member_string(w, "state", s->state == SESSION_OPEN ? STR("open") : STR("closed"));
    json_member_object_begin(w, "visitor");
    json_member_string_or_null(w, "id", item->visitor.id);
    json_member_string_or_null(w, "name", item->visitor.name);
    json_object_end(w);
    json_member_time(w, "start", s->start_ms);
    MEMBER_TIME_OR_NULL(w, "firstMessage", s->first_message_ms);
    MEMBER_TIME_OR_NULL(w, "end", s->end_ms);
    json_member_int(w, "messages", s->messages);
    add_last_message(w, item);
    json_member_int(w, "lastIndex", s->last_index);
    if (s->served_by.id.ptr || s->served_by.username.ptr) {
        json_key_literal(w, "operator");
        add_operator(w, &s->served_by);
    }
    json_member_string_if(w, "department", s->department_id);
    if (s->button_id.ptr) {
        json_member_object_begin(w, "button");
        json_member_string(w, "id", s->button_id);
        json_member_string_if(w, "name", s->button_name);
        json_object_end(w);
    }
    json_member_string_if(w, "timeZone", s->time_zone);
    if (s->queued_ms != NO_TIME)
        json_member_time(w, "waitingSince", s->queued_ms);
    if (s->on_hold)
        json_member_bool(w, "onHold", true);
    if (s->tags.ptr)
        json_member_raw(w, "tags", s->tags);
    if (s->erased)
        json_member_bool(w, "erased", true);
    if (!open)
        json_object_end(w);
}

void document_account(struct json *w, const struct operator_account *o)
{
    json_member_string(w, "id", o->id);
    json_member_string(w, "username", o->username);
    json_member_string(w, "name", o->name.ptr ? o->name : o->username);
}

void document_roles(struct json *w, const struct operator_account *o)
{
    json_member_array_begin(w, "roles");
    for (unsigned role = 1; role <= ROLE_USER; role <<= 1)
        if (o->roles & role)
            json_add_string(w, role_name(role));
    json_array_end(w);
}

void document_status(struct json *w, const struct operator_status *status)
{
    static const struct str words[] = {{"offline", 7}, {"online", 6}, {"away", 4}};
    json_member_string(w, "status", words[status->availability]);
    if (status->since_ms != NO_TIME)
        json_member_time(w, "statusSince", status->since_ms);
}

void document_participants(struct json *w, const struct session_view *view, unsigned rights)
{
    json_member_array_begin(w, "participants");
    for (size_t i = 0; i < view->participant_count; i++) {
        const struct participant *p = &view->participants[i];
        if (p->internal && !(rights & RIGHT_NOTES))
            continue;
        json_object_begin(w);
        json_member_int(w, "id", p->id);
        json_member_string(w, "type", participant_type_name(p->type));
        json_member_string_or_null(w, "name", p->name);
        if (p->operator_ref.id.ptr || p->operator_ref.username.ptr) {
            json_key_literal(w, "operator");
            add_operator(w, &p->operator_ref);
        }
        json_member_bool(w, "present", p->present);
        json_object_end(w);
    }
    json_array_end(w);
}

bool document_shows(unsigned rights, const struct event *e)
{
    return (rights & RIGHT_NOTES) || !event_is_internal(e);
}

/* Documents that another system recorded hold the visitor's token, which opens their history: it is left out. */
static void add_without_tokens(struct json *w, const struct json_node *tree)
{
    if (!json_is(tree, JSON_OBJECT) && !json_is(tree, JSON_ARRAY)) {
        json_add_tree(w, tree);
        return;
    }
    bool is_object = json_is(tree, JSON_OBJECT);
    is_object ? json_object_begin(w) : json_array_begin(w);
    for (const struct json_node *part = json_first(tree); part; part = part->next) {
        if (is_object && str_equal(part->name, STR("token")))
            continue;
        if (is_object)
            json_key(w, part->name);
        add_without_tokens(w, part);
    }
    is_object ? json_object_end(w) : json_array_end(w);
}

static void add_data(struct json *w, struct str data, struct arena *scratch)
{
    static const char documents[] = "\"rocketchat\":{", token[] = "\"token\":";
    bool may_tell = memmem(data.ptr, data.len, documents, sizeof documents - 1) &&
                    memmem(data.ptr, data.len, token, sizeof token - 1);
    json_key_literal(w, "data");
    if (may_tell)
        add_without_tokens(w, json_read(data, JSON_STORED, scratch, NULL));
    else
        json_add_raw(w, data);
}

void document_event(struct json *w, const struct event *e, const struct session_view *view,
                    const struct markup_options *markup, struct arena *scratch)
{
    const struct participant *p = session_participant(view, e->participant);
    struct str text = event_current_text(e);
    json_object_begin(w);
    json_member_int(w, "index", e->index);
    json_member_string(w, "id", event_shown_id(e, view->session.id, scratch));
    json_member_string(w, "type", event_kind_name(e->kind));
    json_member_time(w, "time", e->time_ms);
    if (p) {
        json_member_object_begin(w, "participant");
        json_member_int(w, "id", p->id);
        json_member_string(w, "type", participant_type_name(p->type));
        json_member_string_or_null(w, "name", p->name);
        json_object_end(w);
    } else {
        json_member_null(w, "participant"); /* the system itself */
    }
    json_member_string_if(w, "text", text);
    if (markup && e->kind == EVENT_MESSAGE && text.len) {
        json_key_literal(w, "markup");
        markup_write_md(w, markup_parse(text, markup, e->time_ms, scratch));
    }
    if (e->target)
        json_member_int(w, "target", e->target);
    if (e->data.ptr)
        add_data(w, e->data, scratch);
    if (e->revised_by) {
        json_member_object_begin(w, "revised");
        json_member_string(w, "type", event_kind_name(e->revision));
        json_member_int(w, "by", e->revised_by);
        json_member_time(w, "time", e->revised_ms);
        json_object_end(w);
    }
    if (e->erased)
        json_member_bool(w, "erased", true);
    if (event_is_internal(e))
        json_member_string(w, "visibility", STR("internal"));
    json_object_end(w);
}

void document_visitor(struct json *w, const struct visitor *v)
{
    json_object_begin(w);
    json_member_string(w, "id", v->id);
    json_member_string_or_null(w, "name", v->name);
    json_member_string_or_null(w, "email", v->email);
    json_member_string_or_null(w, "phone", v->phone);
    json_member_string_or_null(w, "username", v->username);
    json_member_int(w, "sessions", v->sessions);
    json_member_time(w, "created", v->created_ms);
    json_object_end(w);
}

void document_whole_session(struct json *w, const struct history_item *item, const struct session_view *view,
                            unsigned rights)
{
    document_session(w, item, true);
    document_participants(w, view, rights);
    json_object_end(w);
}

void session_reply(struct http_request *request, unsigned status, const struct history_item *item,
                   const struct session_view *view, unsigned rights)
{
    struct buf body;
    buf_init(&body, SESSION_MAX);
    struct json w;
    json_init(&w, &body);
    document_whole_session(&w, item, view, rights);
    parley_reply(request, status, &body);
    buf_clear(&body);
}
