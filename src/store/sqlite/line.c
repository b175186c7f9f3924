/* The lines of the database. A restored directory holds the mark until its line has begun: it is there before the copy
 * has its name, and goes after the row is on disk. A kill between these begins one line more, which nothing was written
 * in. */
#include "store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool line_mark(const struct folder *folder, GError **error)
{
    int handle = folder_file(folder, RESTORED, O_WRONLY | O_CREAT, error);
    if (handle < 0)
        return false;
    close(handle);
    return folder_sync(folder, error);
}

bool line_open(const struct folder *folder, struct connection *c, GError **error)
{
    if (!folder_has(folder, RESTORED))
        return true;
    if (!connection_run(c,
                        "INSERT INTO line(id, after)"
                        " SELECT lower(hex(randomblob(4))), coalesce(max(number), 0) FROM change",
                        error))
        return false;
    return unlinkat(folder->handle, RESTORED, 0) == 0 || errno == ENOENT ||
           folder_fail("the mark of a restored directory cannot be taken away", true, error);
}

bool sqlite_lines(struct store_txn *txn, struct arena *a, struct store_line **lines, size_t *count, GError **error)
{
    *lines = NULL;
    *count = 0;
    sqlite3_stmt *s = txn_statement(txn, "SELECT id, after FROM line ORDER BY number", error);
    if (!s)
        return false;
    g_autoptr(GArray) read = g_array_new(FALSE, FALSE, sizeof(struct store_line));
    int row;
    while ((row = txn_step(txn, s, error)) > 0) {
        struct store_line line = {.id = column_str(s, 0, a), .after = column_int(s, 1)};
        g_array_append_val(read, line);
    }
    if (row < 0)
        return false;
    if (!read->len)
        return txn_corrupt(txn, "the database has no line", error);
    *lines = rows_take(read, a, count);
    return true;
}
