/* Operators by the names that lines and events give them. Internal to the core. */
#pragma once

#include "core/directory.h"
#include "model/event.h"
#include "model/head.h"

/* A line names an operator by one word, `given.username`: their username or id. Who has no account here is known by
 * that word. A reference with an id is given back as it is. */
struct operator_ref naming_of_line(const struct directory *d, int64_t company, struct operator_ref given,
                                   struct arena *a);

/* Completes every OPERATOR in the event's data (doc/events.md) that gives a username or an id alone from the account.
 * Inside a write transaction. O(length of the data). */
bool naming_of_event(struct core *core, struct store_txn *txn, int64_t company, struct event *e, struct arena *a,
                     GError **error);
