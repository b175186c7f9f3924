/* Measures the log below HTTP: appends, pages, import, search, summaries, size and memory (bench/README.md).
 *
 *     bench_store [append|pages|import|large]...      all without arguments
 *
 * Data goes to a temporary directory (TMPDIR chooses the disk). Each figure is the median of rounds; where two things
 * are compared their rounds alternate. */
#include "base/clock.h"
#include "base/id.h"
#include "core/conversation.h"
#include "core/history.h"
#include "port/admin.h"
#include "port/import.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROUNDS = 5, READ_ROUNDS = 31 };

static char *root; /* of all data */

/* ---- clock, medians -------------------------------------------------------------------------------------- */

static double now_s(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void must(bool ok, GError *error)
{
    if (ok)
        return;
    fprintf(stderr, "bench: %s\n", error ? error->message : "failed");
    exit(1);
}

/* ---- a data directory ------------------------------------------------------------------------------------ */

struct log {
    char *directory;
    struct core *core;
    struct store_reader *reader;
    int64_t company;
    double open_s;
};

static void log_open(struct log *l, const char *name, bool full_text)
{
    GError *error = NULL;
    double start = now_s();
    l->directory = g_build_filename(root, name, NULL);
    struct store *store =
        store_open(l->directory, &(struct store_options){.create = true, .full_text = full_text}, &error);
    must(store != NULL, error);
    l->core = core_open(store, &(struct core_options){0}, &error);
    must(l->core != NULL, error);
    l->reader = core_reader_open(l->core, &error);
    must(l->reader && admin_ensure_company(l->core, l->reader, &error) &&
             admin_company(l->core, l->reader, STR_NULL, &l->company, &error),
         error);
    l->open_s = now_s() - start;
}

static void log_close(struct log *l)
{
    store_reader_close(l->reader);
    core_close(l->core);
    g_free(l->directory);
}

static void open_session(struct log *l, int number)
{
    struct open_op op;
    GError *error = NULL;
    open_op_init(&op, l->core);
    op.company = l->company;
    struct str text =
        arena_printf(&op.op.arena,
                     "{\"id\":\"s%d\",\"visitor\":{\"id\":\"v%d\",\"name\":\"Ann Example\"},\"participants\":["
                     "{\"id\":1,\"type\":\"Client\",\"name\":\"Ann\"}],\"events\":[{\"type\":\"joined\","
                     "\"at\":1,\"by\":1}]}",
                     number, number);
    bool ok = line_parse(text, &op.line, &op.op.arena, &error) && core_run(&op.op, &error);
    must(ok, error);
    op_clear(&op.op);
}

/* ---- appends --------------------------------------------------------------------------------------------- */

#define TEXT "I would like a table for two at half past seven, please."
enum { GROUP_MAX = 512, EVENT_BYTES = 180 }; /* about what an event's row takes */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t all;
    size_t left;
};

static void appended(struct op *op)
{
    struct gate *gate = op->user;
    must(!op->error, op->error);
    pthread_mutex_lock(&gate->lock);
    if (--gate->left == 0)
        pthread_cond_signal(&gate->all);
    pthread_mutex_unlock(&gate->lock);
}

/* `size` appends, each to a session of its own, answered together. */
static void append_group(struct log *l, size_t size, struct append_op *ops)
{
    struct gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, size};
    for (size_t i = 0; i < size; i++) {
        append_op_init(&ops[i], l->core);
        ops[i].company = l->company;
        ops[i].session_id = arena_printf(&ops[i].op.arena, "s%zu", i);
        ops[i].events = arena_new(&ops[i].op.arena, struct event);
        ops[i].events[0] =
            (struct event){.kind = EVENT_MESSAGE, .time_ms = NO_TIME, .participant = 1, .text = STR(TEXT)};
        ops[i].event_count = 1;
        ops[i].op.done = appended;
        ops[i].op.user = &gate;
    }
    for (size_t i = 0; i < size; i++)
        core_submit(&ops[i].op);
    pthread_mutex_lock(&gate.lock);
    while (gate.left)
        pthread_cond_wait(&gate.all, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    for (size_t i = 0; i < size; i++)
        op_clear(&ops[i].op);
}

static double appends_per_second(struct log *l, size_t group, struct append_op *ops)
{
    size_t count = 0;
    double start = now_s(), end = start;
    for (; end < start + 0.5; end = now_s(), count += group)
        append_group(l, group, ops);
    return (double)count / (end - start);
}

static double bare_per_second(int file, size_t group)
{
    static char bytes[GROUP_MAX * EVENT_BYTES];
    size_t count = 0;
    double start = now_s(), end = start;
    for (; end < start + 0.5; end = now_s(), count += group)
        must(write(file, bytes, group * EVENT_BYTES) > 0 && fdatasync(file) == 0, NULL);
    return (double)count / (end - start);
}

static void measure_appends(void)
{
    static const size_t groups[] = {1, 64, GROUP_MAX};
    struct log with, without;
    struct append_op *ops = g_new(struct append_op, GROUP_MAX);
    g_autofree char *path = g_build_filename(root, "bare", NULL);
    int file = g_open(path, O_CREAT | O_WRONLY | O_APPEND, 0600);
    log_open(&with, "with", true);
    log_open(&without, "without", false);
    for (int i = 0; i < GROUP_MAX; i++) {
        open_session(&with, i);
        open_session(&without, i);
    }
    printf(
        "\n| appends at once | with full text /s | without /s | write+fdatasync /s | ratio |\n|---|---|---|---|---|\n");
    for (size_t g = 0; g < G_N_ELEMENTS(groups); g++) {
        double a[ROUNDS], b[ROUNDS], c[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
            a[i] = appends_per_second(&with, groups[g], ops);
            b[i] = appends_per_second(&without, groups[g], ops);
            c[i] = bare_per_second(file, groups[g]);
        }
        double m = median(a, ROUNDS), bare = median(c, ROUNDS);
        printf("| %zu | %.0f | %.0f | %.0f | %.2f |\n", groups[g], m, median(b, ROUNDS), bare, m / bare);
        fflush(stdout);
    }
    close(file);
    log_close(&with);
    log_close(&without);
    g_free(ops);
}

/* ---- import ---------------------------------------------------------------------------------------------- */

/* Feeds pieces until `next` has none, and says how many events went in. */
static int64_t import_all(struct log *l, bool (*next)(void *data, GString *piece), void *data)
{
    struct import *import = import_new(&(struct import_options){.core = l->core, .company = l->company}, NULL);
    GString *piece = g_string_new(NULL);
    while (g_string_truncate(piece, 0), next(data, piece))
        if (!import_feed(import, str_from(piece->str, piece->len)) && !import_wait(import))
            break;
    g_string_free(piece, TRUE);
    import_end(import);
    struct import_result result;
    import_finish(import, &result);
    must(!result.error, result.error);
    int64_t events = (int64_t)result.counts.events;
    import_result_clear(&result);
    return events;
}

static bool next_of_file(void *data, GString *piece)
{
    char bytes[1 << 16];
    size_t count = fread(bytes, 1, sizeof bytes, data);
    g_string_append_len(piece, bytes, (gssize)count);
    return count > 0;
}

static struct summary whole_summary(struct log *l)
{
    struct summary sum;
    GError *error = NULL;
    struct store_txn *txn = core_read_begin(l->reader, &error);
    must(txn && history_summary(txn, l->company, NO_TIME, NO_TIME, &sum, &error), error);
    core_read_end(txn);
    return sum;
}

static double database_bytes(struct log *l)
{
    GStatBuf file, log = {0};
    g_autofree char *path = g_build_filename(l->directory, "parley.db", NULL);
    g_autofree char *wal = g_build_filename(l->directory, "parley.db-wal", NULL);
    must(g_stat(path, &file) == 0, NULL);
    g_stat(wal, &log);
    return (double)(file.st_size + log.st_size);
}

static void measure_import(void)
{
    const char *path = g_getenv("PARLEY_CONVERSATIONS");
    double lines[ROUNDS], messages[ROUNDS], bytes = 0;
    struct summary sum = {0};
    for (int i = 0; i < 3; i++) {
        struct log l;
        g_autofree char *name = g_strdup_printf("import%d", i);
        FILE *file = fopen(path ? path : "data/sample-conversations.ndjson", "r");
        must(file != NULL, NULL);
        log_open(&l, name, true);
        double start = now_s();
        import_all(&l, next_of_file, file);
        double took = now_s() - start;
        fclose(file);
        sum = whole_summary(&l);
        lines[i] = (double)sum.sessions / took;
        messages[i] = (double)sum.messages / took;
        log_close(&l);
        log_open(&l, name, true);
        bytes = database_bytes(&l) / (double)sum.messages;
        log_close(&l);
    }
    printf("\nimport of %" PRId64 " conversations, %" PRId64
           " messages: %.0f lines/s, %.0f messages/s, searchable at the end; "
           "%.0f bytes a message on disk, all indexes included\n",
           sum.sessions, sum.messages, median(lines, 3), median(messages, 3), bytes);
    fflush(stdout);
}

/* ---- synthetic conversations ----------------------------------------------------------------------------- */

enum { MESSAGES_PER_SESSION = 10, VOCABULARY = 50000 };
#define SYNTHETIC_FROM_MS INT64_C(1600000000000)
#define YEAR_MS (INT64_C(365) * 86400 * 1000)

struct synthesis {
    int64_t next, sessions;
    GRand *chance;
};

/* Spread over three years; words as uneven as in speech, and "needle" in one message of 100,000. */
static bool next_synthetic(void *data, GString *piece)
{
    struct synthesis *s = data;
    if (s->next == s->sessions)
        return false;
    for (int n = 0; n < 50 && s->next < s->sessions; n++, s->next++) {
        int64_t at = SYNTHETIC_FROM_MS + s->next * (3 * YEAR_MS / s->sessions);
        g_string_append_printf(piece,
                               "{\"id\":\"chat-%" PRId64 "\",\"visitor\":{\"id\":\"visitor-%" PRId64
                               "\",\"name\":\"Ann Example\"},\"participants\":[{\"id\":1,\"type\":\"Client\",\"name\":"
                               "\"Ann Example\"},{\"id\":2,\"type\":\"Agent\",\"name\":\"Bob\"}],\"events\":[",
                               s->next, s->next % (s->sessions / 4 + 1));
        for (int m = 0; m < MESSAGES_PER_SESSION; m++) {
            g_string_append_printf(piece, "%s{\"type\":\"message\",\"at\":%" PRId64 ",\"by\":%d,\"text\":\"",
                                   m ? "," : "", at + m * 5000, 1 + m % 2);
            for (int w = 0; w < 11; w++) {
                double uneven = g_rand_double(s->chance);
                g_string_append_printf(piece, "word%d ", (int)(VOCABULARY * uneven * uneven * uneven * uneven));
            }
            int64_t number = s->next * MESSAGES_PER_SESSION + m;
            g_string_append(piece, number % 100000 == 50000 ? "needle" : number % 10 == 3 ? "please" : "thanks");
            g_string_append(piece, "\"}");
        }
        g_string_append(piece, "]}\n");
    }
    return true;
}

static double synthesise(struct log *l, int64_t sessions)
{
    struct synthesis s = {.sessions = sessions, .chance = g_rand_new_with_seed(7)};
    double start = now_s();
    import_all(l, next_synthetic, &s);
    g_rand_free(s.chance);
    return now_s() - start;
}

/* ---- pages ----------------------------------------------------------------------------------------------- */

typedef void reading(void *data, struct arena *a);

/* Microseconds of one call, in place of a loop thread. */
static void measure_pair(const char *what, reading *ours, void *our_data, reading *bare, void *bare_data)
{
    double a[READ_ROUNDS], b[READ_ROUNDS];
    struct arena arena;
    arena_init(&arena);
    for (int i = -2; i < READ_ROUNDS; i++) {
        enum { CALLS = 200 };
        double start = now_s();
        for (int n = 0; n < CALLS; n++, arena_reset(&arena))
            ours(our_data, &arena);
        double between = now_s();
        for (int n = 0; n < CALLS; n++)
            bare(bare_data, &arena);
        if (i >= 0) {
            a[i] = (between - start) * 1e6 / CALLS;
            b[i] = (now_s() - between) * 1e6 / CALLS;
        }
    }
    arena_clear(&arena);
    double x = median(a, READ_ROUNDS), y = median(b, READ_ROUNDS);
    printf("| %s | %.1f | %.1f | %.2f |\n", what, x, y, y / x);
    fflush(stdout);
}

struct page {
    struct log *log;
    size_t limit;
    unsigned turn;
};

static void read_events(void *data, struct arena *a)
{
    struct page *p = data;
    struct session_view view;
    struct history_page page;
    GError *error = NULL;
    struct store_txn *txn = core_read_begin(p->log->reader, &error);
    struct str id = arena_printf(a, "chat-%u", p->turn++ % 100);
    must(txn && history_session(txn, p->log->company, id, a, &view, &error) &&
             history_events(txn, &view.session, HISTORY_BEFORE, UINT32_MAX, p->limit, a, &page, &error),
         error);
    core_read_end(txn);
}

static void read_sessions(void *data, struct arena *a)
{
    struct page *p = data;
    struct history_item *items;
    size_t count;
    GError *error = NULL;
    const struct store_session_filter all = {
        .company = p->log->company, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct store_txn *txn = core_read_begin(p->log->reader, &error);
    must(txn && history_list(txn, &all, NULL, false, p->limit, a, &items, &count, &error), error);
    core_read_end(txn);
}

struct bare {
    sqlite3 *db;
    sqlite3_stmt *find, *people, *rows, *visitor, *message;
    int64_t limit;
    unsigned turn;
};

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench: %s\n", sqlite3_errmsg(db));
        exit(1);
    }
    return s;
}

/* Steps through all rows and touches every column; the first column of the last row. */
static int64_t take_rows(sqlite3_stmt *s)
{
    int64_t first = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s); i++)
            (void)sqlite3_column_blob(s, i);
        first = sqlite3_column_int64(s, 0);
    }
    sqlite3_reset(s);
    return first;
}

static void bare_events(void *data, struct arena *a)
{
    struct bare *b = data;
    char id[32];
    (void)a;
    sqlite3_exec(b->db, "BEGIN", NULL, NULL, NULL);
    g_snprintf(id, sizeof id, "chat-%u", b->turn++ % 100);
    sqlite3_bind_text(b->find, 1, id, -1, SQLITE_STATIC);
    int64_t session = take_rows(b->find);
    sqlite3_bind_int64(b->people, 1, session);
    take_rows(b->people);
    sqlite3_bind_int64(b->rows, 1, session << 20 | 1);
    sqlite3_bind_int64(b->rows, 2, session << 20 | 0xfffff);
    sqlite3_bind_int64(b->rows, 3, b->limit);
    take_rows(b->rows);
    sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL);
}

static void bare_sessions(void *data, struct arena *a)
{
    struct bare *b = data;
    (void)a;
    sqlite3_exec(b->db, "BEGIN", NULL, NULL, NULL);
    sqlite3_bind_int64(b->find, 1, b->limit);
    while (sqlite3_step(b->find) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(b->find); i++)
            (void)sqlite3_column_blob(b->find, i);
        int64_t session = sqlite3_column_int64(b->find, 0);
        sqlite3_bind_int64(b->message, 1, session << 20 | MESSAGES_PER_SESSION);
        take_rows(b->message);
        sqlite3_bind_int64(b->people, 1, session);
        take_rows(b->people);
        sqlite3_bind_int64(b->visitor, 1, sqlite3_column_int64(b->find, 1));
        take_rows(b->visitor);
    }
    sqlite3_reset(b->find);
    sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL);
}

static void measure_pages(void)
{
    struct log l;
    log_open(&l, "pages", true);
    synthesise(&l, 5000);
    for (int i = 0; i < 100; i++) { /* the sessions whose pages are read get 60 messages */
        struct append_op op;
        GError *error = NULL;
        for (int n = 0; n < 50; n++) {
            append_op_init(&op, l.core);
            op.company = l.company;
            op.session_id = arena_printf(&op.op.arena, "chat-%d", i);
            op.events = arena_new(&op.op.arena, struct event);
            op.events[0] =
                (struct event){.kind = EVENT_MESSAGE, .time_ms = NO_TIME, .participant = 1, .text = STR(TEXT)};
            op.event_count = 1;
            must(core_run(&op.op, &error), error);
            op_clear(&op.op);
        }
    }
    log_close(&l);
    log_open(&l, "pages", true);
    struct bare events = {0}, sessions = {.limit = 25};
    g_autofree char *path = g_build_filename(l.directory, "parley.db", NULL);
    must(sqlite3_open_v2(path, &events.db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK, NULL);
    sqlite3_exec(events.db, "PRAGMA cache_size=-2048", NULL, NULL, NULL);
    sessions.db = events.db;
    events.find = prepare(events.db, "SELECT number, * FROM session WHERE company = 1 AND id = ?");
    events.people = sessions.people = prepare(events.db, "SELECT * FROM participant WHERE session = ?");
    events.rows = prepare(events.db, "SELECT * FROM event WHERE number BETWEEN ? AND ? ORDER BY number DESC LIMIT ?");
    sessions.find = prepare(
        events.db, "SELECT number, visitor, * FROM session WHERE company = 1 ORDER BY start_ms DESC, id LIMIT ?");
    sessions.visitor = prepare(events.db, "SELECT * FROM visitor WHERE number = ?");
    sessions.message = prepare(events.db, "SELECT * FROM event WHERE number = ?");
    printf("\n| page | us | bare SQLite, the same rows, us | ratio |\n|---|---|---|---|\n");
    struct page ten = {&l, 10, 0}, fifty = {&l, 50, 0}, list = {&l, 25, 0};
    events.limit = 10;
    measure_pair("10 events", read_events, &ten, bare_events, &events);
    events.limit = 50;
    measure_pair("50 events", read_events, &fifty, bare_events, &events);
    measure_pair("25 sessions", read_sessions, &list, bare_sessions, &sessions);
    sqlite3_stmt *all[] = {events.find, events.people, events.rows, sessions.find, sessions.visitor, sessions.message};
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
        sqlite3_finalize(all[i]);
    sqlite3_close(events.db);
    log_close(&l);
}

/* ---- search, summaries, memory --------------------------------------------------------------------------- */

static double search_us(struct log *l, const char *query, size_t *hits)
{
    double times[READ_ROUNDS];
    GError *error = NULL;
    struct arena a;
    arena_init(&a);
    for (int i = -2; i < READ_ROUNDS; i++) {
        struct store_found found;
        const struct store_search search = {.company = l->company,
                                            .query = str_from_c(query),
                                            .state = -1,
                                            .dialect = -1,
                                            .from_ms = NO_TIME,
                                            .to_ms = NO_TIME,
                                            .limit = 20};
        double start = now_s();
        struct store_txn *txn = core_read_begin(l->reader, &error);
        must(txn && history_search(txn, &search, &a, &found, &error), error);
        *hits = found.count;
        core_read_end(txn);
        if (i >= 0)
            times[i] = (now_s() - start) * 1e6;
        arena_reset(&a);
    }
    arena_clear(&a);
    return median(times, READ_ROUNDS);
}

/* A year with edges that fall on no bucket's. */
static double summary_us(struct log *l)
{
    double times[READ_ROUNDS];
    GError *error = NULL;
    struct summary sum;
    for (int i = -2; i < READ_ROUNDS; i++) {
        double start = now_s();
        struct store_txn *txn = core_read_begin(l->reader, &error);
        int64_t from = SYNTHETIC_FROM_MS + YEAR_MS / 2 + 123457;
        must(txn && history_summary(txn, l->company, from, from + YEAR_MS, &sum, &error), error);
        core_read_end(txn);
        if (i >= 0)
            times[i] = (now_s() - start) * 1e6;
    }
    return median(times, READ_ROUNDS);
}

static long resident_kib(void)
{
    char *status;
    must(g_file_get_contents("/proc/self/status", &status, NULL, NULL), NULL);
    long kib = strtol(strstr(status, "VmRSS:") + 6, NULL, 10);
    g_free(status);
    return kib;
}

static void measure_large(void)
{
    int64_t sessions = g_getenv("BENCH_LARGE") ? 1000000 : 100000, messages = sessions * MESSAGES_PER_SESSION;
    struct log small, large;
    log_open(&small, "small", true);
    synthesise(&small, 10000);
    printf("\nsummary over a year of 10,000 sessions: %.0f us\n", summary_us(&small));
    log_close(&small);
    log_open(&large, "large", true);
    double took = synthesise(&large, sessions);
    log_close(&large);
    log_open(&large, "large", true);
    printf("summary over a year of %" PRId64 " sessions: %.0f us\n", sessions, summary_us(&large));
    printf("%" PRId64 " messages: imported at %.0f messages/s; %.0f bytes a message on disk; opened in %.1f ms\n",
           messages, (double)messages / took, database_bytes(&large) / (double)messages, large.open_s * 1000);
    static const char *const queries[][2] = {{"rare", "needle"},
                                             {"common", "please"},
                                             {"two words", "please word17"},
                                             {"two common words", "please word0"},
                                             {"phrase", "\"word0 word1\""}};
    printf("\n| newest 20 of %" PRId64 " messages | us | hits |\n|---|---|---|\n", messages);
    for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
        size_t hits;
        double us = search_us(&large, queries[i][1], &hits);
        printf("| %s | %.0f | %zu |\n", queries[i][0], us, hits);
    }
    printf("\nresident after these reads: %ld KiB\n", resident_kib());
    fflush(stdout);
    log_close(&large);
}

/* ---- */

static void remove_all(const char *path)
{
    GDir *names = g_dir_open(path, 0, NULL);
    const char *name;
    while (names && (name = g_dir_read_name(names))) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_all(inner);
    }
    if (names)
        g_dir_close(names);
    g_remove(path);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*measure)(void);
    } rows[] = {
        {"append", measure_appends}, {"pages", measure_pages}, {"import", measure_import}, {"large", measure_large}};
    GError *error = NULL;
    id_library_init();
    root = g_dir_make_tmp("parley-bench-XXXXXX", &error);
    must(root != NULL, error);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        for (int n = 1; n < MAX(argc, 2); n++)
            if (argc == 1 || !strcmp(argv[n], rows[i].name))
                rows[i].measure();
    remove_all(root);
    g_free(root);
    return 0;
}
