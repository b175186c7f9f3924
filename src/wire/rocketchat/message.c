#include "text/json_read.h"
#include "text/markup.h"
#include "wire/rocketchat/internal.h"

/* Who wrote it: the visitor, the operator recorded with the participant, or a bot that has nothing but a name. */
struct message_author {
    struct str id, username, name;
};

static struct message_author author_of(const struct session *room, const struct visitor *v,
                                       const struct participant *author, struct arena *scratch)
{
    const struct operator_ref *o = &author->operator_ref;
    if (author->type == PARTICIPANT_CLIENT || !author->id)
        return (struct message_author){v->id, v->username, author->id ? author->name : v->name};
    if (operator_ref_is_nobody(o))
        return (struct message_author){arena_numbered(scratch, room->id, author->id), author->name, author->name};
    return (struct message_author){operator_shown_id(o), o->username.ptr ? o->username : author->name,
                                   o->name.ptr ? o->name : author->name};
}

static void add_author(struct json *w, const struct message_author *author)
{
    json_member_object_begin(w, "u");
    json_member_string(w, "_id", author->id);
    json_member_string(w, "username", author->username);
    json_member_string(w, "name", author->name);
    json_object_end(w);
}

/* A close's `msg` is its comment. */
static struct str comment_of(const struct event *e, struct arena *scratch)
{
    const struct json_node *data = e->data.len ? json_read(e->data, JSON_TOP_OBJECT, scratch, NULL) : NULL;
    return arena_str(scratch, json_str(json_get(data, "comment")));
}

void message_write(struct json *w, const struct session *room, const struct visitor *v,
                   const struct participant *author, const struct event *e, bool in_room, struct arena *scratch)
{
    static const struct participant nobody;
    if (!author)
        author = &nobody;
    bool is_close = e->kind == EVENT_CLOSED;
    bool from_visitor = author->type == PARTICIPANT_CLIENT && author->id;
    struct str text = is_close ? comment_of(e, scratch) : event_current_text(e);
    json_object_begin(w);
    json_member_string(w, "_id", event_shown_id(e, room->id, scratch));
    json_member_string(w, "rid", room->id);
    if (event_is_deleted(e))
        json_member_string(w, "t", STR("rm"));
    if (is_close) {
        json_member_string(w, "t", STR("livechat-close"));
        json_member_bool(w, "groupable", false);
    }
    json_member_string(w, "msg", text);
    if (from_visitor) {
        json_member_string(w, "token", v->token);
        if (!is_close)
            json_member_string(w, "alias", v->name.ptr ? v->name : v->username);
    }
    json_member_time(w, "ts", e->time_ms);
    struct message_author by = author_of(room, v, author, scratch);
    add_author(w, &by);
    if (in_room && from_visitor)
        json_member_bool(w, "unread", room->waiting_response);
    json_member_time(w, "_updatedAt", e->revised_by ? e->revised_ms : e->time_ms);
    if (e->revised_by && e->revision == EVENT_EDIT)
        json_member_time(w, "editedAt", e->revised_ms);
    if (!is_close) {
        json_member_array_begin(w, "urls");
        json_array_end(w);
        json_member_array_begin(w, "mentions");
        json_array_end(w);
        json_member_array_begin(w, "channels");
        json_array_end(w);
        if (text.len) {
            json_key_literal(w, "md");
            markup_write_md(w, text);
        }
    }
    if (in_room && from_visitor) { /* what a send answered, and old rooms kept (spec 5.1) */
        json_member_bool(w, "newRoom", false);
        json_member_bool(w, "showConnecting", operator_ref_is_nobody(&room->served_by));
    }
    json_object_end(w);
}

struct sort_value message_value(const struct history_item *item, struct str path, struct arena *scratch)
{
    const struct session *room = &item->session;
    const struct visitor *v = &item->visitor;
    const struct event *e = &item->last_message;
    if (!e->index)
        return (struct sort_value){.type = SORT_ABSENT};
    bool from_visitor = item->author.type == PARTICIPANT_CLIENT && item->author.id;
    struct message_author by = author_of(room, v, &item->author, scratch);
    const struct {
        struct str path;
        struct sort_value value;
    } members[] = {
        {STR("_id"), sort_string(event_shown_id(e, room->id, scratch))},
        {STR("rid"), sort_string(room->id)},
        {STR("msg"), sort_string(event_current_text(e))},
        {STR("t"), sort_string(event_is_deleted(e) ? STR("rm") : STR_NULL)},
        {STR("token"), sort_string(from_visitor ? v->token : STR_NULL)},
        {STR("alias"), sort_string(!from_visitor ? STR_NULL
                                   : v->name.ptr ? v->name
                                                 : v->username)},
        {STR("ts"), sort_number(e->time_ms)},
        {STR("u._id"), sort_string(by.id)},
        {STR("u.username"), sort_string(by.username)},
        {STR("u.name"), sort_string(by.name.ptr ? by.name : STR(""))},
        {STR("unread"), sort_number(from_visitor ? room->waiting_response : NO_TIME)},
        {STR("_updatedAt"), sort_number(e->revised_by ? e->revised_ms : e->time_ms)},
        {STR("editedAt"), sort_number(e->revised_by && e->revision == EVENT_EDIT ? e->revised_ms : NO_TIME)},
        {STR("newRoom"), sort_number(from_visitor ? 0 : NO_TIME)},
        {STR("showConnecting"), sort_number(from_visitor ? operator_ref_is_nobody(&room->served_by) : NO_TIME)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(members); i++)
        if (str_equal(path, members[i].path))
            return members[i].value;
    return (struct sort_value){.type = SORT_ABSENT};
}
