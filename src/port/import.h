/* Import: a stream of lines (model/line.h), one session each, into a company.
 *
 * Bytes are pushed in; they are parsed in steps on the core's threads (OP_STEP) and handed to the writer in batches of
 * lines, a few under way at once so that the writer groups them. LIMIT_IMPORTS at once share two threads. The command
 * feeds a file, the HTTP route a request's body.
 *
 *     struct import *import = import_new(&options);
 *     while (more && import_feed(import, piece)) ...    // false: wait for room, or for the end after a failure
 *     import_end(import);
 *     import_finish(import, &result);
 *
 * All or nothing goes by batch: without skip_bad the first line that cannot be taken ends the import, and nothing
 * behind the last whole batch before it is changed. A line of more than 256 KiB goes in several, so that no job holds
 * the writer for long; it was checked as a whole before, so only what somebody else stores in its session meanwhile can
 * end it midway. Lines that are there already are skipped (core/conversation.h) and those that are there in part are
 * completed, so an import that was interrupted is simply run again.
 *
 * One thread feeds and finishes; the waiter is woken on another, under the import's lock: it must only post. */
#pragma once

#include "base/waiter.h"
#include "core/conversation.h"

struct import;

enum { IMPORT_PLACE_SIZE = 32 };

/* How far an earlier, interrupted import of the same file came. Kept in the store, in the same transaction as the lines
 * before it. */
struct import_place {
    int64_t bytes, lines;
    uint8_t digest[IMPORT_PLACE_SIZE]; /* of those bytes: the file is still the same as far as it matters */
};

struct import_options {
    struct core *core;
    int64_t company;
    bool skip_bad;
    bool dry_run;           /* counts and refuses the same, writes nothing */
    int64_t from_ms, to_ms; /* only sessions begun in [from, to): the others are not counted; 0 = unbounded */
    /* Told of each line refused under skip_bad, on the thread that moves the import; may be NULL. */
    void (*refused)(void *data, int64_t line, const GError *why);
    void *data;
    /* Woken when there is room again after import_feed said no, and when the import is over. NULL: the feeder blocks in
     * import_wait. */
    struct waiter *waiter;
    /* Name of the stored place (import_place_name); STR_NULL = none is kept. Lives as long as the import. */
    struct str place_name;
    /* Skip up to here. The bytes must be fed all the same; when they are others, the import fails with LINE_INVALID and
     * `place_differs` set in the result. NULL = from the start. Copied. */
    const struct import_place *place;
};

/* Reason IMPORTS_BUSY: then NULL. */
struct import *import_new(const struct import_options *options, GError **error);

/* Copies the bytes in, at most a megabyte at a time. False: that is enough for now, wait for the waiter or in
 * import_wait before the next. Bytes fed after the import is over are dropped. */
bool import_feed(struct import *import, struct str bytes);

/* Blocks until there is room or the import is over; false when it is over. */
bool import_wait(struct import *import);

/* No more bytes come: the last line may lack its newline. */
void import_end(struct import *import);

/* Stops after the batches under way; the result says CANCELLED. */
void import_cancel(struct import *import);

/* Nothing more will change: import_finish does not block. Any thread. */
bool import_is_over(struct import *import);

/* Lines written and skipped so far, for progress. Any thread. */
int64_t import_lines(struct import *import);

struct import_result {
    struct {
        int64_t created, appended, unchanged, refused, events;
    } counts;
    int64_t line;       /* of the error, from 1; 0 = none in particular */
    bool place_differs; /* see import_options.place */
    GError *error;      /* why it stopped; NULL = all went in. import_result_clear frees it */
};

/* Waits until it is over and frees the import. */
void import_finish(struct import *import, struct import_result *result);

void import_result_clear(struct import_result *result);

/* The name of the place of a file that begins with `head` (its first 64 KiB, or all) in a company. */
struct str import_place_name(int64_t company, struct str head, struct arena *a);

/* The place of that name; `found` false when there is none, or the import was finished. */
bool import_place_get(struct store_txn *txn, struct str name, struct import_place *place, bool *found, GError **error);
