#include "text/json_read.h"
#include "text/markup.h"
#include "wire/rocketchat/internal.h"

/* Who wrote it: the visitor, the operator recorded with the participant, or a bot that has nothing but a name. */
static void add_author(struct json *w, const struct session *room, const struct visitor *v,
                       const struct participant *author, struct arena *scratch)
{
    json_member_object_begin(w, "u");
    if (author->type == PARTICIPANT_CLIENT || !author->id) {
        json_member_string(w, "_id", v->id);
        json_member_string(w, "username", v->username);
        json_member_string(w, "name", author->id ? author->name : v->name);
    } else {
        const struct operator_ref *operator= author->operator.id.ptr ? &author->operator: NULL;
        struct str made = operator? STR_NULL : arena_printf(scratch, "%.*s.%u", STR_ARG(room->id), author->id);
        json_member_string(w, "_id", operator? operator->id : made);
        json_member_string(w, "username", operator&& operator->username.ptr ? operator->username : author->name);
        json_member_string(w, "name", operator&& operator->name.ptr ? operator->name : author->name);
    }
    json_object_end(w);
}

/* A close's `msg` is its comment. */
static struct str comment_of(const struct event *e, struct arena *scratch)
{
    json_auto_t *data = e->data.len ? json_read(e->data, JSON_TOP_OBJECT, NULL) : NULL;
    return arena_str(scratch, json_str(json_object_get(data, "comment")));
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
    add_author(w, room, v, author, scratch);
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
        json_member_bool(w, "showConnecting", !room->operator.id.ptr);
    }
    json_object_end(w);
}
