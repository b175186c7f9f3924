/* CSV as people really have it: RFC 4180, quoted line breaks and doubled quotes included, and what spreadsheets make of
 * it (doc/imports.md 10): a byte order mark, UTF-16, `;` and tab, a first line `sep=;`, CRLF, LF or CR, rows that lack
 * their last cells, and old encodings when they are named. The first row names the columns.
 *
 * Bytes are pushed in, in pieces of any size; one row at a time is in memory, of at most LIMIT_IMPORT_LINE bytes and
 * LIMIT_IMPORT_COLUMNS cells. A quote opens a quoted cell at the cell's beginning only; elsewhere it is a character as
 * any other. Empty lines are nothing. U+0000 is left to whoever makes text of a cell. One thread. */
#pragma once

#include "port/format/format.h"

struct csv;

struct csv_row {
    const struct str *names; /* of the columns, without blanks around them */
    const struct str *cells; /* valid UTF-8 */
    size_t count;            /* of both: a row without its last cells has empty ones */
    struct item_place place; /* of its first byte; the offset counts UTF-8, whatever the file is in */
};

struct csv_options {
    const char *name; /* of the file, for messages */
    /* As iconv calls it; STR_NULL = UTF-8. A byte order mark knows better. */
    struct str encoding;
    /* 0 = that of a `sep=` line, else that of `,` `;` tab `|` which the first row has most of. */
    char separator;
    /* A row; it lives for the call. FALSE stops. */
    bool (*row)(void *data, const struct csv_row *row, GError **error);
    /* A row that is none: too long, more cells than columns, not in its encoding, a quote that never closes. The next
     * ones go on. Reason LINE_INVALID. */
    void (*bad)(void *data, const struct item_place *place, const GError *why);
    void *data;
};

/* Reads all of the input, whatever its name in the options. Reasons: the input's; those of `row`; USAGE for an encoding
 * that there is none of; LINE_INVALID when the first row is a bad one. O(size). */
bool csv_read(struct input *input, const struct csv_options *options, GError **error);

/* The same piece by piece: new, feed..., end, free. `options` are copied. After a FALSE only csv_free is left. */
struct csv *csv_new(const struct csv_options *options);
bool csv_feed(struct csv *csv, struct str bytes, GError **error);
bool csv_end(struct csv *csv, GError **error);
void csv_free(struct csv *csv);
