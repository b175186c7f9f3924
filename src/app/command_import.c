#include "app/archive.h"
#include "app/client.h"
#include "app/command.h"
#include "app/place.h"
#include "app/report.h"
#include "port/admin.h"
#include "port/format/map.h"
#include "port/import.h"
#include "port/input.h"
#include "text/json_read.h"

#include <signal.h>
#include <stdio.h>

enum { PIECE = 64 * 1024 };

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

struct job {
    struct place *place;
    int64_t company;
    char *company_name; /* as given; NULL = the default one */
    gboolean skip_bad;
    const struct archive_options *options;
    struct conversion_hints hints;
    const char *file;
    struct input *input;
    GError *input_error;
    struct report *report;
    struct conversion_report counts; /* of all files */
};

/* ---- what is told ---------------------------------------------------------------------------------------- */

static void show_progress(struct job *job)
{
    int64_t done, size;
    input_progress(job->input, &done, &size);
    report_progress(job->report, job->file, done, size);
}

static void show_refused(void *data, int64_t line, const GError *why)
{
    const struct job *job = data;
    report_refused(job->report, job->file, line, 0, why);
}

/* ---- in this process ------------------------------------------------------------------------------------- */

static bool feed(struct job *job, struct import *import)
{
    char piece[PIECE];
    bool room = true;
    while (room && !interrupted) {
        int count = input_read(job->input, piece, sizeof piece, &job->input_error);
        if (count < 0)
            return false;
        if (count == 0)
            return true;
        show_progress(job);
        room = import_feed(import, str_from(piece, (size_t)count)) || import_wait(import);
    }
    return !interrupted;
}

static bool import_once(struct job *job, struct str place_name, const struct import_place *place,
                        struct import_result *result, GError **error)
{
    struct import_options options = {
        .core = job->place->core,
        .company = job->company,
        .skip_bad = job->skip_bad,
        .dry_run = job->options->dry_run,
        .refused = show_refused,
        .data = job,
        .place_name = place_name,
        .place = place,
    };
    conversion_hints_bound(&job->hints, &options);
    job->input = input_open(job->file, error);
    if (!job->input)
        return false;
    struct import *import = import_new(&options, error);
    if (!import) {
        input_close(job->input);
        return false;
    }
    if (feed(job, import))
        import_end(import);
    else
        import_cancel(import);
    import_finish(import, result);
    report_progress_over();
    input_close(job->input);
    return true;
}

/* Where an interrupted import of this file stopped. */
static bool find_place(struct job *job, struct arena *a, struct str *name, struct import_place *place, bool *found,
                       GError **error)
{
    *name = STR_NULL;
    *found = false;
    if (!g_file_test(job->file, G_FILE_TEST_IS_REGULAR)) /* a pipe can be opened once, and has no head to know it by */
        return true;
    job->input = input_open(job->file, error);
    if (!job->input)
        return false;
    if (input_head(job->input).ptr)
        *name = import_place_name(job->company, input_head(job->input), a);
    input_close(job->input);
    if (!name->ptr)
        return true;
    struct store_txn *txn = core_read_begin(job->place->reader, error);
    bool ok = txn && import_place_get(txn, *name, place, found, error);
    if (txn)
        core_read_end(txn);
    return ok;
}

static bool import_here(struct job *job, struct import_result *result, GError **error)
{
    struct arena a;
    struct str name;
    struct import_place place;
    bool found;
    arena_init(&a);
    bool ok = find_place(job, &a, &name, &place, &found, error);
    if (ok && found)
        fprintf(stderr, "%s: going on behind line %lld, where its import was interrupted\n", job->file,
                (long long)place.lines);
    ok = ok && import_once(job, name, found ? &place : NULL, result, error);
    if (ok && result->place_differs) {
        fprintf(stderr, "%s: the file has changed since then: from the start\n", job->file);
        import_result_clear(result);
        ok = import_once(job, name, NULL, result, error);
    }
    arena_clear(&a);
    return ok;
}

/* ---- in the server --------------------------------------------------------------------------------------- */

static size_t give_piece(void *data, char *piece, size_t size)
{
    struct job *job = data;
    int count = interrupted ? -1 : input_read(job->input, piece, (unsigned)MIN(size, PIECE), &job->input_error);
    show_progress(job);
    return count < 0 ? SIZE_MAX : (size_t)count;
}

static int64_t number(const struct json_node *tree, const char *member)
{
    return json_int64(json_get(tree, member));
}

static void read_answer(struct job *job, struct str reply, struct import_result *result)
{
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = json_read(reply, JSON_TOP_OBJECT, &a, NULL);
    result->counts.created = number(tree, "created");
    result->counts.appended = number(tree, "appended");
    result->counts.unchanged = number(tree, "unchanged");
    result->counts.refused = number(tree, "refused");
    result->counts.events = number(tree, "events");
    for (const struct json_node *refusal = json_first(json_get(tree, "refusals")); refusal; refusal = refusal->next)
        report_answered_refusal(job->report, job->file, refusal);
    arena_clear(&a);
}

/* A problem's field "lines[12].events[3].text" says which line, and what in it. */
static void find_line(struct import_result *result)
{
    struct str number, rest, field = reason_field(result->error), prefix = STR("lines[");
    GError *error = NULL;
    if (!str_starts_with(field, prefix))
        return;
    rest = str_split(str_skip(field, prefix.len), ']', &number);
    if (!str_to_int64(number, &result->line))
        return;
    reason_set_field(&error, reason_of(result->error), rest.len ? str_skip(rest, 1) : STR_NULL, "%s",
                     result->error->message);
    g_error_free(result->error);
    result->error = error;
}

static bool import_there(struct job *job, struct import_result *result, GError **error)
{
    struct buf reply;
    const struct archive_format lines = {0};
    g_autofree char *path = archive_path(job->options, &lines, job->skip_bad);
    buf_init(&reply, LIMIT_IMPORT_LINE);
    struct client_request request = {
        .socket = job->place->socket,
        .path = path,
        .company = job->company_name,
        .source = give_piece,
        .source_data = job,
        .reply = &reply,
    };
    *result = (struct import_result){0};
    job->input = input_open(job->file, error);
    if (!job->input)
        return false;
    bool ok = client_run(&request, &result->error);
    report_progress_over();
    if (ok)
        read_answer(job, buf_str(&reply), result);
    else
        find_line(result);
    input_close(job->input);
    buf_clear(&reply);
    return true;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int tell_import(struct job *job, struct import_result *result)
{
    const GError *error = job->input_error ? job->input_error : result->error;
    /* A server that refuses a line does not say how far it came. */
    if (!error || job->place->core)
        printf("%s: created %lld, appended %lld, unchanged %lld, refused %lld, events %lld\n", job->file,
               (long long)result->counts.created, (long long)result->counts.appended,
               (long long)result->counts.unchanged, (long long)result->counts.refused,
               (long long)result->counts.events);
    if (error && result->line > 0)
        result->counts.refused++;
    conversion_report_add(&job->counts, result);
    if (!error)
        return EXIT_FINE;
    if (interrupted)
        report_interrupted();
    else if (job->input_error)
        fprintf(stderr, "parley: %s\n", error->message);
    else if (result->line > 0)
        show_refused(job, result->line, error);
    else
        fprintf(stderr, "parley: %s: %s\n", job->file, error->message);
    return EXIT_FAILED;
}

static int import_file(struct job *job)
{
    struct import_result result = {0};
    GError *error = NULL;
    bool ran = job->place->core ? import_here(job, &result, &error) : import_there(job, &result, &error);
    int code = ran ? tell_import(job, &result) : command_fail(error);
    import_result_clear(&result);
    g_clear_error(&job->input_error);
    return code;
}

static bool find_company(struct job *job, GError **error)
{
    const struct place *place = job->place;
    return !place->core ||
           ((job->company_name || admin_ensure_company(place->core, place->reader, error)) &&
            admin_company(place->core, place->reader, str_from_c(job->company_name), &job->company, error));
}

/* Lines of our own, file by file. */
static int import_each_file(struct job *job, char **files)
{
    int code = EXIT_FINE;
    job->report = report_new();
    conversion_report_init(&job->counts);
    for (; code == EXIT_FINE && *files; files++) {
        job->file = *files;
        code = import_file(job);
    }
    report_print(job->report, &job->counts);
    conversion_report_clear(&job->counts);
    return code;
}

/* What came of another product goes in as one archive. */
static int import_files(struct job *job, const struct archive_format *format, char **files, const char *data)
{
    const struct archive_target target = {.place = job->place,
                                          .company = job->company,
                                          .company_name = job->company_name,
                                          .data = data,
                                          .interrupted = &interrupted};
    return format->format ? archive_import(job->options, &job->hints, format, files, &target)
                          : import_each_file(job, files);
}

int command_import(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    struct place place = {0};
    struct archive_options options = {0};
    struct job job = {.place = &place, .options = &options};
    gboolean guess = FALSE;
    struct command_line line;
    GError *error = NULL;
    const GOptionEntry entries[] = {
        {"company", 0, 0, G_OPTION_ARG_STRING, &job.company_name,
         "Into this company; the first one added when not given", "NAME"},
        {"skip-bad", 0, 0, G_OPTION_ARG_NONE, &job.skip_bad, "Report bad lines and go on", NULL},
        {"format", 0, 0, G_OPTION_ARG_STRING, &options.format, "Whose archive it is; recognised when not given",
         "NAME|help"},
        {"map", 0, 0, G_OPTION_ARG_FILENAME, &options.map, "What is what in a CSV or JSON file (doc/import.md)",
         "FILE"},
        {"guess", 0, 0, G_OPTION_ARG_NONE, &guess,
         "Print a map for FILE and its first three conversations, and write nothing", NULL},
        {"account", 0, 0, G_OPTION_ARG_STRING, &options.account, "Where ids are unique per account: which one", "NAME"},
        {"time-zone", 0, 0, G_OPTION_ARG_STRING, &options.time_zone, "Of times that name none", "ZONE"},
        {"since", 0, 0, G_OPTION_ARG_STRING, &options.since, "Conversations begun at this time or later", "TIME"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &options.until, "Conversations begun before this time", "TIME"},
        {"dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, "Print the same report and write nothing", NULL},
        {0},
    };
    if (!command_line_read(
            &line, argc, argv, "FILE|DIR... --data DIR - Import conversations",
            "A FILE is NDJSON, one session a line (doc/format.md), or another product's archive (doc/import.md), plain "
            "or "
            "compressed with gzip; - is standard input.\n"
            "The data directory is made when there is none. Sessions that are there already are skipped or completed.\n"
            "An import that was interrupted goes on when it is run again.",
            entries, only, -1))
        return EXIT_USAGE;
    signal(SIGINT, interrupt);
    int code = EXIT_FINE;
    struct archive_format format = {0};
    char **files = NULL;
    if (options.format && !strcmp(options.format, "help"))
        archive_print_formats();
    else if (!line.arguments[0])
        code = command_usage("import", "FILE is missing");
    else if (!(files = archive_files(line.arguments, &error)))
        code = command_fail(error);
    else if (guess)
        code = archive_guess(&options, files);
    else if (!archive_hints(&options, &job.hints, &error) || !archive_format(&options, files, &format, &error) ||
             !place_open(&place, &line.settings, true, &error) || !find_company(&job, &error))
        code = command_fail(error); /* before anything is made: a slip in a name is to leave nothing behind */
    else
        code = import_files(&job, &format, files, line.settings.data);
    place_close(&place);
    map_free(format.map);
    g_strfreev(files);
    g_free(job.company_name);
    g_free(options.format);
    g_free(options.map);
    g_free(options.account);
    g_free(options.time_zone);
    g_free(options.since);
    g_free(options.until);
    command_line_clear(&line);
    return code;
}
