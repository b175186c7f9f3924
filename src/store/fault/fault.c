#include "store/fault/fault.h"
#include "store/driver.h"

#include <stdatomic.h>

struct fault {
    struct store_driver driver; /* first: a handle's table is this struct */
    const struct store_driver *inner;
    atomic_int calls;
    atomic_int fail_at; /* value of `calls` that fails; 0 = none */
    atomic_int reason;
    atomic_bool fired;
};

static struct fault *fault_of(const struct store_driver *driver)
{
    return (struct fault *)driver;
}

/* Counts one call; true when it is the one to fail, with the error set. */
static bool hit(struct fault *fault, const char *name, GError **error)
{
    int call = atomic_fetch_add(&fault->calls, 1) + 1;
    if (call != atomic_load(&fault->fail_at))
        return false;
    atomic_store(&fault->fired, true);
    reason_set(error, (enum reason)atomic_load(&fault->reason), "Fault put into call %d, %s", call, name);
    return true;
}

static bool hit_txn(struct store_txn *txn, const char *name, GError **error)
{
    if (!hit(fault_of(txn->driver), name, error))
        return false;
    txn->failed = true;
    return true;
}

#define X(function, name, parameters, arguments) \
    static bool fault_##name parameters \
    { \
        return !hit_txn(txn, #name, error) && fault_of(txn->driver)->inner->name arguments; \
    }
STORE_TXN_CALLS(X)
#undef X

#define X(result, on, function, name, parameters, arguments) \
    static result fault_##name parameters \
    { \
        if (hit(fault_of(on->driver), #name, error)) \
            return 0; \
        return fault_of(on->driver)->inner->name arguments; \
    }
STORE_OTHER_CALLS(X)
#undef X

static bool fault_write_begin(struct store_txn *txn, GError **error)
{
    return !hit(fault_of(txn->driver), "write_begin", error) && fault_of(txn->driver)->inner->write_begin(txn, error);
}

static bool fault_write_flush(struct store_txn *txn, GError **error)
{
    return !hit(fault_of(txn->driver), "write_flush", error) && fault_of(txn->driver)->inner->write_flush(txn, error);
}

static bool fault_write_commit(struct store_txn *txn, GError **error)
{
    struct fault *fault = fault_of(txn->driver);
    if (hit(fault, "write_commit, before", error))
        return false;
    if (!fault->inner->write_commit(txn, error)) {
        hit(fault, "write_commit, after", NULL);
        return false;
    }
    return !hit(fault, "write_commit, after", error);
}

static void fault_close(struct store *store)
{
    struct fault *fault = fault_of(store->driver);
    fault->inner->close(store);
    g_free(fault);
}

struct fault *fault_wrap(struct store *store)
{
    struct fault *fault = g_new0(struct fault, 1);
    fault->inner = store->driver;
    fault->driver = *store->driver;
#define X(function, name, parameters, arguments) fault->driver.name = fault_##name;
    STORE_TXN_CALLS(X)
#undef X
#define X(result, on, function, name, parameters, arguments) fault->driver.name = fault_##name;
    STORE_OTHER_CALLS(X)
#undef X
    fault->driver.write_begin = fault_write_begin;
    fault->driver.write_flush = fault_write_flush;
    fault->driver.write_commit = fault_write_commit;
    fault->driver.close = fault_close;
    store->driver = &fault->driver;
    return fault;
}

void fault_arm(struct fault *fault, int n, enum reason reason)
{
    atomic_store(&fault->fired, false);
    atomic_store(&fault->reason, (int)reason);
    atomic_store(&fault->fail_at, n ? atomic_load(&fault->calls) + n : 0);
}

bool fault_fired(struct fault *fault)
{
    return atomic_load(&fault->fired);
}

int fault_calls(struct fault *fault)
{
    return atomic_load(&fault->calls);
}
