/* Opening and closing: the files, the writer, readers, and the driver's table. */
#include "store/sqlite/sqlite.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct store_driver sqlite_driver = {
#define X(function, name, parameters, arguments) .name = sqlite_##name,
    STORE_TXN_CALLS(X)
#undef X
#define X(result, on, function, name, parameters, arguments) .name = sqlite_##name,
        STORE_OTHER_CALLS(X)
#undef X
            .close = sqlite_close,
    .reader_close = sqlite_reader_close,
    .reader_stop_when = sqlite_reader_stop_when,
    .read_end = sqlite_read_end,
    .bytes = sqlite_bytes,
    .log_bytes = sqlite_log_bytes,
    .write_begin = sqlite_write_begin,
    .write_open = sqlite_write_open,
    .write_flush = sqlite_write_flush,
    .write_commit = sqlite_write_commit,
    .write_break = sqlite_write_break,
    .write_touch = sqlite_write_touch,
    .between_groups = sqlite_between_groups,
};

/* The files are made here and not by SQLite, and what of them is there already is looked at before SQLite meets it. An
 * empty database is one to be. */
static bool make_files(struct sqlite_store *store, GError **error)
{
    static const char *const companions[] = {DATABASE "-wal", DATABASE "-shm", DATABASE "-journal"};
    for (size_t i = 0; i < G_N_ELEMENTS(companions); i++) {
        if (!folder_has(&store->folder, companions[i]))
            continue;
        int handle = folder_file(&store->folder, companions[i], O_RDWR, error);
        if (handle < 0)
            return false;
        close(handle);
    }
    int handle = folder_file(&store->folder, DATABASE, O_RDWR | (store->options.create ? O_CREAT : 0), error);
    if (handle < 0)
        return false;
    close(handle);
    return !store->options.create || folder_sync(&store->folder, error);
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
    struct connection *c = &store->connection;
    return make_files(store, error) &&
           connection_open(c, store->path, true, store->options.writer_cache_bytes, store, error) &&
           schema_migrate(c, store->options.create, error) && line_open(&store->folder, c, error) &&
           search_open(c, error) &&
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
    buf_clear(&store->newest);
    g_free(store->path);
    folder_close(&store->folder);
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

struct store *folder_store(struct folder *folder, const struct store_options *options, GError **error)
{
    configure();
    struct sqlite_store *store = g_new0(struct sqlite_store, 1);
    store->head.driver = &sqlite_driver;
    store->folder = *folder;
    store->path = g_build_filename(folder->path, DATABASE, NULL);
    store->options = *options;
    buf_init(&store->folded, 4 * LIMIT_EVENT_DATA);
    buf_init(&store->newest, NEWEST_MAX);
    if (!store->options.reader_cache_bytes)
        store->options.reader_cache_bytes = 2 * 1024 * 1024;
    if (!store->options.writer_cache_bytes)
        store->options.writer_cache_bytes = 16 * 1024 * 1024;
    if (open_store(store, error))
        return &store->head;
    store->folder = FOLDER_NONE;
    free_store(store);
    return NULL;
}

/* Before the lock, whose file is left in no directory that is not a store's. */
static bool is_store(const struct folder *folder, GError **error)
{
    if (folder_has(folder, DATABASE))
        return true;
    reason_set(error, REASON_FILE_UNREADABLE, "there is no database in the data directory");
    return false;
}

struct store *sqlite_store_open(const char *directory, const struct store_options *options, GError **error)
{
    struct folder folder;
    if (!folder_open(&folder, directory, options->create, error))
        return NULL;
    struct store *store = NULL;
    if ((options->create || is_store(&folder, error)) && folder_lock(&folder, error))
        store = folder_store(&folder, options, error);
    if (!store)
        folder_close(&folder);
    return store;
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

int64_t sqlite_bytes(struct store *store)
{
    struct stat about;
    return stat(sqlite_store(store)->path, &about) == 0 ? about.st_size : 0;
}

/* ---- readers ---- */

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

void sqlite_reader_stop_when(struct store_reader *head, const atomic_bool *stop)
{
    connection_stop_when(&((struct sqlite_reader *)head)->connection, stop);
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
