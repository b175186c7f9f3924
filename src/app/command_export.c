#include "app/client.h"
#include "app/command.h"
#include "app/place.h"
#include "port/admin.h"
#include "port/export/query.h"

#include <errno.h>
#include <stdio.h>

enum { PIECE = LIMIT_HTTP_REPLY_BUFFER, OPTIONS = EXPORT_PARAMETERS + 2 };

/* ---- what is asked for: the options are the names of GET /export ---- */

struct asked {
    char *company;
    char *values[EXPORT_PARAMETERS]; /* parallel to export_parameters */
    gboolean notes;
    GString *query; /* percent-encoded */
    struct arena arena;
    struct query read; /* of it; in the arena */
};

/* "timeZone" is --time-zone. */
static const char *option_name(const char *parameter)
{
    static const char *const others[][2] = {{"timeZone", "time-zone"}, {"changedSince", "changed-since"}};
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
        if (!strcmp(parameter, others[i][0]))
            return others[i][1];
    return parameter;
}

static void list_options(struct asked *asked, GOptionEntry entries[OPTIONS])
{
    size_t count = 0;
    entries[count++] = (GOptionEntry){
        "company", 0, 0, G_OPTION_ARG_STRING, &asked->company, "Of this company; the first one added when not given",
        "NAME"};
    for (size_t i = 0; i < EXPORT_PARAMETERS; i++) {
        const struct parameter *p = &export_parameters[i];
        bool notes = !strcmp(p->name, "notes");
        entries[count++] = (GOptionEntry){option_name(p->name),
                                          0,
                                          0,
                                          notes ? G_OPTION_ARG_NONE : G_OPTION_ARG_STRING,
                                          notes ? (void *)&asked->notes : (void *)&asked->values[i],
                                          p->meaning,
                                          notes ? NULL : "VALUE"};
    }
    entries[count] = (GOptionEntry){0};
}

/* The query, checked here already: a slip is told before anything is opened. */
static bool read_asked(struct asked *asked, GError **error)
{
    asked->query = g_string_new(NULL);
    for (size_t i = 0; i < EXPORT_PARAMETERS; i++) {
        const char *name = export_parameters[i].name;
        const char *value = !strcmp(name, "notes") && asked->notes ? "true" : asked->values[i];
        g_autofree char *escaped = value ? g_uri_escape_string(value, NULL, FALSE) : NULL;
        if (value)
            g_string_append_printf(asked->query, "%s%s=%s", asked->query->len ? "&" : "", name, escaped);
    }
    struct str text = str_from(asked->query->str, asked->query->len);
    return query_parse(text, &asked->arena, &asked->read, error) &&
           parameters_check(&asked->read, export_parameters, EXPORT_PARAMETERS, error);
}

static void asked_clear(struct asked *asked)
{
    g_free(asked->company);
    for (size_t i = 0; i < EXPORT_PARAMETERS; i++)
        g_free(asked->values[i]);
    if (asked->query)
        g_string_free(asked->query, TRUE);
    arena_clear(&asked->arena);
}

/* ---- the export ---- */

static bool write_out(void *data, struct str piece)
{
    (void)data;
    return fwrite(piece.ptr, 1, piece.len, stdout) == piece.len;
}

static bool unwritable(GError **error)
{
    g_clear_error(error);
    reason_set(error, REASON_FILE_UNWRITABLE, "standard output: %s", g_strerror(errno));
    return false;
}

static bool write_all(struct place *place, const struct export_options *options, GError **error)
{
    struct exporter *exporter = export_new(options);
    struct buf piece;
    bool finished = false, ok = true;
    buf_init(&piece, 2 * PIECE);
    while (ok && !finished) {
        buf_reset(&piece);
        struct store_txn *txn = core_read_begin(place->reader, error);
        ok = txn && export_next(exporter, txn, PIECE, &piece, &finished, error);
        if (txn)
            core_read_end(txn);
        ok = ok && (write_out(NULL, buf_str(&piece)) || unwritable(error));
    }
    buf_clear(&piece);
    export_free(exporter);
    return ok;
}

static bool export_here(struct place *place, struct asked *asked, GError **error)
{
    struct export_asker asker = {.rights = RIGHT_ALL};
    struct export_options options;
    if (!admin_company(place->core, place->reader, str_from_c(asked->company), &asker.company, error))
        return false;
    struct directory *directory = directory_ref(place->core, place->reader, error);
    if (!directory)
        return false;
    asker.directory = directory;
    struct store_txn *txn = core_read_begin(place->reader, error);
    bool ok = txn && export_query_read(&asked->read, &asker, txn, &asked->arena, &options, error);
    if (txn)
        core_read_end(txn);
    directory_unref(directory);
    return ok && write_all(place, &options, error);
}

static bool export_there(struct place *place, const struct asked *asked, GError **error)
{
    struct buf reply;
    buf_init(&reply, LIMIT_HTTP_BODY);
    g_autofree char *path = g_strdup_printf("/parley/v1/export?%s", asked->query->str);
    struct client_request request = {
        .socket = place->socket, .path = path, .company = asked->company, .sink = write_out, .reply = &reply};
    bool ok = client_run(&request, error);
    if (!ok && ferror(stdout))
        unwritable(error);
    buf_clear(&reply);
    return ok;
}

int command_export(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    struct asked asked = {0};
    struct place place = {0};
    struct command_line line;
    GError *error = NULL;
    GOptionEntry entries[OPTIONS];
    list_options(&asked, entries);
    if (!command_line_read(
            &line, argc, argv, "--data DIR - Write conversations to standard output",
            "Oldest first. ndjson is one session a line, as `parley import` reads them (doc/format.md); visitors' "
            "tokens are in\n"
            "it. Operators' and API tokens, passwords and Genesys keys are in no format. Erased visitors are left out.",
            entries, only, 0))
        return EXIT_USAGE;
    arena_init(&asked.arena);
    bool sound = read_asked(&asked, &error);
    bool ok = sound && place_open(&place, &line.settings, false, &error) &&
              (place.core ? export_here(&place, &asked, &error) : export_there(&place, &asked, &error)) &&
              (fflush(stdout) == 0 || unwritable(&error));
    place_close(&place);
    asked_clear(&asked);
    command_line_clear(&line);
    int code = ok ? EXIT_FINE : command_fail(error);
    return sound ? code : EXIT_USAGE;
}
