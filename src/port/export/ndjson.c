/* Parley's own lines (doc/format.md): what import reads again, byte for byte the same after it. */
#include "model/line.h"
#include "port/export/formats.h"

static void begin_line(struct export_writer *x, const struct export_session *s)
{
    json_init(&x->json, x->out);
    line_write_begin(&x->json, s->view.session.id, &s->head, s->view.session.start_ms, s->first_ms);
}

static void add_event(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    (void)s;
    struct event placed = *e;
    placed.target = e->target ? export_place(x, e->target) : 0;
    line_write_event(&x->json, &placed);
}

static void end_line(struct export_writer *x, const struct export_session *s)
{
    struct head head = s->head;
    head.recorded_up_to = export_place(x, head.recorded_up_to);
    line_write_end(&x->json, &head, export_place(x, s->view.session.last_index));
    buf_add_byte(x->out, '\n');
}

const struct export_format export_ndjson = {
    .name = "ndjson",
    .about = "Parley's own lines, one session each (doc/format.md), for `parley import`",
    .media_type = "application/x-ndjson",
    .file = "conversations.ndjson",
    .is_log = true,
    .session_max = LIMIT_IMPORT_LINE,
    .open = begin_line,
    .event = add_event,
    .close = end_line,
};
