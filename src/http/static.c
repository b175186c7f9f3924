#include "http/static.h"

#include "base/limits.h"
#include "http/negotiate.h"

static const struct http_file *find_file(const struct http_files *files, struct str path)
{
    size_t low = 0, high = files->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(files->files[middle].path, path);
        if (order == 0)
            return &files->files[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* --- large ones, piece by piece: a slow reader shall not make us copy the whole --- */

struct rest {
    struct http_stream stream;
    struct str bytes;
};

static enum http_more next(struct http_request *request, struct http_stream *stream, struct buf *out)
{
    struct rest *rest = (struct rest *)stream;
    (void)request;
    struct str piece = str_from(rest->bytes.ptr, MIN(rest->bytes.len, out->max));
    buf_add(out, piece);
    rest->bytes = str_skip(rest->bytes, piece.len);
    return rest->bytes.len ? HTTP_MORE : HTTP_LAST;
}

static void closed(struct http_request *request, struct http_stream *stream)
{
    (void)request, (void)stream;
}

static void reply_bytes(struct http_request *request, unsigned status, struct str headers, struct str bytes)
{
    if (bytes.len <= LIMIT_HTTP_REPLY_BUFFER) {
        http_reply(request, status, headers, bytes);
        return;
    }
    struct rest *rest = arena_new(&request->arena, struct rest);
    *rest = (struct rest){{.next = next, .closed = closed, .length = bytes.len}, bytes};
    http_reply_stream(request, status, headers, &rest->stream);
}

/* --- which bytes --- */

static struct str asked(const struct http_request *request, struct str name)
{
    return http_request_header(request, name, NULL);
}

static struct str header_lines(struct http_request *request, const struct http_file *file, struct str etag,
                               struct str more)
{
    return arena_printf(&request->arena,
                        "Content-Type: %.*s\r\nCache-Control: %s\r\nETag: %.*s\r\nAccept-Ranges: bytes\r\n"
                        "Vary: Accept-Encoding\r\n%.*s",
                        STR_ARG(file->type), file->immutable ? "public, max-age=31536000, immutable" : "no-cache",
                        STR_ARG(etag), STR_ARG(more));
}

static enum http_range range_of(const struct http_request *request, const struct http_file *file, uint64_t *first,
                                uint64_t *count)
{
    struct str condition = asked(request, STR("If-Range"));
    if (request->method != HTTP_GET || (condition.ptr && !str_equal(condition, file->etag_plain)))
        return HTTP_RANGE_NONE;
    return http_range_of(asked(request, STR("Range")), file->plain.len, first, count);
}

static void reply_part(struct http_request *request, const struct http_file *file, struct str headers, uint64_t first,
                       uint64_t count)
{
    http_reply_header(request, "Content-Range",
                      arena_printf(&request->arena,
                                   "bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GSIZE_FORMAT, first,
                                   first + count - 1, file->plain.len));
    reply_bytes(request, 206, headers, str_from(file->plain.ptr + first, count));
}

static void reply_miss(struct http_request *request, const struct http_file *file, struct str headers)
{
    http_reply_header(request, "Content-Range",
                      arena_printf(&request->arena, "bytes */%" G_GSIZE_FORMAT, file->plain.len));
    http_reply(request, 416, headers, STR(""));
}

bool http_reply_file(struct http_request *request, const struct http_files *files, struct str path, struct str more)
{
    const struct http_file *file = find_file(files, path);
    uint64_t first = 0, count = 0;
    if (!file)
        return false;
    enum http_range range = range_of(request, file, &first, &count);
    bool gzip = range == HTTP_RANGE_NONE && file->gzip.ptr && http_accepts_gzip(asked(request, STR("Accept-Encoding")));
    struct str etag = gzip ? file->etag_gzip : file->etag_plain;
    struct str headers = header_lines(request, file, etag, more);
    if (http_etag_is_among(asked(request, STR("If-None-Match")), etag)) {
        http_reply(request, 304, headers, STR(""));
        return true;
    }
    if (gzip)
        http_reply_header(request, "Content-Encoding", STR("gzip"));
    if (range == HTTP_RANGE_PART)
        reply_part(request, file, headers, first, count);
    else if (range == HTTP_RANGE_MISS)
        reply_miss(request, file, headers);
    else
        reply_bytes(request, 200, headers, gzip ? file->gzip : file->plain);
    return true;
}
