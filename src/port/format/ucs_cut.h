/* Chat transcripts cut out of XML: each element `chatTranscript` of the bytes, or the `interaction` around it, whatever
 * stands before, between and behind them. So a file may hold one or a million, only one is in memory, and one that is
 * no XML spoils no other. What is inside is not looked at but for comments, CDATA sections and tags. */
#pragma once

#include "port/format/format.h"

struct ucs_cut;

/* A transcript; `text` lives for the call. With `why` it is none, and `text` is not given: it is longer than
 * LIMIT_TRANSCRIPT, has a tag of more than 64 attributes, has no end, or stands below a DOCTYPE, which is never read.
 * FALSE stops. */
typedef bool ucs_cut_taker(void *data, struct str text, const struct item_place *place, const GError *why,
                           GError **error);

/* Of UTF-8, whatever an XML declaration says. */
struct ucs_cut *ucs_cut_new(ucs_cut_taker *take, void *data);
void ucs_cut_free(struct ucs_cut *cut);

/* The next bytes, in pieces of any size. FALSE when the taker said so. O(bytes). */
bool ucs_cut_feed(struct ucs_cut *cut, struct str bytes, GError **error);
/* No more bytes come: one that has not ended is told of. */
bool ucs_cut_end(struct ucs_cut *cut, GError **error);
