/* What an export is written as: one row of functions a format, listed in formats.h.
 *
 *     begin ─> ( open ─> event, event, ... ─> close ) for each session ─> end
 *
 * A format knows nothing of stores, filters and pieces (export.h): it appends to writer->out, which is emptied between
 * two calls, so that a conversation of any length takes the memory of one event. A function that is NULL writes
 * nothing. What internal events there are comes only when the asker may see them; nothing else must be left out for
 * rights' sake. All on the thread that pulls. */
#pragma once

#include "core/history.h"
#include "text/markup/markup.h"
#include "text/time.h"

struct exporter;

/* What a format writes with. */
struct export_writer {
    struct buf *out;
    struct json json;                    /* a writer into `out`, for formats of JSON; json_init once a document */
    struct arena *scratch;               /* empty at each call */
    const struct zone *zone;             /* of the times that people read */
    const struct markup_options *markup; /* how messages are read */
    struct str company;                  /* its name */
    int64_t sessions;                    /* closed before this one */
    int64_t day;                         /* the format's own; NO_TIME at each `open` */
    unsigned column;                     /* likewise */
    const struct exporter *exporter;
};

/* The session under way; lives from `open` to `close`. */
struct export_session {
    struct session_view view; /* as it stood when its turn came */
    struct head head;
    struct visitor visitor; /* as it stands now */
    int64_t first_ms;       /* time of the first event; NO_TIME = there is none, or it is not shown */
};

struct export_format {
    const char *name;       /* what `--format` and `format=` call it */
    const char *about;      /* one line for `--format help` */
    const char *media_type; /* of HTTP */
    const char *file;       /* a name for it: what a browser saves it as */
    bool is_log;            /* made to be read again: internal events come along without being asked for */
    bool takes_erased;      /* sessions of erased visitors are in it, too: their counts stay */
    size_t session_max;     /* bytes that one session may take, else the export fails; 0 = any */
    void (*begin)(struct export_writer *x);
    void (*open)(struct export_writer *x, const struct export_session *s);
    void (*event)(struct export_writer *x, const struct export_session *s, const struct event *e);
    void (*close)(struct export_writer *x, const struct export_session *s);
    void (*end)(struct export_writer *x);
};

/* By name; NULL when there is none. `index` counts from 0: NULL behind the last. */
const struct export_format *export_format_by_name(struct str name);
const struct export_format *export_format_at(size_t index);

/* ---- for formats ---- */

/* The place of the event with this index among those that are written: they differ where internal ones are left out.
 * Counts from 1. O(log events left out). */
uint32_t export_place(const struct export_writer *x, uint32_t index);
