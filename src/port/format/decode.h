/* Text in any encoding as UTF-8, in pieces of any size. A byte order mark tells UTF-8 and UTF-16 whatever else was
 * said. What is nothing in the encoding becomes a byte that is nothing in UTF-8, so that whoever checks finds it in its
 * place. One thread. */
#pragma once

#include "base/buf.h"

/* Held back at the beginning, so that the first text given is long enough to be looked at. */
enum { DECODE_HEAD = 4096, DECODE_PIECE = 64 * 1024 };

struct decode {
    char *encoding;     /* NULL = UTF-8 */
    GIConv converter;   /* (GIConv)-1 = none is needed */
    size_t unit;        /* bytes that are skipped where the encoding is broken */
    struct buf pending; /* raw: the head, then the beginning of a character */
    struct buf text;
    bool begun;
};

/* `encoding` as iconv calls it; STR_NULL = UTF-8. */
void decode_init(struct decode *d, struct str encoding);
void decode_clear(struct decode *d);

/* At most DECODE_PIECE bytes. `*text` is what they make, borrowed until the next call; empty while the head is not
 * there. USAGE when there is no such encoding. */
bool decode_feed(struct decode *d, struct str bytes, struct str *text, GError **error);

/* There are no more: what was held back. */
bool decode_end(struct decode *d, struct str *text, GError **error);
