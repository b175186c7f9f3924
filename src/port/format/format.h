/* Archives of other products: files in, conversations out (doc/imports.md has each product's facts).
 *
 *     files ──> read ──> records ──┬─ whole: one record is a conversation ──────────> convert ──> line ──> import
 *                                  └─ scattered: records of many conversations lie
 *                                     apart ──> scratch, sorted by conversation ────> convert ──> line ──> import
 *
 * A format is one row of functions. It knows one product's files and nothing of companies, stores or progress; it says
 * what a conversation is, in which order its events stand, and what each of them becomes. What all formats owe their
 * user alike - a second run that changes nothing, a longer export that appends its tail, places in error messages, the
 * report, bounded memory - stands in conversion.c and in the import below it (port/import.h).
 *
 * All on the thread that runs the conversion. Records and lines live until the next one. */
#pragma once

#include "model/account.h"
#include "model/line.h"
#include "port/input.h"
#include "text/zone.h"

struct conversion;
struct map;

/* Where an item stands in its file: for people who have to look at it. */
struct item_place {
    unsigned file;  /* number of the file in the conversion */
    int64_t line;   /* from 1; 0 = the file has no lines */
    int64_t offset; /* bytes from the file's start, as decompressed */
};

/* One item of an archive. */
struct record {
    struct str key; /* scattered: the conversation it belongs to */
    int64_t order;  /* scattered: ascending within the conversation; equal ones stay in the order of the files */
    char kind;      /* the format's own letter for what it is */
    struct str body;
    struct item_place place;
};

/* What the user says about the archive. */
struct conversion_hints {
    struct str account;      /* whose archive it is, where ids are unique per account only; STR_NULL = one for all */
    const struct zone *zone; /* of times without one; NULL = such a time is refused and says so */
    int64_t from_ms, to_ms;  /* conversations begun in [from, to); NO_TIME = all */
};

/* A conversation that is known here already, as it stands. */
struct format_known {
    struct session_view view;
    struct head head;
    struct event *events; /* 1, 2, 3... without the head */
    size_t count;
};

struct format {
    const char *name;
    const char *about; /* one line for `--format help` */
    /* Of those that read by a map (port/format/map.h): "csv" or "json", the map's text unless the user must give it,
     * and by which words a file is recognised: all of them between blanks, or all between the next `|`. */
    const char *type, *map, *marks;
    bool scattered;
    bool
        ids_are_ours; /* the origin's ids are what clients will ask for; else they are made of format, account and id */
    /* Does a file that begins like this look like one of its own? `name` is the file's, without directories. */
    bool (*recognises)(struct str head, const char *name);
    /* Gives every record of the file to conversion_record. */
    bool (*read)(struct conversion *c, struct input *input, GError **error);
    /* Makes the conversation of these records, in order; a whole one has one. FALSE with a reason: it is refused. FALSE
     * without: it is none, and is not counted. */
    bool (*convert)(struct conversion *c, const struct record *records, size_t count, struct line *line,
                    struct arena *a, GError **error);
    /* Where later archives tell of changes: makes of a conversation and of what is known of it the known one with what
     * is new behind it. NULL = what was converted is what it is. SESSION_DIFFERS. */
    bool (*follow)(const struct format_known *known, struct line *line, struct arena *a, GError **error);
    /* Scattered: everything was read, nothing was converted yet. Makes accounts; NULL = none. */
    bool (*begin)(struct conversion *c, GError **error);
};

/* By name; NULL when there is none. `index` counts from 0: NULL behind the last. */
const struct format *format_by_name(struct str name);
const struct format *format_at(size_t index);
/* The one that recognises the file; NULL = none does. */
const struct format *format_of(struct str head, const char *name);
/* The one that reads a file which begins like this by a map that was given: "json" or "csv". */
const struct format *format_by_map(struct str head);

/* The map to read by: the one given as `text` and called `name` in messages, else (STR_NULL) the format's own. *map is
 * NULL where the format needs none; map_free frees it. USAGE: a bad map, none where one is needed, one where none is.
 */
bool format_map(const struct format *format, const char *name, struct str text, struct map **map, GError **error);

/* ---- for formats ---- */

const struct conversion_hints *conversion_hints(const struct conversion *c);
const struct map *conversion_map(const struct conversion *c);

/* Takes a record (copied). FALSE: the conversion is over (cancelled, or the scratch file cannot be written). */
bool conversion_record(struct conversion *c, const struct record *record, GError **error);

/* Scattered: a body that conversations ask for by `key` (a visitor, an account); the newest of a kind and key counts.
 */
bool conversion_refer(struct conversion *c, char kind, struct str key, struct str body, GError **error);
/* STR_NULL when there is none. In the arena. */
bool conversion_referred(struct conversion *c, char kind, struct str key, struct arena *a, struct str *body,
                         GError **error);
bool conversion_references(struct conversion *c, char kind, bool (*each)(void *data, struct str body, GError **error),
                           void *data, GError **error);

/* Adds an account unless there is one of its id or name; its company is the conversion's. A dry run adds none. */
bool conversion_add_operator(struct conversion *c, struct operator_account *o, GError **error);
bool conversion_add_department(struct conversion *c, struct department *d, GError **error);

/* For the report: something was kept as a notice because no event is like it, or could not be kept at all. */
void conversion_notice(struct conversion *c, struct str what);
void conversion_lost(struct conversion *c, struct str what);

/* An item of the file being read that is refused by itself, before it belongs to a conversation; counted as one read.
 * Its place needs no file. */
void conversion_refuse(struct conversion *c, const struct item_place *place, const GError *why);
/* The same for an item that is longer than LIMIT_IMPORT_LINE. */
void conversion_refuse_long(struct conversion *c, const struct item_place *place);
