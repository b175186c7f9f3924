/* An import of which the bytes are pushed in, in any format: lines of our own, or another product's archive: one file,
 * or several as a tar. What import.h is for lines, and used like it:
 *
 *     first bytes ──> which format? ── lines ─> import (import.h), in steps
 *                                  └── else ──> a thread that reads what was pushed in ──> conversion ──> import
 *
 * Compressed lines go through the thread, too. A reader of an archive pulls its bytes where it stands, so it has a
 * thread of its own that waits for them, at most UPLOAD_ROOM, and LIMIT_ARCHIVES of these are under way at once.
 *
 * One thread feeds and finishes; the waiter is woken on another, under the upload's lock: it must only post. */
#pragma once

#include "base/waiter.h"
#include "port/format/conversion.h"

struct upload;

enum { UPLOAD_ROOM = 512 * 1024 };

struct upload_options {
    struct core *core;
    int64_t company;
    const char *format; /* its name; NULL: recognised by the first bytes */
    struct str map;     /* the text of one to read by; STR_NULL = the format's own. These live as long as the upload */
    struct conversion_hints hints;
    bool skip_bad; /* of lines; archives always leave out what is bad */
    bool dry_run;
    const char *scratch_directory; /* lives as long as the upload */
    /* Told of each conversation or item refused, on some thread, one at a time. `file`: where there are several, which;
     * else NULL. */
    void (*refused)(void *data, const char *file, const struct item_place *place, const GError *why);
    void *data;
    struct waiter *waiter; /* woken when there is room again after upload_feed said no, and when it is over */
};

/* Reason IMPORTS_BUSY: then NULL. */
struct upload *upload_new(const struct upload_options *options, GError **error);

/* As import_feed, import_end, import_cancel, import_is_over. */
bool upload_feed(struct upload *upload, struct str bytes);
void upload_end(struct upload *upload);
void upload_cancel(struct upload *upload);
bool upload_is_over(struct upload *upload);

struct upload_result {
    struct conversion_report report;
    int64_t line;  /* of the error, from 1; 0 = none in particular */
    GError *error; /* why it stopped; NULL = all was read */
};

/* Waits until it is over and frees it. */
void upload_finish(struct upload *upload, struct upload_result *result);
void upload_result_clear(struct upload_result *result);
