/* Files of rows and objects, read by the map that recognises them, else by one guessed: each conversation that comes of
 * them is written as a line, which is read again or refused with a reason. The samples of all formats are its corpus.
 */
#include "archive.h"
#include "port/format/guess.h"
#include "port/format/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check_line(void *data, const struct line *line)
{
    archive_check_line(line, data);
    return true;
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
    *format = format_by_map(file);
    if (text)
        format_map(*format, "the guess", str_from_c(text), &map, NULL);
    return map;
}

static void convert(const struct format *format, const struct map *map, struct str file)
{
    struct buf line;
    buf_init(&line, 2 * LIMIT_IMPORT_LINE);
    archive_read(format, map, file, check_line, &line);
    buf_clear(&line);
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
