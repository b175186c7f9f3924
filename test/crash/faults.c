#include "faults.h"

#include "base/clock.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t seed;

void faults_remove(const char *directory)
{
    GDir *names = g_dir_open(directory, 0, NULL);
    const char *name;
    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            faults_remove(path);
        else
            g_unlink(path);
    }
    if (names)
        g_dir_close(names);
    g_rmdir(directory);
}

bool faults_find(const char *directory, const char *bytes)
{
    bool found = false;
    GDir *names = g_dir_open(directory, 0, NULL);
    const char *name;
    while (names && !found && (name = g_dir_read_name(names))) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        char *content;
        gsize length;
        if (g_file_get_contents(path, &content, &length, NULL)) {
            found = memmem(content, length, bytes, strlen(bytes)) != NULL;
            g_free(content);
        }
    }
    if (names)
        g_dir_close(names);
    return found;
}

static char *new_root(void)
{
    GError *error = NULL;
    char *root = g_dir_make_tmp("parley-fault-XXXXXX", &error);
    g_assert_no_error(error);
    return root;
}

/* The number of messages in session "s", each of which must be as it was sent. */
static size_t count_messages(struct world *w)
{
    struct arena a;
    arena_init(&a);
    struct session_view view;
    struct event *events;
    size_t count;
    GError *error = NULL;
    struct store_txn *txn = core_read_begin(w->reader, NULL);
    history_session(txn, w->company, STR("s"), &a, &view, &error);
    g_assert_no_error(error);
    store_events(txn, &view.session, 3, view.session.last_index, SIZE_MAX, &a, &events, &count, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *id = str_to_heap(events[i].id);
        struct str text = world_text("s", id, &a);
        g_assert_cmpmem(events[i].text.ptr, events[i].text.len, text.ptr, text.len);
    }
    core_read_end(txn);
    arena_clear(&a);
    return count;
}

static bool append_number(struct world *w, int n, GError **error)
{
    char id[32];
    g_snprintf(id, sizeof id, "m%d", n);
    return world_append(w, "s", id, 1, error);
}

/* ---- the disk -------------------------------------------------------------------------------------------- */

/* A small file system of its own, seen by this process only. */
static bool mount_small(const char *at)
{
    static bool apart;
    if (!apart && (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0))
        return false;
    apart = true;
    return mount("tmpfs", at, "tmpfs", 0, "size=16m") == 0;
}

static void test_full_disk(void)
{
    g_autofree char *root = new_root();
    if (!mount_small(root)) {
        g_test_skip("a small file system can only be mounted by root");
        faults_remove(root);
        return;
    }
    g_autofree char *data = g_build_filename(root, "data", NULL), *ballast = g_build_filename(root, "ballast", NULL);
    g_autofree char *weight = g_malloc0(4 << 20);
    struct world w;
    GError *error = NULL;
    int sent = 0;
    world_open(&w, data);
    world_open_session(&w, "s", "v", &error);
    g_assert_true(g_file_set_contents(ballast, weight, 4 << 20, &error));
    while (append_number(&w, sent, &error))
        sent++;
    g_test_message("full after %d messages: %s", sent, error->message);
    g_assert_true(reason_of(error) == REASON_DISK_FULL || reason_of(error) == REASON_COMMIT_UNKNOWN);
    g_clear_error(&error);
    g_assert_cmpint(sent, >, 10);
    g_assert_cmpuint(count_messages(&w), ==, sent); /* reads go on */
    g_assert_false(append_number(&w, sent, &error));
    g_assert_cmpint(reason_class(reason_of(error)) == CLASS_IO || reason_class(reason_of(error)) == CLASS_UNAVAILABLE,
                    ==, true);
    g_clear_error(&error);

    g_unlink(ballast);
    gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (!append_number(&w, sent, &error)) {
        g_assert_cmpint(g_get_monotonic_time(), <, until);
        g_clear_error(&error);
        g_usleep(20000);
    }
    g_assert_cmpuint(count_messages(&w), ==, sent + 1);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
    world_open(&w, data);
    g_assert_cmpuint(count_messages(&w), ==, sent + 1);
    world_close(&w);
    g_assert_cmpint(umount(root), ==, 0);
    faults_remove(root);
}

static void test_read_only(void)
{
    g_autofree char *root = new_root();
    bool as_root = mount_small(root);
    if (!as_root && geteuid() == 0) {
        g_test_skip("root may write everywhere and nothing can be mounted here");
        faults_remove(root);
        return;
    }
    g_autofree char *data = g_build_filename(root, "data", NULL);
    struct world w;
    GError *error = NULL;
    world_open(&w, data);
    world_open_session(&w, "s", "v", &error);
    append_number(&w, 0, &error);
    g_assert_no_error(error);
    world_close(&w);
    g_assert_cmpint(as_root ? mount(NULL, root, NULL, MS_REMOUNT | MS_RDONLY, NULL)
                            : g_chmod(data, 0500) | chmod(data, 0500),
                    ==, 0);
    bool opened = world_try(&w, data, &error);
    if (opened) { /* the files themselves are still writable without root */
        g_assert_false(as_root);
        world_close(&w);
    } else {
        g_assert_error(error, REASON, REASON_FILE_UNWRITABLE);
        g_test_message("read-only: %s", error->message);
        g_clear_error(&error);
    }
    g_assert_cmpint(as_root ? mount(NULL, root, NULL, MS_REMOUNT, NULL) : g_chmod(data, 0700), ==, 0);
    world_open(&w, data);
    g_assert_cmpuint(count_messages(&w), ==, 1);
    append_number(&w, 1, &error);
    g_assert_no_error(error);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
    if (as_root)
        umount(root);
    faults_remove(root);
}

/* ---- two processes --------------------------------------------------------------------------------------- */

static void test_second_process(void)
{
    g_autofree char *root = new_root();
    struct world w;
    GError *error = NULL;
    world_open(&w, root);
    world_open_session(&w, "s", "v", &error);
    g_assert_no_error(error);
    /* "append" begins with opening the directory, which must fail and say who has it. */
    g_autofree char *output = NULL, *complaint = NULL;
    /* The link itself, not what it reads as: in a mount namespace of our own that may be the path of another root. */
    char *child[] = {
        (char[]){"/proc/self/exe"}, (char[]){"--child"}, (char[]){"append"}, root, (char[]){"1"}, (char[]){"0"}, NULL};
    int status;
    g_spawn_sync(NULL, child, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &complaint, &status, &error);
    g_assert_no_error(error);
    g_autofree char *pid = g_strdup_printf("%ld", (long)getpid());
    g_assert_false(g_spawn_check_wait_status(status, NULL));
    g_assert_nonnull(strstr(complaint, "another process"));
    g_assert_nonnull(strstr(complaint, pid));
    append_number(&w, 0, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_messages(&w), ==, 1);
    world_close(&w);
    faults_remove(root);
}

/* ---- damage ---------------------------------------------------------------------------------------------- */

static void damage(char *bytes, gsize *length, GRand *chance)
{
    if (g_rand_int_range(chance, 0, 4) == 0) {
        *length = (gsize)(g_rand_double(chance) * (double)*length);
        return;
    }
    int flips = g_rand_int_range(chance, 1, 9);
    for (int i = 0; i < flips; i++)
        bytes[(gsize)(g_rand_double(chance) * (double)*length)] ^= (char)(1 << g_rand_int_range(chance, 0, 8));
}

/* Opens what may be damaged. Wrong contents must not pass for right ones: either opening or checking complains, or
 * everything is as it was (the damage met a place that holds nothing). */
static void assert_noticed(const char *directory, const char *right, gsize right_length, int counts[3])
{
    struct world w;
    GError *error = NULL;
    if (!world_try(&w, directory, &error)) {
        g_assert_error(error, REASON, (int)reason_of(error));
        g_assert_cmpint(reason_of(error), !=, REASON_INTERNAL);
        g_error_free(error);
        counts[0]++;
        return;
    }
    if (world_check(&w) != 0) {
        counts[1]++;
    } else {
        size_t length;
        g_autofree char *now = world_export(&w, &length);
        g_assert_true(length == right_length && memcmp(now, right, length) == 0);
        counts[2]++;
    }
    world_close(&w);
}

static void test_damage(void)
{
    enum { TRIALS = 40 };
    g_autofree char *root = new_root();
    g_autofree char *lines = g_build_filename(root, "lines.ndjson", NULL), *data = g_build_filename(root, "data", NULL);
    g_autofree char *file = g_build_filename(data, "parley.db", NULL);
    struct world w;
    GError *error = NULL;
    GRand *chance = g_rand_new_with_seed(seed);
    world_write_lines(lines, 200);
    world_open(&w, data);
    world_import(&w, lines, NULL, &error);
    g_assert_no_error(error);
    size_t right_length;
    g_autofree char *right = world_export(&w, &right_length);
    world_close(&w);
    g_autofree char *whole = NULL;
    gsize whole_length;
    int counts[3] = {0};
    g_assert_true(g_file_get_contents(file, &whole, &whole_length, NULL));
    for (int i = 0; i < TRIALS; i++) {
        g_autofree char *bytes = g_memdup2(whole, whole_length);
        gsize length = whole_length;
        damage(bytes, &length, chance);
        faults_remove(data);
        g_mkdir(data, 0700);
        g_assert_true(g_file_set_contents(file, bytes, (gssize)length, NULL));
        assert_noticed(data, right, right_length, counts);
    }
    g_test_message("%d refused at opening, %d found by check, %d without effect", counts[0], counts[1], counts[2]);
    faults_remove(data);
    g_mkdir(data, 0700);
    g_assert_true(g_file_set_contents(file, whole, (gssize)whole_length, NULL));
    world_open(&w, data);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
    g_rand_free(chance);
    faults_remove(root);
}

/* ---- the clock ------------------------------------------------------------------------------------------- */

static void test_clock(void)
{
    g_autofree char *root = new_root();
    static const int64_t jumps_ms[] = {0, -3600000, 7200000, -86400000, 0};
    struct world w;
    GError *error = NULL;
    world_open(&w, root);
    world_open_session(&w, "s", "v", &error);
    for (int i = 0; i < 50; i++) {
        clock_set_offset_ms(jumps_ms[i % G_N_ELEMENTS(jumps_ms)]);
        append_number(&w, i, &error);
        g_assert_no_error(error);
        if (i % 10 == 9) {
            world_close(&w);
            world_open(&w, root);
        }
    }
    clock_set_offset_ms(0);
    g_assert_cmpuint(count_messages(&w), ==, 50);
    struct arena a;
    arena_init(&a);
    struct session_view view;
    struct event *events;
    size_t count;
    struct store_txn *txn = core_read_begin(w.reader, NULL);
    history_session(txn, w.company, STR("s"), &a, &view, &error);
    store_events(txn, &view.session, 0, view.session.last_index, SIZE_MAX, &a, &events, &count, &error);
    g_assert_no_error(error);
    for (size_t i = 1; i < count; i++)
        g_assert_cmpint(events[i].time_ms, >=, events[i - 1].time_ms);
    core_read_end(txn);
    arena_clear(&a);
    g_assert_cmpint(world_check(&w), ==, 0);
    world_close(&w);
    faults_remove(root);
}

void faults_add_tests(uint32_t given)
{
    seed = given;
    g_test_add_func("/faults/full-disk", test_full_disk);
    g_test_add_func("/faults/read-only", test_read_only);
    g_test_add_func("/faults/second-process", test_second_process);
    g_test_add_func("/faults/damage", test_damage);
    g_test_add_func("/faults/clock", test_clock);
}
