#include "store/sqlite/sqlite.h"

#define EVENT_SELECT \
    "SELECT number, kind, time_ms, participant, target, revised_by, salt, inner, chain, id, text, data FROM event"

bool event_read_revision(struct store_txn *txn, int64_t session, bool hide, struct arena *a, struct event *e,
                         GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn, "SELECT kind, time_ms, participant, text, data FROM event WHERE number = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, event_number(session, e->revised_by));
    int row = txn_step(txn, s, error);
    if (row < 0)
        return false;
    if (row == 0)
        return txn_corrupt(txn, "a revision of an event is missing", error);
    int64_t kind = column_int(s, 0);
    if (kind != EVENT_EDIT && kind != EVENT_DELETE) {
        sqlite3_reset(s);
        return txn_corrupt(txn, "a revision of an event is none", error);
    }
    e->revision = (enum event_kind)kind;
    e->revised_ms = column_event_time(s, 1);
    e->revised_participant = (uint32_t)column_int(s, 2);
    if (!hide) {
        e->revised_text = column_str(s, 3, a);
        e->revised_data = column_str(s, 4, a);
    }
    sqlite3_reset(s);
    return true;
}

/* The row of an EVENT_SELECT. */
static bool read_row(struct store_txn *txn, sqlite3_stmt *s, bool hide, struct arena *a, struct event *e,
                     GError **error)
{
    static const uint8_t zeros[EVENT_CHAIN_SIZE];
    e->index = event_number_index(column_int(s, 0));
    int64_t kind = column_int(s, 1);
    if (kind < 0 || kind >= EVENT_KIND_COUNT || !column_bytes(s, 8, e->chain, sizeof e->chain))
        return txn_corrupt(txn, "an event cannot be read", error);
    e->kind = (enum event_kind)kind;
    e->time_ms = column_event_time(s, 2);
    e->participant = (uint32_t)column_int(s, 3);
    e->target = (uint32_t)column_int(s, 4);
    e->revised_by = (uint32_t)column_int(s, 5);
    if (!column_bytes(s, 6, e->salt, sizeof e->salt)) {
        e->erased = true;
        return column_bytes(s, 7, e->inner, sizeof e->inner) || txn_corrupt(txn, "an erased event has no hash", error);
    }
    e->id = column_str(s, 9, a);
    e->text = column_str(s, 10, a);
    e->data = column_str(s, 11, a);
    if (hide) {
        /* Erased, but its payload is not dropped yet: show what will be there then, hash included. */
        struct event sealed = *e;
        event_seal(&sealed, zeros);
        memcpy(e->inner, sealed.inner, sizeof e->inner);
        memset(e->salt, 0, sizeof e->salt);
        e->id = e->text = e->data = STR_NULL;
        e->erased = true;
    }
    return true;
}

bool event_read(struct store_txn *txn, int64_t number, bool hide, struct arena *a, struct event *e, bool *found,
                GError **error)
{
    *found = false;
    *e = (struct event){0};
    sqlite3_stmt *s = txn_statement(txn, EVENT_SELECT " WHERE number = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, number);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    bool ok = read_row(txn, s, hide, a, e, error);
    sqlite3_reset(s);
    if (!ok || (e->revised_by && !event_read_revision(txn, event_number_session(number), hide, a, e, error)))
        return false;
    *found = true;
    return true;
}

bool sqlite_events(struct store_txn *txn, const struct session *session, uint32_t first, uint32_t last, size_t limit,
                   struct arena *a, struct event **events, size_t *count, GError **error)
{
    *events = NULL;
    *count = 0;
    if (last > session->last_index)
        last = session->last_index;
    if (first > last || limit == 0)
        return true;
    size_t room = (size_t)(last - first) + 1;
    if (room > limit)
        room = limit;
    sqlite3_stmt *s = txn_statement(txn, EVENT_SELECT " WHERE number BETWEEN ? AND ? ORDER BY number LIMIT ?", error);
    if (!s)
        return false;
    bind_int(s, 1, event_number(session->number, first));
    bind_int(s, 2, event_number(session->number, last));
    bind_int(s, 3, (int64_t)room);
    struct event *read = arena_array(a, room, sizeof *read);
    size_t n = 0;
    int row;
    while ((row = txn_step(txn, s, error)) > 0)
        if (!read_row(txn, s, session->erased, a, &read[n++], error)) {
            sqlite3_reset(s);
            return false;
        }
    if (row < 0)
        return false;
    for (size_t i = 0; i < n; i++)
        if (read[i].revised_by && !event_read_revision(txn, session->number, session->erased, a, &read[i], error))
            return false;
    *events = read;
    *count = n;
    return true;
}

bool sqlite_event_by_id(struct store_txn *txn, const struct session *session, struct str id, struct arena *a,
                        struct event *event, bool *found, GError **error)
{
    *found = false;
    if (session->erased)
        return true;
    sqlite3_stmt *s =
        txn_statement(txn, "SELECT event FROM event_id WHERE company = ? AND id = ? AND session = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, session->company);
    bind_str(s, 2, id);
    bind_int(s, 3, session->number);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    int64_t number = event_number(session->number, (uint32_t)column_int(s, 0));
    sqlite3_reset(s);
    return event_read(txn, number, false, a, event, found, error) &&
           (*found || txn_corrupt(txn, "an event's id leads nowhere", error));
}

bool sqlite_event_find(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct event *event,
                       int64_t *session, bool *found, GError **error)
{
    *found = false;
    sqlite3_stmt *s = txn_statement(txn,
                                    "SELECT i.session, i.event FROM event_id AS i"
                                    " JOIN session AS s ON s.number = i.session"
                                    " JOIN event AS e ON e.number = i.session << 20 | i.event"
                                    " WHERE i.company = ? AND i.id = ? AND NOT s.erased AND e.kind = ?"
                                    " ORDER BY i.session LIMIT 1",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, id);
    bind_int(s, 3, EVENT_MESSAGE);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    *session = column_int(s, 0);
    int64_t number = event_number(*session, (uint32_t)column_int(s, 1));
    sqlite3_reset(s);
    return event_read(txn, number, false, a, event, found, error);
}

bool event_mark_revised(struct store_txn *txn, const struct session *session, const struct event *revision,
                        GError **error)
{
    /* Two texts, so that an edit leaves the index of what is shown alone. */
    sqlite3_stmt *s =
        txn_statement(txn,
                      revision->kind == EVENT_DELETE ? "UPDATE event SET revised_by = ?, deleted = 1 WHERE number = ?"
                                                     : "UPDATE event SET revised_by = ? WHERE number = ?",
                      error);
    if (!s)
        return false;
    bind_int(s, 1, revision->index);
    bind_int(s, 2, event_number(session->number, revision->target));
    return txn_run(txn, s, error);
}

bool event_insert(struct store_txn *txn, const struct session *session, const struct event *e,
                  const struct event *revision, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT INTO event(number, kind, time_ms, participant, target, revised_by, salt,"
                                    " inner, chain, id, text, data, deleted)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, event_number(session->number, e->index));
    bind_int(s, 2, e->kind);
    bind_int(s, 3, e->time_ms);
    bind_int(s, 4, e->participant);
    bind_int(s, 5, e->target);
    bind_int(s, 6, revision ? revision->index : 0);
    /* An event that comes erased (restored from a copy) keeps its hash, any other its salt. */
    bind_blob(s, 7, e->erased ? NULL : e->salt, sizeof e->salt);
    bind_blob(s, 8, e->erased ? e->inner : NULL, sizeof e->inner);
    bind_blob(s, 9, e->chain, sizeof e->chain);
    bind_str(s, 10, e->id);
    bind_str(s, 11, e->text);
    bind_str(s, 12, e->data);
    bind_int(s, 13, revision && revision->kind == EVENT_DELETE);
    return txn_run(txn, s, error);
}
