/* For targets of archives: a file read by its format, none of it imported. */
#pragma once

#include "port/format/conversion.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A line is read again as it was written, or refused with a reason. `out` is room for it. */
static inline void archive_check_line(const struct line *line, struct buf *out)
{
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
}

static inline void archive_check_refused(void *data, const char *file, const struct item_place *place,
                                         const GError *why)
{
    (void)data;
    (void)file;
    if (!place || !why->message[0])
        abort();
}

/* A file of these bytes, in memory: its descriptor, to be closed, and its path for g_free. */
static inline int archive_file(struct str bytes, char **path)
{
    int fd = memfd_create("archive", 0);
    if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len)
        abort();
    *path = g_strdup_printf("/proc/self/fd/%d", fd);
    return fd;
}

/* Gives each conversation of the file to `take`. */
static inline void archive_read(const struct format *format, const struct map *map, struct str file,
                                bool (*take)(void *data, const struct line *line), void *data)
{
    g_autofree char *path = NULL;
    int fd = archive_file(file, &path);
    char *files[] = {path, NULL};
    struct conversion_options options = {.format = format,
                                         .map = map,
                                         .hints = {.zone = zone_utc(), .from_ms = NO_TIME, .to_ms = NO_TIME},
                                         .preview = take,
                                         .files = files,
                                         .refused = archive_check_refused,
                                         .data = data};
    struct conversion_report report;
    GError *error = NULL;
    if (conversion_run(&options, &report, &error) != !error)
        abort();
    g_clear_error(&error);
    conversion_report_clear(&report);
    close(fd);
}
