/* `parley import` of another product's archive (port/format): files found, format told or recognised, the report. */
#pragma once

#include "app/place.h"
#include "port/format/conversion.h"

#include <signal.h>

/* As the command line gave it; NULL = not given. */
struct archive_options {
    char *format, *map, *account, *time_zone, *since, *until;
    gboolean dry_run;
};

/* The files that the arguments name, directories' own files in order of their names, into a NULL-terminated array for
 * g_strfreev. FILE_UNREADABLE. */
char **archive_files(char **arguments, GError **error);

/* What is read how. */
struct archive_format {
    const struct format *format; /* NULL: NDJSON of our own */
    struct map *map;             /* map_free; NULL where the format needs none */
};

/* Which format these files are of: the one named, or the first one that recognises one of them, with the map that was
 * given or its own. USAGE when there is none of that name, or the map is a bad one. */
bool archive_format(const struct archive_options *options, char **files, struct archive_format *format, GError **error);

/* What `--format help` prints. */
void archive_print_formats(void);

/* What was said about the files. ZONE_UNKNOWN, TIME_INVALID. */
bool archive_hints(const struct archive_options *options, struct conversion_hints *hints, GError **error);

/* Into which company, and who hears of it. */
struct archive_target {
    const struct place *place;
    int64_t company;          /* where the data directory is here */
    const char *company_name; /* where a server has it; NULL = its default one */
    const char *data;         /* the directory */
    const volatile sig_atomic_t *interrupted;
};

/* The route of the server's import with all that was said; to g_free. */
char *archive_path(const struct archive_options *options, const struct archive_format *format, bool skip_bad);

/* Runs the import, in this process or in the server, and prints its report; the exit code. `hints` are those of the
 * options. */
int archive_import(const struct archive_options *options, const struct conversion_hints *hints,
                   const struct archive_format *format, char **files, const struct archive_target *target);

/* Prints a map for the file on standard output, and the first three conversations as they would be read by it (or by
 * --map's) on standard error; the exit code. Writes nothing. */
int archive_guess(const struct archive_options *options, char **files);
