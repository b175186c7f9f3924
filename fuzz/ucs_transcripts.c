/* Files of Genesys transcripts, as XML or as rows: each conversation that comes of them is written as a line, and as a
 * transcript that reads as the same line. */
#include "archive.h"
#include "port/export/formats.h"
#include "port/format/formats.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the log's fold has it. */
static void open_session(struct export_session *s, const struct line *line, struct arena *a)
{
    struct event head = {.kind = EVENT_OPENED, .time_ms = line->start_ms};
    *s = (struct export_session){.head = line->head};
    session_open(&s->view, &head, &line->head, a);
    s->view.session.id = line->id;
    for (size_t i = 0; i < line->event_count; i++)
        session_apply(&s->view, &line->events[i], a);
}

static void write_transcript(const struct line *line, struct buf *out, struct arena *a)
{
    struct export_session session;
    struct export_writer writer = {.out = out, .scratch = a};
    const struct export_format *format = &export_genesys_ucs;
    open_session(&session, line, a);
    format->begin(&writer);
    format->open(&writer, &session);
    for (size_t i = 0; i < line->event_count; i++)
        format->event(&writer, &session, &line->events[i]);
    format->close(&writer, &session);
    format->end(&writer);
}

struct again {
    struct buf first, second, xml;
    int count;
};

static bool compare_line(void *data, const struct line *line)
{
    struct again *again = data;
    buf_reset(&again->second);
    line_write(line, &again->second);
    again->count++;
    if (!str_equal(buf_str(&again->first), buf_str(&again->second)))
        abort();
    return true;
}

static bool check_line(void *data, const struct line *line)
{
    struct again *again = data;
    struct arena a;
    struct line stored;
    archive_check_line(line, &again->first);
    arena_init(&a);
    if (!again->first.overflow && line_parse(buf_str(&again->first), &stored, &a, NULL)) {
        buf_reset(&again->xml);
        write_transcript(&stored, &again->xml, &a);
        again->count = 0;
        archive_read(&format_genesys_ucs, NULL, buf_str(&again->xml), compare_line, again);
        if (again->count != 1)
            abort();
    }
    arena_clear(&a);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct again again = {0};
    buf_init(&again.first, 2 * LIMIT_IMPORT_LINE);
    buf_init(&again.second, 2 * LIMIT_IMPORT_LINE);
    buf_init(&again.xml, 4 * LIMIT_IMPORT_LINE);
    archive_read(&format_genesys_ucs, NULL, str_from((const char *)data, size), check_line, &again);
    buf_clear(&again.first);
    buf_clear(&again.second);
    buf_clear(&again.xml);
    return 0;
}
