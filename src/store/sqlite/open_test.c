/* What is at the door: foreign, newer, damaged and missing files, the lock, migrations, a kill. */
#include "store/sqlite/test_shop.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void refused(const char *directory, bool create, enum reason expected, const char *words)
{
    GError *error = NULL;
    g_assert_null(shop_try(directory, create, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(expected));
    if (words)
        g_assert_nonnull(strstr(error->message, words));
    g_error_free(error);
}

static char *file_of(struct shop *shop)
{
    return g_build_filename(shop->directory, "parley.db", NULL);
}

/* The store is closed; the file is turned with SQL. */
static void turn(struct shop *shop, const char *sql)
{
    g_autofree char *path = file_of(shop);
    sqlite3 *db;
    g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(db);
}

static void shut(struct shop *shop)
{
    store_close(shop->store);
    shop->store = NULL;
}

static void test_create(void)
{
    struct shop shop;
    shop_open(&shop);
    g_assert_true(shop_write(&shop, "s", "m1", NULL));
    g_autofree char *path = file_of(&shop);
    struct stat about;
    g_assert_cmpint(stat(path, &about), ==, 0);
    g_assert_cmpint(about.st_mode & 0777, ==, 0600);
    shop_reopen(&shop);
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    g_assert_true(shop_write(&shop, "t", "m1", NULL)); /* numbers go on */
    shop_check(&shop);
    shop_close(&shop);
}

static void test_in_use(void)
{
    struct shop shop;
    shop_open(&shop);
    g_autofree char *pid = g_strdup_printf("%ld", (long)getpid());
    refused(shop.directory, true, REASON_DIRECTORY_IN_USE, pid);
    refused(shop.directory, true, REASON_DIRECTORY_IN_USE, "parley.sock");
    g_assert_true(shop_write(&shop, "s", "m1", NULL));
    shop_reopen(&shop);
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    shop_close(&shop);
}

static void test_foreign(void)
{
    g_autofree char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    struct shop shop = {.directory = g_strdup(directory)};
    turn(&shop, "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
    g_autofree char *path = file_of(&shop);
    g_autofree char *before = NULL, *after = NULL;
    gsize length, length_after;
    g_assert_true(g_file_get_contents(path, &before, &length, NULL));
    refused(directory, true, REASON_DATABASE_FOREIGN, NULL);
    g_assert_true(g_file_get_contents(path, &after, &length_after, NULL));
    g_assert_cmpmem(before, length, after, length_after);
    shop_close(&shop);
}

static void test_newer(void)
{
    struct shop shop;
    shop_open(&shop);
    shut(&shop);
    turn(&shop, "PRAGMA user_version = 99");
    refused(shop.directory, true, REASON_DATABASE_NEWER, "99");
    shop_close(&shop);
}

/* A kill between making the file and the first migration, or inside a migration, leaves version 0. */
static void test_interrupted_creation(void)
{
    g_autofree char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    struct shop shop = {.directory = g_strdup(directory)};
    g_autofree char *path = file_of(&shop);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    shop_reopen(&shop);
    g_assert_true(shop_write(&shop, "s", "m1", NULL));
    shop_close(&shop);
}

static void test_not_a_database(void)
{
    struct shop shop;
    shop_open(&shop);
    shut(&shop);
    g_autofree char *path = file_of(&shop);
    g_autofree char *noise = g_malloc(8192);
    memset(noise, 'x', 8192);
    g_assert_true(g_file_set_contents(path, noise, 8192, NULL));
    refused(shop.directory, true, REASON_DATABASE_CORRUPT, NULL);
    shop_close(&shop);
}

static void test_truncated(void)
{
    struct shop shop;
    shop_open(&shop);
    for (int i = 0; i < 50; i++) {
        g_autofree char *session = g_strdup_printf("s%d", i);
        g_assert_true(shop_write(&shop, session, "m", NULL));
    }
    shut(&shop);
    g_autofree char *path = file_of(&shop);
    struct stat about;
    g_assert_cmpint(stat(path, &about), ==, 0);
    g_assert_cmpint(truncate(path, about.st_size / 2), ==, 0);
    refused(shop.directory, true, REASON_DATABASE_CORRUPT, NULL);
    shop_close(&shop);
}

/* Any byte flipped: every read either works or says that the database is damaged; nothing crashes. */
static void test_flipped(void)
{
    struct shop shop;
    shop_open(&shop);
    for (int i = 0; i < 20; i++) {
        g_autofree char *session = g_strdup_printf("s%d", i);
        g_assert_true(shop_write(&shop, session, "m", NULL));
    }
    shut(&shop);
    g_autofree char *path = file_of(&shop);
    g_autofree char *whole = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &whole, &length, NULL));
    int damaged = 0;
    for (int round = 0; round < 60; round++) {
        g_autofree char *flipped = g_memdup2(whole, length);
        for (int i = 0; i < 40; i++)
            flipped[g_test_rand_int_range(0, (gint32)length)] ^= (char)(1 << g_test_rand_int_range(0, 8));
        g_assert_true(g_file_set_contents(path, flipped, (gssize)length, NULL));
        GError *error = NULL;
        struct arena a;
        arena_init(&a);
        shop.store = shop_try(shop.directory, false, &error);
        struct store_reader *reader = shop.store ? store_reader_open(shop.store, &error) : NULL;
        struct store_txn *txn = reader ? store_read_begin(reader, &error) : NULL;
        for (int i = 0; txn && !error && i < 20; i++) {
            struct session_view view;
            struct event *events;
            size_t count;
            bool found;
            struct str id = arena_printf(&a, "s%d", i);
            if (store_session_get(txn, 1, id, &a, &view, &found, &error) && found)
                store_events(txn, &view.session, 0, UINT32_MAX, SIZE_MAX, &a, &events, &count, &error);
        }
        if (error) {
            damaged++;
            g_assert_true(reason_of(error) == REASON_DATABASE_CORRUPT || reason_of(error) == REASON_DATABASE_FOREIGN ||
                          reason_of(error) == REASON_DATABASE_NEWER || reason_of(error) == REASON_INTERNAL);
            g_error_free(error);
        }
        if (txn)
            store_read_end(txn);
        if (reader)
            store_reader_close(reader);
        if (shop.store)
            shut(&shop);
        arena_clear(&a);
        g_autofree char *log = g_strconcat(path, "-wal", NULL);
        g_unlink(log);
    }
    g_assert_cmpint(damaged, >, 0);
    shop_close(&shop);
}

/* What was acknowledged before a kill is there afterwards, and nothing is torn. */
static void test_kill(void)
{
    g_autofree char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    int pipe_ends[2];
    g_assert_cmpint(pipe(pipe_ends), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        struct shop shop = {.directory = directory};
        shop_reopen(&shop);
        for (int i = 0;; i++) {
            g_autofree char *id = g_strdup_printf("m%d", i);
            char byte = shop_write(&shop, "s", id, NULL) ? 'y' : 'n';
            if (write(pipe_ends[1], &byte, 1) != 1)
                _exit(1);
        }
    }
    close(pipe_ends[1]);
    uint32_t acknowledged = 0;
    char byte;
    while (acknowledged < 30 && read(pipe_ends[0], &byte, 1) == 1) {
        g_assert_cmpint(byte, ==, 'y');
        acknowledged++;
    }
    kill(child, SIGKILL);
    while (read(pipe_ends[0], &byte, 1) == 1)
        acknowledged++;
    close(pipe_ends[0]);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    struct shop shop = {.directory = g_strdup(directory)};
    shop_reopen(&shop);
    uint32_t count = shop_count(&shop, "s");
    g_assert_cmpint(count, >=, acknowledged);
    g_assert_cmpint(count, <=, acknowledged + 1);
    shop_check(&shop);
    g_assert_true(shop_write(&shop, "s", "after", NULL));
    shop_close(&shop);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/sqlite/open/kill", test_kill); /* first: it forks, so no thread may be there */
    g_test_add_func("/sqlite/open/create", test_create);
    g_test_add_func("/sqlite/open/in-use", test_in_use);
    g_test_add_func("/sqlite/open/foreign", test_foreign);
    g_test_add_func("/sqlite/open/newer", test_newer);
    g_test_add_func("/sqlite/open/interrupted-creation", test_interrupted_creation);
    g_test_add_func("/sqlite/open/not-a-database", test_not_a_database);
    g_test_add_func("/sqlite/open/truncated", test_truncated);
    g_test_add_func("/sqlite/open/flipped", test_flipped);
    return g_test_run();
}
