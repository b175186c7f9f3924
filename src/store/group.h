/* Group commit: how jobs become durable, whatever driver writes them. One thread a store runs all changes.
 *
 * For drivers and store.c, not for use above the store. What a driver gives is in driver.h under "the edges of a write
 * transaction"; what it gets from here is the order in which these are called, and the answers to the jobs. */
#pragma once

#include "store/driver.h"

/* Starts the thread and sets store->group; `txn` is the store's one write transaction, its memory the driver's. From
 * now on the driver's write calls run on that thread. INTERNAL when there can be no thread. */
bool group_start(struct store *store, struct store_txn *txn, GError **error);

/* Finishes what was submitted, then ends the thread and clears store->group. Nothing happens without one. */
void group_stop(struct store *store);

/* Runs `work` on the writer's thread, between groups and outside any transaction, and waits for it. Not from the
 * writer's thread. STOPPING, or what `work` says. */
bool group_exclusive(struct store *store, bool (*work)(struct store *store, void *data, GError **error), void *data,
                     GError **error);

/* Inside a write transaction: it changes something that reads of this visitor show (store_visitor_unchanged). */
void group_touch_visitor(struct store *store, int64_t visitor);
