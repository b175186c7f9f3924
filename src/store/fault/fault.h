/* A driver that fails on demand: it wraps a store and lets the n-th call fail.
 *
 * For tests. Every call of store.h that can fail is counted, and so are the begin and the commit of each write group;
 * a commit counts twice, so that it can fail with nothing written and with everything written but not known.
 *
 * A failing call does nothing, sets the armed reason and, on a transaction, marks it as failed: to the driver's
 * writer that looks like a disk that gave out in the middle.
 *
 * Threads: any, after fault_wrap. */
#pragma once

#include "store/store.h"

struct fault;

/* Puts itself between `store` and its driver. Call right after store_open, before any other call. The wrapper lives
 * as long as the store and goes with store_close. */
struct fault *fault_wrap(struct store *store);

/* The `n`-th counted call from now (1 = the next) fails with `reason`, once. 0 disarms. */
void fault_arm(struct fault *fault, int n, enum reason reason);

/* Whether the armed call has come; false when none is armed. */
bool fault_fired(struct fault *fault);

/* Calls counted since fault_wrap. */
int fault_calls(struct fault *fault);
