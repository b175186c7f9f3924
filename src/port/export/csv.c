/* Tables for spreadsheets: RFC 4180, UTF-8, a line of names first. A cell that a spreadsheet would take for a formula
 * begins with an apostrophe. */
#include "port/export/formats.h"

/* ---- cells ---- */

static void row_begin(struct export_writer *x)
{
    x->column = 0;
}

static void row_end(struct export_writer *x)
{
    buf_add_literal(x->out, "\r\n");
}

/* What spreadsheets read as the beginning of a formula: with the fullwidth forms, which some take for the others. */
static bool is_formula(struct str text)
{
    static const struct str wide[] = {{"\uff1d", 3}, {"\uff0b", 3}, {"\uff0d", 3}, {"\uff20", 3}};
    if (text.len && memchr("=+-@\t\r\n", text.ptr[0], 7))
        return true;
    for (size_t i = 0; i < G_N_ELEMENTS(wide); i++)
        if (str_starts_with(text, wide[i]))
            return true;
    return false;
}

static bool needs_quotes(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("\",;\t\r\n", text.ptr[i], 6))
            return true;
    return false;
}

static void begin_cell(struct export_writer *x)
{
    if (x->column++)
        buf_add_byte(x->out, ',');
}

static void add_cell(struct export_writer *x, struct str text)
{
    bool formula = is_formula(text), quotes = needs_quotes(text);
    begin_cell(x);
    if (quotes)
        buf_add_byte(x->out, '"');
    if (formula)
        buf_add_byte(x->out, '\'');
    while (quotes && text.len) {
        const char *quote = memchr(text.ptr, '"', text.len);
        size_t length = quote ? (size_t)(quote - text.ptr) + 1 : text.len;
        buf_add(x->out, str_from(text.ptr, length));
        if (quote)
            buf_add_byte(x->out, '"');
        text = str_skip(text, length);
    }
    buf_add(x->out, text);
    if (quotes)
        buf_add_byte(x->out, '"');
}

static void add_number(struct export_writer *x, int64_t number)
{
    begin_cell(x);
    buf_add_int(x->out, number);
}

static void add_time(struct export_writer *x, int64_t ms)
{
    begin_cell(x);
    if (ms != NO_TIME)
        time_write_zoned(x->out, ms, x->zone);
}

static void add_names(struct export_writer *x, const char *const *names)
{
    row_begin(x);
    for (; *names; names++)
        add_cell(x, str_from_c(*names));
    row_end(x);
}

static void add_operator(struct export_writer *x, const struct operator_ref *o)
{
    add_cell(x, o->username.ptr ? o->username : o->id);
    add_cell(x, o->name);
}

/* ---- sessions ---- */

static void begin_sessions(struct export_writer *x)
{
    static const char *const names[] = {
        "session", "dialect",  "state",     "start",   "firstMessage", "lastMessage", "end",          "messages",
        "files",   "visitor",  "name",      "email",   "phone",        "operator",    "operatorName", "department",
        "button",  "closedBy", "startPage", "subject", "tags",         NULL};
    add_names(x, names);
}

static void open_session(struct export_writer *x, const struct export_session *s)
{
    static const char *const closers[] = {"", "visitor", "operator", "system"};
    const struct session *session = &s->view.session;
    row_begin(x);
    add_cell(x, session->id);
    add_cell(x, dialect_name(session->dialect));
    add_cell(x, session->erased ? STR("erased") : session->state == SESSION_OPEN ? STR("open") : STR("closed"));
    add_time(x, session->start_ms);
    add_time(x, session->first_message_ms);
    add_time(x, session->last_message_ms);
    add_time(x, session->end_ms);
    add_number(x, session->messages);
    add_number(x, session->files);
    add_cell(x, s->visitor.id);
    add_cell(x, s->visitor.name);
    add_cell(x, s->visitor.email);
    add_cell(x, s->visitor.phone);
    add_operator(x, &session->served_by);
    add_cell(x, session->department_id);
    add_cell(x, session->button_id);
    add_cell(x, str_from_c(closers[session->closer]));
    add_cell(x, s->head.start_page);
    add_cell(x, s->head.subject);
    add_cell(x, session->tags);
    row_end(x);
}

const struct export_format export_csv_sessions = {
    .name = "csv-sessions",
    .about = "a table of the sessions, one row each, without what was said",
    .media_type = "text/csv; charset=utf-8",
    .file = "sessions.csv",
    .takes_erased = true,
    .begin = begin_sessions,
    .open = open_session,
};

/* ---- messages ---- */

static void begin_messages(struct export_writer *x)
{
    static const char *const names[] = {"session",  "visitor",      "index", "id",     "time",    "by",         "name",
                                        "operator", "operatorName", "text",  "edited", "deleted", "visibility", NULL};
    add_names(x, names);
}

static void add_message(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    static const struct participant nobody = {0};
    const struct participant *p = session_participant(&s->view, e->participant);
    if (e->kind != EVENT_MESSAGE)
        return;
    row_begin(x);
    add_cell(x, s->view.session.id);
    add_cell(x, s->visitor.id);
    add_number(x, e->index);
    add_cell(x, event_shown_id(e, s->view.session.id, x->scratch));
    add_time(x, e->time_ms);
    add_cell(x, p ? participant_type_name(p->type) : STR_NULL);
    add_cell(x, p ? p->name : STR_NULL);
    add_operator(x, p ? &p->operator_ref : &nobody.operator_ref);
    add_cell(x, event_current_text(e));
    add_time(x, e->revised_by && !event_is_deleted(e) ? e->revised_ms : NO_TIME);
    add_time(x, event_is_deleted(e) ? e->revised_ms : NO_TIME);
    add_cell(x, event_is_internal(e) ? STR("internal") : STR_NULL);
    row_end(x);
}

const struct export_format export_csv_messages = {
    .name = "csv-messages",
    .about = "a table of the messages, one row each",
    .media_type = "text/csv; charset=utf-8",
    .file = "messages.csv",
    .takes_erased = true,
    .begin = begin_messages,
    .event = add_message,
};
