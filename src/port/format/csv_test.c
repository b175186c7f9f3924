/* Each trap of doc/imports.md 10 as a file; each file in one piece and byte by byte. */
#include "port/format/csv.h"

#include <glib/gstdio.h>

/* "LINE NAME=<CELL>...", a zero as @. */
static bool write_row(void *data, const struct csv_row *row, GError **error)
{
    GString *out = data;
    (void)error;
    g_string_append_printf(out, "%d", (int)row->place.line);
    for (size_t i = 0; i < row->count; i++) {
        g_string_append_printf(out, " %.*s=<", STR_ARG(row->names[i]));
        for (size_t j = 0; j < row->cells[i].len; j++)
            g_string_append_c(out, row->cells[i].ptr[j] ? row->cells[i].ptr[j] : '@');
        g_string_append_c(out, '>');
    }
    g_string_append_c(out, '\n');
    return true;
}

static void write_bad(void *data, const struct item_place *place, const GError *why)
{
    g_string_append_printf(data, "%d bad: %s\n", (int)place->line, why->message);
}

static char *rows_of(struct str file, size_t piece, const char *encoding, GError **error)
{
    GString *rows = g_string_new(NULL);
    struct csv_options options = {
        .name = "my.csv", .encoding = str_from_c(encoding), .row = write_row, .bad = write_bad, .data = rows};
    struct csv *csv = csv_new(&options);
    bool ok = true;
    while (ok && file.len) {
        size_t length = MIN(piece, file.len);
        ok = csv_feed(csv, str_from(file.ptr, length), error);
        file = str_skip(file, length);
    }
    if (ok)
        csv_end(csv, error);
    csv_free(csv);
    return g_string_free(rows, FALSE);
}

static void assert_rows(struct str file, const char *encoding, const char *expected)
{
    for (size_t piece = 1; piece <= file.len; piece = piece == 1 ? 7 : piece == 7 ? MAX(file.len, 8) : SIZE_MAX) {
        g_autoptr(GError) error = NULL;
        g_autofree char *rows = rows_of(file, piece, encoding, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(rows, ==, expected);
    }
}

#define assert_plain(literal, expected) assert_rows(STR(literal), NULL, expected)

static void test_quotes(void)
{
    assert_plain("a,b\n1,\"x,\"\"y\"\"\"\n2,\n", "2 a=<1> b=<x,\"y\">\n3 a=<2> b=<>\n");
    assert_plain("a,b\r\n1,\"one\r\ntwo\"\r\n3,4\r\n", "2 a=<1> b=<one\r\ntwo>\n4 a=<3> b=<4>\n");
    assert_plain("a\n5\" screen\n\"\"\n\n\"x\"y\n", "2 a=<5\" screen>\n3 a=<>\n5 a=<xy>\n");
}

static void test_ends_of_lines(void)
{
    assert_plain("a,b\n1,2", "2 a=<1> b=<2>\n");
    assert_plain("a,b\r1,2\r3,4", "2 a=<1> b=<2>\n3 a=<3> b=<4>\n");
    assert_plain("\n\na,b\n\n\n1,", "6 a=<1> b=<>\n");
    assert_plain("", "");
}

static void test_rows_that_lack_cells(void)
{
    assert_plain("a,b,c\n1\n", "2 a=<1> b=<> c=<>\n");
}

static void test_rows_that_have_too_many_cells_are_bad_and_the_rest_goes_on(void)
{
    assert_plain("a,b\n1,well, no\n2,ok\n",
                 "2 bad: the row has 3 cells for 2 columns: is one not quoted?\n3 a=<2> b=<ok>\n");
}

static void test_separators(void)
{
    assert_plain("a;b,c;d\n1;2;3\n", "2 a=<1> b,c=<2> d=<3>\n");
    assert_plain("a\tb\n1\t2,3;4\n", "2 a=<1> b=<2,3;4>\n");
    assert_plain("\"x,y,z\";b\n1;2\n", "2 x,y,z=<1> b=<2>\n");
    assert_plain("sep=|\r\na|b,c,d\r\n1|2\r\n", "3 a=<1> b,c,d=<2>\n");
    assert_plain("sep=;\n a ; b \n 1;2 \n", "3 a=< 1> b=<2 >\n");
}

static void test_encodings(void)
{
    assert_plain("\xef\xbb\xbf"
                 "a\nä\n",
                 "2 a=<ä>\n");
    assert_rows(STR("\xff\xfe"
                    "a\0;\0b\0\r\0\n\0\xe4\0;\0\x3d\xd8\x00\xde\r\0\n\0"),
                NULL, "2 a=<ä> b=<😀>\n");
    assert_rows(STR("\xfe\xff\0a\0\n\0\xe4"), "windows-1252", "2 a=<ä>\n");
    assert_rows(STR("a\n\x80 5 \x96 gr\xfc\xdf\n"), "windows-1252", "2 a=<€ 5 – grüß>\n");
    assert_rows(STR("a\n\xcf\xf0\xe8\n"), "windows-1251", "2 a=<При>\n");
}

static void test_what_is_not_in_its_encoding_is_bad(void)
{
    assert_plain("a\nfine\nf\xfcr\nfine\n",
                 "2 a=<fine>\n3 bad: the row is not UTF-8: which encoding is it in?\n4 a=<fine>\n");
    assert_plain("a,b\n\xc3,\xa4\n", "2 bad: the row is not UTF-8: which encoding is it in?\n");
    assert_rows(STR("\xff\xfe"
                    "a\0\n\0\x3d\xd8\n\0x\0\n\0y"),
                NULL, "2 bad: the row is not UTF-16LE\n3 a=<x>\n4 bad: the row is not UTF-16LE\n");
}

static void test_an_unknown_encoding_is_said(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = rows_of(STR("a\n1\n"), 9, "klingon", &error);
    g_assert_error(error, REASON, REASON_USAGE);
    g_assert_cmpstr(rows, ==, "");
}

static void test_zeros_stay_in_their_cell(void)
{
    assert_rows(STR("a,b\n1\0"
                    "2,3\n"),
                NULL, "2 a=<1@2> b=<3>\n");
}

static void test_a_quote_that_never_closes_names_its_row(void)
{
    assert_plain("a,b\n1,2\n3,\"open\n4,5\n", "2 a=<1> b=<2>\n3 bad: a quote opens in this row and never closes\n");
    g_autoptr(GError) error = NULL;
    g_autofree char *rows = rows_of(STR("a,\"b\n1,2\n"), 4, NULL, &error);
    g_assert_error(error, REASON, REASON_LINE_INVALID);
    g_assert_cmpstr(error->message, ==, "my.csv:1: a quote opens in this row and never closes");
    g_assert_cmpstr(rows, ==, "");
}

/* A cell of any size takes no more memory than one that is allowed. */
static void test_a_cell_beyond_the_limit_is_bad_and_the_rest_goes_on(void)
{
    GString *rows = g_string_new(NULL);
    struct csv_options options = {.row = write_row, .bad = write_bad, .data = rows};
    struct csv *csv = csv_new(&options);
    g_autofree char *mega = g_strnfill(1 << 20, 'x');
    g_assert_true(csv_feed(csv, STR("a\n\""), NULL));
    for (int i = 0; i < 40; i++)
        g_assert_true(csv_feed(csv, str_from(mega, 1 << 20), NULL));
    g_assert_true(csv_feed(csv, STR("\"\nnext\n"), NULL));
    g_assert_true(csv_end(csv, NULL));
    csv_free(csv);
    g_assert_cmpstr(rows->str, ==, "2 bad: the row is longer than 33554432 bytes: is a quote missing?\n3 a=<next>\n");
    g_string_free(rows, TRUE);
}

static void test_cells_beyond_the_limit_are_bad(void)
{
    g_autofree char *many = g_strnfill(LIMIT_IMPORT_COLUMNS, ',');
    g_autofree char *file = g_strconcat("a\n", many, "\nb\n", NULL);
    assert_rows(str_from_c(file), NULL, "2 bad: the row has more than 4096 cells\n3 a=<b>\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/csv/quotes", test_quotes);
    g_test_add_func("/csv/ends-of-lines", test_ends_of_lines);
    g_test_add_func("/csv/rows-that-lack-cells", test_rows_that_lack_cells);
    g_test_add_func("/csv/rows-that-have-too-many-cells-are-bad-and-the-rest-goes-on",
                    test_rows_that_have_too_many_cells_are_bad_and_the_rest_goes_on);
    g_test_add_func("/csv/separators", test_separators);
    g_test_add_func("/csv/encodings", test_encodings);
    g_test_add_func("/csv/what-is-not-in-its-encoding-is-bad", test_what_is_not_in_its_encoding_is_bad);
    g_test_add_func("/csv/an-unknown-encoding-is-said", test_an_unknown_encoding_is_said);
    g_test_add_func("/csv/zeros-stay-in-their-cell", test_zeros_stay_in_their_cell);
    g_test_add_func("/csv/a-quote-that-never-closes-names-its-row", test_a_quote_that_never_closes_names_its_row);
    g_test_add_func("/csv/a-cell-beyond-the-limit-is-bad-and-the-rest-goes-on",
                    test_a_cell_beyond_the_limit_is_bad_and_the_rest_goes_on);
    g_test_add_func("/csv/cells-beyond-the-limit-are-bad", test_cells_beyond_the_limit_are_bad);
    return g_test_run();
}
