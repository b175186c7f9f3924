#include "core/internal.h"

bool snapshot_open(struct snapshot *snapshot, struct core *core, GError **error)
{
    *snapshot = (struct snapshot){.reader = store_reader_open(core->store, error)};
    if (snapshot->reader)
        snapshot->txn = store_read_begin(snapshot->reader, error);
    return snapshot->txn;
}

void snapshot_close(struct snapshot *snapshot)
{
    if (snapshot->txn)
        store_read_end(snapshot->txn);
    if (snapshot->reader)
        store_reader_close(snapshot->reader);
}
