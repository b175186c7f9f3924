#include "wire/outcome/page.h"

#include "base/clock.h"
#include "base/log.h"

/* ---- making one part; on the loop or a reader's thread ---- */

static bool is_done_here(const struct page *page, size_t calls, int64_t since_ms)
{
    if (page->last || page_is_full(page))
        return true;
    return page->is_in_place ? page->is_long || calls == PAGE_CALLS_IN_PLACE
                             : clock_monotonic_ms() - since_ms >= PAGE_SNAPSHOT_MS;
}

static bool run(struct op *op, struct store_txn *txn, GError **error)
{
    struct page *page = (struct page *)op;
    int64_t since_ms = page->is_in_place ? 0 : clock_monotonic_ms();
    size_t calls = 0;
    bool ok = true;
    struct arena scratch;
    arena_init(&scratch);
    do {
        ok = page->part(page, txn, &page->w, &scratch, error);
        arena_reset(&scratch);
        page->parts++;
        calls++;
    } while (ok && !is_done_here(page, calls, since_ms));
    arena_clear(&scratch);
    if (ok && page->making.overflow) {
        reason_set(error, REASON_INTERNAL, "a row is larger than its answer may be");
        ok = false;
    }
    page->made = ok && (page->last || page_is_full(page));
    return ok;
}

/* ---- from part to part; on the loop ---- */

static void arrive(struct http_post *post);

void page_free(struct page *page)
{
    if (page->clear)
        page->clear(page);
    buf_clear(&page->making);
    buf_clear(&page->ready);
    op_clear(&page->op);
    g_free(page);
}

static void done(struct op *op)
{
    struct page *page = (struct page *)op;
    http_post(page->op.user, &page->post);
}

/* The next part, or what is missing of this one, on a reader's thread. */
static void make(struct page *page)
{
    page->under_way = true;
    page->is_in_place = false;
    core_submit(&page->op);
}

/* What was made is handed out from now on. */
static void hand_over(struct page *page)
{
    struct buf taken = page->ready;
    page->ready = page->making;
    page->making = taken;
    buf_reset(&page->making);
    page->taken = 0;
    page->made = false;
    http_request_charge(page->request, page->ready.capacity + page->making.capacity);
}

static struct page *page_of(struct http_stream *stream)
{
    return (struct page *)((char *)stream - offsetof(struct page, stream));
}

static enum http_more next(struct http_request *request, struct http_stream *stream, struct buf *out)
{
    (void)request;
    struct page *page = page_of(stream);
    if (page->taken == page->ready.len) {
        if (page->under_way) {
            page->waiting = true;
            return HTTP_WAIT;
        }
        if (page->op.error)
            return HTTP_FAIL;
        hand_over(page);
        if (!page->last)
            make(page);
    }
    struct str rest = str_skip(buf_str(&page->ready), page->taken);
    rest.len = MIN(rest.len, out->max);
    buf_add(out, rest);
    page->taken += rest.len;
    bool is_all = page->taken == page->ready.len && !page->under_way && !page->made && !page->op.error;
    return is_all ? HTTP_LAST : HTTP_MORE;
}

static void closed(struct http_request *request, struct http_stream *stream)
{
    (void)request;
    struct page *page = page_of(stream);
    page->request = NULL;
    if (page->under_way)
        core_abandon(&page->op); /* arrive frees it */
    else
        page_free(page);
}

/* Nobody waits for the first part any more. */
static void abandon(struct http_request *request)
{
    struct page *page = request->user;
    core_abandon(&page->op);
}

static struct str kept_bytes(const struct page *page)
{
    struct str all = buf_str(&page->making);
    return page->kept.to ? str_from(all.ptr + page->kept.from, page->kept.to - page->kept.from) : all;
}

static void reply_whole(struct page *page)
{
    if (page->draft)
        kept_put(page->draft, kept_bytes(page));
    http_reply(page->request, 200, page->headers(page->request, page), buf_str(&page->making));
    page_free(page);
}

static void begin_stream(struct page *page)
{
    struct http_request *request = page->request;
    page->streaming = true;
    page->stream = (struct http_stream){.next = next, .closed = closed};
    http_request_on_gone(request, NULL);
    http_request_charge(request, page->making.capacity);
    http_reply_stream(request, 200, page->headers(request, page), &page->stream);
}

static void refuse_request(struct page *page)
{
    page->refuse(page->request, page, page->op.error);
    page_free(page);
}

static bool is_held(struct page *page)
{
    if (!page->hold || !page->last || !page->hold(page->request, page))
        return false;
    page_free(page);
    return true;
}

/* The first part is made, or not yet, or not at all. */
static void go_on(struct page *page)
{
    if (page->op.error)
        refuse_request(page);
    else if (!page->made)
        make(page);
    else if (is_held(page))
        return;
    else if (page->last && page->making.len <= LIMIT_HTTP_REPLY_BUFFER)
        reply_whole(page);
    else
        begin_stream(page);
}

static void arrive(struct http_post *post)
{
    struct page *page = (struct page *)((char *)post - offsetof(struct page, post));
    page->under_way = false;
    if (!page->request) {
        page_free(page);
    } else if (!page->streaming) {
        go_on(page);
    } else if (!page->op.error && !page->made) {
        make(page);
    } else {
        if (page->op.error)
            LOG_ERROR("answer cut off", LOG_TEXT("id", http_request_id(page->request)),
                      LOG_TEXT("reason", str_from_c(reason_name(reason_of(page->op.error)))),
                      LOG_TEXT("detail", str_from_c(page->op.error->message)));
        if (page->waiting) {
            page->waiting = false;
            http_stream_resume(page->request);
        }
    }
}

struct page *page_new(struct core *core, size_t size)
{
    struct page *page = g_malloc0(size);
    op_init(&page->op, core, OP_READ, run);
    page->op.done = done;
    page->post.run = arrive;
    return page;
}

void page_reply(struct http_request *request, struct page *page)
{
    page->request = request;
    if (page->op.error) {
        refuse_request(page);
        return;
    }
    page->op.user = request->loop;
    buf_init(&page->making, PAGE_PART + page->row_max);
    buf_init(&page->ready, PAGE_PART + page->row_max);
    json_init(&page->w, &page->making);
    request->user = page;
    http_request_on_gone(request, abandon);
    if (page->is_long) {
        make(page);
        return;
    }
    page->is_in_place = true;
    core_read(&page->op, http_loop_data(request->loop));
    go_on(page);
}
