#include "http/paged.h"

#include "base/limits.h"

static bool render(struct http_request *request, struct http_paged *paged)
{
    buf_reset(&paged->ready);
    paged->taken = 0;
    return paged->render(request, paged, &paged->ready, &paged->last) && !paged->ready.overflow;
}

static struct http_paged *paged_of(struct http_stream *stream)
{
    return (struct http_paged *)((char *)stream - offsetof(struct http_paged, stream));
}

static enum http_more next(struct http_request *request, struct http_stream *stream, struct buf *out)
{
    struct http_paged *paged = paged_of(stream);
    while (paged->taken == paged->ready.len && !paged->last)
        if (!render(request, paged))
            return HTTP_FAIL;
    struct str rest = str_skip(buf_str(&paged->ready), paged->taken);
    rest.len = MIN(rest.len, out->max);
    buf_add(out, rest);
    paged->taken += rest.len;
    return paged->last && paged->taken == paged->ready.len ? HTTP_LAST : HTTP_MORE;
}

static void finish(struct http_request *request, struct http_paged *paged)
{
    buf_clear(&paged->ready);
    if (paged->closed)
        paged->closed(request, paged);
}

static void closed(struct http_request *request, struct http_stream *stream)
{
    finish(request, paged_of(stream));
}

bool http_reply_paged(struct http_request *request, unsigned status, struct str headers, struct http_paged *paged,
                      size_t part_max)
{
    paged->stream = (struct http_stream){.next = next, .closed = closed};
    paged->last = false;
    buf_init(&paged->ready, part_max);
    if (!render(request, paged)) {
        buf_clear(&paged->ready);
        return false;
    }
    if (paged->last && paged->ready.len <= LIMIT_HTTP_REPLY_BUFFER) {
        /* `closed` comes first: the request, and what is embedded in its arena, is gone after the reply. */
        struct buf body = paged->ready;
        paged->ready = (struct buf){0};
        if (paged->whole)
            paged->whole(request, buf_str(&body));
        finish(request, paged);
        http_reply(request, status, headers, buf_str(&body));
        buf_clear(&body);
    } else {
        http_reply_stream(request, status, headers, &paged->stream);
    }
    return true;
}
