#include "port/import_internal.h"

enum { BATCH_EVENTS = LIMIT_IMPORT_BATCH / 2 }; /* a batch ends with the line that reaches this */

static bool parse_line(struct import *import, struct str text, struct line *line, struct arena *a)
{
    GError *error = NULL;
    if (line_parse(text, line, a, &error))
        return true;
    if (import->options.skip_bad) {
        import_refuse_line(import, import->line, error);
        g_error_free(error);
    } else {
        import_fail(import, import->orders + 1, import->line, error);
    }
    return false;
}

static bool is_wanted(const struct import *import, const struct line *line)
{
    const struct import_options *options = &import->options;
    return (!options->from_ms || line->start_ms >= options->from_ms) &&
           (!options->to_ms || line->start_ms < options->to_ms);
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
        import_submit(import, NOTE_NOTHING); /* the place is behind this line already */
    *parts = (struct parts){.open = true};
    arena_init(&parts->arena);
    if (!parse_line(import, text, &parts->line, &parts->arena))
        parts->refused = 1;
    else if (!is_wanted(import, &parts->line))
        parts->left_out = true;
    parts->all_submitted = parts->refused || parts->left_out;
}

void import_parts_close(struct import *import)
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
    while (end < part.event_count && end - part.events_stored < LIMIT_IMPORT_BATCH && bytes < IMPORT_BATCH_BYTES) {
        const struct event *e = &part.events[end++];
        bytes += e->id.len + e->text.len + e->data.len;
    }
    parts->all_submitted = end == part.event_count;
    parts->line.events_stored = end;
    part.event_count = end;
    import->batch->part = part.events_stored ? NEXT_PART : FIRST_PART;
    add_line(import, &part, bytes);
    import_submit(import, parts->all_submitted ? NOTE_PLACE : NOTE_NOTHING);
}

bool import_move_parts(struct import *import)
{
    bool may_submit = import->under_way <= IMPORT_UNDER_WAY, answered = import->under_way == 0;
    if (!import->parts.all_submitted) {
        if (may_submit)
            submit_part(import);
        return may_submit;
    }
    if (answered) {
        import_parts_account(import);
        import_parts_close(import);
    }
    return answered;
}

static void store_line(struct import *import, struct str text)
{
    struct line line;
    if (str_is_empty(str_trim(text)))
        return;
    if (text.len > IMPORT_BATCH_BYTES) {
        take_long_line(import, text);
        return;
    }
    if (!parse_line(import, text, &line, &import->batch->op.op.arena) || !is_wanted(import, &line))
        return;
    add_line(import, &line, text.len);
    if (import->batch->events >= BATCH_EVENTS || import->batch->bytes >= IMPORT_BATCH_BYTES)
        import_submit(import, NOTE_PLACE);
}

void import_take_line(struct import *import, struct str text)
{
    crypto_generichash_update(&import->digest, (const uint8_t *)text.ptr, text.len);
    import->line++;
    import->bytes += text.len;
    if (import->skipping)
        import_skip_line(import);
    else
        store_line(import, text);
}
