#include "port/import.h"

#include "base/clock.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

enum {
    ROOM = 1024 * 1024,                    /* bytes waiting before the feeder is asked to pause */
    UNDER_WAY = 2 * 1024 * 1024,           /* bytes at the writer before more are held back: some groups of bulk jobs */
    STEP_MS = 20,                          /* an import's turn on its thread */
    BATCH_EVENTS = LIMIT_IMPORT_BATCH / 2, /* a batch ends with the line that reaches this */
    BATCH_BYTES = 256 * 1024,              /* or this; a longer line goes in parts */
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
    bool open, all_submitted;
    struct line line; /* events_stored: of the parts submitted */
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

/* There is something to do. Under the lock. */
static void poke(struct import *import)
{
    if (import->turn == MOVES)
        import->turn = STALE;
    if (import->turn != RESTS)
        return;
    import->turn = QUEUED;
    core_submit(&import->step);
}

/* ---- the place ------------------------------------------------------------------------------------------ */

struct str import_place_name(int64_t company, struct str head, struct arena *a)
{
    uint8_t hash[16];
    char hex[2 * sizeof hash + 1];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)head.ptr, head.len, NULL, 0);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return arena_printf(a, "import.%lld.%s", (long long)company, hex);
}

bool import_place_get(struct store_txn *txn, struct str name, struct import_place *place, bool *found, GError **error)
{
    struct arena scratch;
    struct str value, word, rest;
    *place = (struct import_place){0};
    arena_init(&scratch);
    bool ok = store_value_get(txn, name, &scratch, &value, found, error);
    if (ok && *found) {
        size_t length = 0;
        rest = str_split(value, ' ', &word);
        *found = str_to_int64(word, &place->bytes);
        rest = str_split(rest, ' ', &word);
        *found = *found && str_to_int64(word, &place->lines) &&
                 sodium_hex2bin(place->digest, sizeof place->digest, rest.ptr, rest.len, NULL, &length, NULL) == 0 &&
                 length == sizeof place->digest;
    }
    arena_clear(&scratch);
    return ok;
}

static void digest_now(const struct import *import, uint8_t digest[IMPORT_PLACE_SIZE])
{
    crypto_generichash_state copy = import->digest;
    crypto_generichash_final(&copy, digest, IMPORT_PLACE_SIZE);
}

static struct str place_value(const struct import *import, struct arena *a)
{
    uint8_t digest[IMPORT_PLACE_SIZE];
    char hex[2 * IMPORT_PLACE_SIZE + 1];
    digest_now(import, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return arena_printf(a, "%lld %lld %s", (long long)import->bytes, (long long)import->line, hex);
}

/* ---- batches -------------------------------------------------------------------------------------------- */

/* On the writer's thread. Batches run in order, so when one is refused all behind it see that and change nothing. */
static bool batch_run(struct op *op, struct store_txn *txn, GError **error)
{
    struct batch *batch = (struct batch *)op;
    struct import *import = batch->import;
    int64_t failed = atomic_load(&import->failed_order);
    bool cancelled = atomic_load(&import->cancelled);
    if (cancelled || (failed && failed < batch->order)) {
        reason_set(error, REASON_CANCELLED,
                   cancelled ? "the import was interrupted" : "a batch before this one was refused");
        return false;
    }
    if (batch->part == NEXT_PART && import->part_refused) {
        import_op_forget(&batch->op);
        return true;
    }
    bool ok = batch->run(op, txn, error);
    import->part_refused = batch->op.refusals && batch->op.refusals[0];
    atomic_store(&import->failed_order, ok ? 0 : batch->order);
    return ok;
}

static void batch_done(struct op *op)
{
    struct batch *batch = (struct batch *)op;
    struct import *import = batch->import;
    int64_t failed = atomic_load(&import->failed_order);
    /* A commit may fail after `run` went well: then those behind must not run either. */
    if (op->error && (!failed || failed > batch->order))
        atomic_store(&import->failed_order, batch->order);
    pthread_mutex_lock(&import->lock);
    batch->next = import->finished;
    import->finished = batch;
    poke(import);
    pthread_mutex_unlock(&import->lock);
}

static struct batch *batch_new(struct import *import)
{
    struct batch *batch = g_new0(struct batch, 1);
    import_op_init(&batch->op, import->options.core);
    batch->run = batch->op.op.run;
    batch->op.op.run = batch_run;
    batch->op.op.done = batch_done;
    batch->op.company = import->options.company;
    if (import->options.dry_run)
        batch->op.op.kind = OP_READ;
    batch->op.skip_bad = import->options.skip_bad;
    batch->import = import;
    batch->bytes = sizeof *batch;
    batch->lines = g_array_new(FALSE, FALSE, sizeof(struct line));
    batch->numbers = g_array_new(FALSE, FALSE, sizeof(int64_t));
    return batch;
}

static void batch_free(struct batch *batch)
{
    g_array_unref(batch->lines);
    g_array_unref(batch->numbers);
    import_op_clear(&batch->op);
    g_free(batch);
}

static void fail_import(struct import *import, int64_t order, int64_t line, GError *error)
{
    import->stop = true;
    /* The first batch that failed is the one to speak of: those behind it only followed. */
    if (import->result.error && import->error_order <= order) {
        g_error_free(error);
        return;
    }
    g_clear_error(&import->result.error);
    import->error_order = order;
    import->result.error = error;
    import->result.line = line;
}

static void refused(struct import *import, int64_t line, const GError *why)
{
    import->result.counts.refused++;
    if (import->options.refused)
        import->options.refused(import->options.data, line, why);
}

/* Splits "lines[12].events[3].text" into 12 and "events[3].text". */
static bool split_field(struct str field, size_t count, size_t *line, struct str *rest)
{
    struct str number, prefix = STR("lines[");
    int64_t value;
    if (!str_starts_with(field, prefix))
        return false;
    *rest = str_split(str_skip(field, prefix.len), ']', &number);
    if (!str_to_int64(number, &value) || value < 0 || (size_t)value >= count)
        return false;
    *line = (size_t)value;
    if (rest->len)
        *rest = str_skip(*rest, 1);
    return true;
}

/* The batch's error as one of the stream's line. */
static void fail_batch(struct import *import, const struct batch *batch)
{
    const GError *cause = batch->op.op.error;
    struct str rest;
    size_t at;
    GError *error = NULL;
    if (!split_field(reason_field(cause), batch->numbers->len, &at, &rest)) {
        fail_import(import, batch->order, 0, g_error_copy(cause));
        return;
    }
    reason_set_field(&error, reason_of(cause), rest, "%s", cause->message);
    fail_import(import, batch->order, g_array_index(batch->numbers, int64_t, at), error);
}

static void batch_account(struct import *import, struct batch *batch)
{
    struct op *op = &batch->op.op;
    if (op->error) {
        fail_batch(import, batch);
        return;
    }
    import->result.counts.events += batch->op.counts.events;
    for (size_t i = 0; batch->op.refusals && i < batch->lines->len; i++)
        if (batch->op.refusals[i])
            refused(import, g_array_index(batch->numbers, int64_t, i), batch->op.refusals[i]);
    if (batch->part != WHOLE_LINES) {
        import->parts.created += batch->op.counts.created;
        import->parts.appended += batch->op.counts.appended;
        import->parts.refused += batch->op.counts.refused;
        return;
    }
    import->result.counts.created += batch->op.counts.created;
    import->result.counts.appended += batch->op.counts.appended;
    import->result.counts.unchanged += batch->op.counts.unchanged;
    atomic_fetch_add(&import->lines_done, batch->lines->len);
}

/* The line is one, however many parts it had. */
static void parts_account(struct import *import)
{
    const struct parts *parts = &import->parts;
    if (parts->created)
        import->result.counts.created++;
    else if (parts->appended)
        import->result.counts.appended++;
    else if (!parts->refused)
        import->result.counts.unchanged++;
    atomic_fetch_add(&import->lines_done, 1);
}

/* Takes up what the writer answered. */
static void harvest(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    struct batch *batch = import->finished;
    import->finished = NULL;
    pthread_mutex_unlock(&import->lock);
    while (batch) {
        struct batch *next = batch->next;
        import->under_way -= batch->bytes;
        batch_account(import, batch);
        batch_free(batch);
        batch = next;
    }
}

/* What is stored with a batch of the place to go on from; at the end of the stream there is none any more. */
enum note { NOTE_NOTHING, NOTE_PLACE, NOTE_END };

/* Hands the batch to the writer and begins another. */
static void submit(struct import *import, enum note note)
{
    struct batch *batch = import->batch;
    import->batch = batch_new(import);
    if (import->stop) {
        batch_free(batch);
        return;
    }
    struct op *op = &batch->op.op;
    batch->order = ++import->orders;
    batch->op.lines = (struct line *)batch->lines->data;
    batch->op.line_count = batch->lines->len;
    if (import->options.place_name.ptr && note != NOTE_NOTHING) {
        batch->op.value_name = import->options.place_name;
        batch->op.value = note == NOTE_END ? STR("") : place_value(import, &op->arena);
    }
    import->under_way += batch->bytes;
    core_submit(op);
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

static bool parse_line(struct import *import, struct str text, struct line *line, struct arena *a)
{
    GError *error = NULL;
    if (line_parse(text, line, a, &error))
        return true;
    if (import->options.skip_bad) {
        refused(import, import->line, error);
        g_error_free(error);
    } else {
        fail_import(import, import->orders + 1, import->line, error);
    }
    return false;
}

static void add_line(struct import *import, const struct line *line, size_t bytes)
{
    g_array_append_vals(import->batch->lines, line, 1);
    g_array_append_val(import->batch->numbers, import->line);
    import->batch->events += line->event_count - line->events_stored + 1;
    import->batch->bytes += bytes;
}

static void take_long_line(struct import *import, struct str text)
{
    struct parts *parts = &import->parts;
    if (import->batch->lines->len)
        submit(import, NOTE_NOTHING); /* the place is behind this line already */
    *parts = (struct parts){.open = true};
    arena_init(&parts->arena);
    parts->all_submitted = !parse_line(import, text, &parts->line, &parts->arena);
    parts->refused = parts->all_submitted;
}

static void parts_close(struct import *import)
{
    if (import->parts.open)
        arena_clear(&import->parts.arena);
    import->parts.open = false;
}

static void submit_part(struct import *import)
{
    struct parts *parts = &import->parts;
    struct line part = parts->line;
    size_t bytes = 0, end = part.events_stored;
    while (end < part.event_count && end - part.events_stored < LIMIT_IMPORT_BATCH && bytes < BATCH_BYTES) {
        const struct event *e = &part.events[end++];
        bytes += e->id.len + e->text.len + e->data.len;
    }
    parts->all_submitted = end == part.event_count;
    parts->line.events_stored = end;
    part.event_count = end;
    import->batch->part = part.events_stored ? NEXT_PART : FIRST_PART;
    add_line(import, &part, bytes);
    submit(import, parts->all_submitted ? NOTE_PLACE : NOTE_NOTHING);
}

/* Goes on with the open line. False: there is nothing to do before the writer has answered. */
static bool move_parts(struct import *import)
{
    bool may_submit = import->under_way <= UNDER_WAY, answered = import->under_way == 0;
    if (!import->parts.all_submitted) {
        if (may_submit)
            submit_part(import);
        return may_submit;
    }
    if (answered) {
        parts_account(import);
        parts_close(import);
    }
    return answered;
}

static void take_line(struct import *import, struct str text)
{
    struct line line;
    if (str_is_empty(str_trim(text)))
        return;
    if (text.len > BATCH_BYTES) {
        take_long_line(import, text);
        return;
    }
    if (!parse_line(import, text, &line, &import->batch->op.op.arena))
        return;
    add_line(import, &line, text.len);
    if (import->batch->events >= BATCH_EVENTS || import->batch->bytes >= BATCH_BYTES)
        submit(import, NOTE_PLACE);
}

/* The stream is not the one whose import was interrupted. */
static void differ(struct import *import)
{
    GError *error = NULL;
    import->result.place_differs = true;
    reason_set(&error, REASON_LINE_INVALID, "the file has changed since its import was interrupted");
    fail_import(import, 1, import->line, error);
}

/* A line up to the place: it is there already, if the bytes up to the place are those of then. */
static void skip_line(struct import *import)
{
    uint8_t digest[IMPORT_PLACE_SIZE];
    atomic_fetch_add(&import->lines_done, 1);
    if (import->bytes < import->place.bytes)
        return;
    import->skipping = false;
    digest_now(import, digest);
    if (import->bytes != import->place.bytes || import->line != import->place.lines ||
        memcmp(digest, import->place.digest, sizeof digest))
        differ(import);
}

/* One line with its newline, when it has one. */
static void count_line(struct import *import, struct str text)
{
    crypto_generichash_update(&import->digest, (const uint8_t *)text.ptr, text.len);
    import->line++;
    import->bytes += text.len;
    if (import->skipping)
        skip_line(import);
    else
        take_line(import, text);
}

/* A line longer than others takes memory that one import at a time may have. */
static bool hold_long_line(struct import *import, size_t length)
{
    GError *error = NULL;
    if (length <= LIMIT_SHORT_LINE || import->has_long_line)
        return true;
    import->has_long_line = core_long_line_enter(import->options.core, &error);
    if (error)
        fail_import(import, import->orders + 1, import->line + 1, error);
    return import->has_long_line;
}

static void drop_long_line(struct import *import)
{
    if (import->has_long_line)
        core_long_line_leave(import->options.core);
    import->has_long_line = false;
}

/* Moves what was fed behind what is left to parse. False: nothing was. */
static bool refill(struct import *import)
{
    buf_consume(&import->working, import->start);
    import->start = 0;
    if (!import->working.len) {
        buf_clear(&import->working); /* what one long line needed, or an import that nobody feeds */
        drop_long_line(import);
    }
    pthread_mutex_lock(&import->lock);
    bool more = import->incoming.len > 0;
    buf_add(&import->working, buf_str(&import->incoming));
    buf_clear(&import->incoming);
    import->read = !more && import->ended;
    if (import->paused && import->options.waiter)
        import->options.waiter->wake(import->options.waiter);
    import->paused = false;
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
    return more;
}

/* Reads one line, or what was fed since. False: there is nothing to read now. */
static bool read_line(struct import *import)
{
    struct str left = str_skip(buf_str(&import->working), import->start);
    const char *newline =
        left.len > import->seen ? memchr(left.ptr + import->seen, '\n', left.len - import->seen) : NULL;
    if (newline) {
        size_t length = (size_t)(newline - left.ptr) + 1;
        import->seen = 0;
        count_line(import, str_from(left.ptr, length));
        import->start += length;
        return true;
    }
    import->seen = left.len;
    if (left.len > LIMIT_IMPORT_LINE) {
        GError *error = NULL;
        reason_set(&error, REASON_LINE_INVALID, "a line is longer than %d bytes", LIMIT_IMPORT_LINE);
        fail_import(import, import->orders + 1, import->line + 1, error);
        return true;
    }
    if (!hold_long_line(import, left.len) || refill(import))
        return true;
    if (import->read && left.len > 0) /* the last one, without a newline */
        count_line(import, buf_str(&import->working));
    return import->read;
}

/* Everything was read, or no more will be: what is left goes to the writer. */
static void wind_up(struct import *import)
{
    bool cancelled = atomic_load(&import->cancelled);
    import->wound_up = true;
    if (!import->stop && import->skipping && !cancelled)
        differ(import); /* it has become shorter */
    if (!import->stop && cancelled) {
        GError *error = NULL;
        reason_set(&error, REASON_CANCELLED, "the import was interrupted");
        fail_import(import, INT64_MAX, 0, error);
    }
    if (!import->stop && (import->batch->lines->len > 0 || import->options.place_name.ptr))
        submit(import, NOTE_END);
    g_clear_pointer(&import->batch, batch_free);
    buf_clear(&import->working);
    drop_long_line(import);
}

/* Does the next small thing. False when there is none before the next poke. */
static bool move(struct import *import)
{
    harvest(import);
    bool halted = import->stop || atomic_load(&import->cancelled);
    if (import->parts.open && !halted)
        return move_parts(import);
    if (!import->wound_up && (import->read || halted)) {
        wind_up(import);
        return true;
    }
    if (!import->wound_up)
        return import->under_way <= UNDER_WAY && read_line(import);
    pthread_mutex_lock(&import->lock);
    import->over = import->under_way == 0;
    pthread_mutex_unlock(&import->lock);
    return false;
}

static bool take_turn(struct op *op, struct store_txn *none, GError **error)
{
    (void)none, (void)error;
    struct import *import = (struct import *)op;
    int64_t until_ms = clock_monotonic_ms() + STEP_MS;
    bool more;
    pthread_mutex_lock(&import->lock);
    import->turn = MOVES;
    pthread_mutex_unlock(&import->lock);
    do
        more = move(import);
    while (more && clock_monotonic_ms() < until_ms);
    pthread_mutex_lock(&import->lock);
    if (more)
        import->turn = STALE;
    pthread_mutex_unlock(&import->lock);
    return true;
}

/* Once it rests and is over, import_finish may free it: nothing is touched behind the unlocking. */
static void end_turn(struct op *op)
{
    struct import *import = (struct import *)op;
    pthread_mutex_lock(&import->lock);
    bool again = import->turn == STALE && !import->over;
    import->turn = RESTS;
    if (again)
        poke(import);
    if (import->over && import->options.waiter)
        import->options.waiter->wake(import->options.waiter);
    pthread_cond_broadcast(&import->changed);
    pthread_mutex_unlock(&import->lock);
}

/* ---- the feeder's side ---------------------------------------------------------------------------------- */

struct import *import_new(const struct import_options *options, GError **error)
{
    if (!core_import_enter(options->core, error))
        return NULL;
    struct import *import = g_new0(struct import, 1);
    op_init(&import->step, options->core, OP_STEP, take_turn);
    import->step.done = end_turn;
    import->options = *options;
    if (options->place)
        import->place = *options->place;
    import->skipping = options->place != NULL;
    import->options.place = NULL;
    pthread_mutex_init(&import->lock, NULL);
    pthread_cond_init(&import->changed, NULL);
    buf_init(&import->incoming, 2 * ROOM);
    buf_init(&import->working, LIMIT_IMPORT_LINE + 4 * ROOM);
    crypto_generichash_init(&import->digest, NULL, 0, IMPORT_PLACE_SIZE);
    import->batch = batch_new(import);
    return import;
}

bool import_feed(struct import *import, struct str bytes)
{
    pthread_mutex_lock(&import->lock);
    if (!import->over)
        buf_add(&import->incoming, bytes);
    /* The feeder stopped when told to and its pieces are no larger than ROOM. */
    g_assert(!import->incoming.overflow);
    import->paused = import->incoming.len >= ROOM || import->over;
    bool more = !import->paused;
    poke(import);
    pthread_mutex_unlock(&import->lock);
    return more;
}

bool import_wait(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    while (import->incoming.len >= ROOM && !import->over)
        pthread_cond_wait(&import->changed, &import->lock);
    bool over = import->over;
    pthread_mutex_unlock(&import->lock);
    return !over;
}

void import_end(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    import->ended = true;
    poke(import);
    pthread_mutex_unlock(&import->lock);
}

void import_cancel(struct import *import)
{
    atomic_store(&import->cancelled, true);
    import_end(import);
}

bool import_is_over(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    bool over = import->over && import->turn == RESTS;
    pthread_mutex_unlock(&import->lock);
    return over;
}

int64_t import_lines(struct import *import)
{
    return atomic_load(&import->lines_done);
}

void import_finish(struct import *import, struct import_result *result)
{
    pthread_mutex_lock(&import->lock);
    while (!import->over || import->turn != RESTS)
        pthread_cond_wait(&import->changed, &import->lock);
    pthread_mutex_unlock(&import->lock);
    core_import_leave(import->options.core);
    parts_close(import);
    *result = import->result;
    buf_clear(&import->incoming);
    buf_clear(&import->working);
    pthread_mutex_destroy(&import->lock);
    pthread_cond_destroy(&import->changed);
    op_clear(&import->step);
    g_free(import);
}

void import_result_clear(struct import_result *result)
{
    g_clear_error(&result->error);
}

void import_result_write(const struct import_result *result, struct json *w)
{
    json_member_int(w, "created", result->counts.created);
    json_member_int(w, "appended", result->counts.appended);
    json_member_int(w, "unchanged", result->counts.unchanged);
    json_member_int(w, "refused", result->counts.refused);
    json_member_int(w, "events", result->counts.events);
}
