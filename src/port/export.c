#include "port/export.h"

#include "core/history.h"
#include "model/line.h"

enum { PAGE = 50 };

struct export
{
    int64_t company;
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

struct export *export_new(int64_t company)
{
    struct export *export = g_new0(struct export, 1);
    export->company = company;
    buf_init(&export->line, LIMIT_IMPORT_LINE);
    arena_init(&export->page);
    return export;
}

void export_free(struct export *export)
{
    buf_clear(&export->line);
    arena_clear(&export->page);
    g_free(export->last_id);
    g_free(export);
}

static bool write_session(struct export *export, struct store_txn *txn, const struct session *s, struct arena *a,
                          GError **error)
{
    struct line line = {.id = s->id, .start_ms = s->start_ms};
    if (!history_head(txn, s, a, &line.head, error) ||
        !store_events(txn, s, 1, s->last_index, LIMIT_EVENTS_PER_SESSION, a, &line.events, &line.event_count, error))
        return false;
    line_write(&line, &export->line);
    buf_add_byte(&export->line, '\n');
    if (export->line.overflow) {
        reason_set(error, REASON_TEXT_TOO_LONG, "session %.*s is longer than a line may be (%d bytes)", STR_ARG(s->id),
                   LIMIT_IMPORT_LINE);
        return false;
    }
    return true;
}

static bool load_page(struct export *export, struct store_txn *txn, GError **error)
{
    struct store_session_filter filter = {
        .company = export->company,
        .state = -1,
        .dialect = -1,
        .by = STORE_BY_START,
        .from_ms = NO_TIME,
        .to_ms = NO_TIME,
    };
    struct store_session_key after = {.time_ms = export->last_ms, .id = str_from_c(export->last_id)};
    arena_clear(&export->page);
    export->next = 0;
    if (!store_session_list(txn, &filter, export->last_id ? &after : NULL, true, PAGE, &export->page, &export->list,
                            &export->count, error))
        return false;
    export->last_page = export->count < PAGE;
    if (export->count > 0) {
        const struct session *last = &export->list[export->count - 1];
        g_free(export->last_id);
        export->last_id = str_to_heap(last->id);
        export->last_ms = last->start_ms;
    }
    return true;
}

/* The next session's line into export->line; empty when there is none left. */
static bool next_line(struct export *export, struct store_txn *txn, GError **error)
{
    buf_reset(&export->line);
    export->sent = 0;
    while (export->line.len == 0) {
        if (export->next == export->count) {
            if (export->last_page)
                return true;
            if (!load_page(export, txn, error))
                return false;
            continue;
        }
        const struct session *listed = &export->list[export->next++];
        struct arena a;
        struct session_view now;
        bool found;
        arena_init(&a);
        /* The page may be older than this snapshot: the session may have grown, or been erased. */
        bool ok = store_session_by_number(txn, listed->number, &a, &now, &found, error);
        if (ok && found && !now.session.erased)
            ok = write_session(export, txn, &now.session, &a, error);
        arena_clear(&a);
        if (!ok)
            return false;
    }
    return true;
}

bool export_next(struct export *export, struct store_reader *reader, size_t size, struct buf *out, bool *finished,
                 GError **error)
{
    struct store_txn *txn = store_read_begin(reader, error);
    bool ok = txn != NULL;
    *finished = false;
    while (ok && !*finished && out->len < size) {
        if (export->sent == export->line.len) {
            ok = next_line(export, txn, error);
            *finished = ok && export->line.len == 0;
            continue;
        }
        size_t piece = MIN(export->line.len - export->sent, size - out->len);
        buf_add(out, str_from(export->line.ptr + export->sent, piece));
        export->sent += piece;
    }
    if (txn)
        store_read_end(txn);
    return ok;
}
