/* Files of rows and objects, read by the map that recognises them, else by one guessed: each conversation that comes of
 * them is written as a line, which is read again or refused with a reason. The samples of all formats are its corpus.
 */
#include "port/format/conversion.h"
#include "port/format/fields.h"
#include "port/format/guess.h"
#include "port/format/map.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_line(void *data, const struct line *line)
{
    struct buf *out = data;
    struct arena a;
    struct line again;
    GError *error = NULL;
    arena_init(&a);
    buf_reset(out);
    line_write(line, out);
    if (!out->overflow && !line_parse(buf_str(out), &again, &a, &error) && !error)
        abort();
    g_clear_error(&error);
    arena_clear(&a);
    return true;
}

static void check_refused(void *data, const char *file, const struct item_place *place, const GError *why)
{
    (void)data;
    (void)file;
    if (!place || !why->message[0])
        abort();
}

static struct map *map_of(const struct format **format, struct str file)
{
    struct map *map = NULL;
    *format = format_of(file, "");
    if (*format && (*format)->map) {
        format_map(*format, "", STR_NULL, &map, NULL);
        return map;
    }
    g_autofree char *text = guess_map(file, NULL);
    *format = format_by_name(fields_are_json(file) ? STR("json") : STR("csv"));
    if (text)
        format_map(*format, "the guess", str_from_c(text), &map, NULL);
    return map;
}

static void convert(const struct format *format, const struct map *map, struct str file)
{
    struct buf line;
    int fd = memfd_create("archive", 0);
    if (fd < 0 || write(fd, file.ptr, file.len) != (ssize_t)file.len)
        abort();
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    char *files[] = {path, NULL};
    buf_init(&line, 2 * LIMIT_IMPORT_LINE);
    struct conversion_options options = {.format = format,
                                         .map = map,
                                         .hints = {.zone = zone_utc(), .from_ms = NO_TIME, .to_ms = NO_TIME},
                                         .preview = check_line,
                                         .files = files,
                                         .refused = check_refused,
                                         .data = &line};
    struct conversion_report report;
    GError *error = NULL;
    if (conversion_run(&options, &report, &error) != !error)
        abort();
    g_clear_error(&error);
    conversion_report_clear(&report);
    buf_clear(&line);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = str_from((const char *)data, size);
    const struct format *format;
    struct map *map = map_of(&format, file);
    if (map)
        convert(format, map, file);
    map_free(map);
    return 0;
}
