/* Roll-ups: what reports sum instead of sessions (doc/decisions.md 4). */
#include "store/sqlite/sqlite.h"

const int64_t rollup_width_ms[ROLLUP_LEVELS] = {
    [ROLLUP_DAY] = 24 * 60 * 60 * 1000,
    [ROLLUP_QUARTER] = 15 * 60 * 1000,
};

static bool add_contribution(struct store_txn *txn, int64_t company, const struct contribution *c, GError **error)
{
    for (int level = 0; level < ROLLUP_LEVELS; level++) {
        sqlite3_stmt *s = txn_statement(txn,
                                        "INSERT INTO rollup(company, level, bucket, sessions, duration_ms, messages)"
                                        " VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                                        " sessions = sessions + excluded.sessions,"
                                        " duration_ms = duration_ms + excluded.duration_ms,"
                                        " messages = messages + excluded.messages",
                                        error);
        if (!s)
            return false;
        bind_int(s, 1, company);
        bind_int(s, 2, level);
        bind_int(s, 3, c->at_ms / rollup_width_ms[level]);
        bind_int(s, 4, c->sessions);
        bind_int(s, 5, c->duration_ms);
        bind_int(s, 6, c->messages);
        if (!txn_run(txn, s, error))
            return false;
    }
    return true;
}

bool rollup_apply(struct store_txn *txn, const struct session *before, const struct session *after, GError **error)
{
    struct contribution old = before ? session_contribution(before) : (struct contribution){0};
    struct contribution now = session_contribution(after);
    if (old.counts && now.counts && old.at_ms == now.at_ms) {
        now.sessions -= old.sessions;
        now.duration_ms -= old.duration_ms;
        now.messages -= old.messages;
        bool nothing = !now.sessions && !now.duration_ms && !now.messages;
        return nothing || add_contribution(txn, after->company, &now, error);
    }
    if (old.counts) {
        struct contribution minus = {true, old.at_ms, -old.sessions, -old.duration_ms, -old.messages};
        if (!add_contribution(txn, after->company, &minus, error))
            return false;
    }
    return !now.counts || add_contribution(txn, after->company, &now, error);
}
