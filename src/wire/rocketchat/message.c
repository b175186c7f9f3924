#include "text/json_read.h"
#include "text/markup/markup.h"
#include "wire/rocketchat/internal.h"

struct str operator_shown_id(const struct operator_ref *o)
{
    return o->id.ptr ? o->id : o->username.ptr ? o->username : o->name;
}

struct str operator_shown_username(const struct operator_ref *o)
{
    return o->username.ptr ? o->username : o->name.ptr ? o->name : o->id;
}

/* ---- who ---- */

/* The visitor, the operator recorded with the participant, or a bot that has nothing but a name. */
struct message_author {
    struct str id, username, name;
};

/* The original's own robot speaks for the system, and for whoever takes no part and was not named. */
static struct message_author robot(void)
{
    return (struct message_author){.id = STR("rocket.cat"), .username = STR("rocket.cat")};
}

static struct message_author operator_author(const struct operator_ref *o)
{
    return (struct message_author){operator_shown_id(o), operator_shown_username(o), o->name};
}

static struct message_author author_of(const struct message *m, const struct participant *p, struct arena *scratch)
{
    if (!p || !p->id)
        return robot();
    if (p->type == PARTICIPANT_CLIENT)
        return (struct message_author){m->visitor->id, m->visitor->username, p->name};
    const struct operator_ref *o = &p->operator_ref;
    if (operator_ref_is_nobody(o))
        return (struct message_author){arena_numbered(scratch, m->room->id, p->id), p->name, p->name};
    return (struct message_author){operator_shown_id(o), o->username.ptr ? o->username : p->name,
                                   o->name.ptr ? o->name : p->name};
}

/* Who closed the room, whoever's event it is. */
static struct message_author closer_of(const struct message *m)
{
    const struct visitor *v = m->visitor;
    if (m->room->closer == CLOSER_VISITOR)
        return (struct message_author){v->id, v->username, v->name};
    return operator_ref_is_nobody(&m->room->closed_by) ? robot() : operator_author(&m->room->closed_by);
}

/* The operator that the edit names, who need not take part; else who did it. */
static struct message_author editor_of(const struct message *m, struct arena *scratch)
{
    struct str data = m->event->revised_data;
    const struct json_node *tree = data.len ? json_read(data, JSON_TOP_OBJECT, scratch, NULL) : NULL;
    struct operator_ref named = operator_ref_read(json_get(tree, "operator"), scratch);
    return operator_ref_is_nobody(&named) ? author_of(m, m->editor, scratch) : operator_author(&named);
}

/* ---- what ---- */

static struct str comment_of(const struct event *close, struct arena *scratch)
{
    const struct json_node *data = close->data.len ? json_read(close->data, JSON_TOP_OBJECT, scratch, NULL) : NULL;
    struct str comment = json_str(json_get(data, "comment"));
    return comment.ptr ? arena_str(scratch, comment) : STR("");
}

struct str message_text(const struct event *e, struct arena *scratch)
{
    if (e->kind == EVENT_CLOSED)
        return comment_of(e, scratch);
    return e->kind == EVENT_FILE ? STR("") : event_current_text(e);
}

/* What a message shows that is not in the event as it stands. */
struct shown {
    bool is_close, is_edited, from_visitor;
    bool was_sent; /* by the visitor: as a room's newest it keeps what the send answered (spec 5.1) */
    struct str text;
    struct message_author by, editor;
};

static struct shown show(const struct message *m, struct arena *scratch)
{
    const struct event *e = m->event;
    bool is_close = e->kind == EVENT_CLOSED, is_edited = e->revised_by && e->revision == EVENT_EDIT;
    bool is_client = m->author && m->author->id && m->author->type == PARTICIPANT_CLIENT;
    return (struct shown){
        .is_close = is_close,
        .is_edited = is_edited,
        .from_visitor = is_close ? m->room->closer == CLOSER_VISITOR : is_client,
        .was_sent = is_client && !is_close,
        .text = message_text(e, scratch),
        .by = is_close ? closer_of(m) : author_of(m, m->author, scratch),
        .editor = is_edited ? editor_of(m, scratch) : (struct message_author){.id = STR_NULL},
    };
}

struct message message_of_room(const struct history_item *room, const struct markup_options *markup)
{
    return (struct message){.room = &room->session,
                            .visitor = &room->visitor,
                            .author = &room->author,
                            .editor = &room->editor,
                            .event = &room->last_message,
                            .in_room = true,
                            .markup = markup};
}

/* ---- the document ---- */

static void add_author(struct json *w, const struct message_author *author)
{
    json_member_object_begin(w, "u");
    json_member_string(w, "_id", author->id);
    json_member_string(w, "username", author->username);
    json_member_string_if(w, "name", author->name);
    json_object_end(w);
}

static void add_edit(struct json *w, const struct message *m, const struct message_author *editor)
{
    json_member_time(w, "editedAt", m->event->revised_ms);
    json_member_object_begin(w, "editedBy");
    json_member_string(w, "_id", editor->id);
    json_member_string(w, "username", editor->username);
    json_object_end(w);
}

static void add_markup(struct json *w, const struct message *m, struct str text, struct arena *scratch)
{
    const struct markup_node *tree = markup_parse(text, m->markup, m->event->time_ms, scratch);
    json_key_literal(w, "urls");
    markup_write_urls(w, tree);
    json_key_literal(w, "mentions");
    markup_write_mentions(w, tree);
    json_key_literal(w, "channels");
    markup_write_channels(w, tree);
    if (tree) {
        json_key_literal(w, "md");
        markup_write_md(w, tree);
    }
}

static void write_recorded(struct json *w, const struct message *m, const struct recorded_message *recorded,
                           struct arena *scratch)
{
    const struct event *e = m->event;
    struct shown shown = show(m, scratch);
    json_object_begin(w);
    json_member_string(w, "_id", event_shown_id(e, m->room->id, scratch));
    json_member_string(w, "rid", m->room->id);
    if (!recorded_message_speaks(recorded, STR("msg")))
        json_member_string(w, "msg", shown.text);
    json_member_time(w, "ts", e->time_ms);
    recorded_message_write(w, recorded);
    if (recorded->edited_here) {
        json_member_time(w, "_updatedAt", e->revised_ms);
        add_edit(w, m, &shown.editor);
        add_markup(w, m, shown.text, scratch);
    }
    json_object_end(w);
}

void message_write(struct json *w, const struct message *m, struct arena *scratch)
{
    struct recorded_message recorded = recorded_message_of(m->event, scratch);
    if (recorded.document) {
        write_recorded(w, m, &recorded, scratch);
        return;
    }
    const struct event *e = m->event;
    const struct visitor *v = m->visitor;
    struct shown shown = show(m, scratch);
    json_object_begin(w);
    json_member_string(w, "_id", event_shown_id(e, m->room->id, scratch));
    json_member_string(w, "rid", m->room->id);
    if (shown.is_close)
        json_member_string(w, "t", STR("livechat-close"));
    if (e->kind != EVENT_MESSAGE)
        json_member_bool(w, "groupable", false);
    json_member_string(w, "msg", shown.text);
    if (shown.from_visitor)
        json_member_string(w, "token", v->token);
    if (shown.was_sent)
        json_member_string(w, "alias", v->name.ptr ? v->name : v->username);
    json_member_time(w, "ts", e->time_ms);
    add_author(w, &shown.by);
    if (m->in_room && shown.was_sent)
        json_member_bool(w, "unread", m->room->waiting_response);
    json_member_time(w, "_updatedAt", e->revised_by ? e->revised_ms : e->time_ms);
    if (shown.is_edited)
        add_edit(w, m, &shown.editor);
    if (e->kind == EVENT_FILE)
        file_add(w, m, scratch);
    if (!shown.is_close)
        add_markup(w, m, shown.text, scratch);
    if (m->in_room && shown.was_sent) {
        json_member_bool(w, "newRoom", false);
        json_member_bool(w, "showConnecting", operator_ref_is_nobody(&m->room->served_by));
    }
    json_object_end(w);
}

/* ---- sorting by any path ---- */

struct sort_value message_value(const struct message *m, struct str path, struct arena *scratch)
{
    const struct session *room = m->room;
    const struct visitor *v = m->visitor;
    const struct event *e = m->event;
    if (!e->index)
        return sort_nothing();
    struct recorded_message recorded = recorded_message_of(e, scratch);
    struct str member;
    str_split(path, '.', &member);
    if (recorded_message_speaks(&recorded, member))
        return sort_in_tree(recorded.document, path);
    if (str_starts_with(path, STR("file.")))
        return file_value(m, str_skip(path, strlen("file.")), scratch);
    struct shown shown = show(m, scratch);
    bool was_sent = m->in_room && shown.was_sent;
    const struct sort_member members[] = {
        {STR("_id"), sort_string(event_shown_id(e, room->id, scratch))},
        {STR("rid"), sort_string(room->id)},
        {STR("t"), sort_string(shown.is_close ? STR("livechat-close") : STR_NULL)},
        {STR("groupable"), sort_number(e->kind != EVENT_MESSAGE ? false : NO_TIME)},
        {STR("msg"), sort_string(shown.text)},
        {STR("token"), sort_string(shown.from_visitor ? v->token : STR_NULL)},
        {STR("alias"), sort_string(!shown.was_sent ? STR_NULL
                                   : v->name.ptr   ? v->name
                                                   : v->username)},
        {STR("ts"), sort_time(e->time_ms)},
        {STR("u._id"), sort_string(shown.by.id)},
        {STR("u.username"), sort_string(shown.by.username)},
        {STR("u.name"), sort_string(shown.by.name)},
        {STR("unread"), sort_number(was_sent ? room->waiting_response : NO_TIME)},
        {STR("_updatedAt"), sort_time(e->revised_by ? e->revised_ms : e->time_ms)},
        {STR("editedAt"), sort_time(shown.is_edited ? e->revised_ms : NO_TIME)},
        {STR("editedBy._id"), sort_string(shown.editor.id)},
        {STR("editedBy.username"), sort_string(shown.editor.username)},
        {STR("newRoom"), sort_number(was_sent ? false : NO_TIME)},
        {STR("showConnecting"), sort_number(was_sent ? operator_ref_is_nobody(&room->served_by) : NO_TIME)},
    };
    return sort_member_at(members, G_N_ELEMENTS(members), path);
}
