#include "app/client.h"
#include "app/command.h"
#include "app/markup.h"
#include "app/output.h"
#include "app/place.h"
#include "port/admin.h"
#include "port/export/formats.h"
#include "port/export/query.h"

#include <stdio.h>

enum { PIECE = LIMIT_HTTP_REPLY_BUFFER, OPTIONS = EXPORT_PARAMETERS + 4 };

/* ---- what is asked for: the options are the names of GET /export ---- */

struct asked {
    char *company;
    char *values[EXPORT_PARAMETERS]; /* parallel to export_parameters */
    gboolean notes, gzip;
    char *file;
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
    entries[count++] = (GOptionEntry){
        "output", 'o', 0, G_OPTION_ARG_FILENAME, &asked->file, "To this file and not to standard output", "FILE"};
    entries[count++] = (GOptionEntry){"gzip", 0, 0, G_OPTION_ARG_NONE, &asked->gzip, "Compressed", NULL};
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
        client_query_add(asked->query, name, value);
    }
    struct str text = str_from(asked->query->str, asked->query->len);
    return query_parse(text, &asked->arena, &asked->read, error) &&
           parameters_check(&asked->read, export_parameters, EXPORT_PARAMETERS, error);
}

static bool asked_for_help(const struct asked *asked)
{
    size_t i = 0;
    while (strcmp(export_parameters[i].name, "format"))
        i++;
    return !g_strcmp0(asked->values[i], "help");
}

static void asked_clear(struct asked *asked)
{
    g_free(asked->company);
    g_free(asked->file);
    for (size_t i = 0; i < EXPORT_PARAMETERS; i++)
        g_free(asked->values[i]);
    if (asked->query)
        g_string_free(asked->query, TRUE);
    arena_clear(&asked->arena);
}

/* ---- the export ---- */

static bool write_all(struct place *place, const struct export_options *options, struct output *output, GError **error)
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
        output_count(output, export_sessions(exporter));
        ok = ok && output_write(output, buf_str(&piece));
    }
    buf_clear(&piece);
    export_free(exporter);
    return ok;
}

static bool export_here(struct place *place, struct asked *asked, const struct markup_options *markup,
                        struct output *output, GError **error)
{
    struct export_asker asker = {.rights = RIGHT_ALL, .format = &export_ndjson};
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
    options.markup = markup;
    options.gzip = asked->gzip;
    return ok && write_all(place, &options, output, error);
}

static bool export_there(struct place *place, const struct asked *asked, struct output *output, GError **error)
{
    struct buf reply;
    buf_init(&reply, LIMIT_HTTP_BODY);
    g_autofree char *path = g_strdup_printf("/parley/v1/export?%s", asked->query->str);
    struct client_request request = {.socket = place->socket,
                                     .path = path,
                                     .company = asked->company,
                                     .accept_gzip = asked->gzip,
                                     .sink = output_write,
                                     .sink_data = output,
                                     .reply = &reply};
    bool ok = client_run(&request, error);
    buf_clear(&reply);
    return ok;
}

static bool export_to(const char *path, struct place *place, struct asked *asked, const struct settings *settings,
                      GError **error)
{
    g_autofree struct str *domains = NULL;
    struct markup_options markup = markup_of_settings(settings, &domains);
    struct output *output = output_open(path, error);
    if (!output)
        return false;
    bool ok =
        place->core ? export_here(place, asked, &markup, output, error) : export_there(place, asked, output, error);
    return output_close(output, ok, error);
}

static void print_formats(void)
{
    const struct export_format *format;
    for (size_t i = 0; (format = export_format_at(i)); i++)
        printf("%-16s %s\n", format->name, format->about);
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
            &line, argc, argv, "--data DIR - Write conversations, oldest first",
            "`--format help` lists the formats (doc/export.md); ndjson is what `parley import` reads again. Options "
            "that\n"
            "name no value narrow what is written as those of the list of sessions do. A file that is named gets its\n"
            "name once it is whole. Passwords, operators' and API tokens and Genesys keys are in no format; visitors'\n"
            "tokens are in ndjson.",
            entries, only, 0))
        return EXIT_USAGE;
    arena_init(&asked.arena);
    int code = EXIT_FINE;
    bool helps = asked_for_help(&asked), sound = helps || read_asked(&asked, &error);
    if (helps)
        print_formats();
    else if (!sound || !place_open(&place, &line.settings, false, &error) ||
             !export_to(asked.file, &place, &asked, &line.settings, &error))
        code = command_fail(error);
    place_close(&place);
    asked_clear(&asked);
    command_line_clear(&line);
    return sound ? code : EXIT_USAGE;
}
