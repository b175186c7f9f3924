#include "port/export.h"

#include "core/history.h"
#include "model/line.h"

enum { PAGE = 50 };

struct exporter {
    struct store_session_filter filter;
    struct buf line; /* of the session under way */
    size_t sent;     /* of those bytes */
    /* The page under way; `page` holds what it points to. */
    struct arena page;
    struct session *list;
    size_t count, next;
    bool last_page;
    char *last_id;
    int64_t last_ms;
};

struct exporter *export_new(const struct store_session_filter *filter)
{
    struct exporter *exporter = g_new0(struct exporter, 1);
    exporter->filter = *filter;
    buf_init(&exporter->line, LIMIT_IMPORT_LINE);
    arena_init(&exporter->page);
    return exporter;
}

struct exporter *export_new_of_all(int64_t company)
{
    const struct store_session_filter all = {
        .company = company, .state = -1, .dialect = -1, .by = STORE_BY_START, .from_ms = NO_TIME, .to_ms = NO_TIME};
    return export_new(&all);
}

void export_free(struct exporter *exporter)
{
    buf_clear(&exporter->line);
    arena_clear(&exporter->page);
    g_free(exporter->last_id);
    g_free(exporter);
}

static bool write_session(struct exporter *exporter, struct store_txn *txn, const struct session *s, struct arena *a,
                          GError **error)
{
    struct line line = {.id = s->id, .start_ms = s->start_ms};
    if (!history_head(txn, s, a, &line.head, error) ||
        !store_events(txn, s, 1, s->last_index, LIMIT_EVENTS_PER_SESSION, a, &line.events, &line.event_count, error))
        return false;
    line_write(&line, &exporter->line);
    buf_add_byte(&exporter->line, '\n');
    if (exporter->line.overflow) {
        reason_set(error, REASON_TEXT_TOO_LONG, "session %.*s is longer than a line may be (%d bytes)", STR_ARG(s->id),
                   LIMIT_IMPORT_LINE);
        return false;
    }
    return true;
}

static bool load_page(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    struct store_session_key after = {.time_ms = exporter->last_ms, .id = str_from_c(exporter->last_id)};
    arena_clear(&exporter->page);
    exporter->next = 0;
    if (!store_session_list(txn, &exporter->filter, exporter->last_id ? &after : NULL, true, PAGE, &exporter->page,
                            &exporter->list, &exporter->count, error))
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

/* The next session's line into export->line; empty when there is none left. */
static bool next_line(struct exporter *exporter, struct store_txn *txn, GError **error)
{
    buf_reset(&exporter->line);
    exporter->sent = 0;
    while (exporter->line.len == 0) {
        if (exporter->next == exporter->count) {
            if (exporter->last_page)
                return true;
            if (!load_page(exporter, txn, error))
                return false;
            continue;
        }
        const struct session *listed = &exporter->list[exporter->next++];
        struct arena a;
        struct session_view now;
        bool found;
        arena_init(&a);
        /* The page may be older than this snapshot: the session may have grown, or been erased. */
        bool ok = store_session_by_number(txn, listed->number, &a, &now, &found, error);
        if (ok && found && !now.session.erased)
            ok = write_session(exporter, txn, &now.session, &a, error);
        arena_clear(&a);
        if (!ok)
            return false;
    }
    return true;
}

bool export_next(struct exporter *exporter, struct store_txn *txn, size_t size, struct buf *out, bool *finished,
                 GError **error)
{
    bool ok = true;
    *finished = false;
    while (ok && !*finished && out->len < size) {
        if (exporter->sent == exporter->line.len) {
            ok = next_line(exporter, txn, error);
            *finished = ok && exporter->line.len == 0;
            continue;
        }
        size_t piece = MIN(exporter->line.len - exporter->sent, size - out->len);
        buf_add(out, str_from(exporter->line.ptr + exporter->sent, piece));
        exporter->sent += piece;
    }
    return ok;
}
