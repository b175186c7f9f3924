/* The formats there are: one file each. */
#pragma once

#include "port/export/format.h"

/* name in C, word */
#define EXPORT_FORMATS(X) \
    X(ndjson, "ndjson") \
    X(csv_sessions, "csv-sessions") \
    X(csv_messages, "csv-messages") \
    X(text, "text") \
    X(markdown, "markdown") \
    X(html, "html") \
    X(genesys_ucs, "genesys-ucs")

#define X(name, word) extern const struct export_format export_##name;
EXPORT_FORMATS(X)
#undef X

/* All words with blanks between. */
#define EXPORT_FORMAT_WORD(name, word) " " word
#define EXPORT_FORMAT_WORDS (&(EXPORT_FORMATS(EXPORT_FORMAT_WORD))[1])
