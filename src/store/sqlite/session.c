#include "store/sqlite/sqlite.h"

bool session_column(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct session *session, GError **error)
{
    int at = 0;
    session->number = column_int(s, at++);
    struct str folded = column_str(s, at++, a);
#define READ_int(member) session->member = column_int(s, at++);
#define READ_time(member) session->member = column_time(s, at++);
#define READ_str(member) session->member = column_str(s, at++, a);
#define X(column, type, member, when) READ_##type(member)
    SESSION_COLUMNS(X)
#undef X
    /* The enumerations are what others index tables with. */
    if (session_fold_unpack(session, folded) && session->dialect < DIALECT_COUNT && session->state <= SESSION_CLOSED &&
        session->closer <= CLOSER_SYSTEM)
        return true;
    sqlite3_reset(s);
    return txn_corrupt(txn, "a session cannot be read", error);
}

bool session_read(struct store_txn *txn, int64_t number, struct arena *a, struct session *session, bool *found,
                  GError **error)
{
    *found = false;
    *session = (struct session){0};
    sqlite3_stmt *s = txn_statement(txn, SESSION_SELECT " FROM session AS s WHERE s.number = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, number);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    if (!session_column(txn, s, a, session, error))
        return false;
    sqlite3_reset(s);
    *found = true;
    return true;
}

/* ---- participants ---- */

struct participant session_participant_column(sqlite3_stmt *s, int at, uint32_t id, struct arena *a)
{
    struct participant p = {.id = id};
    p.type = (enum participant_type)CLAMP(column_int(s, at), PARTICIPANT_CLIENT, PARTICIPANT_EXTERNAL);
    p.name = column_str(s, at + 1, a);
    p.operator_ref.id = column_str(s, at + 2, a);
    p.operator_ref.username = column_str(s, at + 3, a);
    p.operator_ref.name = column_str(s, at + 4, a);
    p.joined = column_int(s, at + 5);
    p.present = column_int(s, at + 6);
    p.internal = column_int(s, at + 7);
    return p;
}

static bool read_participants(struct store_txn *txn, struct session_view *view, struct arena *a, GError **error)
{
    sqlite3_stmt *s =
        txn_statement(txn,
                      "SELECT participant, type, name, operator_id, operator_username, operator_name,"
                      " joined, present, internal FROM participant WHERE session = ? ORDER BY participant",
                      error);
    if (!s)
        return false;
    bind_int(s, 1, view->session.number);
    size_t room = 0;
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        if (view->participant_count == room) {
            /* participant_count of the session is their greatest id, so one array nearly always does. */
            size_t more = room ? room * 2 : CLAMP(view->session.participant_count, 1, LIMIT_PARTICIPANTS);
            struct participant *grown = arena_array(a, more, sizeof *grown);
            if (room)
                memcpy(grown, view->participants, room * sizeof *grown);
            view->participants = grown;
            room = more;
        }
        view->participants[view->participant_count++] = session_participant_column(s, 1, (uint32_t)column_int(s, 0), a);
    }
    return row == 0;
}

static bool same(struct str a, struct str b)
{
    return str_equal(a, b) && !a.ptr == !b.ptr;
}

static bool same_participant(const struct participant *a, const struct participant *b)
{
    return a->id == b->id && a->type == b->type && a->joined == b->joined && a->present == b->present &&
           a->internal == b->internal && same(a->name, b->name) && same(a->operator_ref.id, b->operator_ref.id) &&
           same(a->operator_ref.username, b->operator_ref.username) && same(a->operator_ref.name, b->operator_ref.name);
}

static bool write_participant(struct store_txn *txn, const struct session *session, const struct participant *p,
                              GError **error)
{
    sqlite3_stmt *s = txn_statement(txn,
                                    "INSERT OR REPLACE INTO participant(company, visitor, session, participant, type,"
                                    " name, operator_id, operator_username, operator_name, joined, present, internal)"
                                    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, session->company);
    bind_int(s, 2, session->visitor);
    bind_int(s, 3, session->number);
    bind_int(s, 4, p->id);
    bind_int(s, 5, p->type);
    bind_str(s, 6, p->name);
    bind_str(s, 7, p->operator_ref.id);
    bind_str(s, 8, p->operator_ref.username);
    bind_str(s, 9, p->operator_ref.name);
    bind_int(s, 10, p->joined);
    bind_int(s, 11, p->present);
    bind_int(s, 12, p->internal);
    return txn_run(txn, s, error);
}

/* Participants are never removed, and both arrays are sorted by id. */
static bool write_participants(struct store_txn *txn, const struct session_view *before,
                               const struct session_view *after, GError **error)
{
    size_t old = 0;
    for (size_t i = 0; i < after->participant_count; i++) {
        const struct participant *p = &after->participants[i];
        while (before && old < before->participant_count && before->participants[old].id < p->id)
            old++;
        if (before && old < before->participant_count && same_participant(&before->participants[old], p))
            continue;
        if (!write_participant(txn, &after->session, p, error))
            return false;
    }
    return true;
}

/* ---- writing ---- */

#define BIND_int(member) bind_int(s, at++, session->member);
#define BIND_time(member) bind_time(s, at++, session->member);
#define BIND_str(member) bind_str(s, at++, session->member);

#define COLUMN(column, type, member, when) ", " #column
#define PARAMETER(column, type, member, when) ", ?"
#define INSERT_SESSION \
    "INTO session(number, folded" SESSION_COLUMNS(COLUMN) ") VALUES(?, ?" SESSION_COLUMNS(PARAMETER) ")"

/* Valid until the next call: the writer's buffer. */
static void bind_folded(struct store_txn *txn, sqlite3_stmt *s, int at, const struct session *session)
{
    struct buf *folded = &sqlite_txn(txn)->connection->store->folded;
    buf_reset(folded);
    session_fold_pack(session, folded);
    bind_blob(s, at, folded->ptr, folded->len);
}

static void bind_all(struct store_txn *txn, sqlite3_stmt *s, const struct session *session)
{
    int at = 1;
    bind_int(s, at++, session->number);
    bind_folded(txn, s, at++, session);
#define X(column, type, member, when) BIND_##type(member)
    SESSION_COLUMNS(X)
#undef X
}

static bool insert(struct store_txn *txn, const struct session *session, GError **error)
{
    sqlite3_stmt *s = txn_statement(txn, "INSERT " INSERT_SESSION " ON CONFLICT(company, id) DO NOTHING", error);
    if (!s)
        return false;
    bind_all(txn, s, session);
    if (!txn_run(txn, s, error))
        return false;
    if (sqlite3_changes(sqlite_txn(txn)->connection->db) == 0) {
        reason_set(error, REASON_ID_TAKEN, "there is a session with this id already");
        return false;
    }
    return true;
}

/* One UPDATE a class: QUIET columns are in all of them, MESSAGE in two, MOVED in the last. */
#define IN_QUIET_FIXED(x)
#define IN_QUIET_QUIET(x) x
#define IN_QUIET_MESSAGE(x)
#define IN_QUIET_MOVED(x)
#define IN_MESSAGE_FIXED(x)
#define IN_MESSAGE_QUIET(x) x
#define IN_MESSAGE_MESSAGE(x) x
#define IN_MESSAGE_MOVED(x)
#define IN_MOVED_FIXED(x)
#define IN_MOVED_QUIET(x) x
#define IN_MOVED_MESSAGE(x) x
#define IN_MOVED_MOVED(x) x

#define SET_IN_QUIET(column, type, member, when) IN_QUIET_##when(", " #column " = ?")
#define SET_IN_MESSAGE(column, type, member, when) IN_MESSAGE_##when(", " #column " = ?")
#define SET_IN_MOVED(column, type, member, when) IN_MOVED_##when(", " #column " = ?")
#define UPDATE_SESSION(set) "UPDATE session SET folded = ?" SESSION_COLUMNS(set) " WHERE number = ?"

static bool update(struct store_txn *txn, const struct session *before, const struct session *session, GError **error)
{
    bool moved = before->state != session->state || before->first_message_ms != session->first_message_ms ||
                 before->queued_ms != session->queued_ms || !same(before->served_by.id, session->served_by.id) ||
                 !same(before->department_id, session->department_id);
    bool message = before->messages != session->messages || before->last_message_ms != session->last_message_ms ||
                   before->lm_ms != session->lm_ms;
    sqlite3_stmt *s = txn_statement(txn,
                                    moved     ? UPDATE_SESSION(SET_IN_MOVED)
                                    : message ? UPDATE_SESSION(SET_IN_MESSAGE)
                                              : UPDATE_SESSION(SET_IN_QUIET),
                                    error);
    if (!s)
        return false;
    int at = 1;
    bind_folded(txn, s, at++, session);
    if (moved) {
#define X(column, type, member, when) IN_MOVED_##when(BIND_##type(member))
        SESSION_COLUMNS(X)
#undef X
    } else if (message) {
#define X(column, type, member, when) IN_MESSAGE_##when(BIND_##type(member))
        SESSION_COLUMNS(X)
#undef X
    } else {
#define X(column, type, member, when) IN_QUIET_##when(BIND_##type(member))
        SESSION_COLUMNS(X)
#undef X
    }
    bind_int(s, at, session->number);
    return txn_run(txn, s, error);
}

bool session_write(struct store_txn *txn, const struct session_view *before, const struct session_view *after,
                   GError **error)
{
    bool ok = before ? update(txn, &before->session, &after->session, error) : insert(txn, &after->session, error);
    return ok && write_participants(txn, before, after, error);
}

bool session_dropped(struct store_txn *txn, int64_t number, GError **error)
{
    struct session session;
    struct arena a;
    bool found;
    arena_init(&a);
    bool ok = session_read(txn, number, &a, &session, &found, error) &&
              (found || txn_corrupt(txn, "an erased session is missing", error));
    sqlite3_stmt *s =
        ok ? txn_statement(txn, "UPDATE session SET folded = ?, erased = 2 WHERE number = ?", error) : NULL;
    if (s) {
        session.newest = STR_NULL;
        bind_folded(txn, s, 1, &session);
        bind_int(s, 2, number);
    }
    ok = s && txn_run(txn, s, error);
    arena_clear(&a);
    return ok;
}

bool sqlite_session_replace(struct store_txn *txn, const struct session_view *view, GError **error)
{
    group_touch_visitor(&sqlite_txn(txn)->connection->store->head, view->session.visitor);
    sqlite3_stmt *s = txn_statement(txn, "DELETE FROM participant WHERE session = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, view->session.number);
    if (!txn_run(txn, s, error))
        return false;
    s = txn_statement(txn, "INSERT OR REPLACE " INSERT_SESSION, error);
    if (!s)
        return false;
    bind_all(txn, s, &view->session);
    return txn_run(txn, s, error) && write_participants(txn, NULL, view, error);
}

/* ---- the contract's reads ---- */

bool sqlite_session_by_number(struct store_txn *txn, int64_t session, struct arena *a, struct session_view *view,
                              bool *found, GError **error)
{
    *view = (struct session_view){0};
    return session_read(txn, session, a, &view->session, found, error) &&
           (!*found || read_participants(txn, view, a, error));
}

bool sqlite_session_get(struct store_txn *txn, int64_t company, struct str id, struct arena *a,
                        struct session_view *view, bool *found, GError **error)
{
    *found = false;
    *view = (struct session_view){0};
    sqlite3_stmt *s = txn_statement(txn, SESSION_SELECT " FROM session AS s WHERE s.company = ? AND s.id = ?", error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_str(s, 2, id);
    int row = txn_step(txn, s, error);
    if (row <= 0)
        return row == 0;
    if (!session_column(txn, s, a, &view->session, error))
        return false;
    sqlite3_reset(s);
    *found = true;
    return read_participants(txn, view, a, error);
}

bool sqlite_session_scan(struct store_txn *txn, int64_t company, int64_t after, size_t limit, struct arena *a,
                         struct session_view **views, size_t *count, GError **error)
{
    *views = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn,
                                    SESSION_SELECT " FROM session AS s WHERE s.number > ? AND (? = 0 OR s.company = ?)"
                                                   " ORDER BY s.number LIMIT ?",
                                    error);
    if (!s)
        return false;
    bind_int(s, 1, after);
    bind_int(s, 2, company);
    bind_int(s, 3, company);
    bind_int(s, 4, (int64_t)MIN(limit, INT64_MAX));
    g_autoptr(GArray) read = g_array_new(FALSE, TRUE, sizeof(struct session_view));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct session_view view = {0};
        if (!session_column(txn, s, a, &view.session, error))
            return false;
        g_array_append_val(read, view);
    }
    if (row < 0)
        return false;
    size_t taken;
    struct session_view *result = rows_take(read, a, &taken);
    for (size_t i = 0; i < taken; i++)
        if (!read_participants(txn, &result[i], a, error))
            return false;
    *views = result;
    *count = taken;
    return true;
}

bool sqlite_session_number(struct store_txn *txn, int64_t company, int64_t visitor, int64_t *number, GError **error)
{
    (void)company, (void)visitor; /* one machine holds all */
    (void)error;
    *number = ++sqlite_txn(txn)->connection->store->last_session;
    return true;
}
