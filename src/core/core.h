/* The core: one open store with everything that lives beside it in memory (identity cache, directory of accounts,
 * live hub, limiters, the pools for reads and for slow work). One per process; made by the application, handed to the
 * dialects.
 *
 * How a request runs (doc/decisions.md 3): decode -> op, run(txn, op), render(op, reply).
 *   READ   `run` gets a snapshot. What reads a bounded number of rows by key runs in place, with its thread's reader
 *          (core_read); everything else on the readers' threads (core_submit), as many as cores, of lower priority than
 *          loops and writer.
 *   WRITE  core_submit: `run` on the writer's thread inside a group; `done` when durable.
 *   SLOW   core_submit: `run` on a pool of two threads (password hashing, files); no txn.
 *   STEP   the next step of long work that nobody waits for step by step (an import): as SLOW, on two threads of its
 *          own. Its `done` may submit it again.
 *   HOLD   a READ that found nothing new, parked as a waiter in core/live.h. */
#pragma once

#include "base/arena.h"
#include "base/reason.h"
#include "store/store.h"

struct core;

/* What strangers may write (core/quota.h); 0 = no limit. */
struct quota_options {
    int64_t opens, open_bytes;           /* chats, and bytes of the requests: for an address in a minute */
    int64_t operations, operation_bytes; /* in one chat in a second, on average over some seconds */
};

/* Where the sample company's credentials, which everybody knows, are accepted. */
enum sample_access { SAMPLE_NOWHERE, SAMPLE_LOCALLY, SAMPLE_EVERYWHERE };

struct core_options {
    enum sample_access samples;
    int64_t chat_timeout_ms; /* Genesys keep-alive: a client silent for so long has left; 0 = never */
    size_t answer_bytes;     /* memory for answers kept (core/kept.h); 0 = none are */
    struct quota_options quota;
    int64_t search_time_ms; /* for store_search.time_ms */
    int scrub_minute; /* of the machine's day: when what was erased is scrubbed from the files; -1 = when asked only */
};

/* Takes ownership of `store` (closed by core_close). Resumes erasures that a crash interrupted; starts the pool and the
 * keep-alive clock. */
struct core *core_open(struct store *store, const struct core_options *options, GError **error);

/* Waits for submitted ops, stops the threads, closes the store. What is submitted later, on this thread, is refused as
 * STOPPING: whoever still holds something of the core can give it back before core_close. */
void core_stop(struct core *core);

/* Stops if that was not done, then frees all. */
void core_close(struct core *core);

struct store *core_store(struct core *core);
/* 32 random bytes made with the database, for cursors (text/cursor.h): they outlive restarts. Borrowed from the core.
 */
const uint8_t *core_cursor_key(const struct core *core);
/* From whom: `local` says that the caller is on this machine itself. */
bool core_allows_samples(const struct core *core, bool local);
int64_t core_search_time_ms(const struct core *core);

/* What imports may take of memory all together: LIMIT_IMPORTS at once, one of them with a line longer than
 * LIMIT_SHORT_LINE, LIMIT_ARCHIVES with a thread that reads what is sent. IMPORTS_BUSY. Each that was entered is left
 * once. Any thread. */
bool core_import_enter(struct core *core, GError **error);
void core_import_leave(struct core *core);
bool core_archive_enter(struct core *core, GError **error);
void core_archive_leave(struct core *core);
bool core_long_line_enter(struct core *core, GError **error);
void core_long_line_leave(struct core *core);

/* A reader for one thread (each loop has one). */
static inline struct store_reader *core_reader_open(struct core *core, GError **error)
{
    return store_reader_open(core_store(core), error);
}

static inline void core_reader_close(struct store_reader *reader)
{
    store_reader_close(reader);
}

static inline struct store_txn *core_read_begin(struct store_reader *reader, GError **error)
{
    return store_read_begin(reader, error);
}

static inline void core_read_end(struct store_txn *txn)
{
    store_read_end(txn);
}

/* ---- ops ------------------------------------------------------------------------------------------------ */

enum op_kind { OP_WRITE, OP_READ, OP_SLOW, OP_STEP };

struct op;
struct effect;

/* Embedded first in every operation's struct. Made by op_init, zeroed otherwise. */
struct op {
    enum op_kind kind;
    /* Touches only the txn, the op and the op's arena. May run a second time (store_job.run): starts by forgetting
     * its outputs. OP_SLOW gets a NULL txn. On refusal it has written nothing and set *error. */
    bool (*run)(struct op *op, struct store_txn *txn, GError **error);
    /* Called once, on any thread, after the commit is durable and the op's effects are applied; op->error says whether
     * it failed. Must not block: it posts to its loop. */
    void (*done)(struct op *op);
    void *user;         /* the caller's */
    GError *error;      /* owned by the op; freed by op_clear */
    struct arena arena; /* the request's life time: inputs, outputs */
    struct core *core;
    atomic_bool abandoned;  /* internal: core_abandon was called */
    GList waits;            /* internal: its place in a pool's queue; data NULL = in none */
    struct effect *effects; /* internal: what live.h must learn after COMMIT */
    struct store_job job;   /* internal */
};

void op_init(struct op *op, struct core *core, enum op_kind kind,
             bool (*run)(struct op *op, struct store_txn *txn, GError **error));

/* Frees the arena and the error. After `done` only. */
void op_clear(struct op *op);

/* Hands the op over until `done`. Any thread. Reasons besides those of `run`: QUEUE_FULL, CANCELLED, and the store's.
 */
void core_submit(struct op *op);

/* Nobody waits for an OP_READ any more: it ends as CANCELLED. One that a thread has begun is interrupted, soon; one
 * that still waits gives its place to others at once, and `done` is called in here. Between core_submit and `done`; on
 * the thread that submitted it. */
void core_abandon(struct op *op);

/* Runs an OP_READ at once with this thread's reader: for reads of a bounded number of rows by key. op->error says
 * whether it failed; `done` is not called. */
void core_read(struct op *op, struct store_reader *reader);

/* Submits and waits; the op's error is moved to *error. For commands and tests. Not on a loop's or the writer's thread.
 */
bool core_run(struct op *op, GError **error);
