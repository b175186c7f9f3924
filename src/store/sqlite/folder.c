/* The data directory and the files in it.
 *
 * Only its owner and root can put anything into a directory that is accepted here, so nobody else can place a link or a
 * file that waits to be written through. What the owner placed by mistake is refused by name: a symbolic link is never
 * followed, and a file with a second name is never opened, since whoever has the other name would look for its lock and
 * its log elsewhere and write the same database at the same time. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_fail(const char *what, bool writing, GError **error)
{
    int code = errno;
    reason_set(error,
               code == ENOSPC || code == EDQUOT ? REASON_DISK_FULL
               : writing                        ? REASON_FILE_UNWRITABLE
                                                : REASON_FILE_UNREADABLE,
               "%s: %s", what, g_strerror(code));
    return false;
}

static bool is_private(const struct folder *folder, GError **error)
{
    struct stat about;
    if (fstat(folder->handle, &about) != 0)
        return folder_fail("the data directory cannot be looked at", false, error);
    if (about.st_uid != 0 && about.st_uid != geteuid()) {
        const struct passwd *owner = getpwuid(about.st_uid);
        g_autofree char *name =
            owner ? g_strdup(owner->pw_name) : g_strdup_printf("#%u", (unsigned)about.st_uid); /* as sudo takes it */
        reason_set(error, REASON_DIRECTORY_UNSAFE,
                   "the data directory belongs to the user %s: run this as that user (sudo -u '%s' parley ...)", name,
                   name);
        return false;
    }
    if (about.st_mode & (S_IWGRP | S_IWOTH)) {
        reason_set(error, REASON_DIRECTORY_UNSAFE,
                   "others may write the data directory (its mode is %04o): look whether all that is in it is yours, "
                   "then `chmod go-w` it",
                   (unsigned)about.st_mode & 07777);
        return false;
    }
    return true;
}

bool folder_open(struct folder *folder, const char *path, bool create, GError **error)
{
    *folder = (struct folder){.handle = -1, .lock = -1};
    if (create && g_mkdir_with_parents(path, 0700) != 0)
        return folder_fail("the data directory cannot be made", true, error);
    /* The path may lead over links, as administrators move directories about; what it leads to stays from here on. */
    folder->path = realpath(path, NULL);
    if (folder->path)
        folder->handle = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->handle < 0 && (errno == ENOENT || errno == ENOTDIR))
        reason_set(error, REASON_FILE_UNREADABLE, "there is no such directory");
    else if (folder->handle < 0)
        folder_fail("the data directory cannot be opened", false, error);
    else if (is_private(folder, error))
        return true;
    folder_close(folder);
    return false;
}

void folder_close(struct folder *folder)
{
    if (folder->lock >= 0)
        close(folder->lock);
    if (folder->handle >= 0)
        close(folder->handle);
    free(folder->path);
    *folder = (struct folder){.handle = -1, .lock = -1};
}

bool folder_has(const struct folder *folder, const char *name)
{
    struct stat about;
    return fstatat(folder->handle, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_own_file(int handle, const char *name, GError **error)
{
    struct stat about;
    if (fstat(handle, &about) != 0)
        return folder_fail(name, false, error);
    if (!S_ISREG(about.st_mode))
        reason_set(error, REASON_DIRECTORY_UNSAFE, "%s in the data directory is not a file: take it away", name);
    else if (about.st_nlink > 1)
        reason_set(error, REASON_DIRECTORY_UNSAFE,
                   "%s in the data directory has a second name (a hard link): remove that one, or put a copy here",
                   name);
    else
        return !(about.st_mode & 0077) || fchmod(handle, 0600) == 0 || folder_fail(name, true, error);
    return false;
}

int folder_file(const struct folder *folder, const char *name, int flags, GError **error)
{
    /* O_NONBLOCK: whoever left a pipe there is not waited for. */
    int handle = openat(folder->handle, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (handle < 0 && errno == ELOOP)
        reason_set(error, REASON_DIRECTORY_UNSAFE,
                   "%s in the data directory is a symbolic link: put the file itself there", name);
    else if (handle < 0)
        folder_fail(name, errno != EIO, error);
    else if (is_own_file(handle, name, error))
        return handle;
    if (handle >= 0)
        close(handle);
    return -1;
}

bool folder_lock(struct folder *folder, GError **error)
{
    folder->lock = folder_file(folder, "lock", O_RDWR | O_CREAT, error);
    if (folder->lock < 0)
        return false;
    char pid[32] = "";
    if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return folder_fail("the data directory cannot be locked", true, error);
        ssize_t length = pread(folder->lock, pid, sizeof pid - 1, 0);
        pid[length > 0 ? length : 0] = 0;
        g_strchomp(pid);
        reason_set(error, REASON_DIRECTORY_IN_USE,
                   "another process%s%s has the data directory open; commands reach it over its parley.sock",
                   pid[0] ? " with the id " : "", pid);
        return false;
    }
    /* Only for that message: the lock itself is the kernel's, so a stale id after a kill does no harm. */
    int length = g_snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(folder->lock, 0) != 0 || pwrite(folder->lock, pid, (size_t)length, 0) != length)
        return folder_fail("the data directory's lock cannot be written", true, error);
    return true;
}

bool folder_sync(const struct folder *folder, GError **error)
{
    return fsync(folder->handle) == 0 || folder_fail("the data directory cannot be synced", true, error);
}

bool folder_publish(int directory, const char *part, const char *name)
{
    /* A file system that knows only the older call has hard links. */
    return renameat2(directory, part, directory, name, RENAME_NOREPLACE) == 0 ||
           (errno == EINVAL && linkat(directory, part, directory, name, 0) == 0 && unlinkat(directory, part, 0) == 0);
}
