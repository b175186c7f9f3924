/* An archive into the store: read here, or sent to the server that has the data directory, which reads it there. */
#include "app/archive.h"
#include "app/bundle.h"
#include "app/command.h"
#include "app/report.h"
#include "port/format/map.h"
#include "text/json_read.h"

#include <stdio.h>

struct archive {
    const struct archive_options *options;
    const struct archive_format *format;
    const struct archive_target *target;
    char **files;
    const struct conversion_hints *hints;
    struct report *report;
    struct conversion_report counts;
    struct bundle *bundle; /* for the server */
};

/* ---- in this process ---- */

static void note_refused(void *data, const char *file, const struct item_place *place, const GError *why)
{
    struct archive *archive = data;
    report_refused(archive->report, file, place->line, place->offset, why);
}

static bool note_progress(void *data, const char *file, int64_t done, int64_t size)
{
    struct archive *archive = data;
    report_progress(archive->report, file, done, size);
    return !*archive->target->interrupted;
}

static bool import_here(struct archive *archive, GError **error)
{
    const struct archive_target *target = archive->target;
    g_autofree char *beside = g_path_get_dirname(target->data);
    const struct conversion_options conversion = {
        .core = target->place->core,
        .company = target->company,
        .format = archive->format->format,
        .map = archive->format->map,
        .hints = *archive->hints,
        .dry_run = archive->options->dry_run,
        .scratch_directory = beside,
        .files = archive->files,
        .refused = note_refused,
        .progress = note_progress,
        .data = archive,
    };
    conversion_report_clear(&archive->counts);
    return conversion_run(&conversion, &archive->counts, error);
}

/* ---- in the server ---- */

static size_t give_piece(void *data, char *piece, size_t size)
{
    struct archive *archive = data;
    int64_t done, all;
    if (*archive->target->interrupted)
        return SIZE_MAX;
    size_t count = bundle_read(archive->bundle, piece, size);
    bundle_progress(archive->bundle, &done, &all);
    report_progress(archive->report, "sent", done, all);
    return count;
}

static void read_kinds(const struct json_node *object, GHashTable *kinds)
{
    for (const struct json_node *kind = json_first(object); kind; kind = kind->next) {
        int64_t *count = g_new(int64_t, 1);
        *count = json_int64(kind);
        g_hash_table_insert(kinds, str_to_heap(kind->name), count);
    }
}

static void read_refusal(struct archive *archive, const struct json_node *refusal)
{
    const char *file = bundle_file(archive->bundle, json_str(json_get(refusal, "file")));
    report_answered_refusal(archive->report, file ? file : archive->files[0], refusal);
}

static void read_answer(struct archive *archive, struct str reply)
{
    struct conversion_report *counts = &archive->counts;
    struct arena a;
    arena_init(&a);
    const struct json_node *tree = json_read(reply, JSON_TOP_OBJECT, &a, NULL);
    counts->read = json_int64(json_get(tree, "read"));
    counts->created = json_int64(json_get(tree, "created"));
    counts->extended = json_int64(json_get(tree, "extended"));
    counts->unchanged = json_int64(json_get(tree, "unchanged"));
    counts->refused = json_int64(json_get(tree, "refused"));
    read_kinds(json_get(tree, "notices"), counts->notices);
    read_kinds(json_get(tree, "lost"), counts->lost);
    for (const struct json_node *refusal = json_first(json_get(tree, "refusals")); refusal; refusal = refusal->next)
        read_refusal(archive, refusal);
    arena_clear(&a);
}

char *archive_path(const struct archive_options *options, const struct archive_format *format, bool skip_bad)
{
    g_autoptr(GString) query = g_string_new(NULL);
    client_query_add(query, "format", format->format ? format->format->name : "ndjson");
    client_query_add(query, "map", options->map && format->map ? format->map->source.ptr : NULL);
    client_query_add(query, "account", options->account);
    client_query_add(query, "timeZone", options->time_zone);
    client_query_add(query, "since", options->since);
    client_query_add(query, "until", options->until);
    client_query_add(query, "dryRun", options->dry_run ? "true" : NULL);
    client_query_add(query, "skipBad", skip_bad ? "true" : NULL);
    return g_strconcat("/parley/v1/import?", query->str, NULL);
}

static bool import_there(struct archive *archive, GError **error)
{
    struct buf reply;
    g_autofree char *path = archive_path(archive->options, archive->format, false);
    archive->bundle = bundle_open(archive->files, error);
    if (!archive->bundle)
        return false;
    buf_init(&reply, LIMIT_IMPORT_LINE);
    struct client_request request = {
        .socket = archive->target->place->socket,
        .path = path,
        .company = archive->target->company_name,
        .source = give_piece,
        .source_data = archive,
        .reply = &reply,
    };
    bool ok = client_run(&request, error);
    if (ok) {
        read_answer(archive, buf_str(&reply));
    } else if (bundle_error(archive->bundle)) {
        g_clear_error(error);
        g_propagate_error(error, g_error_copy(bundle_error(archive->bundle)));
    }
    bundle_close(archive->bundle);
    buf_clear(&reply);
    return ok;
}

/* ---- both ---- */

static void tell_people(const struct archive *archive)
{
    const struct conversion_report *counts = &archive->counts;
    report_progress_over();
    fprintf(stderr, "%lld conversations read: %lld created, %lld extended, %lld unchanged, %lld refused%s\n",
            (long long)counts->read, (long long)counts->created, (long long)counts->extended,
            (long long)counts->unchanged, (long long)counts->refused,
            archive->options->dry_run ? " (a dry run: nothing was written)" : "");
}

int archive_import(const struct archive_options *options, const struct conversion_hints *hints,
                   const struct archive_format *format, char **files, const struct archive_target *target)
{
    struct archive archive = {.options = options, .hints = hints, .format = format, .target = target, .files = files};
    GError *error = NULL;
    fprintf(stderr, "reading as %s: %s\n", format->format->name, format->format->about);
    archive.report = report_new();
    conversion_report_init(&archive.counts);
    bool ok = target->place->core ? import_here(&archive, &error) : import_there(&archive, &error);
    tell_people(&archive);
    report_print(archive.report, &archive.counts);
    conversion_report_clear(&archive.counts);
    if (ok)
        return EXIT_FINE;
    if (*target->interrupted) {
        g_clear_error(&error);
        report_interrupted();
        return EXIT_FAILED;
    }
    return command_fail(error);
}
