#include "port/export/export.h"

#include "port/export/formats.h"
#include "port/export/gzip.h"

enum { PAGE = 50, EVENTS = 32 };

/* Moves one small step at a time, each writing at most one event:
 *
 *     BEGIN ─> BETWEEN ─a session─> WITHIN ─its events are over─> BETWEEN ─none is left─> ENDED
 */
enum stage { BEGIN, BETWEEN, WITHIN, ENDED };

struct exporter {
    struct export_options options;
    struct export_writer writer;
    enum stage stage;
    struct buf made;     /* by the last step */
    struct gzip *gzip;   /* NULL = as they are */
    struct buf squeezed; /* what it made of them */
    size_t sent;         /* of the bytes that go out */
    struct arena scratch;
    /* The page of sessions under way; `page` holds what it points to. */
    struct arena page;
    struct session *list;
    size_t count, next;
    bool last_page;
    char *last_id;
    int64_t last_ms;
    /* The session under way; `kept` holds what it points to. */
    struct arena kept;
    struct export_session session;
    size_t bytes;   /* written of it */
    GArray *hidden; /* uint32_t, ascending: indices of its events that are left out */
    /* Some of its events; `chunk` holds what they point to. */
    struct arena chunk;
    struct event *events;
    size_t event_count, next_event;
    uint32_t next_index; /* behind them */
};

struct exporter *export_new(const struct export_options *options)
{
    struct exporter *exporter = g_new0(struct exporter, 1);
    exporter->options = *options;
    exporter->writer = (struct export_writer){.out = &exporter->made,
                                              .scratch = &exporter->scratch,
                                              .zone = options->zone,
                                              .markup = options->markup,
                                              .company = options->company_name,
                                              .exporter = exporter};
    exporter->hidden = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (options->gzip)
        exporter->gzip = gzip_new();
    buf_init(&exporter->made, LIMIT_IMPORT_LINE);
    buf_init(&exporter->squeezed, 2 * LIMIT_IMPORT_LINE);
    arena_init(&exporter->scratch);
    arena_init(&exporter->page);
    arena_init(&exporter->kept);
    arena_init(&exporter->chunk);
    return exporter;
}

struct exporter *export_new_of_all(int64_t company)
{
    const struct export_options all = {
        .format = &export_ndjson,
        .filter = {.company = company,
                   .state = -1,
                   .dialect = -1,
                   .by = STORE_BY_START,
                   .from_ms = NO_TIME,
                   .to_ms = NO_TIME},
        .notes = true,
    };
    return export_new(&all);
}

void export_free(struct exporter *exporter)
{
    g_clear_pointer(&exporter->gzip, gzip_free);
    buf_clear(&exporter->made);
    buf_clear(&exporter->squeezed);
    arena_clear(&exporter->scratch);
    arena_clear(&exporter->page);
    arena_clear(&exporter->kept);
    arena_clear(&exporter->chunk);
    g_array_unref(exporter->hidden);
    g_free(exporter->last_id);
    g_free(exporter);
}

int64_t export_sessions(const struct exporter *exporter)
{
    return exporter->writer.sessions;
}

uint32_t export_place(const struct export_writer *x, uint32_t index)
{
    const GArray *hidden = x->exporter->hidden;
    guint low = 0, high = hidden->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (g_array_index(hidden, uint32_t, middle) <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return index - low;
}

/* ---- which session is next ---- */

static bool load_page(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    struct store_session_key after = {.time_ms = exporter->last_ms, .id = str_from_c(exporter->last_id)};
    arena_reset(&exporter->page);
    exporter->next = 0;
    if (!store_session_list(txn, &exporter->options.filter, exporter->last_id ? &after : NULL, true, PAGE,
                            &exporter->page, &exporter->list, &exporter->count, error))
        return false;
    exporter->last_page = exporter->count < PAGE;
    if (exporter->count > 0) {
        const struct session *last = &exporter->list[exporter->count - 1];
        g_free(exporter->last_id);
        exporter->last_id = str_to_heap(last->id);
        exporter->last_ms = last->start_ms;
    }
    return true;
}

/* The one that was asked for, as a page. */
static bool load_one(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    const struct export_options *options = &exporter->options;
    struct session_view view;
    exporter->last_page = true;
    if (!history_session(txn, options->filter.company, options->session, &exporter->page, &view, error))
        return false;
    if (!access_sees(&options->viewer, &view.session)) {
        reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
        return false;
    }
    if (view.session.erased && !options->format->takes_erased) {
        reason_set(error, REASON_SESSION_ERASED, "the session was erased");
        return false;
    }
    exporter->list = arena_new(&exporter->page, struct session);
    exporter->list[0] = view.session;
    exporter->count = 1;
    return true;
}

/* The page may be older than this snapshot: the session may have grown, or been erased. */
static bool find_next(struct exporter *exporter, struct store_txn *txn, bool *found, GError **error)
{
    struct session_view *view = &exporter->session.view;
    *found = false;
    while (!*found) {
        if (exporter->next == exporter->count) {
            if (exporter->last_page)
                return true;
            if (!(exporter->options.session.ptr ? load_one(exporter, txn, error) : load_page(exporter, txn, error)))
                return false;
            continue;
        }
        const struct session *listed = &exporter->list[exporter->next++];
        arena_reset(&exporter->kept);
        if (!store_session_by_number(txn, listed->number, &exporter->kept, view, found, error))
            return false;
        *found = *found && (!view->session.erased || exporter->options.format->takes_erased) &&
                 access_sees(&exporter->options.viewer, &view->session);
    }
    return true;
}

/* ---- one session ---- */

static bool hides(const struct exporter *exporter, const struct event *e)
{
    const struct export_writer *x = &exporter->writer;
    if (exporter->options.notes)
        return false;
    /* An edit of an internal note has its text. */
    bool of_hidden = e->target && export_place(x, e->target) == export_place(x, e->target - 1);
    return of_hidden || event_is_internal(e);
}

static bool load_events(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    const struct session *s = &exporter->session.view.session;
    arena_reset(&exporter->chunk);
    exporter->next_event = 0;
    if (!store_events(txn, s, exporter->next_index, s->last_index, EVENTS, &exporter->chunk, &exporter->events,
                      &exporter->event_count, error))
        return false;
    exporter->next_index += (uint32_t)exporter->event_count;
    return true;
}

/* Whoever is introduced by an internal event only would be unknown to what they did beside it: where such events may be
 * left out, the head names everybody. */
static void name_everybody(struct exporter *exporter)
{
    struct head *head = &exporter->session.head;
    const struct session_view *view = &exporter->session.view;
    size_t count = head->participant_count, most = count + view->participant_count;
    struct participant *all = arena_array(&exporter->kept, most, sizeof *all);
    memcpy(all, head->participants, count * sizeof *all);
    for (size_t i = 0; i < view->participant_count; i++) {
        bool known = false;
        for (size_t j = 0; j < head->participant_count && !known; j++)
            known = head->participants[j].id == view->participants[i].id;
        if (!known && !view->participants[i].internal)
            all[count++] = view->participants[i];
    }
    head->participants = all;
    head->participant_count = count;
}

static bool open_session(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    struct export_session *s = &exporter->session;
    const struct session *session = &s->view.session;
    if (!history_head(txn, session, &exporter->kept, &s->head, error) ||
        !history_visitor_of(txn, session, &exporter->kept, &s->visitor, error))
        return false;
    if (!exporter->options.notes && exporter->options.format->is_log)
        name_everybody(exporter);
    exporter->bytes = 0;
    exporter->next_index = 1;
    exporter->event_count = exporter->next_event = 0;
    g_array_set_size(exporter->hidden, 0);
    if (exporter->options.format->event && !load_events(exporter, txn, error))
        return false;
    bool has_first = exporter->event_count && !hides(exporter, &exporter->events[0]);
    s->first_ms = has_first ? exporter->events[0].time_ms : NO_TIME;
    exporter->writer.day = NO_TIME;
    exporter->stage = WITHIN;
    if (exporter->options.format->open)
        exporter->options.format->open(&exporter->writer, s);
    return true;
}

static void write_event(struct exporter *exporter)
{
    const struct event *e = &exporter->events[exporter->next_event++];
    if (hides(exporter, e))
        g_array_append_val(exporter->hidden, e->index);
    else if (exporter->options.format->event)
        exporter->options.format->event(&exporter->writer, &exporter->session, e);
}

static void close_session(struct exporter *exporter)
{
    if (exporter->options.format->close)
        exporter->options.format->close(&exporter->writer, &exporter->session);
    exporter->writer.sessions++;
    exporter->stage = BETWEEN;
}

static bool move_within(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    if (exporter->next_event < exporter->event_count)
        write_event(exporter);
    else if (exporter->event_count == 0 || exporter->next_index > exporter->session.view.session.last_index)
        close_session(exporter);
    else
        return load_events(exporter, txn, error);
    return true;
}

/* It may have been erased between two pieces: what is written of it already cannot be taken back. */
static bool is_still_there(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    const struct session *s = &exporter->session.view.session;
    struct session_view now;
    bool found;
    if (exporter->stage != WITHIN || s->erased)
        return true;
    arena_reset(&exporter->scratch);
    if (!store_session_by_number(txn, s->number, &exporter->scratch, &now, &found, error))
        return false;
    if (found && !now.session.erased)
        return true;
    reason_set(error, REASON_SESSION_ERASED, "session %.*s was erased while it was written", STR_ARG(s->id));
    return false;
}

/* ---- steps ---- */

static bool move(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    const struct export_format *format = exporter->options.format;
    bool found;
    switch (exporter->stage) {
    case BEGIN:
        exporter->stage = BETWEEN;
        if (format->begin)
            format->begin(&exporter->writer);
        return true;
    case BETWEEN:
        if (!find_next(exporter, txn, &found, error))
            return false;
        if (found)
            return open_session(exporter, txn, error);
        exporter->stage = ENDED;
        if (format->end)
            format->end(&exporter->writer);
        return true;
    case WITHIN:
        return move_within(exporter, txn, error);
    case ENDED:
        break;
    }
    return true;
}

static bool make(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    const struct export_format *format = exporter->options.format;
    buf_reset(&exporter->made);
    arena_reset(&exporter->scratch);
    exporter->sent = 0;
    if (!move(exporter, txn, error))
        return false;
    exporter->bytes += exporter->made.len;
    if (exporter->gzip) {
        buf_reset(&exporter->squeezed);
        gzip_add(exporter->gzip, buf_str(&exporter->made), exporter->stage == ENDED, &exporter->squeezed);
    }
    if (!exporter->made.overflow && (!format->session_max || exporter->bytes <= format->session_max))
        return true;
    reason_set(error, REASON_TEXT_TOO_LONG, "session %.*s is longer than one may be in %s (%d bytes)",
               STR_ARG(exporter->session.view.session.id), format->name,
               (int)(format->session_max ? format->session_max : LIMIT_IMPORT_LINE));
    return false;
}

bool export_next(struct exporter *exporter, struct store_txn *txn, size_t size, struct buf *out, bool *finished,
                 GError **error)
{
    const struct buf *going = exporter->gzip ? &exporter->squeezed : &exporter->made;
    bool ok = is_still_there(exporter, txn, error);
    *finished = false;
    while (ok && !*finished && out->len < size) {
        if (exporter->sent == going->len) {
            *finished = exporter->stage == ENDED;
            ok = *finished || make(exporter, txn, error);
            continue;
        }
        size_t piece = MIN(going->len - exporter->sent, size - out->len);
        buf_add(out, str_from(going->ptr + exporter->sent, piece));
        exporter->sent += piece;
    }
    return ok;
}
