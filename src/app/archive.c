#include "app/archive.h"

#include "app/command.h"
#include "port/format/guess.h"
#include "port/format/map.h"
#include "text/time.h"

#include <stdio.h>
#include <unistd.h>

enum { DIRECTORY_DEPTH = 8 };

/* ---- files ---- */

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_files(GPtrArray *files, const char *path, int depth, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_ptr_array_add(files, g_strdup(path));
        return input_check(path, error);
    }
    GDir *directory = g_dir_open(path, 0, NULL);
    if (!directory || depth == DIRECTORY_DEPTH) {
        reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", path, directory ? "too many levels" : "cannot be read");
        g_clear_pointer(&directory, g_dir_close);
        return false;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(directory)))
        g_ptr_array_add(names, g_build_filename(path, name, NULL));
    g_dir_close(directory);
    g_ptr_array_sort(names, by_name);
    bool ok = true;
    for (guint i = 0; ok && i < names->len; i++)
        ok = add_files(files, names->pdata[i], depth + 1, error);
    return ok;
}

char **archive_files(char **arguments, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    for (; *arguments; arguments++)
        if (!add_files(files, *arguments, 0, error))
            return NULL;
    g_ptr_array_add(files, NULL);
    return (char **)g_ptr_array_steal(files, NULL);
}

/* ---- the format ---- */

void archive_print_formats(void)
{
    printf("%-16s %s\n", "ndjson", "Parley's own lines (doc/format.md)");
    const struct format *format;
    for (size_t i = 0; (format = format_at(i)); i++)
        printf("%-16s %s\n", format->name, format->about);
}

/* The file's first bytes, as decompressed; fewer than `size` when it is short, 0 when it cannot be read. */
static size_t read_head(const char *path, char *head, size_t size)
{
    GError *ignored = NULL;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR)) /* a pipe can be opened once: what is read here would be lost */
        return 0;
    struct input *input = input_open(path, &ignored);
    g_clear_error(&ignored);
    if (!input)
        return 0;
    int count = input_read(input, head, (unsigned)size, &ignored);
    g_clear_error(&ignored);
    input_close(input);
    return count > 0 ? (size_t)count : 0;
}

static const struct format *recognise(const char *path, bool has_map)
{
    char head[4096];
    struct str bytes = str_from(head, read_head(path, head, sizeof head));
    g_autofree char *name = g_path_get_basename(path);
    return has_map ? format_by_map(bytes) : format_of(bytes, name);
}

static bool find_format(const struct archive_options *options, char **files, const struct format **format,
                        GError **error)
{
    struct str name = str_from_c(options->format);
    *format = NULL;
    if (!name.ptr) {
        for (; *files && !*format; files++)
            *format = recognise(*files, options->map != NULL);
        return true;
    }
    *format = format_by_name(name);
    if (*format || str_equal(name, STR("ndjson")))
        return true;
    reason_set(error, REASON_USAGE, "there is no format %s: `parley import --format help` lists them", options->format);
    return false;
}

static bool read_map(const char *path, char **text, gsize *length, GError **error)
{
    GError *why = NULL;
    if (!path || g_file_get_contents(path, text, length, &why))
        return true;
    reason_set(error, REASON_FILE_UNREADABLE, "%s", why->message);
    g_error_free(why);
    return false;
}

bool archive_format(const struct archive_options *options, char **files, struct archive_format *format, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    *format = (struct archive_format){0};
    if (!find_format(options, files, &format->format, error) || !read_map(options->map, &text, &length, error))
        return false;
    return !format->format ||
           format_map(format->format, options->map, text ? str_from(text, length) : STR_NULL, &format->map, error);
}

/* ---- hints ---- */

static bool read_bound(const char *text, const char *field, const struct zone *zone, int64_t *ms, GError **error)
{
    struct time_point point;
    *ms = NO_TIME;
    if (!text)
        return true;
    if (!time_parse_bound(str_from_c(text), str_from_c(field), zone ? zone : zone_utc(), &point, error))
        return false;
    *ms = time_point_ceil_ms(point);
    return true;
}

bool archive_hints(const struct archive_options *options, struct conversion_hints *hints, GError **error)
{
    hints->account = str_from_c(options->account);
    hints->zone = options->time_zone ? zone_get(str_from_c(options->time_zone), error) : NULL;
    return (!options->time_zone || hints->zone) &&
           read_bound(options->since, "since", hints->zone, &hints->from_ms, error) &&
           read_bound(options->until, "until", hints->zone, &hints->to_ms, error);
}

/* ---- guessing ---- */

enum { GUESS_HEAD = 256 * 1024, GUESS_SHOWN = 3, GUESS_REFUSED = 10 };

struct shown {
    int count, refused;
    struct buf line;
};

static bool show_line(void *data, const struct line *line)
{
    struct shown *shown = data;
    buf_reset(&shown->line);
    line_write(line, &shown->line);
    fprintf(stderr, "%.*s\n", STR_ARG(buf_str(&shown->line)));
    return ++shown->count < GUESS_SHOWN;
}

static void print_refused_guess(void *data, const char *file, const struct item_place *place, const GError *why)
{
    struct shown *shown = data;
    if (shown->refused++ < GUESS_REFUSED)
        fprintf(stderr, "%s:%lld: %s\n", file, (long long)place->line, why->message);
}

/* The first conversations, read with the map as an import would read them. */
static bool show_guess(const struct archive_options *options, char **files, struct str map_text, GError **error)
{
    struct shown shown = {0};
    struct conversion_report report;
    struct archive_format format = {0};
    struct conversion_options conversion = {
        .files = files, .preview = show_line, .refused = print_refused_guess, .data = &shown};
    if (!find_format(options, files, &format.format, error) || !archive_hints(options, &conversion.hints, error))
        return false;
    if (!format.format || !format.format->type)
        format.format = recognise(files[0], true);
    if (!format_map(format.format, "the map", map_text, &format.map, error))
        return false;
    conversion.format = format.format;
    conversion.map = format.map;
    buf_init(&shown.line, 2 * LIMIT_IMPORT_LINE);
    bool ok = conversion_run(&conversion, &report, error);
    conversion_report_clear(&report);
    buf_clear(&shown.line);
    map_free(format.map);
    return ok;
}

/* The map that was given, else that of a known format, else a guess. */
static char *guess_text(const struct archive_options *options, char **files, gsize *length, GError **error)
{
    const struct format *format = NULL;
    const char *file = files[0];
    char *text = NULL;
    if (options->map)
        return read_map(options->map, &text, length, error) ? text : NULL;
    if (!find_format(options, files, &format, error))
        return NULL;
    if (format && format->map) {
        *length = strlen(format->map);
        return g_strdup(format->map);
    }
    char *head = g_malloc(GUESS_HEAD);
    text = guess_map(str_from(head, read_head(file, head, GUESS_HEAD)), error);
    *length = text ? strlen(text) : 0;
    g_free(head);
    return text;
}

int archive_guess(const struct archive_options *options, char **files)
{
    gsize length = 0;
    GError *error = NULL;
    g_autofree char *text = files[0] ? guess_text(options, files, &length, &error) : NULL;
    if (!text)
        return error ? command_fail(error) : command_usage("import", "FILE is missing");
    printf("%.*s", (int)length, text);
    fflush(stdout);
    return show_guess(options, files, str_from(text, length), &error) ? EXIT_FINE : command_fail(error);
}
