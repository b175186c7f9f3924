/* A page: an answer read from the store and written as JSON, part by part. Every list and transcript of every dialect
 * is one; a short one is a single part and leaves in one send.
 *
 * A dialect says how the next rows are read and written (`part`) and what a refusal looks like; this owns the
 * snapshots, the scratch memory, the writer, the bytes of a part, what becomes of an error, and keeping
 * (core/kept.h).
 *
 *                       handler: page_new, decode, page_reply
 *                          │
 *          short: in place │ long: on a reader's thread
 *                          v
 *        ┌── part, part, ... until full, last, or the snapshot is old enough: then again with a new one
 *        │                 │
 *     an error         the first PAGE_PART bytes, or all
 *        │                 ├── all ──> kept if it can be, one http_reply
 *     refuse               └── more ─> headers, then chunks: while the socket takes one part the next is made on a
 *  (nothing was sent)                  reader's thread (two ahead at most). An error from here on is logged and cuts
 * the connection.
 *
 * So no part, however many rows are looked at for it, runs on a loop beyond PAGE_CALLS_IN_PLACE calls, no snapshot
 * outlives one part, and memory is two parts however long the answer. A client that left stops the part under way.
 *
 * Memory: the page and its op's arena live until the answer is over. The request, its arena and what was decoded into
 * it live through the first part only: whatever later parts need must stand in the page or in the op's arena. */
#pragma once

#include "core/kept.h"
#include "http/http.h"
#include "text/json_write.h"

enum {
    PAGE_PART = 256 * 1024,  /* bytes after which a part is full */
    PAGE_CALLS_IN_PLACE = 4, /* calls of `part` on the loop; one reads at most some dozens of rows */
    PAGE_SNAPSHOT_MS = 100,  /* a snapshot that is older when `part` returns is given back */
};

struct page {
    struct op op; /* first */

    /* ---- the dialect's; set before page_reply ---- */

    /* Reads some dozens of rows at most and writes them; stops when page_is_full, which it asks after each row; sets
     * `last` when nothing is behind them. `parts` = calls before this one: at 0 the answer begins. On the loop or a
     * reader's thread. `scratch` is empty at each call. */
    bool (*part)(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error);
    /* Answers the request with the error. */
    void (*refuse)(struct http_request *request, struct page *page, const GError *error);
    /* Frees what `part` made outside the arena; NULL = nothing. */
    void (*clear)(struct page *page);
    /* The header lines as in http_reply, once the first part stands; may add others to the request. */
    struct str (*headers)(struct http_request *request, struct page *page);
    /* Once a whole answer stands in one piece: true takes the request back, to answer it later, and the page is freed.
     * NULL = never. */
    bool (*hold)(struct http_request *request, struct page *page);
    size_t row_max;           /* bytes of the largest row, with what stands before and behind all rows */
    struct kept_draft *draft; /* in the request's arena; NULL = never kept */
    bool is_long;             /* the first part, too, looks at any number of rows; `part` may set it and return, to be
                                 called again on a reader's thread */

    /* ---- part's ---- */

    bool last;
    size_t parts;
    struct {
        size_t from, to;
    } kept; /* the bytes that are kept where not all are, such as what echoes the caller; to 0 = all */

    /* ---- page.c's ---- */

    struct http_request *request; /* NULL once it is over */
    struct http_stream stream;
    struct http_post post;
    struct json w;
    struct buf making; /* `w` writes here */
    struct buf ready;  /* whole; the socket has taken `taken` bytes of it */
    size_t taken;
    bool streaming;   /* headers are sent */
    bool under_way;   /* a reader's thread has the op */
    bool made;        /* `making` is a whole part */
    bool waiting;     /* the socket has taken everything */
    bool is_in_place; /* this run is on the loop */
};

/* A zeroed page at the head of a `size` bytes large struct, its op initialised. */
struct page *page_new(struct core *core, size_t size);

/* For a page that will not be replied. */
void page_free(struct page *page);

/* Takes the page and ends the request. When op.error is set already (decoding refused) that is the answer. */
void page_reply(struct http_request *request, struct page *page);

/* The bytes of this part are enough. */
static inline bool page_is_full(const struct page *page)
{
    return page->making.len >= PAGE_PART;
}
