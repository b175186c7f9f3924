/* A copy of the database while it is in use: SQLite's backup steps over one snapshot, so that writers neither wait nor
 * make it start again. The copy gets its name only when it is whole and on disk. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES_PER_STEP = 256 };

static bool copy_pages(struct connection *from, struct connection *to, const struct store_progress *progress,
                       GError **error)
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

/* Where the copy is made: a new file of this process, under a name that nobody can have guessed, beside the one that it
 * gets in the end. */
struct copy {
    char *directory; /* where it really is */
    char *path;
    int directory_handle, handle;
};

static bool copy_make(struct copy *copy, const char *path, GError **error)
{
    g_autofree char *name = g_path_get_basename(path), *directory = g_path_get_dirname(path);
    *copy = (struct copy){.directory = realpath(directory, NULL), .directory_handle = -1, .handle = -1};
    if (copy->directory)
        copy->directory_handle = open(copy->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (copy->directory_handle >= 0) {
        copy->path = g_strdup_printf("%s/%s.partial-XXXXXX", copy->directory, name);
        copy->handle = mkostemp(copy->path, O_CLOEXEC);
    }
    if (copy->handle >= 0)
        return true;
    reason_set(error, errno == ENOSPC ? REASON_DISK_FULL : REASON_FILE_UNWRITABLE, "%s cannot be made: %s", path,
               g_strerror(errno));
    return false;
}

static bool copy_write(const struct copy *copy, struct sqlite_store *store, const struct store_progress *progress,
                       GError **error)
{
    struct connection from = {0}, to = {0};
    int64_t ignored;
    bool ok =
        connection_open(&from, store->path, false, 0, NULL, error) &&
        connection_open(&to, copy->path, true, 0, NULL, error) && connection_run(&from, "BEGIN", error) &&
        connection_number(&from, "SELECT count(*) FROM sqlite_schema", &ignored, error) && /* takes the snapshot */
        copy_pages(&from, &to, progress, error);
    connection_close(&from);
    connection_close(&to);
    return ok;
}

/* Is the file of that name still the one that was made? In a directory that others may write it need not be. */
static bool copy_is_there(const struct copy *copy)
{
    struct stat made, there;
    if (fstat(copy->handle, &made) != 0 || lstat(copy->path, &there) != 0)
        return false;
    errno = EEXIST;
    return made.st_dev == there.st_dev && made.st_ino == there.st_ino;
}

static bool copy_name(const struct copy *copy, const char *path, GError **error)
{
    g_autofree char *part = g_path_get_basename(copy->path), *name = g_path_get_basename(path);
    if (fsync(copy->handle) == 0 && copy_is_there(copy) && folder_publish(copy->directory_handle, part, name) &&
        fsync(copy->directory_handle) == 0)
        return true;
    reason_set(error, errno == ENOSPC ? REASON_DISK_FULL : REASON_FILE_UNWRITABLE, "%s cannot be made: %s", path,
               g_strerror(errno));
    return false;
}

/* What is still there under the first name was not finished. */
static void copy_clear(struct copy *copy)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; copy->handle >= 0 && i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(copy->path, suffixes[i], NULL);
        g_unlink(path);
    }
    if (copy->handle >= 0)
        close(copy->handle);
    if (copy->directory_handle >= 0)
        close(copy->directory_handle);
    g_free(copy->path);
    free(copy->directory);
}

bool sqlite_backup(struct store *store, const char *path, const struct store_progress *progress, GError **error)
{
    struct copy copy;
    if (g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        reason_set(error, REASON_FILE_UNWRITABLE, "there is a file of that name already");
        return false;
    }
    bool ok = copy_make(&copy, path, error) && copy_write(&copy, sqlite_store(store), progress, error) &&
              copy_name(&copy, path, error);
    copy_clear(&copy);
    return ok;
}
