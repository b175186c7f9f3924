#include "store/sqlite/sqlite.h"

/* The last revision of each target among the appended events, by target index; NULL when there is none. */
static GHashTable *last_revisions(const struct store_append *append)
{
    GHashTable *revisions = NULL;
    for (size_t i = 0; i < append->event_count; i++) {
        const struct event *e = &append->events[i];
        if (!event_is_revision(e))
            continue;
        if (!revisions)
            revisions = g_hash_table_new(g_direct_hash, g_direct_equal);
        g_hash_table_insert(revisions, GUINT_TO_POINTER(e->target), (gpointer)e);
    }
    return revisions;
}

/* First of all writes, as it may refuse. */
static bool take_ids(struct store_txn *txn, const struct store_append *append, GError **error)
{
    const struct session *session = &append->after->session;
    for (size_t i = 0; i < append->event_count; i++) {
        const struct event *e = &append->events[i];
        if (!e->id.ptr)
            continue;
        sqlite3_stmt *s = txn_statement(txn,
                                        "INSERT INTO event_id(company, id, session, event) VALUES(?, ?, ?, ?)"
                                        " ON CONFLICT DO NOTHING",
                                        error);
        if (!s)
            return false;
        bind_int(s, 1, session->company);
        bind_str(s, 2, e->id);
        bind_int(s, 3, session->number);
        bind_int(s, 4, e->index);
        if (!txn_run(txn, s, error))
            return false;
        if (sqlite3_changes(sqlite_txn(txn)->connection->db) == 0) {
            /* Nothing of this append is written yet unless a session or an earlier id was: then the group goes back. */
            if (i > 0 || !append->before)
                store_txn_spoil(txn);
            reason_set_field(error, REASON_ID_TAKEN, STR("id"),
                             "there is an event with this id in the session already");
            return false;
        }
    }
    return true;
}

static bool add_events(struct store_txn *txn, const struct store_append *append, GHashTable *revisions, GError **error)
{
    const struct session *session = &append->after->session;
    bool full_text = sqlite_txn(txn)->connection->store->options.full_text;
    for (size_t i = 0; i < append->event_count; i++) {
        const struct event *e = &append->events[i];
        const struct event *revision = revisions ? g_hash_table_lookup(revisions, GUINT_TO_POINTER(e->index)) : NULL;
        if (!event_insert(txn, session, e, revision, error))
            return false;
        if (!full_text || e->kind != EVENT_MESSAGE || e->erased || (revision && revision->kind == EVENT_DELETE))
            continue;
        if (!search_add(txn, session, search_author_of(append->after, e), e, revision ? revision->text : e->text,
                        error))
            return false;
    }
    return true;
}

/* Marks a message that was there before as revised, and finds it under its new text. */
static bool revise(struct store_txn *txn, const struct session_view *view, const struct event *revision, GError **error)
{
    const struct session *session = &view->session;
    struct arena a;
    arena_init(&a);
    struct event target;
    bool found;
    bool ok =
        event_read(txn, event_number(session->number, revision->target), session->erased, &a, &target, &found, error) &&
        (found || txn_corrupt(txn, "the target of a revision is missing", error));
    if (ok && sqlite_txn(txn)->connection->store->options.full_text && target.kind == EVENT_MESSAGE && !target.erased) {
        enum search_author author = search_author_of(view, &target);
        if (!event_is_deleted(&target))
            ok = search_remove(txn, session, author, &target, event_current_text(&target), error);
        if (ok && revision->kind == EVENT_EDIT)
            ok = search_add(txn, session, author, &target, revision->text, error);
    }
    arena_clear(&a);
    return ok && event_mark_revised(txn, session, revision, error);
}

static bool revise_stored(struct store_txn *txn, const struct store_append *append, GHashTable *revisions,
                          GError **error)
{
    if (!revisions || !append->before)
        return true;
    for (size_t i = 0; i < append->event_count; i++) {
        const struct event *e = &append->events[i];
        if (event_is_revision(e) && e->target <= append->before->session.last_index &&
            g_hash_table_lookup(revisions, GUINT_TO_POINTER(e->target)) == e && !revise(txn, append->after, e, error))
            return false;
    }
    return true;
}

/* The event, still unrevised, that the session's row keeps a copy of; NULL = none is at hand. */
static const struct event *newest_shown(const struct store_append *append, GHashTable *revisions, struct event *kept)
{
    const struct session *s = &append->after->session;
    uint32_t last = session_rocketchat_last(s);
    struct participant ignored;
    if (!last || s->erased || (revisions && g_hash_table_lookup(revisions, GUINT_TO_POINTER(last))))
        return NULL;
    for (size_t i = 0; i < append->event_count; i++)
        if (append->events[i].index == last)
            return &append->events[i];
    return append->before && session_newest_unpack(&append->before->session, kept, &ignored) && kept->index == last
               ? kept
               : NULL;
}

/* `after` with that copy, its author as they stand now; `newest` holds its bytes. */
static struct session_view with_newest(const struct store_append *append, GHashTable *revisions, struct buf *newest)
{
    struct session_view view = *append->after;
    struct event kept;
    const struct event *e = newest_shown(append, revisions, &kept);
    view.session.newest = STR_NULL;
    if (!e)
        return view;
    session_newest_pack(e, session_participant(&view, e->participant), newest);
    if (!newest->overflow)
        view.session.newest = buf_str(newest);
    return view;
}

bool sqlite_append(struct store_txn *txn, struct store_append *append, GError **error)
{
    const struct session_view *before = append->before;
    g_autoptr(GHashTable) revisions = last_revisions(append);
    struct buf *newest = &sqlite_txn(txn)->connection->store->newest;
    buf_reset(newest);
    const struct session_view after = with_newest(append, revisions, newest);
    const struct session *session = &after.session;
    struct store_change change = {
        .kind = STORE_CHANGE_APPEND,
        .company = session->company,
        .visitor = session->visitor,
        .session = session->number,
        .first = append->events[0].index,
        .last = append->events[append->event_count - 1].index,
    };
    group_touch_visitor(&sqlite_txn(txn)->connection->store->head, session->visitor);
    return (before || session_write(txn, NULL, &after, error)) && take_ids(txn, append, error) &&
           (!before || session_write(txn, before, &after, error)) && add_events(txn, append, revisions, error) &&
           revise_stored(txn, append, revisions, error) &&
           rollup_apply(txn, before ? &before->session : NULL, session, error) &&
           (!append->visitor_after || visitor_write(txn, append->visitor_before, append->visitor_after, error)) &&
           change_add(txn, &change, &append->change, error);
}
