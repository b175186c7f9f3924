/* What the tools of MongoDB write: documents of one or many collections, whatever the container.
 *
 *     mongoexport   one document a line, or one array of them, as Extended JSON: relaxed, canonical, or version 1
 *     mongodump     COLLECTION.bson: BSON documents end to end; or all collections in one stream (--archive)
 *
 * Each may be compressed with gzip (port/input.h). All become the JSON that the product itself would answer with: times
 * as RFC 3339 in UTC with milliseconds, object ids as hex digits, numbers as numbers, what JSON has no word for as
 * npm's `bson` prints it (doc/imports.md 1). */
#pragma once

#include "base/buf.h"
#include "port/format/format.h"

/* Bytes of one document as JSON: far above what a message takes. Bounds the memory of a conversion. */
enum { MONGO_DOCUMENT_MAX = 4 * 1024 * 1024 };

struct mongo_reader {
    /* Is the collection of any use? What is not is passed unread. `name` is the collection's; of a file, its name
     * without directories and suffixes, which need not name a collection. */
    bool (*wants)(void *data, struct str name);
    /* One document: the JSON of an object. FALSE with *error stops. */
    bool (*document)(void *data, struct str name, struct str json, const struct item_place *place, GError **error);
    /* One that cannot be read; the others can. */
    void (*refused)(void *data, const struct item_place *place, const GError *why);
    void *data;
};

/* Reads the file to its end. Reasons: those of the input and of `document`; LINE_INVALID for a file that cannot be read
 * on from some place, which the message names. O(size); memory: one document. */
bool mongo_read(struct input *input, const struct mongo_reader *reader, GError **error);

/* Does a file that begins like this hold BSON, and a stream of collections? Any length. */
bool mongo_is_bson(struct str head);
bool mongo_is_archive(struct str head);

/* ---- one document ---- */

/* Extended JSON as plain JSON, appended to `out`. The reasons of json_read; LINE_INVALID for a value that is none. */
bool mongo_json_plain(struct str text, struct buf *out, GError **error);

/* A BSON document, its length included, as plain JSON, appended to `out`. LINE_INVALID: not BSON, nested deeper than
 * LIMIT_JSON_DEPTH, text that is no UTF-8 or holds U+0000, or longer than `out` may become. O(length). */
bool mongo_bson_plain(struct str bytes, struct buf *out, GError **error);
