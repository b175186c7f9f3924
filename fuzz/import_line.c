/* Import lines: what was read and written again reads the same and is written the same, through the database's form of
 * the head too. */
#include "model/line.h"

#include <stdlib.h>

static struct str written(const struct line *line, struct arena *a)
{
    struct buf out;
    buf_init(&out, LIMIT_IMPORT_LINE);
    line_write(line, &out);
    if (out.overflow)
        abort();
    struct str text = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return text;
}

static void check_equal(const struct line *x, const struct line *y)
{
    if (!str_equal(x->id, y->id) || x->start_ms != y->start_ms || x->event_count != y->event_count ||
        x->head.recorded_up_to != y->head.recorded_up_to)
        abort();
    for (size_t i = 0; i < x->event_count; i++)
        if (!event_equal(&x->events[i], &y->events[i]) || x->events[i].revised_by != y->events[i].revised_by)
            abort();
}

/* Any JSON in an event's data: the fold takes it, admitted or not. */
static void fold_twice(const struct line *line, struct arena *a)
{
    struct session_view once = {0}, again = {0};
    struct event head = {.kind = EVENT_OPENED, .time_ms = line->start_ms == NO_TIME ? 0 : line->start_ms};
    session_open(&once, &head, &line->head, a);
    session_open(&again, &head, &line->head, a);
    for (size_t i = 0; i < line->event_count; i++) {
        session_apply(&once, &line->events[i], a);
        struct session_view copy;
        session_copy(&again, &copy, a);
        session_apply(&copy, &line->events[i], a);
        again = copy;
    }
    if (!session_equal(&once, &again, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    arena_init(&a);
    struct line line, again;
    GError *error = NULL;
    if (!line_parse(str_from((const char *)data, size), &line, &a, &error)) {
        if (!error)
            abort();
        g_error_free(error);
        arena_clear(&a);
        return 0;
    }
    struct str text = written(&line, &a);
    if (!line_parse(text, &again, &a, NULL) || !str_equal(written(&again, &a), text))
        abort();
    check_equal(&line, &again);
    if (!head_read(head_write(&line.head, &a), &again.head, &a, NULL) || !str_equal(written(&again, &a), text))
        abort();
    fold_twice(&line, &a);
    arena_clear(&a);
    return 0;
}
