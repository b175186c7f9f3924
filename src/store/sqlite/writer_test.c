/* The writer: groups, jobs that fail alone, failing commits, full disks, and readers beside it. */
#include "store/sqlite/test_shop.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- a disk that fails when told ---- */

static gint sync_fails, space_left = -1; /* bytes; -1 = plenty */

/* SQLite's call lands here: symbols of the program come before those of libc. */
int fdatasync(int file)
{
    if (g_atomic_int_get(&sync_fails)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, file);
}

static ssize_t write_at(int file, const void *bytes, size_t size, off_t at)
{
    gint left = g_atomic_int_get(&space_left);
    if (left >= 0) {
        if ((size_t)left < size) {
            errno = ENOSPC;
            return -1;
        }
        g_atomic_int_add(&space_left, -(gint)size);
    }
    return (ssize_t)syscall(SYS_pwrite64, file, bytes, size, at);
}

static void put_disk_between(void)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    g_assert_cmpint(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)write_at), ==, SQLITE_OK);
    g_assert_cmpint(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)write_at), ==, SQLITE_OK);
}

/* ---- holding the writer, so that a group gathers ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool held, at_gate;

static bool wait_at_gate(struct shop_job *job, struct store_txn *txn, GError **error)
{
    (void)job;
    (void)txn;
    (void)error;
    pthread_mutex_lock(&gate);
    at_gate = true;
    pthread_cond_broadcast(&moved);
    while (held)
        pthread_cond_wait(&moved, &gate);
    pthread_mutex_unlock(&gate);
    return true;
}

/* Submits a job that stays in its run until open_gate: what is submitted in between is the next group. */
static void close_gate(struct shop *shop, struct shop_job *job, bool bulk)
{
    shop_job_init(job, "gate", g_test_rand_bit() ? "g" : "h");
    job->job.bulk = bulk;
    job->before = wait_at_gate;
    held = true;
    at_gate = false;
    store_submit(shop->store, &job->job);
    pthread_mutex_lock(&gate);
    while (!at_gate)
        pthread_cond_wait(&moved, &gate);
    pthread_mutex_unlock(&gate);
}

static void open_gate(void)
{
    pthread_mutex_lock(&gate);
    held = false;
    pthread_cond_broadcast(&moved);
    pthread_mutex_unlock(&gate);
}

enum { GROUP = 20 };

/* A group of messages m0.. in session "s", submitted as one. The caller may change them in between. */
static void make_group(struct shop_job *jobs)
{
    for (int i = 0; i < GROUP; i++) {
        g_autofree char *id = g_strdup_printf("m%d", i);
        shop_job_init(&jobs[i], "s", id);
    }
}

/* Behind a first job, in whose commit the fault, if there is one, sets in. */
static void submit_behind(struct shop *shop, struct shop_job *first, struct shop_job *jobs, int *fault, int value)
{
    close_gate(shop, first, false);
    for (int i = 0; i < GROUP; i++)
        store_submit(shop->store, &jobs[i].job);
    if (fault)
        g_atomic_int_set(fault, value);
    open_gate();
}

static void submit_group(struct shop *shop, struct shop_job *jobs)
{
    struct shop_job first;
    submit_behind(shop, &first, jobs, NULL, 0);
    g_assert_true(shop_job_wait(&first, NULL));
}

static int64_t groups(struct shop *shop)
{
    struct store_counters counters;
    store_counters(shop->store, &counters);
    return counters.groups;
}

static int64_t failures(struct shop *shop)
{
    struct store_counters counters;
    store_counters(shop->store, &counters);
    return counters.group_failures;
}

static bool writes_are_off(struct shop *shop)
{
    struct store_counters counters;
    store_counters(shop->store, &counters);
    return counters.writes_off;
}

static void test_group(void)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    int64_t before = groups(&shop);
    submit_group(&shop, jobs);
    for (int i = 0; i < GROUP; i++) {
        g_assert_true(shop_job_wait(&jobs[i], NULL));
        g_assert_cmpint(jobs[i].runs, ==, 1);
    }
    g_assert_cmpint(groups(&shop) - before, ==, 2);
    g_assert_cmpint(failures(&shop), ==, 0);
    g_assert_cmpint(shop_count(&shop, "s"), ==, GROUP);
    shop_check(&shop);
    shop_close(&shop);
}

/* Bulk jobs that arrive while one runs share its commit. */
static void test_bulk_grows(void)
{
    struct shop shop;
    struct shop_job first, jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    int64_t before = groups(&shop);
    close_gate(&shop, &first, true);
    for (int i = 0; i < 10; i++) {
        jobs[i].job.bulk = true;
        store_submit(shop.store, &jobs[i].job);
    }
    open_gate();
    g_assert_true(shop_job_wait(&first, NULL));
    for (int i = 0; i < 10; i++)
        g_assert_true(shop_job_wait(&jobs[i], NULL));
    g_assert_cmpint(groups(&shop) - before, ==, 1);
    g_assert_cmpint(shop_count(&shop, "s"), ==, 10);
    shop_check(&shop);
    shop_close(&shop);
}

static gint runs;

static bool note_turn(struct shop_job *job, struct store_txn *txn, GError **error)
{
    (void)txn;
    (void)error;
    job->turn = ++runs;
    return true;
}

/* Somebody else ends such a group, comes next, and takes one bulk job along, so that bulk work never stands still. */
static void test_bulk_gives_way(void)
{
    struct shop shop;
    struct shop_job first, jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    int64_t before = groups(&shop);
    runs = 0;
    close_gate(&shop, &first, true);
    for (int i = 0; i < GROUP; i++) {
        jobs[i].job.bulk = i < GROUP - 1;
        jobs[i].before = note_turn;
        store_submit(shop.store, &jobs[i].job);
    }
    open_gate();
    g_assert_true(shop_job_wait(&first, NULL));
    for (int i = 0; i < GROUP; i++) {
        g_assert_true(shop_job_wait(&jobs[i], NULL));
        g_assert_cmpint(jobs[i].turn, ==, i < GROUP - 1 ? i + 2 : 1);
    }
    /* The gate's; the live one with a bulk one; 18 more bulk ones, of which 16 go at once. */
    g_assert_cmpint(groups(&shop) - before, ==, 4);
    shop_check(&shop);
    shop_close(&shop);
}

static bool refuse(struct shop_job *job, struct store_txn *txn, GError **error)
{
    (void)job;
    (void)txn;
    reason_set(error, REASON_RIGHT_MISSING, "no");
    return false;
}

static bool spoil(struct shop_job *job, struct store_txn *txn, GError **error)
{
    store_txn_spoil(txn);
    return refuse(job, txn, error);
}

/* Whoever refuses before writing costs the others nothing. */
static void test_refusal(void)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    jobs[7].before = refuse;
    submit_group(&shop, jobs);
    for (int i = 0; i < GROUP; i++) {
        enum reason reason;
        bool ok = shop_job_wait(&jobs[i], &reason);
        g_assert_true(ok || (i == 7 && reason == REASON_RIGHT_MISSING));
        g_assert_true(!ok || i != 7);
        g_assert_cmpint(jobs[i].runs, ==, 1);
    }
    g_assert_cmpint(failures(&shop), ==, 0);
    g_assert_cmpint(shop_count(&shop, "s"), ==, GROUP - 1);
    shop_check(&shop);
    shop_close(&shop);
}

/* Whoever refuses after writing, saying so or not, fails alone: the others run again. */
static void check_alone(bool bulk)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    jobs[3].after = spoil;
    jobs[11].after = refuse;
    for (int i = 0; i < GROUP; i++)
        jobs[i].job.bulk = bulk;
    submit_group(&shop, jobs);
    for (int i = 0; i < GROUP; i++) {
        enum reason reason = REASON_INTERNAL;
        g_assert_cmpint(shop_job_wait(&jobs[i], &reason), ==, i != 3 && i != 11);
        if (i == 3 || i == 11)
            g_assert_cmpint(reason, ==, REASON_RIGHT_MISSING);
    }
    g_assert_cmpint(jobs[0].runs, ==, 2);
    g_assert_cmpint(failures(&shop), ==, bulk ? 2 : 1); /* a bulk group ends where it fails */
    g_assert_cmpint(shop_count(&shop, "s"), ==, GROUP - 2);
    shop_check(&shop);
    shop_close(&shop);
}

static void test_alone(void)
{
    check_alone(false);
}

static void test_bulk_alone(void)
{
    check_alone(true);
}

/* An id that is taken refuses without writing; in an append that opens a session it takes the session back with it. */
static void test_taken(void)
{
    struct shop shop;
    shop_open(&shop);
    enum reason reason;
    g_assert_true(shop_write(&shop, "s", "m", NULL));
    g_assert_false(shop_write(&shop, "s", "m", &reason));
    g_assert_cmpint(reason, ==, REASON_ID_TAKEN);
    g_assert_cmpint(failures(&shop), ==, 0);
    g_assert_true(shop_write(&shop, "t", "m", NULL)); /* unique in a session only */
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    shop_check(&shop);
    shop_close(&shop);
}

/* The answers are open, writes are off until a commit succeeds, then they are on by themselves. */
static void test_commit_fails(void)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    g_assert_true(shop_write(&shop, "before", "m", NULL));
    make_group(jobs);
    jobs[5].before = refuse;
    struct shop_job first;
    submit_behind(&shop, &first, jobs, &sync_fails, 1);
    enum reason reason;
    g_assert_false(shop_job_wait(&first, &reason));
    g_assert_cmpint(reason, ==, REASON_COMMIT_UNKNOWN);
    for (int i = 0; i < GROUP; i++) {
        g_assert_false(shop_job_wait(&jobs[i], &reason));
        g_assert_cmpint(reason, ==, REASON_WRITES_OFF);
        g_assert_cmpint(jobs[i].runs, ==, 0);
    }
    g_assert_false(shop_write(&shop, "s", "m", &reason));
    g_assert_cmpint(reason, ==, REASON_WRITES_OFF);
    g_assert_cmpint(shop_count(&shop, "before"), ==, 1); /* reading goes on */
    g_assert_true(writes_are_off(&shop));
    g_atomic_int_set(&sync_fails, 0);
    while (!shop_write(&shop, "s", "m", &reason)) {
        g_assert_cmpint(reason, ==, REASON_WRITES_OFF);
        g_usleep(1000);
    }
    g_assert_false(writes_are_off(&shop));
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    shop_check(&shop);
    shop_reopen(&shop);
    g_assert_cmpint(shop_count(&shop, "before"), ==, 1);
    shop_check(&shop);
    shop_close(&shop);
}

/* A full disk is told as such, nothing of it is stored, and space that comes back is used at once. */
static void test_disk_full(void)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    g_assert_true(shop_write(&shop, "s", "first", NULL));
    make_group(jobs);
    struct shop_job first;
    submit_behind(&shop, &first, jobs, &space_left, 20000);
    enum reason reason;
    g_assert_false(shop_job_wait(&first, &reason));
    g_assert_cmpint(reason, ==, REASON_DISK_FULL);
    for (int i = 0; i < GROUP; i++) {
        g_assert_false(shop_job_wait(&jobs[i], &reason));
        g_assert_cmpint(reason, ==, REASON_DISK_FULL);
    }
    g_assert_cmpint(shop_count(&shop, "s"), ==, 1);
    g_atomic_int_set(&space_left, -1);
    g_assert_true(shop_write(&shop, "s", "second", NULL));
    g_assert_cmpint(shop_count(&shop, "s"), ==, 2);
    shop_check(&shop);
    shop_close(&shop);
}

/* What was submitted before the close is done, what comes later cannot come. */
static void test_close_finishes(void)
{
    struct shop shop;
    struct shop_job jobs[GROUP];
    shop_open(&shop);
    make_group(jobs);
    for (int i = 0; i < GROUP; i++)
        store_submit(shop.store, &jobs[i].job);
    shop_reopen(&shop);
    for (int i = 0; i < GROUP; i++)
        g_assert_true(shop_job_wait(&jobs[i], NULL));
    g_assert_cmpint(shop_count(&shop, "s"), ==, GROUP);
    shop_close(&shop);
}

static bool only_write_value(struct shop_job *job, struct store_txn *txn, GError **error)
{
    (void)job;
    return store_value_put(txn, STR("name"), STR("value"), error);
}

/* The epoch moves with commits to account tables only, and not when they are taken back. */
static void test_epoch(void)
{
    struct shop shop;
    shop_open(&shop);
    uint64_t start = store_account_epoch(shop.store);
    g_assert_true(shop_write(&shop, "s", "m1", NULL));
    g_assert_cmpuint(store_account_epoch(shop.store), ==, start);
    struct shop_job job;
    shop_job_init(&job, "s", "m2");
    job.after = only_write_value;
    store_submit(shop.store, &job.job);
    g_assert_true(shop_job_wait(&job, NULL));
    g_assert_cmpuint(store_account_epoch(shop.store), ==, start + 1);
    shop_close(&shop);
}

/* ---- readers beside the writer ---- */

enum { READERS = 3, MESSAGES = 400 };

struct beside {
    struct shop *shop;
    gint stop;
};

/* Whatever a snapshot shows is whole: the session's last event is there, and its chain is the session's. */
static gpointer read_on(gpointer data)
{
    struct beside *beside = data;
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(beside->shop->store, &error);
    g_assert_no_error(error);
    struct arena a;
    arena_init(&a);
    uint32_t seen = 0;
    while (!g_atomic_int_get(&beside->stop) || seen < MESSAGES) {
        struct store_txn *txn = store_read_begin(reader, &error);
        g_assert_no_error(error);
        struct session_view view;
        struct event *events, *messages;
        struct participant *authors;
        struct session *sessions;
        struct summary sum;
        size_t count;
        bool found;
        store_session_get(txn, 1, STR("s"), &a, &view, &found, &error);
        g_assert_no_error(error);
        if (found) {
            g_assert_cmpint(view.session.messages, >=, seen);
            seen = view.session.messages;
            g_assert_cmpint(view.session.last_index, ==, seen);
            store_events(txn, &view.session, seen, seen, 1, &a, &events, &count, &error);
            g_assert_no_error(error);
            g_assert_cmpint(count, ==, 1);
            g_assert_cmpmem(events[0].chain, EVENT_CHAIN_SIZE, view.session.chain, EVENT_CHAIN_SIZE);
            struct store_session_filter filter = {
                .company = 1, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
            store_session_list(txn, &filter, NULL, false, 10, &a, &sessions, &count, &error);
            g_assert_no_error(error);
            store_event_of_each(txn, sessions, &sessions[0].last_message, 1, &a, &messages, &authors, &error);
            g_assert_no_error(error);
            g_assert_cmpint(messages[0].index, ==, seen);
            store_summary(txn, 1, NO_TIME, NO_TIME, &sum, &error);
            g_assert_no_error(error);
            g_assert_cmpint(sum.messages, ==, seen);
        }
        store_read_end(txn);
        arena_clear(&a);
    }
    store_reader_close(reader);
    return NULL;
}

static void test_readers(void)
{
    struct shop shop;
    shop_open(&shop);
    struct beside beside = {.shop = &shop};
    GThread *threads[READERS];
    for (int i = 0; i < READERS; i++)
        threads[i] = g_thread_new("reader", read_on, &beside);
    for (int i = 0; i < MESSAGES; i++) {
        g_autofree char *id = g_strdup_printf("m%d", i);
        g_assert_true(shop_write(&shop, "s", id, NULL));
    }
    g_atomic_int_set(&beside.stop, 1);
    for (int i = 0; i < READERS; i++)
        g_thread_join(threads[i]);
    shop_close(&shop);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    id_library_init();
    put_disk_between();
    g_test_add_func("/sqlite/writer/group", test_group);
    g_test_add_func("/sqlite/writer/bulk-grows", test_bulk_grows);
    g_test_add_func("/sqlite/writer/bulk-gives-way", test_bulk_gives_way);
    g_test_add_func("/sqlite/writer/refusal", test_refusal);
    g_test_add_func("/sqlite/writer/alone", test_alone);
    g_test_add_func("/sqlite/writer/bulk-alone", test_bulk_alone);
    g_test_add_func("/sqlite/writer/taken", test_taken);
    g_test_add_func("/sqlite/writer/commit-fails", test_commit_fails);
    g_test_add_func("/sqlite/writer/disk-full", test_disk_full);
    g_test_add_func("/sqlite/writer/close-finishes", test_close_finishes);
    g_test_add_func("/sqlite/writer/epoch", test_epoch);
    g_test_add_func("/sqlite/writer/readers", test_readers);
    return g_test_run();
}
