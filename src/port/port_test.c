#include "core/fixture.h"
#include "port/check.h"
#include "port/export/export.h"
#include "port/import.h"

#include <stdio.h>

enum { SESSIONS = 120, MESSAGES = 12 };

/* Lines with returning visitors, an edit, a close, what people write. */
static struct str make_lines(struct arena *a)
{
    GString *text = g_string_new(NULL);
    for (int i = 0; i < SESSIONS; i++) {
        g_string_append_printf(text,
                               "{\"id\":\"s%03d\",\"visitor\":{\"id\":\"v%d\",\"name\":\"Ann %d\"},\"participants\":[{"
                               "\"id\":1,\"type\":\"Client\",\"name\":\"Ann\"}],\"events\":[",
                               i, i % 50, i);
        for (int j = 0; j < MESSAGES; j++)
            g_string_append_printf(text,
                                   "{\"type\":\"message\",\"at\":%d,\"by\":1,\"text\":\"marker%d \\\"quoted\\\" %d\"},",
                                   1000000 * i + 1000 * j, i, j);
        g_string_append_printf(
            text,
            "{\"type\":\"edit\",\"at\":%d,\"by\":1,\"target\":1,\"text\":\"changed\"},"
            "{\"type\":\"user_data\",\"at\":%d,\"by\":1,\"data\":{\"visitor\":{\"email\":\"a%d@example."
            "com\"}}},{\"type\":\"closed\",\"at\":%d,\"by\":1}]}\n",
            1000000 * i + 90000, 1000000 * i + 90001, i, 1000000 * i + 90002);
    }
    struct str lines = arena_str(a, str_from(text->str, text->len));
    g_string_free(text, TRUE);
    return lines;
}

static void feed(struct import *import, struct str bytes, size_t piece)
{
    bool going = true;
    while (going && bytes.len > 0) {
        struct str part = str_from(bytes.ptr, MIN(piece, bytes.len));
        going = import_feed(import, part) || import_wait(import);
        bytes = str_skip(bytes, part.len);
    }
    import_end(import);
}

static void import_all(struct fixture *f, int64_t company, struct str lines, size_t piece, struct import_result *result)
{
    struct import_options options = {.core = f->core, .company = company};
    struct import *import = import_new(&options, NULL);
    feed(import, lines, piece);
    import_finish(import, result);
}

static struct str export_all(struct fixture *f, int64_t company, size_t piece)
{
    struct exporter *exporter = export_new_of_all(company);
    GString *all = g_string_new(NULL);
    struct buf out;
    bool finished = false;
    buf_init(&out, 2 * piece);
    while (!finished) {
        GError *error = NULL;
        buf_reset(&out);
        struct store_txn *txn = store_read_begin(f->reader, &error);
        g_assert_true(txn && export_next(exporter, txn, piece, &out, &finished, &error));
        store_read_end(txn);
        g_assert_cmpuint(out.len, <=, piece);
        g_assert_true(finished || out.len > 0);
        g_string_append_len(all, out.ptr, (gssize)out.len);
    }
    struct str text = arena_str(&f->arena, str_from(all->str, all->len));
    g_string_free(all, TRUE);
    buf_clear(&out);
    export_free(exporter);
    return text;
}

static void note(void *data, const char *text)
{
    GString *all = data;
    g_string_append_printf(all, "%s\n", text);
}

/* What a check finds, a line each. */
static char *findings(struct fixture *f, bool repair)
{
    GString *all = g_string_new(NULL);
    struct check_result result;
    GError *error = NULL;
    fixture_read_end(f);
    g_assert_true(check_run(f->core, repair, note, all, NULL, &result, &error));
    g_assert_no_error(error);
    return g_string_free(all, FALSE);
}

static void assert_clean(struct fixture *f)
{
    g_autofree char *found = findings(f, false);
    g_assert_cmpstr(found, ==, "");
}

static void test_pieces(void)
{
    struct fixture f;
    struct import_result result;
    static const size_t pieces[] = {1000000, 65536, 4096, 7};
    struct str first = STR_NULL;
    fixture_open(&f, 0);
    struct str lines = make_lines(&f.arena);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autofree char *name = g_strdup_printf("Company %zu", i);
        int64_t company = fixture_add_company(&f, name, "UTC");
        import_all(&f, company, lines, pieces[i], &result);
        g_assert_no_error(result.error);
        g_assert_cmpint(result.counts.created, ==, SESSIONS);
        g_assert_cmpint(result.counts.events, ==, SESSIONS * (MESSAGES + 3));
        struct str out = export_all(&f, company, pieces[G_N_ELEMENTS(pieces) - 1 - i]);
        /* Tokens are made anew in each company: compare without them. */
        g_autoptr(GRegex) token = g_regex_new("\"token\":\"[^\"]*\"", 0, 0, NULL);
        g_autofree char *plain = g_regex_replace_literal(token, out.ptr, (gssize)out.len, 0, "", 0, NULL);
        struct str now = arena_str(&f.arena, str_from_c(plain));
        if (!first.ptr)
            first = now;
        g_assert_true(str_equal(first, now));
        /* Its own export, imported again, changes nothing. */
        import_all(&f, company, out, 4096, &result);
        g_assert_no_error(result.error);
        g_assert_cmpint(result.counts.unchanged, ==, SESSIONS);
    }
    assert_clean(&f);
    fixture_close(&f);
}

/* The waiter is woken when there is room and at the end, never in between. */
struct counting {
    struct waiter waiter;
    int wakes;
};

static void count_wake(struct waiter *waiter)
{
    __atomic_add_fetch(&((struct counting *)waiter)->wakes, 1, __ATOMIC_SEQ_CST);
}

static void test_waiter(void)
{
    struct fixture f;
    struct import_result result;
    struct counting counting = {.waiter.wake = count_wake};
    fixture_open(&f, 0);
    struct import_options options = {.core = f.core, .company = f.company, .waiter = &counting.waiter};
    struct str lines = make_lines(&f.arena);
    struct import *import = import_new(&options, NULL);
    int refused = 0;
    for (int round = 0; round < 20; round++)
        if (!import_feed(import, lines)) {
            refused++;
            import_wait(import);
        }
    import_end(import);
    import_finish(import, &result);
    g_assert_no_error(result.error);
    g_assert_cmpint(result.counts.created, ==, SESSIONS);
    g_assert_cmpint(result.counts.unchanged, ==, 19 * SESSIONS);
    g_assert_cmpint(counting.wakes, >=, 1);
    g_assert_cmpint(counting.wakes, <=, refused + 1);
    fixture_close(&f);
}

/* More imports than there is memory for are told to come again; so is the second with a very long line. */
static void test_imports_are_bounded(void)
{
    struct fixture f;
    struct import *imports[LIMIT_IMPORTS];
    struct import_result result;
    GError *error = NULL;
    fixture_open(&f, 0);
    struct import_options options = {.core = f.core, .company = f.company};
    for (int i = 0; i < LIMIT_IMPORTS; i++)
        g_assert_nonnull((imports[i] = import_new(&options, NULL)));
    g_assert_null(import_new(&options, &error));
    g_assert_error(error, REASON, REASON_IMPORTS_BUSY);
    g_clear_error(&error);

    g_autofree char *piece = g_malloc(LIMIT_SHORT_LINE / 2);
    memset(piece, ' ', LIMIT_SHORT_LINE / 2);
    GError *refusal = NULL;
    for (int i = 0; i < 2; i++)
        for (int round = 0; round < 4 && !import_is_over(imports[i]); round++)
            if (!import_feed(imports[i], str_from(piece, LIMIT_SHORT_LINE / 2)))
                import_wait(imports[i]);
    while (!import_is_over(imports[0]) && !import_is_over(imports[1]))
        g_thread_yield();
    for (int i = 0; i < LIMIT_IMPORTS; i++) {
        import_cancel(imports[i]);
        import_finish(imports[i], &result);
        if (reason_of(result.error) == REASON_IMPORTS_BUSY)
            g_propagate_error(&refusal, g_steal_pointer(&result.error));
        import_result_clear(&result);
    }
    g_assert_error(refusal, REASON, REASON_IMPORTS_BUSY);
    g_clear_error(&refusal);

    import_all(&f, f.company, make_lines(&f.arena), 4096, &result); /* all was given back */
    g_assert_no_error(result.error);
    fixture_close(&f);
}

/* An import that was stopped goes on behind its place, and reads a changed file from the start. */
static void test_place(void)
{
    struct fixture f;
    struct import_result result;
    struct import_place place;
    bool found;
    fixture_open(&f, 0);
    struct str lines = make_lines(&f.arena), name = import_place_name(f.company, lines, &f.arena);
    struct import_options options = {.core = f.core, .company = f.company, .place_name = name};
    char *broken = (char *)arena_str(&f.arena, lines).ptr;
    struct str half = str_from(broken, (size_t)(strstr(broken, "\"s100\"") - broken));
    broken[half.len + 1] = '\0';

    struct import *import = import_new(&options, NULL);
    feed(import, str_from(broken, lines.len), 4096);
    import_finish(import, &result);
    g_assert_cmpint(reason_class(reason_of(result.error)), ==, CLASS_INVALID);
    g_assert_cmpint(result.line, ==, 101);
    import_result_clear(&result);

    g_assert_true(import_place_get(fixture_read(&f), name, &place, &found, NULL));
    g_assert_true(found);
    g_assert_cmpint(place.lines, >, 30);
    options.place = &place;
    import = import_new(&options, NULL);
    feed(import, lines, 4096);
    import_finish(import, &result);
    g_assert_no_error(result.error);
    g_assert_cmpint(result.counts.created, ==, SESSIONS - place.lines);
    g_assert_cmpint(result.counts.unchanged, ==, 0);

    bool left;
    g_assert_true(import_place_get(fixture_read(&f), name, &place, &left, NULL));
    g_assert_false(left);
    place.bytes = (int64_t)half.len;
    place.lines = 100;
    options.place = &place;
    import = import_new(&options, NULL);
    feed(import, lines, 4096);
    import_finish(import, &result);
    g_assert_nonnull(result.error);
    g_assert_true(result.place_differs);
    import_result_clear(&result);
    assert_clean(&f);
    fixture_close(&f);
}

/* Each call of the store fails in turn: what was not refused is there, and importing again completes it. */
static void test_faults(void)
{
    struct fault *fault;
    bool fired = true;
    struct arena a;
    arena_init(&a);
    struct str lines = make_lines(&a);
    for (int n = 1; fired; n += 1 + n / 8) {
        struct fixture f;
        struct import_result result;
        fixture_open(&f, 0);
        fixture_stop(&f);
        if (fixture_start_faulty(&f, n, REASON_DISK_FULL, &fault)) {
            import_all(&f, f.company, lines, 65536, &result);
            fired = fault_fired(fault);
            import_result_clear(&result);
        }
        fixture_reopen(&f);
        assert_clean(&f);
        import_all(&f, f.company, lines, 65536, &result);
        g_assert_no_error(result.error);
        g_assert_cmpint(result.counts.created + result.counts.unchanged, ==, SESSIONS);
        assert_clean(&f);
        fixture_close(&f);
    }
    arena_clear(&a);
}

/* ---- check ---------------------------------------------------------------------------------------------- */

/* ---- lines in parts ---- */

enum { LONG_LINE_EVENTS = 5500 };

/* A line of more than BATCH_BYTES with `count` events; `first` is the text of the first. */
static struct str long_line(struct arena *a, const char *id, int count, const char *first)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(
        text,
        "{\"id\":\"%s\",\"visitor\":{\"id\":\"v\"},\"participants\":[{\"id\":1,\"type\":\"Client\"}],"
        "\"startPage\":\"%0*d\",\"events\":[",
        id, LIMIT_URL - 1, 0);
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, "%s{\"type\":\"message\",\"at\":1000,\"by\":1,\"text\":\"%s\"}", i ? "," : "",
                               i ? "word and so on" : first);
    g_string_append(text, "]}\n");
    struct str line = arena_str(a, str_from(text->str, text->len));
    g_string_free(text, TRUE);
    return line;
}

static struct import_result import_line(struct fixture *f, struct str lines, bool skip_bad)
{
    struct import_result result;
    struct import_options options = {.core = f->core, .company = f->company, .skip_bad = skip_bad};
    struct import *import = import_new(&options, NULL);
    feed(import, lines, 65536);
    import_finish(import, &result);
    return result;
}

/* Asserts that no append wrote more than a job may; how many events all wrote. */
static int64_t appended(struct fixture *f)
{
    const struct store_change_filter filter = {.company = f->company};
    int64_t after = 0, events = 0;
    for (;;) {
        struct store_change *changes;
        size_t count;
        GError *error = NULL;
        struct store_txn *txn = store_read_begin(f->reader, &error);
        g_assert_nonnull(txn);
        g_assert_true(store_changes(txn, &filter, after, 100, &f->arena, &changes, &count, &error));
        store_read_end(txn);
        for (size_t i = 0; i < count; i++) {
            after = changes[i].number;
            g_assert_cmpuint(changes[i].last - changes[i].first, <=, LIMIT_IMPORT_BATCH);
            events += changes[i].last - changes[i].first + 1;
        }
        if (!count)
            return events;
    }
}

static void test_long_lines(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    f.company = fixture_add_company(&f, "Company", "UTC");
    struct str whole = long_line(&f.arena, "s", LONG_LINE_EVENTS, "word");
    g_assert_cmpuint(whole.len, >, 256 * 1024);
    struct import_result result = import_line(&f, whole, false);
    g_assert_no_error(result.error);
    g_assert_cmpint(result.counts.created, ==, 1);
    g_assert_cmpint(result.counts.events, ==, LONG_LINE_EVENTS);
    g_assert_cmpint(appended(&f), ==, LONG_LINE_EVENTS + 1);
    result = import_line(&f, whole, false);
    g_assert_cmpint(result.counts.unchanged, ==, 1);
    g_assert_cmpint(result.counts.created + result.counts.appended + result.counts.events, ==, 0);
    /* As after an import that was interrupted between two parts, and inside of one. */
    static const int before[] = {1, LIMIT_IMPORT_BATCH, LIMIT_IMPORT_BATCH + 1, LONG_LINE_EVENTS - 1};
    for (size_t i = 0; i < G_N_ELEMENTS(before); i++) {
        g_autofree char *id = g_strdup_printf("s%zu", i);
        result = import_line(&f, long_line(&f.arena, id, before[i], "word"), false);
        g_assert_cmpint(result.counts.created, ==, 1);
        result = import_line(&f, long_line(&f.arena, id, LONG_LINE_EVENTS, "word"), false);
        g_assert_no_error(result.error);
        g_assert_cmpint(result.counts.appended, ==, 1);
        g_assert_cmpint(result.counts.created + result.counts.unchanged, ==, 0);
        g_assert_cmpint(result.counts.events, ==, LONG_LINE_EVENTS - before[i]);
    }
    assert_clean(&f);
    fixture_close(&f);
}

/* The first part says that the session is another; what follows would fit. */
static void test_long_lines_refused(void)
{
    struct fixture f;
    fixture_open(&f, 0);
    f.company = fixture_add_company(&f, "Company", "UTC");
    struct import_result result = import_line(&f, long_line(&f.arena, "s", LONG_LINE_EVENTS - 500, "word"), false);
    int64_t events = appended(&f);
    struct str other = long_line(&f.arena, "s", LONG_LINE_EVENTS, "another word");
    struct str lines =
        arena_printf(&f.arena, "%.*s%.*s", STR_ARG(other), STR_ARG(long_line(&f.arena, "t", LONG_LINE_EVENTS, "word")));
    result = import_line(&f, lines, false);
    g_assert_cmpint(reason_of(result.error), ==, REASON_SESSION_DIFFERS);
    g_assert_cmpint(result.line, ==, 1);
    import_result_clear(&result);
    g_assert_cmpint(appended(&f), ==, events);
    result = import_line(&f, lines, true);
    g_assert_no_error(result.error);
    g_assert_cmpint(result.counts.refused, ==, 1);
    g_assert_cmpint(result.counts.created, ==, 1);
    g_assert_cmpint(result.counts.appended + result.counts.unchanged, ==, 0);
    g_assert_cmpint(appended(&f), ==, events + LONG_LINE_EVENTS + 1);
    assert_clean(&f);
    fixture_close(&f);
}

static bool spoil_session(struct op *op, struct store_txn *txn, GError **error)
{
    struct session_view view;
    bool found;
    if (!store_session_get(txn, 1, STR("s005"), &op->arena, &view, &found, error))
        return false;
    g_assert_true(found);
    view.session.messages += 3;
    return store_session_replace(txn, &view, error);
}

static bool spoil_visitor(struct op *op, struct store_txn *txn, GError **error)
{
    struct visitor v;
    bool found;
    if (!store_visitor_get(txn, 1, STR("v7"), &op->arena, &v, &found, error))
        return false;
    g_assert_true(found);
    v.email = STR("wrong@example.com");
    return store_visitor_replace(txn, &v, error);
}

static void spoil(struct fixture *f, bool (*run)(struct op *, struct store_txn *, GError **))
{
    struct op op;
    GError *error = NULL;
    op_init(&op, f->core, OP_WRITE, run);
    core_run(&op, &error);
    g_assert_no_error(error);
    op_clear(&op);
}

static void test_check_repairs_projections(void)
{
    struct fixture f;
    struct import_result result;
    fixture_open(&f, 0);
    import_all(&f, f.company, make_lines(&f.arena), 65536, &result);
    g_assert_no_error(result.error);
    assert_clean(&f);
    spoil(&f, spoil_session);
    spoil(&f, spoil_visitor);
    g_autofree char *found = findings(&f, false);
    g_assert_nonnull(strstr(found, "session s005: messages differs"));
    g_assert_nonnull(strstr(found, "visitor v7: email differs"));
    g_autofree char *again = findings(&f, true);
    g_assert_nonnull(strstr(again, "session s005"));
    assert_clean(&f);
    fixture_close(&f);
}

/* Somebody changes a text behind Parley's back. */
static void test_check_sees_a_changed_text(void)
{
    struct fixture f;
    struct import_result result;
    fixture_open(&f, 0);
    import_all(&f, f.company, make_lines(&f.arena), 65536, &result);
    g_assert_no_error(result.error);
    fixture_stop(&f);
    g_autofree char *path = g_build_filename(f.directory, "parley.db", NULL);
    gsize length;
    char *bytes;
    g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    char *place = memmem(bytes, length, "marker77 \"quoted\" 5", 19);
    g_assert_nonnull(place);
    place[0] = 'd';
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    g_free(bytes);
    fixture_reopen(&f);
    g_autofree char *found = findings(&f, false);
    g_assert_nonnull(strstr(found, "session s077: the log is not what was sealed"));
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/port/pieces", test_pieces);
    g_test_add_func("/port/waiter", test_waiter);
    g_test_add_func("/port/imports-are-bounded", test_imports_are_bounded);
    g_test_add_func("/port/place", test_place);
    g_test_add_func("/port/faults", test_faults);
    g_test_add_func("/port/long-lines", test_long_lines);
    g_test_add_func("/port/long-lines-refused", test_long_lines_refused);
    g_test_add_func("/port/check-repairs-projections", test_check_repairs_projections);
    g_test_add_func("/port/check-sees-a-changed-text", test_check_sees_a_changed_text);
    return g_test_run();
}
