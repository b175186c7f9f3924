#include "core/conversation.h"
#include "core/internal.h"

/* Is it this line that is wrong, and not the database? */
static bool is_refusal(const GError *error)
{
    switch (reason_class(reason_of(error))) {
    case CLASS_CORRUPT:
    case CLASS_IO:
    case CLASS_INTERNAL:
    case CLASS_UNAVAILABLE:
    case CLASS_BUSY:
        return false;
    default:
        return true;
    }
}

static void clear_refusals(struct import_op *op)
{
    for (size_t i = 0; op->refusals && i < op->line_count; i++)
        g_clear_error(&op->refusals[i]);
}

void import_op_forget(struct import_op *op)
{
    clear_refusals(op);
    memset(&op->counts, 0, sizeof op->counts);
}

static bool fail_line(size_t index, GError *inner, GError **error)
{
    struct str field = reason_field(inner);
    char *path = g_strdup_printf("lines[%zu]%s%.*s", index, field.len ? "." : "", STR_ARG(field));
    reason_set_field(error, reason_of(inner), str_from_c(path), "%s", inner->message);
    g_free(path);
    g_error_free(inner);
    return false;
}

static void count_line(struct import_op *op, const struct opened *opened)
{
    op->counts.events += opened->events_written;
    switch (opened->outcome) {
    case OPEN_CREATED:
        op->counts.created++;
        break;
    case OPEN_APPENDED:
        op->counts.appended++;
        break;
    case OPEN_UNCHANGED:
        op->counts.unchanged++;
        break;
    }
}

static bool import_line(struct import_op *op, struct store_txn *txn, size_t i, GError **error)
{
    struct opened opened;
    GError *inner = NULL;
    if (conversation_open_in(op->op.core, txn, op->company, &op->lines[i], true, &opened, &op->op, &inner)) {
        count_line(op, &opened);
        return true;
    }
    if (!op->skip_bad || !is_refusal(inner))
        return fail_line(i, inner, error);
    op->refusals[i] = inner;
    op->counts.refused++;
    return true;
}

static bool run_import(struct op *base, struct store_txn *txn, GError **error)
{
    struct import_op *op = (struct import_op *)base;
    import_op_forget(op);
    if (!op->refusals)
        op->refusals = arena_array(&base->arena, op->line_count, sizeof *op->refusals);
    bool done = true;
    for (size_t i = 0; i < op->line_count && done; i++)
        done = import_line(op, txn, i, error);
    done = done && (!op->value_name.ptr || store_value_put(txn, op->value_name, op->value, error));
    if (!done && op->counts.events + op->counts.created)
        store_txn_spoil(txn); /* the lines before the bad one are written already */
    return done;
}

void import_op_init(struct import_op *op, struct core *core)
{
    *op = (struct import_op){0};
    op_init(&op->op, core, OP_WRITE, run_import);
    op->op.job.bulk = true;
}

void import_op_clear(struct import_op *op)
{
    clear_refusals(op);
    op_clear(&op->op);
}
