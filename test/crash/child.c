#include "child.h"

#include "core/conversation.h"
#include "core/erase.h"
#include "world.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { SESSIONS = 4 };

static int acknowledge_to;

/* One write of less than PIPE_BUF: whole or not there. */
static void acknowledge(const char *format, ...) G_GNUC_PRINTF(1, 2);
static void acknowledge(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char line[512];
    int length = g_vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length++] = '\n';
    if (write(acknowledge_to, line, (size_t)length) != length)
        _exit(3);
}

static void expect(bool ok, GError *error)
{
    if (ok)
        return;
    fprintf(stderr, "child: %s\n", error ? error->message : "?");
    _exit(3);
}

/* ---- appends --------------------------------------------------------------------------------------------- */

struct appender {
    pthread_t thread;
    struct world *world;
    char session[64];
};

static void *append_on(void *data)
{
    struct appender *a = data;
    for (unsigned n = 0;; n++) {
        char id[96];
        GError *error = NULL;
        g_snprintf(id, sizeof id, "%s-%u", a->session, n);
        bool ok = world_append(a->world, a->session, id, WORLD_MESSAGES, &error);
        expect(ok, error);
        acknowledge("stored %s %s %d", a->session, id, WORLD_MESSAGES);
    }
    return NULL;
}

static void start_appenders(struct world *w, unsigned round, struct appender appenders[SESSIONS])
{
    for (int i = 0; i < SESSIONS; i++) {
        GError *error = NULL;
        char visitor[32];
        appenders[i].world = w;
        g_snprintf(visitor, sizeof visitor, "visitor-%d", i);
        g_snprintf(appenders[i].session, sizeof appenders[i].session, "s%ux%d", round, i);
        bool ok = world_open_session(w, appenders[i].session, visitor, &error);
        expect(ok, error);
    }
    acknowledge("ready"); /* first of all lines, so before anybody can be faster */
    for (int i = 0; i < SESSIONS; i++)
        pthread_create(&appenders[i].thread, NULL, append_on, &appenders[i]);
}

static void run_appends(const char *directory, unsigned round)
{
    struct world w;
    struct appender appenders[SESSIONS];
    world_open(&w, directory);
    start_appenders(&w, round, appenders);
    for (int i = 0; i < SESSIONS; i++)
        pthread_join(appenders[i].thread, NULL);
}

/* ---- import ---------------------------------------------------------------------------------------------- */

static void tell_lines(int64_t lines)
{
    acknowledge("lines %" PRId64, lines);
}

static void run_import(const char *directory)
{
    struct world w;
    GError *error = NULL;
    g_autofree char *lines = g_build_filename(directory, "..", "lines.ndjson", NULL);
    world_open(&w, directory);
    acknowledge("ready");
    bool ok = world_import(&w, lines, tell_lines, &error);
    expect(ok, error);
    world_close(&w);
}

/* ---- migration ------------------------------------------------------------------------------------------- */

/* The first open runs every migration there is. */
static void run_migrate(const char *directory)
{
    struct world w;
    acknowledge("ready");
    world_open(&w, directory);
    world_close(&w);
}

/* ---- backup ---------------------------------------------------------------------------------------------- */

static void run_backups(const char *directory, unsigned round)
{
    struct world w;
    struct appender appenders[SESSIONS];
    world_open(&w, directory);
    start_appenders(&w, round, appenders);
    for (unsigned n = 0;; n++) {
        GError *error = NULL;
        g_autofree char *path = g_strdup_printf("%s/../backup-%u-%u", directory, round, n);
        acknowledge("began %s", path);
        bool ok = store_backup(core_store(w.core), path, NULL, &error);
        expect(ok, error);
        acknowledge("backup %s", path);
    }
}

/* ---- erasure --------------------------------------------------------------------------------------------- */

enum { VISITORS = 6 };

static void run_erasures(const char *directory, unsigned round)
{
    struct world w;
    world_open(&w, directory);
    for (int v = 0; v < VISITORS; v++) {
        GError *error = NULL;
        char session[32], visitor[32], id[64];
        g_snprintf(session, sizeof session, "e%ux%d", round, v);
        g_snprintf(visitor, sizeof visitor, "gone%ux%d", round, v);
        bool ok = world_open_session(&w, session, visitor, &error);
        for (int n = 0; n < 30 && ok; n++) {
            g_snprintf(id, sizeof id, "%s-%d", session, n);
            ok = world_append(&w, session, id, WORLD_MESSAGES, &error);
        }
        expect(ok, error);
    }
    acknowledge("ready");
    for (int v = 0; v < VISITORS; v++) {
        struct erase_op op;
        GError *error = NULL;
        erase_op_init(&op, w.core);
        op.company = w.company;
        op.visitor_id = arena_printf(&op.op.arena, "gone%ux%d", round, v);
        bool ok = core_run(&op.op, &error);
        expect(ok, error);
        acknowledge("erased gone%ux%d", round, v);
        op_clear(&op.op);
        ok = v % 2 == 0 || erase_scrub(w.core, NULL, &error);
        expect(ok, error);
        if (v % 2)
            acknowledge("scrubbed");
    }
    world_close(&w);
}

int child_main(const char *scenario, const char *directory, int acknowledge_fd, unsigned round)
{
    acknowledge_to = acknowledge_fd;
    if (!strcmp(scenario, "append"))
        run_appends(directory, round);
    else if (!strcmp(scenario, "import"))
        run_import(directory);
    else if (!strcmp(scenario, "migrate"))
        run_migrate(directory);
    else if (!strcmp(scenario, "backup"))
        run_backups(directory, round);
    else if (!strcmp(scenario, "erase"))
        run_erasures(directory, round);
    else
        return 2;
    return 0;
}
