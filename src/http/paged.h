/* An answer made part by part: short ones leave as one buffer, long ones chunked in constant memory.
 *
 * A dialect renders a page of rows at a time and never knows how long a page gets; http_stream wants pieces under its
 * cap. This stands between the two. */
#pragma once

#include "http/http.h"

/* Embed it in a larger struct that lives in the request's arena. */
struct http_paged {
    /* Appends the next part of the body to `out` and says whether it was the last. False cuts the connection (or, for
     * the first part, makes http_reply_paged fail). */
    bool (*render)(struct http_request *request, struct http_paged *paged, struct buf *out, bool *last);
    /* Once, when the first part was the last: the whole body, as it will be sent; NULL = nobody cares. */
    void (*whole)(struct http_request *request, struct str body);
    /* Once, when nothing more will be rendered; NULL = nobody cares. Not called when http_reply_paged fails. */
    void (*closed)(struct http_request *request, struct http_paged *paged);

    /* paged.c's */
    struct http_stream stream;
    struct buf ready; /* rendered, not yet taken by the socket */
    size_t taken;
    bool last;
};

/* Renders the first part at once; when that is all and fits LIMIT_HTTP_REPLY_BUFFER it is sent as a whole, else the
 * answer is chunked. Ends the request, except when the first part fails: then false, and the caller still has to
 * answer. `part_max` bounds one part, in bytes. */
bool http_reply_paged(struct http_request *request, unsigned status, struct str headers, struct http_paged *paged,
                      size_t part_max);
