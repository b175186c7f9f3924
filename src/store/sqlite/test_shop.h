/* What the driver's own tests share: a store in a fresh directory, and jobs that write messages. Tests only. */
#pragma once

#include "store/sqlite/sqlite.h"

struct shop {
    char *directory;
    struct store *store;
};

/* A fresh directory with a store in it. */
void shop_open(struct shop *shop);
/* Closes and opens again. */
void shop_reopen(struct shop *shop);
/* Closes (unless that is done) and removes the directory. */
void shop_close(struct shop *shop);
struct store *shop_try(const char *directory, bool create, GError **error);

/* Writes a message in `session`, which it opens when there is none (visitor "v-<session>"). */
bool shop_message(struct store_txn *txn, const char *session, const char *id, const char *text, GError **error);

/* A job that writes one message, then does what `after` says. */
struct shop_job {
    struct store_job job;
    char session[32], id[32];
    bool (*after)(struct shop_job *job, struct store_txn *txn, GError **error); /* NULL = nothing */
    bool (*before)(struct shop_job *job, struct store_txn *txn, GError **error);
    int runs, turn; /* `turn` is the test's own */
    bool done;
    GError *error;
};
void shop_job_init(struct shop_job *job, const char *session, const char *id);
/* Waits until `job` is done: true when it was committed, else its reason. */
bool shop_job_wait(struct shop_job *job, enum reason *reason);

/* Submits and waits. */
bool shop_write(struct shop *shop, const char *session, const char *id, enum reason *reason);

/* How many messages the session has; 0 when it is not there. Opens and closes a reader. */
uint32_t shop_count(struct shop *shop, const char *session);
/* Asserts that store_check finds nothing. */
void shop_check(struct shop *shop);
