/* Conversations as Markdown (CommonMark): a heading each, what was said as quotes. */
#include "port/export/formats.h"
#include "port/export/said.h"

static void begin_conversation(struct export_writer *x, const struct export_session *s)
{
    struct said_fact facts[SAID_FACTS];
    size_t count = said_facts(x, s, facts);
    if (x->sessions)
        buf_add_byte(x->out, '\n');
    buf_add_literal(x->out, "## ");
    markup_add_markdown_text(x->out, said_title(s));
    buf_add_literal(x->out, "\n\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(x->out, "- %s: ", facts[i].label);
        markup_add_markdown_text(x->out, facts[i].value);
        buf_add_byte(x->out, '\n');
    }
}

/* Each line behind the sign of a quote. */
static void add_quoted(struct buf *out, struct str text)
{
    do {
        struct str line;
        text = str_split(text, '\n', &line);
        buf_add_literal(out, "> ");
        buf_add(out, line);
        buf_add_byte(out, '\n');
    } while (text.ptr);
}

static void add_message(struct export_writer *x, const struct said *said, int64_t time_ms)
{
    struct buf marked;
    buf_init(&marked, x->out->max);
    markup_write_markdown(&marked, markup_parse(said->words, x->markup, time_ms, x->scratch));
    if (said->is_deleted)
        buf_add_literal(&marked, "(deleted)");
    add_quoted(x->out, buf_str(&marked));
    buf_clear(&marked);
}

static void add_event(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    struct said said = said_of(x, s, e);
    if (said.how == SAID_NOTHING)
        return;
    bool message = said.how == SAID_MESSAGE;
    buf_add(x->out, message ? STR("\n**") : STR("\n*"));
    markup_add_markdown_text(x->out, said.who);
    if (message) {
        buf_add_literal(x->out, "**");
    } else {
        buf_add_byte(x->out, ' ');
        markup_add_markdown_text(x->out, said.words);
        buf_add_byte(x->out, '*');
    }
    if (said.address.len) {
        buf_add_byte(x->out, ' ');
        markup_add_markdown_text(x->out, said.address);
    }
    buf_printf(x->out, " %.*s%s%s\n", STR_ARG(said_time(x, e->time_ms)), said.is_internal ? ", internal note" : "",
               said.is_edited ? ", edited" : "");
    if (message)
        add_message(x, &said, e->time_ms);
}

const struct export_format export_markdown = {
    .name = "markdown",
    .about = "to read, and to put into another system",
    .media_type = "text/markdown; charset=utf-8",
    .file = "conversations.md",
    .open = begin_conversation,
    .event = add_event,
};
