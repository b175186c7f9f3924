/* A copy of the database while it is in use: SQLite's backup steps over one snapshot, so that writers neither wait nor
 * make it start again. The copy gets its name only when it is whole and on disk. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum { PAGES_PER_STEP = 256 };

static bool sync_path(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    bool ok = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return ok;
}

static bool copy(struct connection *from, struct connection *to, const struct store_progress *progress, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (!backup)
        return connection_fail(to, error);
    int code;
    bool going = true;
    do {
        code = sqlite3_backup_step(backup, PAGES_PER_STEP);
        if (progress && (code == SQLITE_OK || code == SQLITE_DONE)) {
            int64_t total = sqlite3_backup_pagecount(backup);
            going = progress->report(progress->data, total - sqlite3_backup_remaining(backup), total);
        }
    } while (going && code == SQLITE_OK);
    sqlite3_backup_finish(backup);
    if (!going) {
        reason_set(error, REASON_CANCELLED, "the backup was interrupted");
        return false;
    }
    return code == SQLITE_DONE || connection_fail(to, error);
}

/* The file is made here and not by SQLite, so that nobody else may read it. Only the name says that it is not whole. */
static bool make_file(const char *path, GError **error)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) {
        reason_set(error, REASON_FILE_UNWRITABLE, "%s cannot be made: %s", path, g_strerror(errno));
        return false;
    }
    close(file);
    return true;
}

static bool copy_to(struct sqlite_store *store, const char *path, const struct store_progress *progress, GError **error)
{
    struct connection from = {0}, to = {0};
    int64_t ignored;
    bool ok =
        make_file(path, error) && connection_open(&from, store->path, false, 0, NULL, error) &&
        connection_open(&to, path, true, 0, NULL, error) && connection_run(&from, "BEGIN", error) &&
        connection_number(&from, "SELECT count(*) FROM sqlite_schema", &ignored, error) && /* takes the snapshot */
        copy(&from, &to, progress, error);
    connection_close(&from);
    connection_close(&to);
    return ok;
}

bool sqlite_backup(struct store *store, const char *path, const struct store_progress *progress, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        reason_set(error, REASON_FILE_UNWRITABLE, "there is a file of that name already");
        return false;
    }
    char *partial = g_strconcat(path, ".partial", NULL);
    char *directory = g_path_get_dirname(path);
    bool ok = copy_to(sqlite_store(store), partial, progress, error);
    if (ok && !(sync_path(partial, O_RDONLY) && g_rename(partial, path) == 0 &&
                sync_path(directory, O_RDONLY | O_DIRECTORY))) {
        reason_set(error, REASON_FILE_UNWRITABLE, "the copy cannot be written");
        ok = false;
    }
    if (!ok)
        g_unlink(partial);
    const char *const companions[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < G_N_ELEMENTS(companions); i++) {
        char *companion = g_strconcat(partial, companions[i], NULL);
        g_unlink(companion);
        g_free(companion);
    }
    g_free(directory);
    g_free(partial);
    return ok;
}
