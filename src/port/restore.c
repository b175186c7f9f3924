#include "port/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

enum { PIECE = 1024 * 1024 };

static bool fail(enum reason reason, const char *path, GError **error)
{
    reason_set(error, errno == ENOSPC ? REASON_DISK_FULL : reason, "%s: %s", path, g_strerror(errno));
    return false;
}

static bool is_empty(const char *directory, GError **error)
{
    g_autoptr(GDir) listing = g_dir_open(directory, 0, NULL);
    const char *name = listing ? g_dir_read_name(listing) : NULL;
    if (name)
        reason_set(error, REASON_DIRECTORY_NOT_EMPTY, "%s is not empty: restore into a new directory", directory);
    return !name;
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

static bool copy(int from, const char *from_path, int to, const char *to_path, GError **error)
{
    g_autofree char *piece = g_malloc(PIECE);
    for (;;) {
        ssize_t length = read(from, piece, PIECE);
        if (length < 0)
            return fail(REASON_FILE_UNREADABLE, from_path, error);
        if (length == 0)
            return fsync(to) == 0 || fail(REASON_FILE_UNWRITABLE, to_path, error);
        if (!write_all(to, piece, length))
            return fail(REASON_FILE_UNWRITABLE, to_path, error);
    }
}

static bool copy_to(const char *file, const char *part, GError **error)
{
    int from = open(file, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return fail(REASON_FILE_UNREADABLE, file, error);
    int to = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = to >= 0 ? copy(from, file, to, part, error) : fail(REASON_FILE_UNWRITABLE, part, error);
    close(from);
    if (to >= 0)
        close(to);
    return ok;
}

static bool name_it(const char *part, const char *database, const char *directory, GError **error)
{
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = folder >= 0 && rename(part, database) == 0 && fsync(folder) == 0;
    if (!ok)
        fail(REASON_FILE_UNWRITABLE, database, error);
    if (folder >= 0)
        close(folder);
    return ok;
}

bool restore_run(const char *directory, const char *file, GError **error)
{
    g_autofree char *database = g_build_filename(directory, "parley.db", NULL);
    g_autofree char *part = g_strconcat(database, ".part", NULL);
    if (!is_empty(directory, error))
        return false;
    if (g_mkdir_with_parents(directory, 0700) != 0)
        return fail(REASON_FILE_UNWRITABLE, directory, error);
    if (copy_to(file, part, error) && name_it(part, database, directory, error))
        return true;
    g_unlink(part);
    return false;
}
