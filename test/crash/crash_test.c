/* Kills a process that writes with SIGKILL, at random moments, and looks at what it left (see README.md).
 *   PARLEY_CRASH_KILLS  how many kills over all scenarios (default 50)
 *   PARLEY_CRASH_SEED   the seed of the moments; printed */
#include "base/id.h"
#include "child.h"
#include "core/erase.h"
#include "faults.h"
#include "world.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static int kills = 50;
static GRand *chance;

/* ---- one life of a child --------------------------------------------------------------------------------- */

struct life {
    GPtrArray *lines; /* what it acknowledged, in order */
    bool finished;    /* it came to its end before the kill */
};

static void life_clear(struct life *life)
{
    g_ptr_array_unref(life->lines);
}

static void split_lines(GString *heard, GPtrArray *lines)
{
    char *newline;
    while ((newline = memchr(heard->str, '\n', heard->len))) {
        g_ptr_array_add(lines, g_strndup(heard->str, (gsize)(newline - heard->str)));
        g_string_erase(heard, 0, newline - heard->str + 1);
    }
}

/* Reads acknowledgements until the moment comes; -1: until the child ends. FALSE at the end of the pipe. */
static bool listen_until(int pipe_fd, gint64 moment_us, GString *heard, GPtrArray *lines)
{
    for (;;) {
        gint64 left = moment_us < 0 ? -1 : moment_us - g_get_monotonic_time();
        if (moment_us >= 0 && left <= 0)
            return true;
        struct timespec wait = {.tv_sec = left / G_USEC_PER_SEC, .tv_nsec = left % G_USEC_PER_SEC * 1000};
        struct pollfd readable = {.fd = pipe_fd, .events = POLLIN};
        char piece[65536];
        if (ppoll(&readable, 1, moment_us < 0 ? NULL : &wait, NULL) <= 0)
            continue;
        ssize_t got = read(pipe_fd, piece, sizeof piece);
        if (got <= 0)
            return false;
        g_string_append_len(heard, piece, got);
        split_lines(heard, lines);
        if (moment_us < 0 && lines->len)
            return true;
    }
}

static GPid spawn(const char *scenario, const char *directory, unsigned round, int *pipe_fd)
{
    int ends[2];
    g_assert_cmpint(pipe(ends), ==, 0);
    pid_t child = fork();
    g_assert_cmpint(child, >=, 0);
    if (child == 0) {
        char fd[16], number[16];
        g_snprintf(fd, sizeof fd, "%d", ends[1]);
        g_snprintf(number, sizeof number, "%u", round);
        close(ends[0]);
        execl("/proc/self/exe", "crash_test", "--child", scenario, directory, fd, number, (char *)NULL);
        _exit(4);
    }
    close(ends[1]);
    *pipe_fd = ends[0];
    return child;
}

/* Lets a child run, and kills it `after_us` after it was ready (-1: never). */
static struct life live(const char *scenario, const char *directory, unsigned round, gint64 after_us)
{
    struct life life = {.lines = g_ptr_array_new_with_free_func(g_free)};
    GString *heard = g_string_new(NULL);
    int pipe_fd, status;
    GPid child = spawn(scenario, directory, round, &pipe_fd);
    bool alive = listen_until(pipe_fd, -1, heard, life.lines);
    g_assert_true(alive);
    g_assert_cmpstr(life.lines->pdata[0], ==, "ready");
    if (after_us >= 0 && listen_until(pipe_fd, g_get_monotonic_time() + after_us, heard, life.lines))
        kill(child, SIGKILL);
    while (listen_until(pipe_fd, G_MAXINT64, heard, life.lines))
        ;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    life.finished = WIFEXITED(status);
    if (life.finished)
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    close(pipe_fd);
    g_string_free(heard, TRUE);
    return life;
}

/* ---- places ---------------------------------------------------------------------------------------------- */

struct place {
    char *root, *data;
};

static struct place place_new(void)
{
    GError *error = NULL;
    struct place p = {.root = g_dir_make_tmp("parley-crash-XXXXXX", &error)};
    g_assert_no_error(error);
    p.data = g_build_filename(p.root, "data", NULL);
    return p;
}

static void place_clear(struct place *p)
{
    faults_remove(p->root);
    g_free(p->root);
    g_free(p->data);
}

/* ---- what must be there ---------------------------------------------------------------------------------- */

static void assert_message(struct world *w, struct store_txn *txn, const char *session, const char *id, struct arena *a)
{
    struct session_view view;
    struct event event;
    GError *error = NULL;
    history_session(txn, w->company, str_from_c(session), a, &view, &error);
    g_assert_no_error(error);
    history_event(txn, &view.session, str_from_c(id), a, &event, &error);
    g_assert_no_error(error);
    struct str text = world_text(session, id, a);
    g_assert_cmpmem(event.text.ptr, event.text.len, text.ptr, text.len);
}

/* Every acknowledged append is there; `acknowledged` holds "SESSION ID COUNT". */
static void assert_stored(struct world *w, GPtrArray *acknowledged)
{
    struct arena a;
    arena_init(&a);
    struct store_txn *txn = core_read_begin(w->reader, NULL);
    for (guint i = 0; i < acknowledged->len; i++) {
        g_auto(GStrv) part = g_strsplit(acknowledged->pdata[i], " ", 3);
        for (int k = 0; k < atoi(part[2]); k++) {
            g_autofree char *id = g_strdup_printf("%s.%d", part[1], k);
            assert_message(w, txn, part[0], id, &a);
        }
        arena_reset(&a);
    }
    core_read_end(txn);
    arena_clear(&a);
}

/* No message twice, none changed, no op by halves: each session is joined, joined, then ops of WORLD_MESSAGES. */
static void assert_none_torn(struct world *w)
{
    struct arena a;
    arena_init(&a);
    struct store_txn *txn = core_read_begin(w->reader, NULL);
    GError *error = NULL;
    struct session_view *views;
    size_t count, events;
    GHashTable *seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (int64_t after = 0; store_session_scan(txn, w->company, after, 100, &a, &views, &count, &error) && count > 0;
         after = views[count - 1].session.number) {
        for (size_t i = 0; i < count; i++) {
            const struct session *s = &views[i].session;
            struct event *e;
            if (s->erased)
                continue;
            store_events(txn, s, 1, s->last_index, SIZE_MAX, &a, &e, &events, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(events, ==, s->last_index);
            g_autofree char *session = str_to_heap(s->id);
            size_t messages = 0;
            for (size_t k = 0; k < events; k++) {
                if (e[k].kind != EVENT_MESSAGE)
                    continue;
                char *id = str_to_heap(e[k].id);
                struct str text = world_text(session, id, &a);
                g_assert_cmpmem(e[k].text.ptr, e[k].text.len, text.ptr, text.len);
                g_assert_true(g_hash_table_add(seen, id));
                messages++;
            }
            g_assert_cmpuint(messages % WORLD_MESSAGES, ==, 0);
        }
    }
    g_assert_no_error(error);
    core_read_end(txn);
    g_hash_table_unref(seen);
    arena_clear(&a);
}

static void assert_whole(const char *data, GPtrArray *acknowledged)
{
    struct world w;
    world_open(&w, data);
    assert_stored(&w, acknowledged);
    assert_none_torn(&w);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
}

static void take_stored(const struct life *life, GPtrArray *acknowledged)
{
    for (guint i = 0; i < life->lines->len; i++)
        if (g_str_has_prefix(life->lines->pdata[i], "stored "))
            g_ptr_array_add(acknowledged, g_strdup((char *)life->lines->pdata[i] + strlen("stored ")));
}

static gint64 moment(gint64 at_most_us)
{
    return (gint64)(g_rand_double(chance) * (double)at_most_us);
}

/* ---- appends --------------------------------------------------------------------------------------------- */

/* Microseconds that a pass over the pages of all sessions takes. */
static double read_once(struct world *w)
{
    struct arena a;
    arena_init(&a);
    gint64 start = g_get_monotonic_time();
    struct store_txn *txn = core_read_begin(w->reader, NULL);
    const struct store_session_filter all = {
        .company = w->company, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct history_item *items;
    struct history_page page;
    size_t count = 0;
    bool ok = history_list(txn, &all, NULL, false, 100, &a, &items, &count, NULL);
    for (size_t i = 0; i < count && ok; i++)
        ok = history_events(txn, &items[i].session, HISTORY_BEFORE, UINT32_MAX, 50, &a, &page, NULL);
    g_assert_true(ok);
    core_read_end(txn);
    gint64 end = g_get_monotonic_time();
    arena_clear(&a);
    return (double)(end - start);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Reads of the killed directory take no longer than those of a copy that never saw a kill: medians of rounds taken in
 * turn, with room for a busy machine. */
static void assert_reads_no_slower(struct place *p)
{
    enum { ROUNDS = 31 };
    struct world killed, clean;
    GError *error = NULL;
    double times[2][ROUNDS];
    g_autofree char *copy = g_build_filename(p->root, "copy", NULL);
    g_autofree char *file = g_build_filename(copy, "parley.db", NULL);
    g_assert_cmpint(g_mkdir(copy, 0700), ==, 0);
    world_open(&killed, p->data);
    store_backup(core_store(killed.core), file, NULL, &error);
    g_assert_no_error(error);
    world_open(&clean, copy);
    for (int i = -3; i < ROUNDS; i++) {
        double a = read_once(&killed), b = read_once(&clean);
        if (i >= 0)
            times[0][i] = a, times[1][i] = b;
    }
    for (int i = 0; i < 2; i++)
        qsort(times[i], ROUNDS, sizeof times[i][0], compare_doubles);
    g_test_message("reads after kills: %.0f us, of a clean copy: %.0f us", times[0][ROUNDS / 2], times[1][ROUNDS / 2]);
    g_assert_cmpfloat(times[0][ROUNDS / 2], <, 2 * times[1][ROUNDS / 2]);
    world_close(&clean);
    world_close(&killed);
}

static void test_append(void)
{
    struct place p = place_new();
    g_autoptr(GPtrArray) stored = g_ptr_array_new_with_free_func(g_free);
    for (unsigned round = 0; round < (unsigned)kills * 2 / 5; round++) {
        struct life life = live("append", p.data, round, moment(150000));
        take_stored(&life, stored);
        life_clear(&life);
        assert_whole(p.data, stored);
    }
    g_test_message("%u acknowledged appends", stored->len);
    g_assert_cmpuint(stored->len, >, 0);
    assert_reads_no_slower(&p);
    place_clear(&p);
}

/* ---- the search index that is filled anew ---------------------------------------------------------------- */

/* As if a program with other words had filled it. */
static void change_search_rules(const char *data)
{
    g_autofree char *path = g_build_filename(data, "parley.db", NULL);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "UPDATE value SET value = 'others' WHERE name = 'search_rules'", NULL, NULL, NULL),
                    ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_changes(db), ==, 1);
    g_assert_cmpint(sqlite3_close(db), ==, SQLITE_OK);
}

/* Beside appends; it begins again with every other life, and goes on with those between. */
static void test_refill(void)
{
    struct place p = place_new();
    g_autoptr(GPtrArray) stored = g_ptr_array_new_with_free_func(g_free);
    for (unsigned round = 0; round < (unsigned)MAX(kills / 5, 2); round++) {
        struct life life = live("append", p.data, round, moment(300000));
        take_stored(&life, stored);
        life_clear(&life);
        assert_whole(p.data, stored);
        if (round % 2 == 0)
            change_search_rules(p.data);
    }
    place_clear(&p);
}

/* ---- import ---------------------------------------------------------------------------------------------- */

enum { IMPORT_LINES = 1500 };

/* Of `name` in the place's root, imported in one go. */
static char *import_whole(const struct place *p, const char *lines, size_t *length, gint64 *took_us)
{
    struct world w;
    GError *error = NULL;
    g_autofree char *whole = g_build_filename(p->root, "whole", NULL);
    world_open(&w, whole);
    gint64 start = g_get_monotonic_time();
    world_import(&w, lines, NULL, &error);
    *took_us = g_get_monotonic_time() - start;
    g_assert_no_error(error);
    char *bytes = world_export(&w, length);
    world_close(&w);
    return bytes;
}

static void test_import(void)
{
    struct place p = place_new();
    g_autofree char *lines = g_build_filename(p.root, "lines.ndjson", NULL);
    world_write_lines(lines, IMPORT_LINES);
    size_t whole_length, length;
    gint64 took_us;
    g_autofree char *whole = import_whole(&p, lines, &whole_length, &took_us);
    bool finished = false;
    for (unsigned round = 0; round < (unsigned)kills / 5; round++) {
        if (finished)
            faults_remove(p.data); /* begin again */
        struct life life = live("import", p.data, round, moment(took_us));
        finished = life.finished;
        int64_t safe = 0;
        for (guint i = 0; i < life.lines->len; i++)
            sscanf(life.lines->pdata[i], "lines %" SCNd64, &safe);
        life_clear(&life);
        struct world w;
        world_open(&w, p.data);
        struct arena a;
        arena_init(&a);
        struct store_txn *txn = core_read_begin(w.reader, NULL);
        for (int64_t i = 0; i < safe; i++) {
            struct session_view view;
            GError *error = NULL;
            history_session(txn, w.company, arena_printf(&a, "line-%" PRId64, i), &a, &view, &error);
            g_assert_no_error(error);
            g_assert_cmpuint(view.session.last_index, ==, 1 + 3 + i % 17);
        }
        core_read_end(txn);
        arena_clear(&a);
        g_assert_cmpint(world_check(&w), ==, 0);
        world_close(&w);
    }
    struct world w;
    GError *error = NULL;
    world_open(&w, p.data);
    world_import(&w, lines, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *bytes = world_export(&w, &length);
    g_assert_true(length == whole_length && memcmp(bytes, whole, length) == 0);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
    place_clear(&p);
}

/* ---- migration ------------------------------------------------------------------------------------------- */

/* A database that the program before schema 2 wrote (test/support/schema-1). */
static void put_schema_1(const char *data)
{
    g_autofree char *path = g_build_filename(data, "parley.db", NULL);
    gzFile from = gzopen(PARLEY_SCHEMA_1, "rb");
    FILE *to = g_mkdir(data, 0700) == 0 ? fopen(path, "wb") : NULL;
    g_assert_true(from && to);
    char piece[65536];
    int length;
    while ((length = gzread(from, piece, sizeof piece)) > 0)
        g_assert_cmpuint(fwrite(piece, 1, (size_t)length, to), ==, (size_t)length);
    g_assert_cmpint(length, ==, 0);
    gzclose(from);
    g_assert_cmpint(fclose(to), ==, 0);
}

static void put_nothing(const char *data)
{
    (void)data;
}

/* Whatever a kill left, the next open comes to the same: `exported` is what an undisturbed migration gave. */
static void assert_migrated(const char *data, const char *exported, size_t length)
{
    struct world w;
    GError *error = NULL;
    size_t found_length;
    world_open(&w, data);
    g_assert_cmpint(world_check(&w), ==, 0);
    g_autofree char *found = world_export(&w, &found_length);
    g_assert_cmpmem(found, found_length, exported, length);
    world_open_session(&w, "s", "v", &error);
    g_assert_no_error(error);
    world_append(&w, "s", "m", 1, &error);
    g_assert_no_error(error);
    world_close(&w);
}

static void kill_migrations(void (*put)(const char *data))
{
    struct place p = place_new();
    put(p.data);
    gint64 start = g_get_monotonic_time();
    struct life whole = live("migrate", p.data, 0, -1);
    gint64 took_us = g_get_monotonic_time() - start;
    g_assert_true(whole.finished);
    life_clear(&whole);
    struct world w;
    size_t length;
    world_open(&w, p.data);
    g_autofree char *exported = world_export(&w, &length);
    world_close(&w);
    for (unsigned round = 0; round < (unsigned)kills / 10; round++) {
        faults_remove(p.data);
        put(p.data);
        struct life life = live("migrate", p.data, round, moment(took_us));
        life_clear(&life);
        assert_migrated(p.data, exported, length);
    }
    place_clear(&p);
}

static void test_create(void)
{
    kill_migrations(put_nothing);
}

static void test_migrate_from_1(void)
{
    kill_migrations(put_schema_1);
}

/* ---- backup ---------------------------------------------------------------------------------------------- */

/* Opens a finished backup as a directory of its own; all that was stored before it began is in it. */
static void assert_backup(const struct place *p, const char *path, GPtrArray *stored_before)
{
    g_autofree char *directory = g_build_filename(p->root, "restored", NULL);
    g_autofree char *file = g_build_filename(directory, "parley.db", NULL);
    g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
    g_assert_cmpint(g_rename(path, file), ==, 0);
    assert_whole(directory, stored_before);
    faults_remove(directory);
}

static void test_backup(void)
{
    struct place p = place_new();
    g_autoptr(GPtrArray) stored = g_ptr_array_new_with_free_func(g_free);
    for (unsigned round = 0; round < (unsigned)kills / 10; round++) {
        struct life life = live("backup", p.data, round, moment(200000));
        guint at_begin = stored->len, kept = 0;
        g_autofree char *last = NULL;
        for (guint i = 0; i < life.lines->len; i++) {
            char *line = life.lines->pdata[i];
            if (g_str_has_prefix(line, "began "))
                at_begin = stored->len;
            if (g_str_has_prefix(line, "stored "))
                g_ptr_array_add(stored, g_strdup(line + strlen("stored ")));
            if (g_str_has_prefix(line, "backup ")) {
                g_free(last);
                last = g_strdup(line + strlen("backup "));
                kept = at_begin;
            }
        }
        life_clear(&life);
        assert_whole(p.data, stored);
        if (last) {
            g_autoptr(GPtrArray) before = g_ptr_array_new();
            for (guint i = 0; i < kept; i++)
                g_ptr_array_add(before, stored->pdata[i]);
            assert_backup(&p, last, before);
        }
    }
    place_clear(&p);
}

/* ---- erasure --------------------------------------------------------------------------------------------- */

static void assert_gone(struct world *w, const char *visitor)
{
    struct arena a;
    struct visitor v;
    GError *error = NULL;
    arena_init(&a);
    struct store_txn *txn = core_read_begin(w->reader, NULL);
    history_visitor(txn, w->company, str_from_c(visitor), &a, &v, &error);
    g_assert_error(error, REASON, REASON_VISITOR_UNKNOWN);
    g_clear_error(&error);
    struct session_view view;
    g_autofree char *session = g_strdup_printf("e%s", visitor + strlen("gone"));
    history_session(txn, w->company, str_from_c(session), &a, &view, &error);
    g_assert_no_error(error);
    g_assert_true(view.session.erased);
    g_assert_cmpuint(view.session.messages, ==, 30 * WORLD_MESSAGES);
    core_read_end(txn);
    arena_clear(&a);
}

static void test_erase(void)
{
    struct place p = place_new();
    for (unsigned round = 0; round < (unsigned)kills - (unsigned)kills * 9 / 10; round++) {
        struct life life = live("erase", p.data, round, moment(150000));
        struct world w;
        GError *error = NULL;
        world_open(&w, p.data);
        for (guint i = 0; i < life.lines->len; i++)
            if (g_str_has_prefix(life.lines->pdata[i], "erased "))
                assert_gone(&w, (char *)life.lines->pdata[i] + strlen("erased "));
        assert_none_torn(&w);
        erase_scrub(w.core, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(world_check(&w), ==, 0);
        world_close(&w);
        for (guint i = 0; i < life.lines->len; i++)
            if (g_str_has_prefix(life.lines->pdata[i], "erased ")) {
                const char *visitor = (char *)life.lines->pdata[i] + strlen("erased ");
                g_autofree char *marker = g_strdup_printf("Markere%s says", visitor + strlen("gone"));
                g_autofree char *name = g_strdup_printf("Name-%s\"", visitor);
                g_assert_false(faults_find(p.data, marker));
                g_assert_false(faults_find(p.data, name));
            }
        life_clear(&life);
    }
    place_clear(&p);
}

int main(int argc, char **argv)
{
    id_library_init();
    if (argc == 6 && !strcmp(argv[1], "--child"))
        return child_main(argv[2], argv[3], atoi(argv[4]), (unsigned)atoi(argv[5]));
    g_test_init(&argc, &argv, NULL);
    const char *given = g_getenv("PARLEY_CRASH_KILLS"), *seed = g_getenv("PARLEY_CRASH_SEED");
    if (given)
        kills = MAX(10, atoi(given));
    guint32 number = seed ? (guint32)strtoul(seed, NULL, 10) : g_random_int();
    chance = g_rand_new_with_seed(number);
    g_test_message("PARLEY_CRASH_SEED=%u PARLEY_CRASH_KILLS=%d", number, kills);
    g_test_add_func("/crash/append", test_append);
    g_test_add_func("/crash/import", test_import);
    g_test_add_func("/crash/create", test_create);
    g_test_add_func("/crash/migrate/1", test_migrate_from_1);
    g_test_add_func("/crash/refill", test_refill);
    g_test_add_func("/crash/backup", test_backup);
    g_test_add_func("/crash/erase", test_erase);
    faults_add_tests(number);
    int failed = g_test_run();
    g_rand_free(chance);
    return failed;
}
