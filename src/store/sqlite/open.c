/* The data directory: lock, file, readers, and the driver's table. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct store_driver sqlite_driver = {
#define X(name, parameters, arguments) .name = sqlite_##name,
    STORE_TXN_CALLS(X)
#undef X
#define X(result, on, name, parameters, arguments) .name = sqlite_##name,
        STORE_OTHER_CALLS(X)
#undef X
            .close = sqlite_close,
    .reader_close = sqlite_reader_close,
    .reader_stop_when = sqlite_reader_stop_when,
    .read_end = sqlite_read_end,
    .log_bytes = sqlite_log_bytes,
    .write_begin = sqlite_write_begin,
    .write_open = sqlite_write_open,
    .write_flush = sqlite_write_flush,
    .write_commit = sqlite_write_commit,
    .write_break = sqlite_write_break,
    .write_touch = sqlite_write_touch,
    .between_groups = sqlite_between_groups,
};

static bool file_fail(const char *what, bool writing, GError **error)
{
    int code = errno;
    reason_set(error,
               code == ENOSPC || code == EDQUOT ? REASON_DISK_FULL
               : writing                        ? REASON_FILE_UNWRITABLE
                                                : REASON_FILE_UNREADABLE,
               "%s: %s", what, g_strerror(code));
    return false;
}

static bool take_lock(struct sqlite_store *store, GError **error)
{
    g_autofree char *path = g_build_filename(store->directory, "lock", NULL);
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0 && errno == ENOENT) {
        reason_set(error, REASON_FILE_UNREADABLE, "there is no such directory");
        return false;
    }
    if (store->lock < 0)
        return file_fail("the data directory's lock cannot be opened", true, error);
    char pid[32] = "";
    if (flock(store->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return file_fail("the data directory cannot be locked", true, error);
        ssize_t length = pread(store->lock, pid, sizeof pid - 1, 0);
        pid[length > 0 ? length : 0] = 0;
        g_strchomp(pid);
        reason_set(error, REASON_DIRECTORY_IN_USE,
                   "another process%s%s has the data directory open; commands reach it over its parley.sock",
                   pid[0] ? " with the id " : "", pid);
        return false;
    }
    /* Only for that message: the lock itself is the kernel's, so a stale id after a kill does no harm. */
    int length = g_snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(store->lock, 0) != 0 || pwrite(store->lock, pid, (size_t)length, 0) != length)
        return file_fail("the data directory's lock cannot be written", true, error);
    return true;
}

static bool sync_directory(const char *directory, GError **error)
{
    int handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = handle >= 0 && fsync(handle) == 0;
    if (!ok)
        file_fail("the data directory cannot be synced", true, error);
    if (handle >= 0)
        close(handle);
    return ok;
}

/* The file is made here and not by SQLite, so that nobody else may read it. An empty one is a database to be. */
static bool make_file(struct sqlite_store *store, GError **error)
{
    int handle = open(store->path, O_RDWR | O_CLOEXEC | (store->options.create ? O_CREAT : 0), 0600);
    if (handle < 0) {
        if (errno == ENOENT) {
            reason_set(error, REASON_FILE_UNREADABLE, "there is no database in the data directory");
            return false;
        }
        return file_fail("the database cannot be opened", errno != EIO, error);
    }
    close(handle);
    return !store->options.create || sync_directory(store->directory, error);
}

static bool start_writer(struct sqlite_store *store, GError **error)
{
    store->txn.connection = &store->connection;
    log_watch(store);
    /* What a killed process left in the log goes to the file, as every read would have to look for its pages there.
     * Readers that are faster than this lose nothing. */
    checkpointer_ask(store);
    return group_start(&store->head, &store->txn.head, error);
}

static bool open_store(struct sqlite_store *store, GError **error)
{
    if (store->options.create && g_mkdir_with_parents(store->directory, 0700) != 0)
        return file_fail("the data directory cannot be made", true, error);
    struct connection *c = &store->connection;
    return take_lock(store, error) && make_file(store, error) &&
           connection_open(c, store->path, true, store->options.writer_cache_bytes, store, error) &&
           schema_migrate(c, store->options.create, error) &&
           connection_number(c, "SELECT max(number) FROM session", &store->last_session, error) &&
           connection_number(c, "SELECT max(number) FROM visitor", &store->last_visitor, error) &&
           checkpointer_start(store, error) && start_writer(store, error);
}

static void free_store(struct sqlite_store *store)
{
    checkpointer_stop(store);
    connection_close(&store->connection);
    search_free(store);
    buf_clear(&store->folded);
    if (store->lock >= 0)
        close(store->lock);
    g_free(store->path);
    g_free(store->directory);
    g_free(store);
}

/* Once a process, before SQLite's first call: its memory statistics would take a lock at each allocation. */
static void configure(void)
{
    static gsize once;
    if (g_once_init_enter(&once)) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        g_once_init_leave(&once, 1);
    }
}

struct store *sqlite_store_open(const char *directory, const struct store_options *options, GError **error)
{
    configure();
    struct sqlite_store *store = g_new0(struct sqlite_store, 1);
    store->head.driver = &sqlite_driver;
    store->lock = -1;
    store->directory = g_strdup(directory);
    store->path = g_build_filename(directory, "parley.db", NULL);
    store->options = *options;
    buf_init(&store->folded, 4 * LIMIT_EVENT_DATA);
    if (!store->options.reader_cache_bytes)
        store->options.reader_cache_bytes = 2 * 1024 * 1024;
    if (!store->options.writer_cache_bytes)
        store->options.writer_cache_bytes = 16 * 1024 * 1024;
    if (open_store(store, error))
        return &store->head;
    free_store(store);
    return NULL;
}

void sqlite_close(struct store *head)
{
    struct sqlite_store *store = sqlite_store(head);
    group_stop(head);
    checkpointer_stop(store); /* before the last checkpoint, which it would hold up */
    if (store->connection.db)
        sqlite3_wal_checkpoint_v2(store->connection.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    free_store(store);
}

/* ---- readers ---- */

enum { STEPS_BETWEEN_LOOKS = 2000 }; /* of SQLite's machine: some tens of microseconds */

struct store_reader *sqlite_reader_open(struct store *head, GError **error)
{
    struct sqlite_store *store = sqlite_store(head);
    struct sqlite_reader *reader = g_new0(struct sqlite_reader, 1);
    if (!connection_open(&reader->connection, store->path, false, store->options.reader_cache_bytes, store, error)) {
        g_free(reader);
        return NULL;
    }
    reader->head.driver = store->head.driver;
    reader->txn.connection = &reader->connection;
    return &reader->head;
}

void sqlite_reader_close(struct store_reader *head)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)head;
    connection_close(&reader->connection);
    g_free(reader);
}

static int is_stopped(void *stop)
{
    return atomic_load_explicit((const atomic_bool *)stop, memory_order_relaxed);
}

void sqlite_reader_stop_when(struct store_reader *head, const atomic_bool *stop)
{
    sqlite3 *db = ((struct sqlite_reader *)head)->connection.db;
    sqlite3_progress_handler(db, STEPS_BETWEEN_LOOKS, stop ? is_stopped : NULL, (void *)stop);
}

struct store_txn *sqlite_read_begin(struct store_reader *head, GError **error)
{
    struct sqlite_reader *reader = (struct sqlite_reader *)head;
    struct store_txn *txn = &reader->txn.head;
    *txn = (struct store_txn){.driver = head->driver};
    if (!connection_roll_back(&reader->connection, error))
        return NULL;
    sqlite3_stmt *s = txn_statement(txn, "BEGIN", error);
    return s && txn_run(txn, s, error) ? txn : NULL;
}

void sqlite_read_end(struct store_txn *txn)
{
    /* After some errors SQLite has ended the transaction itself. */
    if (sqlite3_get_autocommit(sqlite_txn(txn)->connection->db))
        return;
    sqlite3_stmt *s = txn_statement(txn, "COMMIT", NULL);
    if (!s || !txn_run(txn, s, NULL))
        connection_roll_back(sqlite_txn(txn)->connection, NULL);
}
