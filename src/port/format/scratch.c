#include "port/format/scratch.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/statvfs.h>

struct scratch {
    char *path;
    bool in_memory;
    sqlite3 *db;
    sqlite3_stmt *add, *refer, *find; /* the last one made when it is asked for */
};

static bool fail_scratch(struct scratch *scratch, GError **error)
{
    int code = scratch->db ? sqlite3_errcode(scratch->db) : SQLITE_NOMEM;
    reason_set(error, (code & 0xff) == SQLITE_FULL ? REASON_DISK_FULL : REASON_FILE_UNWRITABLE, "%s: %s", scratch->path,
               scratch->db ? sqlite3_errmsg(scratch->db) : "out of memory");
    return false;
}

static bool run(struct scratch *scratch, const char *sql, GError **error)
{
    return sqlite3_exec(scratch->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail_scratch(scratch, error);
}

/* Sorting writes as much again. */
static bool has_room(const char *directory, int64_t expected, GError **error)
{
    struct statvfs disk;
    if (statvfs(directory, &disk) != 0 || (uint64_t)disk.f_bavail * disk.f_frsize >= 2 * (uint64_t)expected)
        return true;
    reason_set(error, REASON_DISK_FULL, "%s: sorting the archive takes about %lld MB; so much is not free", directory,
               (long long)(2 * expected >> 20));
    return false;
}

/* Nothing in it is worth syncing: it can be made again. */
static bool open_file(struct scratch *scratch, GError **error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    return (sqlite3_open_v2(scratch->path, &scratch->db, flags, NULL) == SQLITE_OK || fail_scratch(scratch, error)) &&
           run(scratch,
               "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
               "PRAGMA cache_size = -16384; PRAGMA temp_store = FILE",
               error);
}

static bool is_complete(struct scratch *scratch)
{
    sqlite3_stmt *s = NULL;
    bool complete = sqlite3_prepare_v2(scratch->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
                    sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0) == 1;
    sqlite3_finalize(s);
    return complete;
}

static bool make_statement(struct scratch *scratch, const char *sql, sqlite3_stmt **s, GError **error)
{
    return sqlite3_prepare_v2(scratch->db, sql, -1, s, NULL) == SQLITE_OK || fail_scratch(scratch, error);
}

static bool prepare(struct scratch *scratch, GError **error)
{
    return run(scratch,
               "CREATE TABLE record(key TEXT, place INTEGER, kind INTEGER, file INTEGER, line INTEGER, offset INTEGER,"
               " body BLOB);"
               "CREATE TABLE reference(kind INTEGER, key TEXT, body BLOB); BEGIN",
               error) &&
           make_statement(scratch, "INSERT INTO record VALUES(?, ?, ?, ?, ?, ?, ?)", &scratch->add, error) &&
           make_statement(scratch, "INSERT INTO reference VALUES(?, ?, ?)", &scratch->refer, error);
}

static void remove_file(const struct scratch *scratch)
{
    if (!scratch->in_memory)
        g_unlink(scratch->path);
}

struct scratch *scratch_open(const char *directory, const char *digest, int64_t expected, bool *complete,
                             GError **error)
{
    struct scratch *scratch = g_new0(struct scratch, 1);
    g_autofree char *name = g_strdup_printf("import-%s.scratch", digest);
    scratch->in_memory = !directory;
    scratch->path = directory ? g_build_filename(directory, name, NULL) : g_strdup(":memory:");
    *complete = open_file(scratch, NULL) && is_complete(scratch);
    if (*complete)
        return scratch;
    /* Without a journal nothing can be said of what a killed run left. */
    sqlite3_close(scratch->db);
    scratch->db = NULL;
    remove_file(scratch);
    if ((!directory || has_room(directory, expected, error)) && open_file(scratch, error) && prepare(scratch, error))
        return scratch;
    scratch_close(scratch, false);
    return NULL;
}

void scratch_hide(struct scratch *scratch)
{
    remove_file(scratch);
}

void scratch_close(struct scratch *scratch, bool keep)
{
    sqlite3_finalize(scratch->add);
    sqlite3_finalize(scratch->refer);
    sqlite3_finalize(scratch->find);
    sqlite3_close(scratch->db);
    if (!keep)
        remove_file(scratch);
    g_free(scratch->path);
    g_free(scratch);
}

static void bind_text(sqlite3_stmt *s, int at, struct str text)
{
    sqlite3_bind_text(s, at, text.ptr, (int)text.len, SQLITE_STATIC);
}

static void bind_blob(sqlite3_stmt *s, int at, struct str bytes)
{
    sqlite3_bind_blob(s, at, bytes.ptr, (int)bytes.len, SQLITE_STATIC);
}

/* Runs an insertion whose values are bound. */
static bool insert(struct scratch *scratch, sqlite3_stmt *s, GError **error)
{
    bool added = sqlite3_step(s) == SQLITE_DONE || fail_scratch(scratch, error);
    sqlite3_reset(s);
    return added;
}

bool scratch_add(struct scratch *scratch, const struct record *record, GError **error)
{
    sqlite3_stmt *s = scratch->add;
    bind_text(s, 1, record->key);
    sqlite3_bind_int64(s, 2, record->order);
    sqlite3_bind_int(s, 3, record->kind);
    sqlite3_bind_int64(s, 4, record->place.file);
    sqlite3_bind_int64(s, 5, record->place.line);
    sqlite3_bind_int64(s, 6, record->place.offset);
    bind_blob(s, 7, record->body);
    return insert(scratch, s, error);
}

bool scratch_refer(struct scratch *scratch, char kind, struct str key, struct str body, GError **error)
{
    sqlite3_stmt *s = scratch->refer;
    sqlite3_bind_int(s, 1, kind);
    bind_text(s, 2, key);
    bind_blob(s, 3, body);
    return insert(scratch, s, error);
}

bool scratch_complete(struct scratch *scratch, GError **error)
{
    return run(scratch, "CREATE INDEX reference_key ON reference(kind, key); COMMIT; PRAGMA user_version = 1", error);
}

/* ---- references ---- */

static struct str column_body(sqlite3_stmt *s)
{
    const char *body = sqlite3_column_blob(s, 0);
    return str_from(body ? body : "", (size_t)sqlite3_column_bytes(s, 0));
}

bool scratch_find(struct scratch *scratch, char kind, struct str key, struct arena *a, struct str *body, GError **error)
{
    static const char sql[] = "SELECT body FROM reference WHERE kind = ? AND key = ? ORDER BY rowid DESC LIMIT 1";
    *body = STR_NULL;
    if (!scratch->find && !make_statement(scratch, sql, &scratch->find, error))
        return false;
    sqlite3_bind_int(scratch->find, 1, kind);
    bind_text(scratch->find, 2, key);
    int code = sqlite3_step(scratch->find);
    if (code == SQLITE_ROW)
        *body = arena_str(a, column_body(scratch->find));
    bool ok = code == SQLITE_ROW || code == SQLITE_DONE || fail_scratch(scratch, error);
    sqlite3_reset(scratch->find);
    return ok;
}

bool scratch_references(struct scratch *scratch, char kind, bool (*each)(void *data, struct str body, GError **error),
                        void *data, GError **error)
{
    sqlite3_stmt *s = NULL;
    int code = SQLITE_ROW;
    bool ok = make_statement(scratch, "SELECT body FROM reference WHERE kind = ? ORDER BY rowid", &s, error);
    if (ok)
        sqlite3_bind_int(s, 1, kind);
    while (ok && (code = sqlite3_step(s)) == SQLITE_ROW)
        ok = each(data, column_body(s), error);
    if (ok && code != SQLITE_DONE)
        ok = fail_scratch(scratch, error);
    sqlite3_finalize(s);
    return ok;
}

/* ---- reading, sorted ---- */

struct gathering {
    struct arena arena;
    GArray *records;
    size_t bytes;
    bool cut;
};

static struct str column_key(sqlite3_stmt *s)
{
    return str_from((const char *)sqlite3_column_text(s, 0), (size_t)sqlite3_column_bytes(s, 0));
}

static void gather(struct gathering *g, sqlite3_stmt *s)
{
    size_t size = (size_t)sqlite3_column_bytes(s, 6);
    if (g->bytes + size > LIMIT_IMPORT_LINE) {
        g->cut = true;
        return;
    }
    g->bytes += size;
    struct record record = {
        .key = g->records->len ? g_array_index(g->records, struct record, 0).key : arena_str(&g->arena, column_key(s)),
        .order = sqlite3_column_int64(s, 1),
        .kind = (char)sqlite3_column_int(s, 2),
        .body = arena_str(&g->arena, str_from(sqlite3_column_blob(s, 6), size)),
        .place = {(unsigned)sqlite3_column_int64(s, 3), sqlite3_column_int64(s, 4), sqlite3_column_int64(s, 5)},
    };
    g_array_append_val(g->records, record);
}

static bool is_same(const struct gathering *g, sqlite3_stmt *s)
{
    return str_equal(g_array_index(g->records, struct record, 0).key, column_key(s));
}

bool scratch_each(struct scratch *scratch,
                  bool (*each)(void *data, const struct record *records, size_t count, bool cut, GError **error),
                  void *data, GError **error)
{
    static const char sql[] =
        "SELECT key, place, kind, file, line, offset, body FROM record ORDER BY key, place, rowid";
    sqlite3_stmt *s = NULL;
    if (!make_statement(scratch, sql, &s, error))
        return false;
    struct gathering g = {.records = g_array_new(FALSE, FALSE, sizeof(struct record))};
    arena_init(&g.arena);
    bool ok = true;
    int code;
    do {
        code = sqlite3_step(s);
        if (g.records->len && (code != SQLITE_ROW || !is_same(&g, s))) {
            ok = each(data, (struct record *)g.records->data, g.records->len, g.cut, error);
            g_array_set_size(g.records, 0);
            arena_reset(&g.arena);
            g.bytes = 0;
            g.cut = false;
        }
        if (ok && code == SQLITE_ROW)
            gather(&g, s);
    } while (ok && code == SQLITE_ROW);
    if (ok && code != SQLITE_DONE)
        ok = fail_scratch(scratch, error);
    sqlite3_finalize(s);
    arena_clear(&g.arena);
    g_array_unref(g.records);
    return ok;
}
