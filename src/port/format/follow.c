#include "port/format/follow.h"

#include "port/format/build.h"

struct following {
    const struct format_known *known;
    const struct line *line;
    GArray *events;    /* struct event: the stored ones, then what is new */
    GArray *revisions; /* struct event: edits and deletes that the export shows, to stand behind them */
    uint32_t *indices; /* of the export's events, by place: where they stand in `events` */
    size_t next;       /* of the export's events */
    int64_t last_ms;   /* of the export */
};

static bool is_of_state(const struct event *e)
{
    return e->kind == EVENT_SURVEY || ((e->kind == EVENT_CLOSED || e->kind == EVENT_USER_DATA) && !e->participant);
}

static bool is_same(const struct event *stored, const struct event *told)
{
    if (stored->kind != told->kind || stored->participant != told->participant)
        return false;
    return stored->id.len || told->id.len ? str_equal(stored->id, told->id) : stored->time_ms == told->time_ms;
}

static const struct event *told_next(const struct following *f)
{
    return f->next < f->line->event_count ? &f->line->events[f->next] : NULL;
}

static uint32_t add(struct following *f, const struct event *e)
{
    struct event copy = *e;
    copy.index = f->events->len + 1;
    g_array_append_val(f->events, copy);
    return copy.index;
}

static void add_revision(struct following *f, enum event_kind kind, uint32_t target, struct str text)
{
    struct event e = {.kind = kind, .time_ms = f->last_ms, .target = target, .text = text};
    g_array_append_val(f->revisions, e);
}

/* The export's event is the stored one; a message may have changed since. */
static void match(struct following *f, const struct event *stored, const struct event *told)
{
    f->indices[f->next++] = add(f, stored);
    const struct event *after = told_next(f);
    bool is_deleted = after && after->kind == EVENT_DELETE && after->target == told->index;
    if (is_deleted && !event_is_deleted(stored)) {
        add_revision(f, EVENT_DELETE, stored->index, STR_NULL);
    } else if (!is_deleted && stored->kind == EVENT_MESSAGE && !event_is_deleted(stored) &&
               !str_equal(event_current_text(stored), told->text)) {
        add_revision(f, EVENT_EDIT, stored->index, told->text);
    }
    if (is_deleted)
        f->indices[f->next++] = stored->index;
}

static bool differ(const struct following *f, const char *what, GError **error)
{
    reason_set(error, REASON_SESSION_DIFFERS, "session %.*s exists and has another %s", STR_ARG(f->line->id), what);
    return false;
}

/* Stored events without a place in the export follow from the state, or come from a later export than this one. */
static bool follow_stored(struct following *f, const struct event *stored, GError **error)
{
    bool may_be_elsewhere = is_of_state(stored) || event_is_revision(stored);
    while (!may_be_elsewhere && told_next(f) && is_of_state(told_next(f)))
        f->indices[f->next++] = 0;
    const struct event *told = told_next(f);
    if (told && !event_is_revision(stored) && is_same(stored, told))
        match(f, stored, told);
    else if (!told || may_be_elsewhere)
        add(f, stored);
    else
        return differ(f, "event", error);
    return true;
}

static void add_told(struct following *f)
{
    for (const struct event *told; (told = told_next(f)); f->next++) {
        f->indices[f->next] = add(f, told);
        if (told->target)
            g_array_index(f->events, struct event, f->events->len - 1).target = f->indices[told->target - 1];
    }
    for (guint i = 0; i < f->revisions->len; i++)
        add(f, &g_array_index(f->revisions, struct event, i));
}

static bool follow(struct following *f, GError **error)
{
    const struct format_known *known = f->known;
    if (!str_equal(known->head.visitor.id, f->line->head.visitor.id))
        return differ(f, "visitor", error);
    for (size_t i = 0; i < f->line->event_count; i++)
        f->last_ms = MAX(f->last_ms, f->line->events[i].time_ms);
    for (size_t i = 0; i < known->count; i++)
        if (!follow_stored(f, &known->events[i], error))
            return false;
    add_told(f);
    return true;
}

bool follow_export(const struct format_known *known, struct line *line, struct arena *a, GError **error)
{
    struct following f = {.known = known,
                          .line = line,
                          .events = g_array_new(FALSE, FALSE, sizeof(struct event)),
                          .revisions = g_array_new(FALSE, FALSE, sizeof(struct event)),
                          .indices = arena_array(a, MAX(line->event_count, 1), sizeof(uint32_t)),
                          .last_ms = line->start_ms};
    bool ok = follow(&f, error);
    if (ok) {
        line->head = known->head;
        build_line_events(line, f.events, a);
    }
    g_array_unref(f.events);
    g_array_unref(f.revisions);
    return ok;
}
