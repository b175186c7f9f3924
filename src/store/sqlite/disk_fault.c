#include "store/sqlite/disk_fault.h"

#include <glib.h>
#include <sqlite3.h>
#include <string.h>

static int calls, first_failing, last_failing; /* atomic */

static bool hit(void)
{
    int call = g_atomic_int_add(&calls, 1) + 1;
    return call >= g_atomic_int_get(&first_failing) && call <= g_atomic_int_get(&last_failing);
}

/* ---- files: every call goes to the real file, which lies behind this struct ---- */

struct disk_file {
    sqlite3_file head;
    sqlite3_io_methods methods;
};

static sqlite3_file *real_file(sqlite3_file *file)
{
    return (sqlite3_file *)((struct disk_file *)file + 1);
}

/* name, result, parameters and arguments behind the file: the calls that only pass */
#define PASSED(X) \
    X(xRead, int, (sqlite3_file * f, void *to, int size, sqlite3_int64 at), (real_file(f), to, size, at)) \
    X(xFileSize, int, (sqlite3_file * f, sqlite3_int64 * size), (real_file(f), size)) \
    X(xLock, int, (sqlite3_file * f, int lock), (real_file(f), lock)) \
    X(xUnlock, int, (sqlite3_file * f, int lock), (real_file(f), lock)) \
    X(xCheckReservedLock, int, (sqlite3_file * f, int *result), (real_file(f), result)) \
    X(xFileControl, int, (sqlite3_file * f, int op, void *value), (real_file(f), op, value)) \
    X(xSectorSize, int, (sqlite3_file * f), (real_file(f))) \
    X(xDeviceCharacteristics, int, (sqlite3_file * f), (real_file(f))) \
    X(xShmMap, int, (sqlite3_file * f, int page, int size, int extend, void volatile **to), \
      (real_file(f), page, size, extend, to)) \
    X(xShmLock, int, (sqlite3_file * f, int offset, int n, int flags), (real_file(f), offset, n, flags)) \
    X(xShmBarrier, void, (sqlite3_file * f), (real_file(f))) \
    X(xShmUnmap, int, (sqlite3_file * f, int unlink), (real_file(f), unlink)) \
    X(xFetch, int, (sqlite3_file * f, sqlite3_int64 at, int size, void **to), (real_file(f), at, size, to)) \
    X(xUnfetch, int, (sqlite3_file * f, sqlite3_int64 at, void *page), (real_file(f), at, page))

#define X(name, result, parameters, arguments) \
    static result disk_##name parameters \
    { \
        return real_file(f)->pMethods->name arguments; \
    }
PASSED(X)
#undef X

static int disk_write(sqlite3_file *f, const void *from, int size, sqlite3_int64 at)
{
    if (!hit())
        return real_file(f)->pMethods->xWrite(real_file(f), from, size, at);
    /* Half of it gets there, as on a disk that fills up. */
    real_file(f)->pMethods->xWrite(real_file(f), from, size / 2, at);
    return SQLITE_FULL;
}

static int disk_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return hit() ? SQLITE_IOERR_TRUNCATE : real_file(f)->pMethods->xTruncate(real_file(f), size);
}

static int disk_sync(sqlite3_file *f, int flags)
{
    return hit() ? SQLITE_IOERR_FSYNC : real_file(f)->pMethods->xSync(real_file(f), flags);
}

static int disk_close(sqlite3_file *f)
{
    return real_file(f)->pMethods->xClose(real_file(f));
}

static sqlite3_vfs *real_vfs;

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    (void)vfs;
    struct disk_file *file = (struct disk_file *)f;
    memset(file, 0, sizeof *file);
    if (hit())
        return SQLITE_CANTOPEN;
    int code = real_vfs->xOpen(real_vfs, name, real_file(f), flags, out_flags);
    if (!real_file(f)->pMethods)
        return code;
    file->methods.iVersion = real_file(f)->pMethods->iVersion;
#define X(name, result, parameters, arguments) file->methods.name = disk_##name;
    PASSED(X)
#undef X
    file->methods.xWrite = disk_write;
    file->methods.xTruncate = disk_truncate;
    file->methods.xSync = disk_sync;
    file->methods.xClose = disk_close;
    f->pMethods = &file->methods;
    return code;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return hit() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, sync);
}

void disk_fault_install(void)
{
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "disk_fault";
    vfs.szOsFile += (int)sizeof(struct disk_file);
    vfs.xOpen = disk_open;
    vfs.xDelete = disk_delete;
    sqlite3_vfs_register(&vfs, 1);
}

void disk_fault_arm(int n, int more)
{
    g_atomic_int_set(&last_failing, 0);
    g_atomic_int_set(&calls, 0);
    g_atomic_int_set(&first_failing, n ? n : 1);
    g_atomic_int_set(&last_failing, n ? n + more : 0);
}

int disk_fault_calls(void)
{
    return g_atomic_int_get(&calls);
}
