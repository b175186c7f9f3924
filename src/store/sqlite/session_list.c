/* Lists of sessions. Every order comes from an index, named in the text, so that no statistics can ever turn a page
 * into a sort or a scan; plan_test.c asserts the plans. */
#include "store/sqlite/sqlite.h"

/* All sessions of a statement that is bound. */
static bool collect(struct store_txn *txn, sqlite3_stmt *s, struct arena *a, struct session **sessions, size_t *count,
                    GError **error)
{
    size_t room = 0;
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        if (*count == room) {
            size_t more = room ? room * 2 : 32;
            struct session *grown = arena_array(a, more, sizeof *grown);
            if (room)
                memcpy(grown, *sessions, room * sizeof *grown);
            *sessions = grown;
            room = more;
        }
        if (!session_column(txn, s, a, &(*sessions)[*count], error))
            return false;
        ++*count;
    }
    return row == 0;
}

/* The index whose first columns the filter fixes; the most telling filter first. Those filters that it does not fix are
 * tested row by row. */
static const char *index_of(const struct store_session_filter *f)
{
    bool by_start = f->by == STORE_BY_START;
    if (f->by == STORE_BY_QUEUED) /* few sessions wait at once */
        return "session_queued";
    if (f->visitor)
        return by_start ? "session_visitor_start" : "session_visitor_first";
    if (f->operator_id.ptr)
        return by_start ? "session_operator_start" : "session_operator_first";
    if (f->state == SESSION_OPEN)
        return by_start ? "session_open_start" : "session_open_first";
    if (f->button_id.ptr)
        return by_start ? "session_button_start" : "session_button_first";
    if (f->department_id.ptr)
        return by_start ? "session_department_start" : "session_department_first";
    if (f->dialect >= 0 && by_start)
        return "session_dialect_start";
    return by_start ? "session_start" : "session_first";
}

/* A number below CONNECTION_LISTS for everything of a filter that the text depends on. */
static unsigned shape_of(const struct store_session_filter *f, bool ascending)
{
    unsigned shape = (unsigned)CLAMP(f->state, -1, SESSION_CLOSED) + 1;
    return shape << 8 | (unsigned)f->by << 6 | ascending << 5 | (f->dialect >= 0) << 4 | !!f->visitor << 3 |
           !!f->operator_id.ptr << 2 | !!f->department_id.ptr << 1 | !!f->button_id.ptr;
}

static char *make_sql(const struct store_session_filter *f, bool ascending)
{
    static const char *const times[] = {"start_ms", "first_message_ms", "queued_ms"};
    const char *time = times[f->by];
    GString *sql = g_string_new(SESSION_SELECT " FROM session AS s");
    g_string_append_printf(sql, " INDEXED BY %s WHERE s.company = ?1 AND s.%s BETWEEN ?2 AND ?3", index_of(f), time);
    if (f->by != STORE_BY_START)
        g_string_append_printf(sql, " AND s.%s IS NOT NULL", time);
    g_string_append_printf(sql, ascending ? " AND (s.%s > ?2 OR s.id < ?4)" : " AND (s.%s < ?3 OR s.id > ?4)", time);
    if (f->visitor)
        g_string_append(sql, " AND s.visitor = ?6");
    if (f->operator_id.ptr)
        g_string_append(sql, " AND s.operator_id = ?7");
    if (f->department_id.ptr)
        g_string_append(sql, " AND s.department_id = ?8");
    if (f->button_id.ptr)
        g_string_append(sql, " AND s.button_id = ?9");
    if (f->state >= 0) /* literally: session_open_start is a partial index */
        g_string_append(sql, f->state == SESSION_OPEN ? " AND s.state = 0" : " AND s.state = 1");
    if (f->dialect >= 0)
        g_string_append(sql, " AND s.dialect = ?10");
    /* In every text: a shape of its own would double what a connection keeps, and 0 costs a comparison. */
    g_string_append(sql, " AND (?11 = 0 OR (SELECT c.at_ms FROM change AS c INDEXED BY change_session"
                         " WHERE c.session = s.number ORDER BY c.number DESC LIMIT 1) >= ?11)");
    g_string_append_printf(sql, ascending ? " ORDER BY s.%s, s.id DESC LIMIT ?5" : " ORDER BY s.%s DESC, s.id LIMIT ?5",
                           time);
    return g_string_free(sql, FALSE);
}

/* The text for this shape of filter; a connection makes each once. */
static const char *list_sql(struct connection *c, const struct store_session_filter *f, bool ascending)
{
    char **text = &c->lists[shape_of(f, ascending)];
    if (!*text)
        *text = make_sql(f, ascending);
    return *text;
}

bool sqlite_session_list(struct store_txn *txn, const struct store_session_filter *f,
                         const struct store_session_key *after, bool ascending, size_t limit, struct arena *a,
                         struct session **sessions, size_t *count, GError **error)
{
    *sessions = NULL;
    *count = 0;
    /* [least, greatest] holds the bounds and the key's time; at the key's own time the id decides. Without a key, or
     * when a bound is narrower than it, the id that stands before all others lets everything through. */
    int64_t least = f->from_ms; /* NO_TIME is the least number there is */
    int64_t greatest = f->to_ms == NO_TIME ? INT64_MAX : f->to_ms - 1;
    struct str id = ascending ? STR("\xff") : STR("");
    if (after && !ascending && after->time_ms <= greatest) {
        greatest = after->time_ms;
        id = after->id;
    } else if (after && ascending && after->time_ms >= least) {
        least = after->time_ms;
        id = after->id;
    }
    sqlite3_stmt *s = txn_statement(txn, list_sql(sqlite_txn(txn)->connection, f, ascending), error);
    if (!s)
        return false;
    bind_int(s, 1, f->company);
    bind_int(s, 2, least);
    bind_int(s, 3, greatest);
    bind_str(s, 4, id);
    bind_int(s, 5, (int64_t)MIN(limit, INT64_MAX));
    /* Parameters that this shape does not have are out of range, which does no harm. */
    bind_int(s, 6, f->visitor);
    bind_str(s, 7, f->operator_id);
    bind_str(s, 8, f->department_id);
    bind_str(s, 9, f->button_id);
    bind_int(s, 10, f->dialect);
    bind_int(s, 11, MAX(f->changed_since_ms, 0));
    return collect(txn, s, a, sessions, count, error);
}

#define ROOMS(index, order) \
    SESSION_SELECT " FROM session AS s INDEXED BY " index " WHERE s.company = ? AND s.visitor = ? ORDER BY " order \
                   " LIMIT ? OFFSET ?"

bool sqlite_visitor_rooms(struct store_txn *txn, int64_t company, int64_t visitor, enum store_room_order order,
                          size_t offset, size_t limit, struct arena *a, struct session **sessions, size_t *count,
                          GError **error)
{
    /* Ascending orders walk the index backwards and sort runs of equal times by what stands behind. */
    static const char *const texts[] = {
        [STORE_ROOM_START_DESC] = ROOMS("session_visitor_start", "s.start_ms DESC, s.id"),
        [STORE_ROOM_START_ASC] = ROOMS("session_visitor_start", "s.start_ms, s.id"),
        [STORE_ROOM_LM_DESC] = ROOMS("session_visitor_lm", "s.lm_ms DESC, s.start_ms DESC, s.id"),
        [STORE_ROOM_LM_ASC] = ROOMS("session_visitor_lm", "s.lm_ms, s.start_ms DESC, s.id"),
    };
    *sessions = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn, texts[order], error);
    if (!s)
        return false;
    bind_int(s, 1, company);
    bind_int(s, 2, visitor);
    bind_int(s, 3, limit && limit <= INT64_MAX ? (int64_t)limit : -1);
    bind_int(s, 4, (int64_t)MIN(offset, INT64_MAX));
    return collect(txn, s, a, sessions, count, error);
}

/* An event and its author at once, without the seal: a page asks for two dozen of them. */
static bool read_one(struct store_txn *txn, const struct session *session, uint32_t index, struct arena *a,
                     struct event *e, struct participant *author, GError **error)
{
    sqlite3_stmt *s = txn_statement(
        txn,
        "SELECT e.kind, e.time_ms, e.participant, e.revised_by, e.salt IS NULL, e.id, e.text, e.data,"
        " p.type, p.name, p.operator_id, p.operator_username, p.operator_name, p.joined, p.present, p.internal"
        " FROM event AS e LEFT JOIN participant AS p ON p.session = ?1 >> 20 AND p.participant = e.participant"
        " WHERE e.number = ?1",
        error);
    if (!s)
        return false;
    bind_int(s, 1, event_number(session->number, index));
    int row = txn_step(txn, s, error);
    if (row < 0)
        return false;
    if (row == 0)
        return txn_corrupt(txn, "a session's newest message is missing", error);
    e->index = index;
    e->kind = (enum event_kind)CLAMP(column_int(s, 0), 0, EVENT_KIND_COUNT - 1);
    e->time_ms = column_event_time(s, 1);
    e->participant = (uint32_t)column_int(s, 2);
    e->revised_by = (uint32_t)column_int(s, 3);
    e->erased = session->erased || column_int(s, 4);
    if (!e->erased) {
        e->id = column_str(s, 5, a);
        e->text = column_str(s, 6, a);
        e->data = column_str(s, 7, a);
    }
    if (sqlite3_column_type(s, 8) != SQLITE_NULL)
        *author = session_participant_column(s, 8, e->participant, a);
    sqlite3_reset(s);
    return !e->revised_by || event_read_revision(txn, session->number, session->erased, a, e, error);
}

/* The copy in the session's own row, which saves both reads. */
static bool is_in_row(const struct session *session, uint32_t index, struct event *e, struct participant *author)
{
    struct event copy;
    struct participant its_author;
    if (session->erased || !session_newest_unpack(session, &copy, &its_author) || copy.index != index)
        return false;
    *e = copy;
    *author = its_author;
    return true;
}

bool sqlite_event_of_each(struct store_txn *txn, const struct session *sessions, const uint32_t *indices, size_t count,
                          struct arena *a, struct event **events, struct participant **authors, GError **error)
{
    *events = arena_array(a, MAX(count, 1), sizeof **events);
    *authors = arena_array(a, MAX(count, 1), sizeof **authors);
    for (size_t i = 0; i < count; i++)
        if (indices[i] && !is_in_row(&sessions[i], indices[i], &(*events)[i], &(*authors)[i]) &&
            !read_one(txn, &sessions[i], indices[i], a, &(*events)[i], &(*authors)[i], error))
            return false;
    return true;
}
