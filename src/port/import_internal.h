/* What the files of an import share:
 *
 *     import.c        the feeder's side: new, feed, end, cancel, finish
 *     import_step.c   an import's turns on the core's threads, and where its lines begin and end
 *     import_line.c   a line into a batch, a long one into parts
 *     import_batch.c  batches to the writer, and what it answered
 *     import_place.c  where to go on after an interruption */
#pragma once

#include "port/import.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

enum {
    IMPORT_ROOM = 1024 * 1024,          /* bytes waiting before the feeder is asked to pause */
    IMPORT_UNDER_WAY = 2 * 1024 * 1024, /* bytes at the writer before more are held back: some groups of bulk jobs */
    IMPORT_BATCH_BYTES = 256 * 1024,    /* a batch ends with the line that reaches this; a longer line goes in parts */
};

/* What of a line is in a batch: a part stands alone in it. */
enum part { WHOLE_LINES, FIRST_PART, NEXT_PART };

/* Lines on their way to the writer. */
struct batch {
    struct import_op op; /* first */
    bool (*run)(struct op *op, struct store_txn *txn, GError **error);
    struct import *import;
    int64_t order;   /* 1, 2, 3... */
    GArray *lines;   /* struct line */
    GArray *numbers; /* int64_t: the line's number in the stream */
    size_t events, bytes;
    enum part part;
    struct batch *next; /* in import->finished */
};

/* A line that is too much for one job of the writer: its first part opens the session, the others append to it. The
 * next line is read when all are answered. */
struct parts {
    bool open, all_submitted, left_out; /* left out: not of the time that is wanted */
    struct line line;                   /* events_stored: of the parts submitted */
    struct arena arena;
    size_t created, appended, refused; /* parts that did or were */
};

/* An import has no thread of its own: it moves in steps (OP_STEP), on one of the core's threads at a time, and rests
 * while there is nothing to do for it.
 *
 *     RESTS --poke--> QUEUED --a thread takes it--> MOVES --nothing to do--> RESTS
 *                        ^                          |    \--poke--> STALE (as MOVES, but something came meanwhile)
 *                        '--- its turn is over, or it was stale
 *
 * Poked are imports that were fed, ended or cancelled, or whose batch the writer has answered. */
enum turn { RESTS, QUEUED, MOVES, STALE };

struct import {
    struct op step; /* first */
    struct import_options options;
    struct import_place place; /* to skip to */

    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    enum turn turn;
    struct buf incoming;
    bool ended, over, paused;
    struct batch *finished; /* answered by the writer, newest first */

    atomic_bool cancelled;
    _Atomic int64_t failed_order; /* a batch that failed; those behind it must not run. 0 = none */
    _Atomic int64_t lines_done;
    bool part_refused; /* under skip_bad, so that the rest of the line must not run; the writer's thread's */

    /* Whoever moves it. */
    struct buf working; /* bytes not yet parsed from `start` on */
    size_t start, seen; /* `seen` bytes from start on hold no newline */
    int64_t line;       /* number of the line being read */
    int64_t bytes;
    bool skipping; /* not yet at the place */
    bool has_long_line;
    crypto_generichash_state digest;
    struct batch *batch; /* being filled */
    struct parts parts;
    int64_t orders;   /* batches submitted */
    size_t under_way; /* bytes */
    bool read;        /* no more lines will be read */
    bool wound_up;    /* the last batch is submitted */
    bool stop;        /* something failed: submit no more */
    int64_t error_order;
    struct import_result result;
};

/* ---- import_step.c ---- */

/* As op_init for the import's turns; it rests. */
void import_step_init(struct import *import);
/* There is something to do. Under the lock. */
void import_poke(struct import *import);

/* ---- import_line.c; on whichever thread moves the import, as all below ---- */

/* One line of the stream with its newline, when it has one: skipped, or into the batch, or opened as parts. */
void import_take_line(struct import *import, struct str text);
/* Goes on with the open line. False: there is nothing to do before the writer has answered. */
bool import_move_parts(struct import *import);
void import_parts_close(struct import *import);

/* ---- import_batch.c ---- */

struct batch *import_batch_new(struct import *import);
void import_batch_free(struct batch *batch);

/* What is stored with a batch of the place to go on from; at the end of the stream there is none any more. */
enum note { NOTE_NOTHING, NOTE_PLACE, NOTE_END };

/* Hands the batch to the writer and begins another. */
void import_submit(struct import *import, enum note note);
/* Takes up what the writer answered. */
void import_harvest(struct import *import);
/* Everything of the open line is answered. The line is one, however many parts it had. */
void import_parts_account(struct import *import);

/* The import stops with this error, unless an earlier batch failed. Takes `error` over. `line` 0: none of them. */
void import_fail(struct import *import, int64_t order, int64_t line, GError *error);
/* A line is left out, under skip_bad. */
void import_refuse_line(struct import *import, int64_t line, const GError *why);

/* ---- import_place.c ---- */

/* As it is stored: of what was read so far. */
struct str import_place_value(const struct import *import, struct arena *a);
/* A line up to the place was read: it is there already, if the bytes up to the place are those of then. */
void import_skip_line(struct import *import);
/* The stream is not the one whose import was interrupted: the import fails. */
void import_differ(struct import *import);
