/* Records that lie apart come back together, in order, also in a run that finds the work of one before it. */
#include "port/format/scratch.h"

#include <glib/gstdio.h>

static char *directory;

static struct record record_of(const char *key, int64_t order, const char *body)
{
    return (struct record){
        .key = str_from_c(key), .order = order, .kind = 'm', .body = str_from_c(body), .place = {.file = 1, .line = 7}};
}

static void add(struct scratch *scratch, const char *key, int64_t order, const char *body)
{
    struct record record = record_of(key, order, body);
    g_assert_true(scratch_add(scratch, &record, NULL));
}

static bool write_down(void *data, const struct record *records, size_t count, bool cut, GError **error)
{
    (void)error;
    g_assert_false(cut);
    for (size_t i = 0; i < count; i++) {
        g_assert_cmpint(records[i].place.line, ==, 7);
        g_string_append_printf(data, "%.*s:%.*s ", STR_ARG(records[i].key), STR_ARG(records[i].body));
    }
    g_string_append(data, "| ");
    return true;
}

static void assert_sorted(struct scratch *scratch)
{
    g_autoptr(GString) seen = g_string_new(NULL);
    g_assert_true(scratch_each(scratch, write_down, seen, NULL));
    g_assert_cmpstr(seen->str, ==, "a:first a:second a:third | b:early b:late | ");
}

static struct scratch *open_scratch(bool *complete)
{
    struct scratch *scratch = scratch_open(directory, "test", 1000, complete, NULL);
    g_assert_nonnull(scratch);
    return scratch;
}

/* Equal places in time stay in the order of the files. */
static void fill(struct scratch *scratch)
{
    add(scratch, "b", 9, "late");
    add(scratch, "a", 5, "first");
    add(scratch, "b", 1, "early");
    add(scratch, "a", 5, "second");
    add(scratch, "a", 6, "third");
}

static void test_records_come_sorted_by_conversation(void)
{
    bool complete;
    struct scratch *scratch = open_scratch(&complete);
    g_assert_false(complete);
    fill(scratch);
    g_assert_true(scratch_complete(scratch, NULL));
    assert_sorted(scratch);
    scratch_close(scratch, true);

    scratch = open_scratch(&complete); /* a run that was interrupted while it imported */
    g_assert_true(complete);
    assert_sorted(scratch);
    scratch_close(scratch, false);
}

static void test_what_was_not_complete_is_written_anew(void)
{
    bool complete;
    struct scratch *scratch = open_scratch(&complete);
    add(scratch, "x", 1, "of a run that was killed");
    scratch_close(scratch, true);
    g_autofree char *path = g_build_filename(directory, "import-test.scratch", NULL);
    g_assert_true(g_file_set_contents(path, "SQLite format 3, torn", -1, NULL));

    scratch = open_scratch(&complete);
    g_assert_false(complete);
    fill(scratch);
    g_assert_true(scratch_complete(scratch, NULL));
    assert_sorted(scratch);
    scratch_close(scratch, false);
    g_assert_cmpint(g_rmdir(directory), ==, 0); /* nothing is left behind */
    g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
}

static void test_too_little_room_is_said_first(void)
{
    bool complete;
    g_autoptr(GError) error = NULL;
    g_assert_null(scratch_open(directory, "test", INT64_MAX / 4, &complete, &error));
    g_assert_error(error, REASON, REASON_DISK_FULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    directory = g_dir_make_tmp("parley-scratch-XXXXXX", NULL);
    g_test_add_func("/scratch/records-come-sorted-by-conversation", test_records_come_sorted_by_conversation);
    g_test_add_func("/scratch/what-was-not-complete-is-written-anew", test_what_was_not_complete_is_written_anew);
    g_test_add_func("/scratch/too-little-room-is-said-first", test_too_little_room_is_said_first);
    int failed = g_test_run();
    g_rmdir(directory);
    g_free(directory);
    return failed;
}
