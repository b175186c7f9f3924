/* Conversations as plain text: a line an event with its time, more lines of a text set in, so that nobody can write a
 * line that looks like another's. Control characters, which a terminal would obey, become U+FFFD. */
#include "port/export/formats.h"
#include "port/export/said.h"

#define SET_IN "    "
#define RULE "----------------------------------------------------------------------------------------\n"

/* C0 but tab, DEL, and C1 in UTF-8: the bytes of the one at `i`; 0 = it is none. */
static size_t control_at(struct str text, size_t i)
{
    unsigned char c = (unsigned char)text.ptr[i], next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
    if (c == 0xc2 && next >= 0x80 && next < 0xa0)
        return 2;
    return (c < 0x20 && c != '\t') || c == 0x7f;
}

/* Line ends of any kind begin a line that is set in. */
static void add_lines(struct buf *out, struct str text)
{
    size_t from = 0, i = 0;
    while (i < text.len) {
        size_t length = control_at(text, i);
        if (!length) {
            i++;
            continue;
        }
        buf_add(out, str_from(text.ptr + from, i - from));
        if (text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
            length = 2;
        bool ends = text.ptr[i] == '\n' || text.ptr[i] == '\r';
        buf_add(out, ends ? STR("\n" SET_IN) : STR("\xef\xbf\xbd"));
        from = i += length;
    }
    buf_add(out, str_skip(text, from));
}

static void add_fact(struct buf *out, const char *label, struct str value)
{
    buf_printf(out, "%-12s", label);
    add_lines(out, value);
    buf_add_byte(out, '\n');
}

static void begin_conversation(struct export_writer *x, const struct export_session *s)
{
    struct said_fact facts[SAID_FACTS];
    size_t count = said_facts(x, s, facts);
    if (x->sessions)
        buf_add_literal(x->out, "\n\n");
    add_fact(x->out, "Visitor", said_title(s));
    for (size_t i = 0; i < count; i++)
        add_fact(x->out, facts[i].label, facts[i].value);
    buf_add_literal(x->out, RULE);
}

static void add_message(struct export_writer *x, const struct said *said, int64_t time_ms)
{
    struct buf plain;
    buf_init(&plain, x->out->max);
    markup_write_text(&plain, markup_parse(said->words, x->markup, time_ms, x->scratch));
    buf_add_literal(x->out, ": ");
    if (said->is_deleted)
        buf_add_literal(x->out, "(deleted)");
    add_lines(x->out, buf_str(&plain));
    if (said->is_edited)
        buf_add_literal(x->out, " (edited)");
    buf_clear(&plain);
}

static void add_event(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    struct said said = said_of(x, s, e);
    if (said.how == SAID_NOTHING)
        return;
    buf_printf(x->out, "[%.*s] ", STR_ARG(said_time(x, e->time_ms)));
    if (said.is_internal)
        buf_add_literal(x->out, "(internal) ");
    add_lines(x->out, said.who);
    if (said.how == SAID_MESSAGE) {
        add_message(x, &said, e->time_ms);
    } else {
        buf_add_byte(x->out, ' ');
        add_lines(x->out, said.words);
        if (said.address.len)
            buf_add_byte(x->out, ' ');
        add_lines(x->out, said.address);
    }
    buf_add_byte(x->out, '\n');
}

const struct export_format export_text = {
    .name = "text",
    .about = "to read: one line an event",
    .media_type = "text/plain; charset=utf-8",
    .file = "conversations.txt",
    .open = begin_conversation,
    .event = add_event,
};
