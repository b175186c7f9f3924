/* A run over an archive: its files read by their format, its conversations imported, and the report of it. */
#pragma once

#include "port/format/format.h"
#include "port/import.h"

struct conversion_options {
    struct core *core;
    int64_t company;
    const struct format *format;
    const struct map *map; /* format_map's; NULL where the format needs none */
    struct conversion_hints hints;
    bool dry_run;
    /* Not NULL: nothing is imported or written, lines go here instead until it says FALSE; of a large archive only the
     * beginning is read. `core` and `scratch_directory` may be NULL then. */
    bool (*preview)(void *data, const struct line *line);
    const char *scratch_directory; /* where records are sorted */
    char *const *files;            /* ended by NULL; read in this order */
    /* Not NULL: gives the files instead, one after the other; NULL at the end or with an error. They are closed here,
     * and cannot be read again by a later run. */
    struct input *(*next_file)(void *data, GError **error);
    /* Told of each conversation or item refused, as it happens; `file` is the name of one. */
    void (*refused)(void *data, const char *file, const struct item_place *place, const GError *why);
    /* Now and then: how far, of how much, in bytes on disk. FALSE stops the run. */
    bool (*progress)(void *data, const char *file, int64_t done, int64_t size);
    void *data;
};

/* In conversations; read = created + extended + unchanged + refused. */
struct conversion_report {
    int64_t read, created, extended, unchanged, refused, events;
    GHashTable *notices, *lost; /* char * -> int64_t *, by kind */
};

/* Runs to the end. FALSE when it was stopped (CANCELLED) or something that is not one conversation's fault failed;
 * what was imported until then stays, and the same run again goes on. The report is filled in any case. Blocks; any
 * thread but a loop's and the writer's. */
bool conversion_run(const struct conversion_options *options, struct conversion_report *report, GError **error);

/* Bounds an import of lines as a conversion is. */
void conversion_hints_bound(const struct conversion_hints *hints, struct import_options *lines);

/* All zero. */
void conversion_report_init(struct conversion_report *report);
void conversion_report_clear(struct conversion_report *report);
/* Adds what an import of lines did. */
void conversion_report_add(struct conversion_report *report, const struct import_result *lines);
/* The report's members but `refusals` into an open object. */
void conversion_report_write(const struct conversion_report *report, struct json *w);

/* A session's id made of format, account and the origin's id, or the origin's own where the format says so. */
struct str conversion_id(const struct conversion *c, struct str origin, struct arena *a);

/* The same for a visitor's. */
struct str conversion_visitor_id(const struct conversion *c, struct str origin, struct arena *a);
