#include "port/import_internal.h"

/* On the writer's thread. Batches run in order, so when one is refused all behind it see that and change nothing. */
static bool run_batch(struct op *op, struct store_txn *txn, GError **error)
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

static void take_answer(struct op *op)
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
    import_poke(import);
    pthread_mutex_unlock(&import->lock);
}

struct batch *import_batch_new(struct import *import)
{
    struct batch *batch = g_new0(struct batch, 1);
    import_op_init(&batch->op, import->options.core);
    batch->run = batch->op.op.run;
    batch->op.op.run = run_batch;
    batch->op.op.done = take_answer;
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

void import_batch_free(struct batch *batch)
{
    g_array_unref(batch->lines);
    g_array_unref(batch->numbers);
    import_op_clear(&batch->op);
    g_free(batch);
}

void import_fail(struct import *import, int64_t order, int64_t line, GError *error)
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

void import_refuse_line(struct import *import, int64_t line, const GError *why)
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
static void fail_with_batch(struct import *import, const struct batch *batch)
{
    const GError *cause = batch->op.op.error;
    struct str rest;
    size_t at;
    GError *error = NULL;
    if (!split_field(reason_field(cause), batch->numbers->len, &at, &rest)) {
        import_fail(import, batch->order, 0, g_error_copy(cause));
        return;
    }
    reason_set_field(&error, reason_of(cause), rest, "%s", cause->message);
    import_fail(import, batch->order, g_array_index(batch->numbers, int64_t, at), error);
}

static void account_batch(struct import *import, struct batch *batch)
{
    struct op *op = &batch->op.op;
    if (op->error) {
        fail_with_batch(import, batch);
        return;
    }
    import->result.counts.events += batch->op.counts.events;
    for (size_t i = 0; batch->op.refusals && i < batch->lines->len; i++)
        if (batch->op.refusals[i])
            import_refuse_line(import, g_array_index(batch->numbers, int64_t, i), batch->op.refusals[i]);
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

void import_parts_account(struct import *import)
{
    const struct parts *parts = &import->parts;
    if (parts->created)
        import->result.counts.created++;
    else if (parts->appended)
        import->result.counts.appended++;
    else if (!parts->refused && !parts->left_out)
        import->result.counts.unchanged++;
    atomic_fetch_add(&import->lines_done, 1);
}

void import_harvest(struct import *import)
{
    pthread_mutex_lock(&import->lock);
    struct batch *batch = import->finished;
    import->finished = NULL;
    pthread_mutex_unlock(&import->lock);
    while (batch) {
        struct batch *next = batch->next;
        import->under_way -= batch->bytes;
        account_batch(import, batch);
        import_batch_free(batch);
        batch = next;
    }
}

void import_submit(struct import *import, enum note note)
{
    struct batch *batch = import->batch;
    import->batch = import_batch_new(import);
    if (import->stop) {
        import_batch_free(batch);
        return;
    }
    struct op *op = &batch->op.op;
    batch->order = ++import->orders;
    batch->op.lines = (struct line *)batch->lines->data;
    batch->op.line_count = batch->lines->len;
    if (import->options.place_name.ptr && note != NOTE_NOTHING) {
        batch->op.value_name = import->options.place_name;
        batch->op.value = note == NOTE_END ? STR("") : import_place_value(import, &op->arena);
    }
    import->under_way += batch->bytes;
    core_submit(op);
}
