/* CSV: whatever the pieces in which a file comes, its rows are the same, and their cells are valid UTF-8. */
#include "port/format/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool write_row(void *data, const struct csv_row *row, GError **error)
{
    (void)error;
    g_string_append_printf(data, "%d", (int)row->place.line);
    for (size_t i = 0; i < row->count; i++) {
        if (!str_is_utf8(row->cells[i]) || !row->cells[i].ptr)
            abort();
        g_string_append_printf(data, " %zu:", row->cells[i].len);
        g_string_append_len(data, row->cells[i].ptr, (gssize)row->cells[i].len);
    }
    return true;
}

static void write_bad(void *data, const struct item_place *place, const GError *why)
{
    g_string_append_printf(data, "%d bad: %s", (int)place->line, why->message);
}

static GString *rows_in_pieces(struct str file, size_t piece, const char *encoding)
{
    GString *rows = g_string_new(NULL);
    struct csv_options options = {
        .name = "", .encoding = str_from_c(encoding), .row = write_row, .bad = write_bad, .data = rows};
    struct csv *csv = csv_new(&options);
    GError *error = NULL;
    bool ok = true;
    while (ok && file.len) {
        struct str part = str_from(file.ptr, MIN(piece, file.len));
        file = str_skip(file, part.len);
        ok = csv_feed(csv, part, &error);
    }
    ok = ok && csv_end(csv, &error);
    if (ok != !error)
        abort();
    if (error)
        g_string_append(rows, error->message);
    g_clear_error(&error);
    csv_free(csv);
    return rows;
}

static void check(struct str file, const char *encoding)
{
    GString *whole = rows_in_pieces(file, SIZE_MAX, encoding), *bytes = rows_in_pieces(file, 1, encoding);
    if (!g_string_equal(whole, bytes))
        abort();
    g_string_free(whole, TRUE);
    g_string_free(bytes, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = str_from((const char *)data, size);
    check(file, NULL);
    check(file, "windows-1252");
    return 0;
}
