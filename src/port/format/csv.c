#include "port/format/csv.h"

#include "port/format/decode.h"

enum state {
    CELL_BEGINS,
    PLAIN,
    QUOTED,
    QUOTE_IN_QUOTED, /* the end of the quoted part, or the first half of a doubled quote */
};

struct csv {
    struct csv_options options;
    struct decode decode;
    bool is_looked_at;
    char separator;
    enum state state;
    bool after_cr;
    bool is_quoted_row; /* something in it was quoted: `""` alone is a row, an empty line is none */
    struct item_place at, begun;
    struct buf text; /* the row's cells, a zero behind each */
    GArray *ends;    /* size_t: where in `text` each cell ends */
    GArray *cells;   /* struct str */
    size_t count;    /* of cells, also those that found no place */
    struct str *names;
    size_t name_count;
    char *name_bytes;
};

struct csv *csv_new(const struct csv_options *options)
{
    struct csv *csv = g_new0(struct csv, 1);
    csv->options = *options;
    csv->separator = options->separator;
    csv->at.line = 1;
    csv->begun.line = 1;
    csv->ends = g_array_new(FALSE, FALSE, sizeof(size_t));
    csv->cells = g_array_new(FALSE, FALSE, sizeof(struct str));
    decode_init(&csv->decode, options->encoding);
    buf_init(&csv->text, LIMIT_IMPORT_LINE);
    return csv;
}

void csv_free(struct csv *csv)
{
    decode_clear(&csv->decode);
    buf_clear(&csv->text);
    g_array_unref(csv->ends);
    g_array_unref(csv->cells);
    g_free(csv->names);
    g_free(csv->name_bytes);
    g_free(csv);
}

/* ---- rows ---- */

static void keep_names(struct csv *csv)
{
    struct str text = buf_str(&csv->text);
    csv->name_count = csv->ends->len;
    csv->names = g_new0(struct str, csv->name_count);
    csv->name_bytes = g_memdup2(text.ptr, text.len);
    size_t begin = 0;
    for (size_t i = 0; i < csv->name_count; i++) {
        size_t end = g_array_index(csv->ends, size_t, i);
        csv->names[i] = str_trim(str_from(csv->name_bytes + begin, end - begin));
        begin = end + 1;
    }
}

/* Why the row is none; NULL when it is one. */
static GError *judge_row(const struct csv *csv)
{
    GError *why = NULL;
    if (csv->state == QUOTED)
        reason_set(&why, REASON_LINE_INVALID, "a quote opens in this row and never closes");
    else if (csv->text.overflow)
        reason_set(&why, REASON_LINE_INVALID, "the row is longer than %d bytes: is a quote missing?",
                   LIMIT_IMPORT_LINE);
    else if (csv->count > LIMIT_IMPORT_COLUMNS)
        reason_set(&why, REASON_LINE_INVALID, "the row has more than %d cells", LIMIT_IMPORT_COLUMNS);
    else if (!str_is_utf8(buf_str(&csv->text)))
        reason_set(&why, REASON_LINE_INVALID, "the row is not %s",
                   csv->decode.encoding ? csv->decode.encoding : "UTF-8: which encoding is it in?");
    else if (csv->names && csv->count > csv->name_count)
        reason_set(&why, REASON_LINE_INVALID, "the row has %zu cells for %zu columns: is one not quoted?", csv->count,
                   csv->name_count);
    return why;
}

static bool give_row(struct csv *csv, GError **error)
{
    size_t begin = 0;
    g_array_set_size(csv->cells, 0);
    for (size_t i = 0; i < csv->name_count; i++) {
        struct str cell = STR("");
        if (i < csv->ends->len) {
            size_t end = g_array_index(csv->ends, size_t, i);
            cell = str_from(csv->text.ptr + begin, end - begin);
            begin = end + 1;
        }
        g_array_append_val(csv->cells, cell);
    }
    struct csv_row row = {csv->names, (const struct str *)csv->cells->data, csv->name_count, csv->begun};
    return csv->options.row(csv->options.data, &row, error);
}

static void end_cell(struct csv *csv)
{
    size_t end = csv->text.len;
    buf_add_byte(&csv->text, '\0');
    csv->count++;
    csv->state = CELL_BEGINS;
    if (csv->count <= LIMIT_IMPORT_COLUMNS)
        g_array_append_val(csv->ends, end);
}

static void begin_row(struct csv *csv)
{
    buf_reset(&csv->text);
    g_array_set_size(csv->ends, 0);
    csv->count = 0;
    csv->is_quoted_row = false;
    csv->begun = csv->at;
}

/* The row is whole, its last cell ended. */
static bool end_row(struct csv *csv, GError *why, GError **error)
{
    bool ok = true, is_empty = csv->count == 1 && csv->text.len == 1 && !csv->is_quoted_row;
    if (why && !csv->names) {
        g_propagate_prefixed_error(error, why, "%s:%lld: ", csv->options.name, (long long)csv->begun.line);
        return false;
    }
    if (why)
        csv->options.bad(csv->options.data, &csv->begun, why);
    else if (csv->names && !is_empty)
        ok = give_row(csv, error);
    else if (!is_empty)
        keep_names(csv);
    g_clear_error(&why);
    begin_row(csv);
    return ok;
}

static bool take_line_end(struct csv *csv, GError **error)
{
    end_cell(csv);
    return end_row(csv, judge_row(csv), error);
}

/* ---- characters ---- */

static void step_over(struct csv *csv, struct str run)
{
    const char *at = run.ptr, *end = run.ptr + run.len;
    csv->at.offset += (int64_t)run.len;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        csv->at.line++;
        at++;
    }
}

/* As much as the state goes on for; the rest. */
static struct str take_run(struct csv *csv, struct str bytes)
{
    size_t length = 0;
    if (csv->state == QUOTED) {
        const char *quote = memchr(bytes.ptr, '"', bytes.len);
        length = quote ? (size_t)(quote - bytes.ptr) : bytes.len;
    } else if (csv->state == PLAIN) {
        while (length < bytes.len && bytes.ptr[length] != csv->separator && bytes.ptr[length] != '\n' &&
               bytes.ptr[length] != '\r')
            length++;
    }
    if (length) {
        buf_add(&csv->text, str_from(bytes.ptr, length));
        step_over(csv, str_from(bytes.ptr, length));
    }
    return str_skip(bytes, length);
}

/* One that means something where it stands. */
static bool take_character(struct csv *csv, char c, GError **error)
{
    bool is_second_half = csv->after_cr && c == '\n', ok = true;
    csv->after_cr = false;
    csv->at.offset++;
    if (csv->state == QUOTED) {
        csv->state = QUOTE_IN_QUOTED;
    } else if (csv->state == QUOTE_IN_QUOTED && c == '"') {
        buf_add_byte(&csv->text, '"');
        csv->state = QUOTED;
    } else if (csv->state == CELL_BEGINS && c == '"') {
        csv->is_quoted_row = true;
        csv->state = QUOTED;
    } else if (is_second_half) {
        csv->begun = csv->at;
    } else if (c == csv->separator) {
        end_cell(csv);
    } else if (c == '\n' || c == '\r') {
        csv->at.line++;
        csv->after_cr = c == '\r';
        ok = take_line_end(csv, error);
    } else {
        buf_add_byte(&csv->text, c);
        csv->state = PLAIN;
    }
    return ok;
}

static bool take_text(struct csv *csv, struct str bytes, GError **error)
{
    while (bytes.len) {
        bytes = take_run(csv, bytes);
        if (!bytes.len)
            break;
        if (!take_character(csv, bytes.ptr[0], error))
            return false;
        bytes = str_skip(bytes, 1);
    }
    return true;
}

/* ---- the head ---- */

/* The separator that the first row has most of, outside its quotes. */
static char find_separator(struct str text)
{
    static const char candidates[] = ",;\t|";
    size_t counts[sizeof candidates] = {0};
    size_t best = 0;
    bool in_quotes = false;
    for (size_t i = 0; i < text.len && (in_quotes || (text.ptr[i] != '\n' && text.ptr[i] != '\r')); i++) {
        const char *found = text.ptr[i] ? strchr(candidates, text.ptr[i]) : NULL;
        in_quotes ^= text.ptr[i] == '"';
        if (found && !in_quotes)
            counts[found - candidates]++;
    }
    for (size_t i = 1; i < sizeof candidates - 1; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

/* `sep=;` is a line of its own: its end is taken with it. */
static struct str take_sep_line(struct csv *csv, struct str text)
{
    struct str prefix = STR("sep=");
    if (text.len < prefix.len + 2 || !str_equal_nocase(str_from(text.ptr, prefix.len), prefix) ||
        strchr("\r\n\"", text.ptr[prefix.len]) || !strchr("\r\n", text.ptr[prefix.len + 1]))
        return text;
    size_t length = prefix.len + 2;
    if (text.ptr[length - 1] == '\r' && length < text.len && text.ptr[length] == '\n')
        length++;
    csv->separator = text.ptr[prefix.len];
    csv->at = (struct item_place){.line = 2, .offset = (int64_t)length};
    csv->begun = csv->at;
    return str_skip(text, length);
}

/* The first text is all of the head, or of the file. */
static bool take_decoded(struct csv *csv, struct str text, GError **error)
{
    if (text.len && !csv->is_looked_at) {
        csv->is_looked_at = true;
        text = take_sep_line(csv, text);
        if (!csv->separator)
            csv->separator = find_separator(text);
    }
    return take_text(csv, text, error);
}

static bool name_file(const struct csv *csv, bool decoded, GError **error)
{
    if (!decoded)
        g_prefix_error(error, "%s: ", csv->options.name);
    return decoded;
}

bool csv_feed(struct csv *csv, struct str bytes, GError **error)
{
    while (bytes.len) {
        struct str text, piece = str_from(bytes.ptr, MIN(bytes.len, (size_t)DECODE_PIECE));
        bytes = str_skip(bytes, piece.len);
        if (!name_file(csv, decode_feed(&csv->decode, piece, &text, error), error) || !take_decoded(csv, text, error))
            return false;
    }
    return true;
}

bool csv_end(struct csv *csv, GError **error)
{
    struct str text;
    if (!name_file(csv, decode_end(&csv->decode, &text, error), error) || !take_decoded(csv, text, error))
        return false;
    if (csv->state == CELL_BEGINS && !csv->count)
        return true;
    GError *why = csv->state == QUOTED ? judge_row(csv) : NULL;
    end_cell(csv);
    return end_row(csv, why ? why : judge_row(csv), error);
}

bool csv_read(struct input *input, const struct csv_options *options, GError **error)
{
    struct csv_options named = *options;
    named.name = input_path(input);
    struct csv *csv = csv_new(&named);
    char *piece = g_malloc(DECODE_PIECE);
    int count;
    bool ok = true;
    while (ok && (count = input_read(input, piece, DECODE_PIECE, error)) != 0)
        ok = count > 0 && csv_feed(csv, str_from(piece, (size_t)count), error);
    ok = ok && csv_end(csv, error);
    csv_free(csv);
    g_free(piece);
    return ok;
}
