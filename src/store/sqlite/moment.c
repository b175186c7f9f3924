/* Which visitors changed since when, for caches above the store.
 *
 * A place is marked with the number that the running transaction's commit will have, before anything can be seen of it;
 * the count goes up after the commit. So whoever read the count first and then began a snapshot holds either everything
 * of a marked commit, or a number below its mark. A transaction that went back leaves marks that only the next commit
 * catches up with: until then these visitors count as changed. */
#include "store/sqlite/sqlite.h"

#include <stdatomic.h>

void moment_touch(struct store_txn *txn, int64_t visitor)
{
    struct moments *m = &sqlite_txn(txn)->connection->store->moments;
    atomic_store(&m->touched[visitor % MOMENT_PLACES], atomic_load_explicit(&m->now, memory_order_relaxed) + 1);
}

void moment_pass(struct sqlite_store *store)
{
    atomic_fetch_add(&store->moments.now, 1);
}

int64_t sqlite_moment(struct store *store)
{
    return atomic_load(&sqlite_store(store)->moments.now);
}

bool sqlite_visitor_unchanged(struct store *store, int64_t visitor, int64_t moment)
{
    return atomic_load(&sqlite_store(store)->moments.touched[visitor % MOMENT_PLACES]) <= moment;
}
