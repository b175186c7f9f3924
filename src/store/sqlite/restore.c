/* A data directory from a backup. The directory is locked from before the first byte until the database has been opened
 * in it, so that no server finds it half made; what turns out not to be a database leaves nothing behind. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PART DATABASE ".part"

enum { PIECE = 1024 * 1024 };

static bool is_empty(const struct folder *folder, GError **error)
{
    g_autoptr(GDir) listing = g_dir_open(folder->path, 0, NULL);
    const char *name = listing ? g_dir_read_name(listing) : NULL;
    if (!name)
        return listing || folder_fail("the data directory cannot be read", false, error);
    reason_set(error, REASON_DIRECTORY_NOT_EMPTY, "the data directory is not empty: restore into a new one");
    return false;
}

static bool write_all(int to, const char *bytes, ssize_t length)
{
    while (length > 0) {
        ssize_t written = write(to, bytes, (size_t)length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        length -= written;
    }
    return true;
}

static bool copy(int from, int to, GError **error)
{
    g_autofree char *piece = g_malloc(PIECE);
    for (;;) {
        ssize_t length = read(from, piece, PIECE);
        if (length < 0)
            return folder_fail("the backup cannot be read", false, error);
        if (length == 0)
            return fsync(to) == 0 || folder_fail("the copy cannot be written", true, error);
        if (!write_all(to, piece, length))
            return folder_fail("the copy cannot be written", true, error);
    }
}

static bool copy_in(const struct folder *folder, const char *path, GError **error)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : folder_file(folder, PART, O_WRONLY | O_CREAT | O_EXCL, error);
    bool ok = from < 0 ? folder_fail("the backup cannot be opened", false, error) : to >= 0 && copy(from, to, error);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ok && line_mark(folder, error) &&
           (folder_publish(folder->handle, PART, DATABASE) || folder_fail("the copy cannot be named", true, error)) &&
           folder_sync(folder, error);
}

static void take_away(const struct folder *folder)
{
    static const char *const names[] = {PART, DATABASE, DATABASE "-wal", DATABASE "-shm", RESTORED, "lock"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        unlinkat(folder->handle, names[i], 0);
}

static bool restore_in(struct folder *folder, const char *path, GError **error)
{
    struct store *store = NULL;
    if (copy_in(folder, path, error))
        store = folder_store(folder, &(struct store_options){.full_text = true}, error);
    if (store)
        store_close(store);
    else
        take_away(folder);
    return store != NULL;
}

bool sqlite_restore(const char *directory, const char *path, GError **error)
{
    struct folder folder;
    if (!folder_open(&folder, directory, true, error))
        return false;
    if (is_empty(&folder, error) && folder_lock(&folder, error) && restore_in(&folder, path, error))
        return true;
    folder_close(&folder);
    return false;
}
