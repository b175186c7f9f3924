/* Makes every session's row anew from its events: for a migration after which rows hold more than before. Runs inside
 * the migration's transaction, so that a kill leaves the old rows. A session at a time is in memory. */
#include "base/clock.h"
#include "base/log.h"
#include "store/sqlite/sqlite.h"

enum {
    SESSIONS_AT_ONCE = 100,
    EVENTS_AT_ONCE = 1000,
    TELL_EVERY_MS = 10 * 1000,
};

/* `*folded`: the log could be read to its end. */
static bool fold(struct store_txn *txn, const struct session *stored, struct session_view *view, bool *folded,
                 struct arena *a, GError **error)
{
    *folded = false;
    *view = (struct session_view){
        .session = {
            .company = stored->company, .visitor = stored->visitor, .number = stored->number, .id = stored->id}};
    for (uint32_t next = 0; next <= stored->last_index;) {
        struct event *events;
        struct head head;
        size_t count;
        if (!sqlite_events(txn, stored, next, UINT32_MAX, EVENTS_AT_ONCE, a, &events, &count, error))
            return false;
        if (count == 0)
            return true;
        for (size_t i = 0; i < count; i++, next++)
            if (events[i].index != next || (next == 0 && !head_read(events[i].data, &head, a, NULL)))
                return true;
            else if (next == 0)
                session_open(view, &events[i], &head, a);
            else
                session_apply(view, &events[i], a);
    }
    *folded = true;
    return true;
}

static bool refold(struct store_txn *txn, const struct session_view *stored, GError **error)
{
    struct session_view view;
    struct arena a;
    bool folded;
    if (stored->session.erased)
        return true;
    arena_init(&a);
    bool ok = fold(txn, &stored->session, &view, &folded, &a, error);
    if (ok && folded)
        ok = session_write(txn, stored, &view, error);
    else if (ok)
        LOG_WARNING("a session's log cannot be read: run the check", LOG_NUMBER("session", stored->session.number));
    arena_clear(&a);
    return ok;
}

bool refold_sessions(struct store_txn *txn, GError **error)
{
    int64_t after = 0, done = 0, told_ms = clock_monotonic_ms();
    size_t count = SESSIONS_AT_ONCE;
    bool ok = true;
    while (ok && count == SESSIONS_AT_ONCE) {
        struct session_view *views;
        struct arena a;
        arena_init(&a);
        ok = sqlite_session_scan(txn, 0, after, SESSIONS_AT_ONCE, &a, &views, &count, error);
        for (size_t i = 0; ok && i < count; i++) {
            ok = refold(txn, &views[i], error);
            after = views[i].session.number;
            done++;
        }
        arena_clear(&a);
        if (clock_monotonic_ms() - told_ms >= TELL_EVERY_MS) {
            LOG_INFO("migrating sessions", LOG_NUMBER("done", done));
            told_ms = clock_monotonic_ms();
        }
    }
    return ok;
}
