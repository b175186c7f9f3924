/* Files that misdirect: links, second names, pipes, directories that others may write. */
#include "store/sqlite/test_shop.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *in(const char *directory, const char *name)
{
    return g_build_filename(directory, name, NULL);
}

static void refused(const char *directory, enum reason expected, const char *words)
{
    GError *error = NULL;
    g_assert_null(shop_try(directory, true, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(expected));
    g_assert_nonnull(strstr(error->message, words));
    g_error_free(error);
}

static void remove_all(char *directory)
{
    struct shop shop = {.directory = directory};
    shop_close(&shop);
}

static unsigned mode_of(const char *path)
{
    struct stat about;
    g_assert_cmpint(lstat(path, &about), ==, 0);
    return about.st_mode & 07777;
}

/* A store with one message, closed, and a directory beside it with a file that must stay as it is. */
struct scene {
    struct shop shop;
    char *outside, *victim;
};

static void scene_init(struct scene *scene)
{
    shop_open(&scene->shop);
    g_assert_true(shop_write(&scene->shop, "s", "m1", NULL));
    store_close(scene->shop.store);
    scene->shop.store = NULL;
    scene->outside = g_dir_make_tmp("parley-outside-XXXXXX", NULL);
    scene->victim = in(scene->outside, "victim");
    g_assert_true(g_file_set_contents(scene->victim, "untouched", -1, NULL));
}

static void scene_clear(struct scene *scene)
{
    g_autofree char *bytes = NULL;
    g_assert_true(g_file_get_contents(scene->victim, &bytes, NULL, NULL));
    g_assert_cmpstr(bytes, ==, "untouched");
    shop_close(&scene->shop);
    remove_all(scene->outside);
    g_free(scene->victim);
}

static const char *const names[] = {"lock", "parley.db", "parley.db-wal", "parley.db-shm", "parley.db-journal"};

static void test_links(void)
{
    struct scene scene;
    scene_init(&scene);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in(scene.shop.directory, names[i]), *aside = in(scene.outside, "aside");
        bool there = g_rename(path, aside) == 0;
        g_assert_cmpint(symlink(scene.victim, path), ==, 0);
        refused(scene.shop.directory, REASON_DIRECTORY_UNSAFE, "symbolic link");
        g_unlink(path);
        g_assert_cmpint(symlink("/nonexistent/parley", path), ==, 0);
        refused(scene.shop.directory, REASON_DIRECTORY_UNSAFE, "symbolic link");
        g_unlink(path);
        g_assert_cmpint(link(scene.victim, path), ==, 0);
        refused(scene.shop.directory, REASON_DIRECTORY_UNSAFE, "second name");
        g_unlink(path);
        g_assert_cmpint(mkfifo(path, 0600), ==, 0);
        refused(scene.shop.directory, REASON_DIRECTORY_UNSAFE, "not a file");
        g_unlink(path);
        if (there)
            g_assert_cmpint(g_rename(aside, path), ==, 0);
    }
    shop_reopen(&scene.shop);
    g_assert_cmpint(shop_count(&scene.shop, "s"), ==, 1);
    scene_clear(&scene);
}

/* Two servers that write the same database, each with a lock and a log of its own, would destroy it. */
static void test_second_way(void)
{
    struct scene scene;
    scene_init(&scene);
    shop_reopen(&scene.shop);
    g_autofree char *database = in(scene.shop.directory, "parley.db"), *other = in(scene.outside, "parley.db");
    g_autofree char *way = in(scene.outside, "way");
    g_assert_cmpint(link(database, other), ==, 0);
    refused(scene.outside, REASON_DIRECTORY_UNSAFE, "second name");
    g_unlink(other);
    g_assert_cmpint(symlink(database, other), ==, 0);
    refused(scene.outside, REASON_DIRECTORY_UNSAFE, "symbolic link");
    g_unlink(other);
    g_assert_cmpint(symlink(scene.shop.directory, way), ==, 0);
    refused(way, REASON_DIRECTORY_IN_USE, "another process");
    /* The directory itself may be reached over a link. */
    store_close(scene.shop.store);
    GError *error = NULL;
    scene.shop.store = shop_try(way, false, &error);
    g_assert_no_error(error);
    g_assert_cmpint(shop_count(&scene.shop, "s"), ==, 1);
    scene_clear(&scene);
}

static void test_open_to_others(void)
{
    char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    static const mode_t modes[] = {0777, 0770, 0702, 01777};
    for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_assert_cmpint(g_chmod(directory, (int)modes[i]), ==, 0);
        refused(directory, REASON_DIRECTORY_UNSAFE, "chmod go-w");
    }
    g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
    g_assert_null(g_dir_read_name(listing));
    g_assert_cmpint(g_chmod(directory, 0755), ==, 0);
    struct shop shop = {.directory = directory};
    shop_reopen(&shop);
    shop_close(&shop);
}

static void test_other_owner(void)
{
    enum { SOMEBODY = 4321 };
    if (geteuid() != 0) {
        g_test_skip("only root can give a directory away");
        return;
    }
    char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    g_assert_cmpint(chown(directory, SOMEBODY, SOMEBODY), ==, 0);
    refused(directory, REASON_DIRECTORY_UNSAFE, "sudo -u '#4321'");
    g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
    g_assert_null(g_dir_read_name(listing));
    remove_all(directory);
}

/* Whatever umask the process has, and whatever mode a file was copied in with. */
static void test_modes(void)
{
    mode_t mask = umask(0);
    struct scene scene;
    scene_init(&scene);
    g_autofree char *database = in(scene.shop.directory, "parley.db");
    g_assert_cmpint(g_chmod(database, 0666), ==, 0);
    shop_reopen(&scene.shop);
    g_assert_true(shop_write(&scene.shop, "s", "m2", NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = in(scene.shop.directory, names[i]);
        if (!strstr(names[i], "journal"))
            g_assert_cmpint(mode_of(path), ==, 0600);
    }
    g_autofree char *copy = in(scene.outside, "copy"), *made = in(scene.outside, "made");
    GError *error = NULL;
    store_backup(scene.shop.store, copy, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(mode_of(copy), ==, 0600);
    store_restore(made, copy, &error);
    g_assert_no_error(error);
    g_autofree char *restored = in(made, "parley.db");
    g_assert_cmpint(mode_of(made), ==, 0700);
    g_assert_cmpint(mode_of(restored), ==, 0600);
    remove_all(g_steal_pointer(&made));
    scene_clear(&scene);
    umask(mask);
}

/* A directory that is no store's gets no file, not even a lock. */
static void test_no_store(void)
{
    char *directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    GError *error = NULL;
    g_assert_null(shop_try(directory, false, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_FILE_UNREADABLE);
    g_assert_nonnull(strstr(error->message, "no database"));
    g_error_free(error);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
    g_free(directory);
}

static void backup_refused(struct store *store, const char *path)
{
    GError *error = NULL;
    g_assert_false(store_backup(store, path, NULL, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_FILE_UNWRITABLE);
    g_error_free(error);
}

static void test_backup(void)
{
    struct scene scene;
    scene_init(&scene);
    shop_reopen(&scene.shop);
    g_autofree char *copy = in(scene.outside, "copy"), *goal = in(scene.outside, "goal");
    g_assert_cmpint(symlink(goal, copy), ==, 0); /* to a file that is not there */
    backup_refused(scene.shop.store, copy);
    g_unlink(copy);
    g_assert_cmpint(symlink(scene.victim, copy), ==, 0);
    backup_refused(scene.shop.store, copy);
    g_unlink(copy);
    g_autofree char *nowhere = in(scene.outside, "none/copy");
    backup_refused(scene.shop.store, nowhere);
    GDir *listing = g_dir_open(scene.outside, 0, NULL);
    g_assert_cmpstr(g_dir_read_name(listing), ==, "victim");
    g_assert_null(g_dir_read_name(listing));
    g_dir_close(listing);
    scene_clear(&scene);
}

/* Gives the name away while the copy is being made. */
static bool take_name(void *data, int64_t done, int64_t total)
{
    (void)done, (void)total;
    return g_file_set_contents(data, "came first", -1, NULL);
}

static void test_backup_race(void)
{
    struct scene scene;
    scene_init(&scene);
    shop_reopen(&scene.shop);
    char *copy = in(scene.outside, "copy");
    GError *error = NULL;
    g_assert_false(store_backup(scene.shop.store, copy, &(struct store_progress){take_name, copy}, &error));
    g_assert_cmpint(reason_of(error), ==, REASON_FILE_UNWRITABLE);
    g_error_free(error);
    g_autofree char *bytes = NULL;
    g_assert_true(g_file_get_contents(copy, &bytes, NULL, NULL));
    g_assert_cmpstr(bytes, ==, "came first");
    g_free(copy);
    scene_clear(&scene);
}

static void restore_refused(const char *directory, const char *path, enum reason expected)
{
    GError *error = NULL;
    g_assert_false(store_restore(directory, path, &error));
    g_assert_cmpstr(reason_name(reason_of(error)), ==, reason_name(expected));
    g_error_free(error);
}

static void test_restore(void)
{
    struct scene scene;
    scene_init(&scene);
    g_autofree char *database = in(scene.shop.directory, "parley.db"), *beside = in(scene.outside, "beside");
    char *made = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL);
    restore_refused(made, scene.victim, REASON_DATABASE_CORRUPT);
    restore_refused(made, beside, REASON_FILE_UNREADABLE);
    GDir *listing = g_dir_open(made, 0, NULL);
    g_assert_null(g_dir_read_name(listing)); /* nothing of it was left */
    g_dir_close(listing);
    g_autofree char *part = in(made, "parley.db.part");
    g_assert_cmpint(symlink(scene.victim, part), ==, 0);
    restore_refused(made, database, REASON_DIRECTORY_NOT_EMPTY);
    g_unlink(part);
    g_assert_cmpint(g_chmod(made, 0777), ==, 0);
    restore_refused(made, database, REASON_DIRECTORY_UNSAFE);
    g_assert_cmpint(g_chmod(made, 0700), ==, 0);
    GError *error = NULL;
    g_assert_true(store_restore(made, database, &error));
    g_assert_no_error(error);
    restore_refused(made, database, REASON_DIRECTORY_NOT_EMPTY);
    struct shop shop = {.directory = made};
    shop_reopen(&shop);
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    shop_check(&shop);
    shop_close(&shop);
    scene_clear(&scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    g_test_add_func("/sqlite/folder/links", test_links);
    g_test_add_func("/sqlite/folder/second-way", test_second_way);
    g_test_add_func("/sqlite/folder/open-to-others", test_open_to_others);
    g_test_add_func("/sqlite/folder/other-owner", test_other_owner);
    g_test_add_func("/sqlite/folder/modes", test_modes);
    g_test_add_func("/sqlite/folder/no-store", test_no_store);
    g_test_add_func("/sqlite/folder/backup", test_backup);
    g_test_add_func("/sqlite/folder/backup-race", test_backup_race);
    g_test_add_func("/sqlite/folder/restore", test_restore);
    return g_test_run();
}
