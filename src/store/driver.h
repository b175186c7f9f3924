/* What stands behind store.h: a table of functions, one table a driver.
 *
 * A store, a reader and a transaction begin with a pointer to the table that serves them, so that store.c can pass
 * every call on without knowing whose it is. A driver embeds these heads as the first members of its own structs and
 *   - gives each reader and each transaction the table of its store: `txn->driver = store->driver`, at every begin;
 *   - starts group.h's thread when it opens and stops it first when it closes: that calls the edges of write
 * transactions below through `store->driver`. A wrapper (fault/) then needs only to replace the store's pointer to see
 * every call.
 *
 * Both lists below are read by store.c (the public functions), by this header (the table) and by fault/ (the
 * wrappers): a function of store.h is added in one place.
 *
 * Not for use above the store. */
#pragma once

#include "store/store.h"

struct store_driver;

struct group; /* group.c: the writer's thread, its queues and what it counts */

struct store {
    const struct store_driver *driver;
    struct group *group;
};

struct store_reader {
    const struct store_driver *driver;
};

struct store_txn {
    const struct store_driver *driver;
    /* A call failed for a cause that is not the caller's (disk, corruption, out of memory, a fault put in): what the
     * transaction wrote so far may be half of something. The group looks here after each run, whatever run returned,
     * and does not commit a transaction with it set. Set by the driver's calls, by wrappers and by store_txn_spoil. */
    bool failed;
    /* By the driver, in write transactions: the epoch of accounts moves after the commit; write_commit failed and it is
     * certain that nothing of it will ever be there. */
    bool accounts_changed, not_committed;
};

/* Calls on a transaction, all bool with an error last. A row is the function's definition: it calls the driver's member
 * of that name, with the arguments as they are; SQLite's stands as sqlite_NAME in store/sqlite. X(function, name,
 * parameters, arguments) */
/* clang-format off */
#define STORE_TXN_CALLS(X) \
    X(store_session_get, session_get, \
      (struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct session_view *view, \
       bool *found, GError **error), \
      (txn, company, id, a, view, found, error)) \
    X(store_session_by_number, session_by_number, \
      (struct store_txn *txn, int64_t session, struct arena *a, struct session_view *view, bool *found, \
       GError **error), \
      (txn, session, a, view, found, error)) \
    X(store_events, events, \
      (struct store_txn *txn, const struct session *s, uint32_t first, uint32_t last, size_t limit, struct arena *a, \
       struct event **events, size_t *count, GError **error), \
      (txn, s, first, last, limit, a, events, count, error)) \
    X(store_shown, shown, \
      (struct store_txn *txn, const struct session *s, const struct event *behind, bool ascending, size_t limit, \
       struct arena *a, struct event **events, size_t *count, GError **error), \
      (txn, s, behind, ascending, limit, a, events, count, error)) \
    X(store_event_by_id, event_by_id, \
      (struct store_txn *txn, const struct session *s, struct str id, struct arena *a, struct event *event, \
       bool *found, GError **error), \
      (txn, s, id, a, event, found, error)) \
    X(store_event_find, event_find, \
      (struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct event *event, \
       int64_t *session, bool *found, GError **error), \
      (txn, company, id, a, event, session, found, error)) \
    X(store_session_number, session_number, \
      (struct store_txn *txn, int64_t company, int64_t visitor, int64_t *number, GError **error), \
      (txn, company, visitor, number, error)) \
    X(store_visitor_number, visitor_number, \
      (struct store_txn *txn, int64_t company, struct str id, int64_t *number, GError **error), \
      (txn, company, id, number, error)) \
    X(store_append, append, \
      (struct store_txn *txn, struct store_append *append, GError **error), (txn, append, error)) \
    X(store_visitor_get, visitor_get, \
      (struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct visitor *v, bool *found, \
       GError **error), \
      (txn, company, id, a, v, found, error)) \
    X(store_visitor_by_number, visitor_by_number, \
      (struct store_txn *txn, int64_t visitor, struct arena *a, struct visitor *v, bool *found, GError **error), \
      (txn, visitor, a, v, found, error)) \
    X(store_visitor_by_token, visitor_by_token, \
      (struct store_txn *txn, int64_t company, struct str token, struct arena *a, struct visitor *v, bool *found, \
       GError **error), \
      (txn, company, token, a, v, found, error)) \
    X(store_visitor_list, visitor_list, \
      (struct store_txn *txn, int64_t company, struct str text, int64_t before, size_t limit, struct arena *a, \
       struct visitor **visitors, size_t *count, GError **error), \
      (txn, company, text, before, limit, a, visitors, count, error)) \
    X(store_session_list, session_list, \
      (struct store_txn *txn, const struct store_session_filter *filter, const struct store_session_key *after, \
       bool ascending, size_t limit, struct arena *a, struct session **sessions, size_t *count, GError **error), \
      (txn, filter, after, ascending, limit, a, sessions, count, error)) \
    X(store_visitor_rooms, visitor_rooms, \
      (struct store_txn *txn, int64_t company, int64_t visitor, enum store_room_order order, size_t offset, \
       size_t limit, struct arena *a, struct session **sessions, size_t *count, GError **error), \
      (txn, company, visitor, order, offset, limit, a, sessions, count, error)) \
    X(store_event_of_each, event_of_each, \
      (struct store_txn *txn, const struct session *sessions, const uint32_t *indices, size_t count, struct arena *a, \
       struct event **events, struct participant **authors, GError **error), \
      (txn, sessions, indices, count, a, events, authors, error)) \
    X(store_summary, summary, \
      (struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, struct summary *sum, \
       GError **error), \
      (txn, company, from_ms, to_ms, sum, error)) \
    X(store_summary_bounds, summary_bounds, \
      (struct store_txn *txn, int64_t company, int64_t *least_ms, int64_t *greatest_ms, bool *found, \
       GError **error), \
      (txn, company, least_ms, greatest_ms, found, error)) \
    X(store_search, search, \
      (struct store_txn *txn, const struct store_search *search, struct arena *a, struct store_found *found, \
       GError **error), \
      (txn, search, a, found, error)) \
    X(store_search_refill, search_refill, \
      (struct store_txn *txn, size_t limit, struct store_refill *refill, GError **error), \
      (txn, limit, refill, error)) \
    X(store_search_indexed_from, search_indexed_from, \
      (struct store_txn *txn, int64_t *from_ms, GError **error), (txn, from_ms, error)) \
    X(store_lines, lines, \
      (struct store_txn *txn, struct arena *a, struct store_line **lines, size_t *count, GError **error), \
      (txn, a, lines, count, error)) \
    X(store_changes, changes, \
      (struct store_txn *txn, const struct store_change_filter *filter, int64_t after, size_t limit, struct arena *a, \
       struct store_change **changes, size_t *count, GError **error), \
      (txn, filter, after, limit, a, changes, count, error)) \
    X(store_erase_begin, erase_begin, \
      (struct store_txn *txn, const struct visitor *v, GError **error), (txn, v, error)) \
    X(store_erase_step, erase_step, (struct store_txn *txn, size_t limit, bool *finished, GError **error), \
      (txn, limit, finished, error)) \
    X(store_scrub_pending, scrub_pending, \
      (struct store_txn *txn, bool *erasing, bool *scrub, int64_t *owed_ms, GError **error), \
      (txn, erasing, scrub, owed_ms, error)) \
    X(store_company_put, company_put, \
      (struct store_txn *txn, struct company *company, GError **error), (txn, company, error)) \
    X(store_company_guest, company_guest, (struct store_txn *txn, int64_t company, int64_t *guest, GError **error), \
      (txn, company, guest, error)) \
    X(store_companies, companies, \
      (struct store_txn *txn, struct arena *a, struct company **companies, size_t *count, GError **error), \
      (txn, a, companies, count, error)) \
    X(store_operator_put, operator_put, \
      (struct store_txn *txn, const struct operator_account *o, GError **error), (txn, o, error)) \
    X(store_operator_by_id, operator_by_id, \
      (struct store_txn *txn, struct str id, struct arena *a, struct operator_account *o, bool *found, \
       GError **error), \
      (txn, id, a, o, found, error)) \
    X(store_operator_by_username, operator_by_username, \
      (struct store_txn *txn, struct str username, struct arena *a, struct operator_account *o, bool *found, \
       GError **error), \
      (txn, username, a, o, found, error)) \
    X(store_operators, operators, \
      (struct store_txn *txn, int64_t company, struct arena *a, struct operator_account** operators, size_t *count, \
       GError **error), \
      (txn, company, a, operators, count, error)) \
    X(store_department_put, department_put, \
      (struct store_txn *txn, const struct department *d, GError **error), (txn, d, error)) \
    X(store_departments, departments, \
      (struct store_txn *txn, int64_t company, struct arena *a, struct department **departments, size_t *count, \
       GError **error), \
      (txn, company, a, departments, count, error)) \
    X(store_button_put, button_put, (struct store_txn *txn, const struct button *b, GError **error), (txn, b, error)) \
    X(store_buttons, buttons, \
      (struct store_txn *txn, int64_t company, struct arena *a, struct button **buttons, size_t *count, \
       GError **error), \
      (txn, company, a, buttons, count, error)) \
    X(store_token_put, token_put, (struct store_txn *txn, const struct token *t, GError **error), (txn, t, error)) \
    X(store_token_get, token_get, \
      (struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], struct arena *a, struct token *t, bool *found, \
       GError **error), \
      (txn, hash, a, t, found, error)) \
    X(store_tokens, tokens, \
      (struct store_txn *txn, int64_t company, struct str operator_id, struct arena *a, struct token **tokens, \
       size_t *count, GError **error), \
      (txn, company, operator_id, a, tokens, count, error)) \
    X(store_token_used, token_used, \
      (struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], int64_t at_ms, GError **error), \
      (txn, hash, at_ms, error)) \
    X(store_token_delete, token_delete, (struct store_txn *txn, const uint8_t hash[ID_HASH_SIZE], GError **error), \
      (txn, hash, error)) \
    X(store_token_trim, token_trim, \
      (struct store_txn *txn, struct str operator_id, int64_t now_ms, size_t keep, GError **error), \
      (txn, operator_id, now_ms, keep, error)) \
    X(store_token_delete_of, token_delete_of, (struct store_txn *txn, struct str operator_id, GError **error), \
      (txn, operator_id, error)) \
    X(store_status_put, status_put, (struct store_txn *txn, const struct operator_status *status, GError **error), \
      (txn, status, error)) \
    X(store_status_get, status_get, \
      (struct store_txn *txn, int64_t company, struct str operator_id, struct operator_status *status, \
       GError **error), \
      (txn, company, operator_id, status, error)) \
    X(store_statuses, statuses, \
      (struct store_txn *txn, int64_t company, struct arena *a, struct operator_status **statuses, size_t *count, \
       GError **error), \
      (txn, company, a, statuses, count, error)) \
    X(store_preference_put, preference_put, \
      (struct store_txn *txn, struct str operator_id, struct str value, GError **error), \
      (txn, operator_id, value, error)) \
    X(store_preference_get, preference_get, \
      (struct store_txn *txn, struct str operator_id, struct arena *a, struct str *value, bool *found, \
       GError **error), \
      (txn, operator_id, a, value, found, error)) \
    X(store_canned_put, canned_put, (struct store_txn *txn, const struct canned_answer *c, GError **error), \
      (txn, c, error)) \
    X(store_canned_get, canned_get, \
      (struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct canned_answer *c, bool *found, \
       GError **error), \
      (txn, company, id, a, c, found, error)) \
    X(store_canned_delete, canned_delete, (struct store_txn *txn, int64_t company, struct str id, GError **error), \
      (txn, company, id, error)) \
    X(store_canned_list, canned_list, \
      (struct store_txn *txn, int64_t company, const struct canned_answer *after, size_t limit, struct arena *a, \
       struct canned_answer **answers, size_t *count, GError **error), \
      (txn, company, after, limit, a, answers, count, error)) \
    X(store_canned_count, canned_count, (struct store_txn *txn, int64_t company, size_t *count, GError **error), \
      (txn, company, count, error)) \
    X(store_chat_key_put, chat_key_put, \
      (struct store_txn *txn, const struct chat_key *k, GError **error), (txn, k, error)) \
    X(store_chat_keys, chat_keys, \
      (struct store_txn *txn, int64_t session, struct arena *a, struct chat_key **keys, size_t *count, \
       GError **error), \
      (txn, session, a, keys, count, error)) \
    X(store_live_chats, live_chats, \
      (struct store_txn *txn, struct arena *a, int64_t **sessions, size_t *count, GError **error), \
      (txn, a, sessions, count, error)) \
    X(store_live_chat_put, live_chat_put, \
      (struct store_txn *txn, int64_t session, GError **error), (txn, session, error)) \
    X(store_live_chat_delete, live_chat_delete, \
      (struct store_txn *txn, int64_t session, GError **error), (txn, session, error)) \
    X(store_value_get, value_get, \
      (struct store_txn *txn, struct str name, struct arena *a, struct str *value, bool *found, GError **error), \
      (txn, name, a, value, found, error)) \
    X(store_value_put, value_put, (struct store_txn *txn, struct str name, struct str value, GError **error), \
      (txn, name, value, error)) \
    X(store_session_scan, session_scan, \
      (struct store_txn *txn, int64_t company, int64_t after, size_t limit, struct arena *a, \
       struct session_view **views, size_t *count, GError **error), \
      (txn, company, after, limit, a, views, count, error)) \
    X(store_visitor_scan, visitor_scan, \
      (struct store_txn *txn, int64_t after, size_t limit, struct arena *a, struct visitor **visitors, \
       size_t *count, GError **error), \
      (txn, after, limit, a, visitors, count, error)) \
    X(store_session_replace, session_replace, \
      (struct store_txn *txn, const struct session_view *view, GError **error), \
      (txn, view, error)) \
    X(store_visitor_replace, visitor_replace, \
      (struct store_txn *txn, const struct visitor *v, GError **error), (txn, v, error))

/* Other calls that can fail; the result is false or NULL then.
 * X(result, on, function, name, parameters, arguments), `on` being the parameter whose table serves the call. */
#define STORE_OTHER_CALLS(X) \
    X \
      (struct store_reader *, store, store_reader_open, reader_open, (struct store *store, GError **error), \
      (store, error)) \
    X \
      (struct store_txn *, reader, store_read_begin, read_begin, (struct store_reader *reader, GError **error), \
      (reader, error)) \
    X(bool, store, store_scrub, scrub, \
      (struct store *store, bool (*cancelled)(void *data), void *data, GError **error), \
      (store, cancelled, data, error)) \
    X(bool, store, store_backup, backup, \
      (struct store *store, const char *path, const struct store_progress *progress, GError **error), \
      (store, path, progress, error)) \
    X(bool, reader, store_check, check, \
      (struct store_reader *reader, store_finding *report, void *data, const struct store_progress *progress, \
       GError **error), \
      (reader, report, data, progress, error)) \
    X(bool, store, store_rebuild, rebuild, \
      (struct store *store, const struct store_progress *progress, GError **error), \
      (store, progress, error))

/* clang-format on */

struct store_driver {
#define X(function, name, parameters, arguments) bool(*name) parameters;
    STORE_TXN_CALLS(X)
#undef X
#define X(result, on, function, name, parameters, arguments) result(*name) parameters;
    STORE_OTHER_CALLS(X)
#undef X

    /* Cannot fail. */
    void (*close)(struct store *store);
    void (*reader_close)(struct store_reader *reader);
    void (*reader_stop_when)(struct store_reader *reader, const atomic_bool *stop);
    void (*read_end)(struct store_txn *txn);
    int64_t (*bytes)(struct store *store);     /* store_counters.bytes; any thread */
    int64_t (*log_bytes)(struct store *store); /* store_counters.log_bytes; any thread */

    /* The edges of a write transaction. Called by group.c alone, on the writer's thread, through store->driver. */

    /* After a begin that failed nothing is open. It tries to mend what an earlier write_break gave up. */
    bool (*write_begin)(struct store_txn *txn, GError **error);
    /* Is the transaction still open (some errors end it)? *rows grows with each row written. */
    bool (*write_open)(struct store_txn *txn, int64_t *rows);
    /* Writes what was collected for the end of the group. */
    bool (*write_flush)(struct store_txn *txn, GError **error);
    /* Durable when true. False: the outcome is unknown, unless txn->not_committed is set. */
    bool (*write_commit)(struct store_txn *txn, GError **error);
    /* Instead of flush and commit, and after a commit that failed: nothing of the transaction stays, in memory neither.
     * Also where none is open. */
    void (*write_break)(struct store_txn *txn);
    /* Writes something that changes nothing, so that the commit has to reach the disk. */
    bool (*write_touch)(struct store_txn *txn, GError **error);
    /* Outside transactions, after each group: house-keeping that no commit waits for. */
    void (*between_groups)(struct store *store);
};

/* The drivers there are. */
struct store *sqlite_store_open(const char *directory, const struct store_options *options, GError **error);
bool sqlite_restore(const char *directory, const char *path, GError **error);
