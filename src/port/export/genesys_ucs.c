/* Genesys UCS transcripts, many in a file, as import reads them (port/format/ucs.h): what was kept of a transcript
 * comes back as it was, in its order; what happened here, or came from elsewhere, as the nearest that transcripts have.
 */
#include "port/export/formats.h"
#include "port/format/ucs.h"

/* ---- XML ---- */

/* What stands for a byte; NULL = itself. XML has no other control characters. */
static const char *escape(char c, bool in_attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\r':
        return "&#13;";
    case '"':
        return in_attribute ? "&quot;" : NULL;
    case '\n':
        return in_attribute ? "&#10;" : NULL;
    case '\t':
        return in_attribute ? "&#9;" : NULL;
    default:
        return c >= 0 && c < ' ' ? "\uFFFD" : NULL;
    }
}

static void add_escaped(struct export_writer *x, struct str text, bool in_attribute)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *instead = escape(text.ptr[i], in_attribute);
        size_t length = 1;
        if (i + 2 < text.len && !memcmp(text.ptr + i, "\xef\xbf", 2) && (unsigned char)text.ptr[i + 2] >= 0xbe) {
            instead = "\uFFFD"; /* U+FFFE and U+FFFF are no characters */
            length = 3;
        }
        if (!instead)
            continue;
        buf_add(x->out, str_from(text.ptr + from, i - from));
        buf_add(x->out, str_from_c(instead));
        i += length - 1;
        from = i + 1;
    }
    buf_add(x->out, str_skip(text, from));
}

static void add_attribute(struct export_writer *x, struct str name, struct str value)
{
    buf_printf(x->out, " %.*s=\"", STR_ARG(name));
    add_escaped(x, value, true);
    buf_add_byte(x->out, '"');
}

/* The members that are texts, but for one. */
static void add_attributes(struct export_writer *x, const struct json_node *object, const char *except)
{
    for (const struct json_node *m = json_first(object); m; m = m->next)
        if (json_is(m, JSON_STRING) && ucs_is_name(m->name) && !str_equal(m->name, str_from_c(except)))
            add_attribute(x, m->name, m->string);
}

static void add_element(struct export_writer *x, const char *name, const struct json_node *attributes, struct str text)
{
    buf_printf(x->out, "<%s", name);
    add_attributes(x, attributes, "text");
    if (text.len) {
        buf_add_byte(x->out, '>');
        add_escaped(x, text, false);
        buf_printf(x->out, "</%s>", name);
    } else {
        buf_add_literal(x->out, "/>");
    }
}

/* ---- user data ---- */

/* `item`s of a list's members: a list of its own as one of type kvlist, an array as several of one key. */
static void add_items(struct export_writer *x, const struct json_node *list, struct str key, int depth)
{
    for (const struct json_node *m = json_first(list); m; m = m->next) {
        struct str name = key.ptr ? key : m->name;
        if (json_is(m, JSON_ARRAY) && depth < UCS_DEPTH) {
            add_items(x, m, name, depth + 1);
        } else if (json_is(m, JSON_OBJECT) && depth < UCS_DEPTH) {
            buf_add_literal(x->out, "<item");
            add_attribute(x, STR("key"), name);
            buf_add_literal(x->out, " type=\"kvlist\">");
            add_items(x, m, STR_NULL, depth + 1);
            buf_add_literal(x->out, "</item>");
        } else if (build_word(m, x->scratch).ptr) {
            buf_add_literal(x->out, "<item");
            add_attribute(x, STR("key"), name);
            buf_add_byte(x->out, '>');
            add_escaped(x, build_word(m, x->scratch), false);
            buf_add_literal(x->out, "</item>");
        }
    }
}

static void add_list(struct export_writer *x, const char *name, const struct json_node *list)
{
    if (!json_is(list, JSON_OBJECT))
        return;
    buf_printf(x->out, "<%s>", name);
    add_items(x, list, STR_NULL, 5);
    buf_printf(x->out, "</%s>", name);
}

static void add_item(struct export_writer *x, const char *key, struct str text)
{
    if (!text.len)
        return;
    struct json_node item = {.name = str_from_c(key), .kind = JSON_STRING, .string = text};
    struct json_node list = {.kind = JSON_OBJECT, .count = 1, .first = &item};
    add_items(x, &list, STR_NULL, 5);
}

/* ---- sessions ---- */

static void begin_file(struct export_writer *x)
{
    buf_add_literal(x->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<interactions>\n");
}

static void end_file(struct export_writer *x)
{
    buf_add_literal(x->out, "</interactions>\n");
}

static void add_start(struct export_writer *x, int64_t ms)
{
    char text[TIME_UTC_SIZE];
    time_format_utc(ms, text);
    size_t whole = sizeof "2020-01-02T03:04:05" - 1;
    buf_add_literal(x->out, " startAt=\"");
    buf_add(x->out, str_from(text, ms % 1000 ? TIME_UTC_SIZE - 1 : whole));
    buf_add_literal(x->out, "Z\"");
}

static void open_transcript(struct export_writer *x, const struct export_session *s)
{
    const struct session *session = &s->view.session;
    const struct head *head = &s->head;
    const struct json_node *data =
        head->user_data.ptr ? json_read(head->user_data, JSON_STORED, x->scratch, NULL) : NULL;
    const struct json_node *columns = json_get(data, "interaction");
    struct str session_id = json_str(json_get(columns, "sessionId"));
    buf_add_literal(x->out, "<interaction");
    add_attribute(x, STR("ID"), session->id);
    add_attribute(x, STR("CONTACTID"), head->visitor.id);
    if (head->subject.len)
        add_attribute(x, STR("SUBJECT"), head->subject);
    if (head->department.id.len)
        add_attribute(x, STR("QUEUENAME"), head->department.id);
    add_attributes(x, columns, "sessionId");
    add_attribute(x, STR("closed"), session->state == SESSION_OPEN ? STR("false") : STR("true"));
    buf_add_literal(x->out, ">\n<chatTranscript");
    add_start(x, session->start_ms);
    add_attribute(x, STR("sessionId"), session_id.len ? session_id : session->id);
    buf_add_literal(x->out, ">\n");
    x->day = 0; /* the last eventId */
    x->column = 0;
}

static void close_transcript(struct export_writer *x, const struct export_session *s)
{
    (void)s;
    buf_add_literal(x->out, "</chatTranscript>\n</interaction>\n");
}

/* ---- events ---- */

/* What one is as an element; `main` is the child with its text. */
static const struct shape {
    const char *element;
    enum ucs_child main;
    const char *notice_type;
} shapes[EVENT_KIND_COUNT] = {
    [EVENT_JOINED] = {"newParty", UCS_USER_INFO, NULL},
    [EVENT_LEFT] = {"partyLeft", UCS_REASON, NULL},
    [EVENT_MESSAGE] = {"message", UCS_MESSAGE_TEXT, NULL},
    [EVENT_NOTICE] = {"notice", UCS_NOTICE_TEXT, "USER_CUSTOM"},
    [EVENT_NICKNAME] = {"notice", UCS_NOTICE_TEXT, "USER_CUSTOM"},
    [EVENT_FILE] = {"notice", UCS_NOTICE_TEXT, "USER_CUSTOM"},
    [EVENT_URL] = {"notice", UCS_NOTICE_TEXT, "PUSH_URL"},
    [EVENT_TYPING_STARTED] = {"notice", UCS_NOTICE_TEXT, "TYPING_STARTED"},
    [EVENT_TYPING_STOPPED] = {"notice", UCS_NOTICE_TEXT, "TYPING_STOPPED"},
};

static int64_t shift_of(const struct export_session *s, const struct event *e)
{
    int64_t ms = e->time_ms - s->view.session.start_ms;
    return ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
}

static void add_time(struct export_writer *x, const struct export_session *s, const struct event *e, bool says_visible)
{
    buf_printf(x->out, " timeShift=\"%" G_GINT64_FORMAT "\"", shift_of(s, e));
    if (!says_visible)
        add_attribute(x, STR("visibility"), event_is_internal(e) ? STR("INT") : STR("ALL"));
}

/* Those of the transcript in their order, or such as one would have. */
static void add_event_attributes(struct export_writer *x, const struct export_session *s, const struct event *e,
                                 const struct json_node *genesys)
{
    bool says_visible = json_is(json_get(genesys, "visibility"), JSON_STRING), timed = false;
    int64_t number;
    if (!json_is(json_get(genesys, "userId"), JSON_STRING)) {
        buf_printf(x->out, " userId=\"%04X\"", e->participant);
        add_time(x, s, e, says_visible);
        buf_printf(x->out, " eventId=\"%" G_GINT64_FORMAT "\"", ++x->day);
        return;
    }
    for (const struct json_node *m = json_first(genesys); m; m = m->next) {
        bool is_ours = str_equal(m->name, STR("element")) || str_equal(m->name, STR("rest"));
        if (!json_is(m, JSON_STRING) || is_ours || !ucs_is_name(m->name) || str_equal(m->name, STR("timeShift")))
            continue;
        add_attribute(x, m->name, m->string);
        if (!timed)
            add_time(x, s, e, says_visible);
        timed = true;
    }
    if (str_to_int64(json_str(json_get(genesys, "eventId")), &number) && number > x->day && number < LIMIT_TIME_MS)
        x->day = number;
}

/* Of one who joined here. */
static void add_party(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    static const char *const types[] = {"CLIENT", "AGENT", "SUPERVISOR", "EXTERNAL"};
    const struct participant *p = session_participant(&s->view, e->participant);
    struct str person = p->operator_ref.username.len ? p->operator_ref.username : p->operator_ref.id;
    buf_add_literal(x->out, "<userInfo");
    add_attribute(x, STR("personId"), person);
    add_attribute(x, STR("userNick"), p->name);
    add_attribute(x, STR("userType"), str_from_c(types[p->type]));
    buf_add_literal(x->out, "/>");
    if (p->type != PARTICIPANT_CLIENT || x->column++)
        return;
    const struct json_node *data =
        s->head.user_data.ptr ? json_read(s->head.user_data, JSON_STORED, x->scratch, NULL) : NULL;
    buf_add_literal(x->out, "<userData>");
    add_items(x, data, STR_NULL, 5);
    if (!json_get(data, "EmailAddress"))
        add_item(x, "EmailAddress", s->visitor.email);
    if (!json_get(data, "PhoneNumber"))
        add_item(x, "PhoneNumber", s->visitor.phone);
    buf_add_literal(x->out, "</userData>");
}

static struct str text_of(struct export_writer *x, const struct event *e, const struct json_node *data)
{
    struct str url = json_str(json_get(data, "url"));
    if (e->kind == EVENT_FILE && url.len)
        return arena_printf(x->scratch, "%.*s%s%.*s", STR_ARG(e->text), e->text.len ? " " : "", STR_ARG(url));
    return event_current_text(e);
}

/* The child with the event's text. */
static void add_main_child(struct export_writer *x, const struct shape *shape, const struct json_node *data,
                           const struct json_node *attributes, struct str text)
{
    struct str message_type = json_str(json_get(data, "messageType"));
    const char *name = ucs_child_names[shape->main];
    buf_printf(x->out, "<%s", name);
    add_attributes(x, attributes, "");
    if (shape->main == UCS_MESSAGE_TEXT && message_type.ptr)
        add_attribute(x, STR("msgType"), message_type);
    if (shape->notice_type && !json_get(data, "genesys"))
        add_attribute(x, STR("noticeType"), str_from_c(shape->notice_type));
    buf_add_byte(x->out, '>');
    add_escaped(x, text, false);
    buf_printf(x->out, "</%s>", name);
}

static void add_children(struct export_writer *x, const struct export_session *s, const struct event *e,
                         const struct json_node *data, bool is_foreign)
{
    const struct shape *shape = &shapes[e->kind];
    const struct json_node *genesys = json_get(data, "genesys");
    bool has_text = !is_foreign && e->kind != EVENT_JOINED && e->kind != EVENT_LEFT;
    for (int child = 0; child < UCS_CHILD_COUNT; child++) {
        const struct json_node *attributes = json_get(genesys, ucs_child_names[child]);
        struct str reason = child == UCS_REASON ? json_str(json_get(attributes, "text")) : STR_NULL;
        if (has_text && shape->main == (enum ucs_child)child)
            add_main_child(x, shape, data, attributes, text_of(x, e, data));
        else if (attributes)
            add_element(x, ucs_child_names[child], attributes, reason);
    }
    if (!genesys && e->kind == EVENT_JOINED)
        add_party(x, s, e);
    else
        add_list(x, "userData", json_get(data, "userData"));
    add_list(x, "eventAttributes", json_get(genesys, "eventAttributes"));
    add_escaped(x, is_foreign ? e->text : json_str(json_get(genesys, "rest")), false);
}

static void add_event(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    const struct json_node *data = e->data.ptr ? json_read(e->data, JSON_STORED, x->scratch, NULL) : NULL;
    const struct json_node *genesys = json_get(data, "genesys");
    struct str element = json_str(json_get(genesys, "element"));
    if (!shapes[e->kind].element || event_is_deleted(e))
        return;
    bool is_foreign = e->kind == EVENT_NOTICE && ucs_is_name(element);
    if (!is_foreign)
        element = str_from_c(shapes[e->kind].element);
    buf_printf(x->out, "<%.*s", STR_ARG(element));
    add_event_attributes(x, s, e, genesys);
    buf_add_byte(x->out, '>');
    add_children(x, s, e, data, is_foreign);
    buf_printf(x->out, "</%.*s>\n", STR_ARG(element));
}

const struct export_format export_genesys_ucs = {
    .name = "genesys-ucs",
    .about = "Genesys UCS transcripts (XML), for `parley import` and for what reads those",
    .media_type = "application/xml",
    .file = "transcripts.xml",
    .is_log = true,
    .session_max = LIMIT_TRANSCRIPT,
    .begin = begin_file,
    .open = open_transcript,
    .event = add_event,
    .close = close_transcript,
    .end = end_file,
};
