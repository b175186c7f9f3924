#include "http/parse.h"

#include "base/limits.h"

_Static_assert(HTTP_FIELDS == (int)LIMIT_HTTP_HEADERS, "one number");
_Static_assert((int)LIMIT_HTTP_HEAD <= UINT16_MAX, "places are 16 bits");

/* What a byte may be part of. */
enum { TOKEN = 1, TARGET = 2, VALUE = 4, HOST = 8 };

#define T (TOKEN | TARGET | VALUE)
#define H (T | HOST)
static const uint8_t kinds[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    ['!'] = H,
    ['"'] = TARGET | VALUE,
    ['#'] = TOKEN | VALUE,
    ['$'] = H,
    ['%'] = H,
    ['&'] = H,
    ['\''] = H,
    ['('] = TARGET | VALUE | HOST,
    [')'] = TARGET | VALUE | HOST,
    ['*'] = H,
    ['+'] = H,
    [','] = TARGET | VALUE | HOST,
    ['-'] = H,
    ['.'] = H,
    ['/'] = TARGET | VALUE,
    ['0' ... '9'] = H,
    [':'] = TARGET | VALUE | HOST,
    [';'] = TARGET | VALUE | HOST,
    ['<'] = TARGET | VALUE,
    ['='] = TARGET | VALUE | HOST,
    ['>'] = TARGET | VALUE,
    ['?'] = TARGET | VALUE,
    ['@'] = TARGET | VALUE,
    ['A' ... 'Z'] = H,
    ['['] = TARGET | VALUE | HOST,
    ['\\'] = TARGET | VALUE,
    [']'] = TARGET | VALUE | HOST,
    ['^'] = T,
    ['_'] = H,
    ['`'] = T,
    ['a' ... 'z'] = H,
    ['{'] = TARGET | VALUE,
    ['|'] = T,
    ['}'] = TARGET | VALUE,
    ['~'] = H,
    [0x80 ... 0xff] = VALUE,
};
#undef T
#undef H

static bool is_kind(char c, uint8_t kind)
{
    return kinds[(unsigned char)c] & kind;
}

static bool all_are(struct str s, uint8_t kind)
{
    uint8_t common = kind;
    for (size_t i = 0; i < s.len; i++)
        common &= kinds[(unsigned char)s.ptr[i]];
    return common;
}

static bool refuse_head(struct http_fault *fault, unsigned status, const char *sentence)
{
    *fault = (struct http_fault){status, sentence};
    return false;
}

enum http_found http_head_find(struct str bytes, struct http_search *search, struct http_fault *fault)
{
    for (;;) {
        const char *from = bytes.ptr + search->seen;
        const char *lf = search->seen < bytes.len ? memchr(from, '\n', bytes.len - search->seen) : NULL;
        size_t end = lf ? (size_t)(lf - bytes.ptr) : bytes.len;
        /* A peer that speaks something else (TLS, say) is told so at its first byte, not after a time-out. */
        if (search->line == search->start && end > search->start) {
            char first = bytes.ptr[search->start];
            if (first != '\r' && !is_kind(first, TOKEN)) {
                refuse_head(fault, 400, "The request does not start with a method; this port speaks plain HTTP/1.1.");
                return HTTP_FOUND_FAULT;
            }
        }
        if (end - search->start >= LIMIT_HTTP_HEAD) {
            refuse_head(fault, 431, "The request's head is longer than 16 KiB.");
            return HTTP_FOUND_FAULT;
        }
        if (!lf) {
            search->seen = (uint32_t)bytes.len;
            return HTTP_FOUND_MORE;
        }
        if (end == search->line || bytes.ptr[end - 1] != '\r') {
            refuse_head(fault, 400, "A line of the request's head ends with LF alone; it must end with CR LF.");
            return HTTP_FOUND_FAULT;
        }
        search->seen = (uint32_t)end + 1;
        bool empty = end - 1 == search->line;
        bool leading = search->line == search->start;
        search->line = search->seen;
        if (!empty)
            continue;
        if (!leading)
            return HTTP_FOUND_ALL;
        if (search->seen > 16) {
            refuse_head(fault, 400, "There are too many empty lines before the request.");
            return HTTP_FOUND_FAULT;
        }
        search->start = search->seen;
    }
}

static struct http_place place(struct str all, struct str part)
{
    return (struct http_place){(uint16_t)(part.ptr - all.ptr), (uint16_t)part.len};
}

static enum http_method method_of(struct str s)
{
    static const struct str names[] = {
        [HTTP_GET] = STR("GET"),         [HTTP_HEAD] = STR("HEAD"),   [HTTP_POST] = STR("POST"),
        [HTTP_PUT] = STR("PUT"),         [HTTP_PATCH] = STR("PATCH"), [HTTP_DELETE] = STR("DELETE"),
        [HTTP_OPTIONS] = STR("OPTIONS"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_equal(s, names[i]))
            return (enum http_method)i;
    return HTTP_OTHER;
}

static bool parse_target(struct str all, struct str target, struct http_head *head, struct http_fault *fault)
{
    if (target.len == 0 || !all_are(target, TARGET))
        return refuse_head(fault, 400, "The request target holds a character that must be percent-encoded.");
    head->target = place(all, target);
    struct str rest = target;
    if (rest.ptr[0] != '/' && !(head->method == HTTP_OPTIONS && str_equal(rest, STR("*")))) {
        size_t scheme = rest.len > 7 && str_equal_nocase(str_from(rest.ptr, 7), STR("http://"))    ? 7
                        : rest.len > 8 && str_equal_nocase(str_from(rest.ptr, 8), STR("https://")) ? 8
                                                                                                   : 0;
        if (!scheme)
            return refuse_head(
                fault, 400, "The request target must be a path that starts with a slash, or an absolute http address.");
        rest = str_skip(rest, scheme);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
            end++;
        struct str authority = str_from(rest.ptr, end);
        if (end == 0 || !all_are(authority, HOST))
            return refuse_head(fault, 400, "The request target's host is malformed.");
        head->authority = place(all, authority);
        head->has_authority = true;
        rest = str_skip(rest, end);
        if (rest.len == 0 || rest.ptr[0] != '/')
            return refuse_head(fault, 400, "The request target has no path.");
    }
    struct str path, query = str_split(rest, '?', &path);
    head->path = place(all, path);
    head->has_query = query.ptr != NULL;
    if (head->has_query)
        head->query = place(all, query);
    return true;
}

static bool parse_request_line(struct str all, struct str line, struct http_head *head, struct http_fault *fault)
{
    struct str method, target, version = str_split(str_split(line, ' ', &method), ' ', &target);
    if (method.len == 0 || !all_are(method, TOKEN) || !version.ptr)
        return refuse_head(fault, 400, "The request line must read METHOD TARGET HTTP/1.1.");
    if (!str_starts_with(version, STR("HTTP/")) || version.len != 8 || !g_ascii_isdigit(version.ptr[5]) ||
        version.ptr[6] != '.' || !g_ascii_isdigit(version.ptr[7]))
        return refuse_head(fault, 400, "The request line must end with HTTP/1.1.");
    if (version.ptr[5] != '1' || version.ptr[7] > '1')
        return refuse_head(fault, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    head->minor = (unsigned)(version.ptr[7] - '0');
    head->method = method_of(method);
    return parse_target(all, target, head, fault);
}

/* What the framing headers said so far. */
struct framing {
    bool host, length, encoding, close, keep;
};

static void parse_connection(struct str value, struct framing *seen)
{
    while (value.ptr) {
        struct str option;
        value = str_split(value, ',', &option);
        option = str_trim(option);
        seen->close |= str_equal_nocase(option, STR("close"));
        seen->keep |= str_equal_nocase(option, STR("keep-alive"));
    }
}

static bool parse_length(struct str value, struct http_head *head)
{
    if (value.len == 0 || value.len > 18)
        return false;
    int64_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!g_ascii_isdigit(value.ptr[i]))
            return false;
        length = length * 10 + (value.ptr[i] - '0');
    }
    head->body_length = length;
    return true;
}

/* The few headers that the connection itself depends on. */
static bool parse_own(struct str name, struct str value, struct http_head *head, struct framing *seen,
                      struct http_fault *fault)
{
    switch (name.len) {
    case 4:
        if (str_equal_nocase(name, STR("Host"))) {
            if (seen->host || !all_are(value, HOST))
                return refuse_head(fault, 400, "There must be exactly one well-formed Host header.");
            seen->host = true;
        }
        break;
    case 6:
        if (str_equal_nocase(name, STR("Expect"))) {
            if (!str_equal_nocase(value, STR("100-continue")))
                return refuse_head(fault, 417, "The only expectation met here is 100-continue.");
            head->continues = true;
        }
        break;
    case 10:
        if (str_equal_nocase(name, STR("Connection")))
            parse_connection(value, seen);
        break;
    case 14:
        if (str_equal_nocase(name, STR("Content-Length"))) {
            if (seen->length)
                return refuse_head(fault, 400, "Content-Length is repeated.");
            if (!parse_length(value, head))
                return refuse_head(fault, 400, "Content-Length is not a plain number.");
            seen->length = true;
        }
        break;
    case 17:
        if (str_equal_nocase(name, STR("Transfer-Encoding"))) {
            if (seen->encoding)
                return refuse_head(fault, 400, "Transfer-Encoding is repeated.");
            if (!str_equal_nocase(value, STR("chunked")))
                return refuse_head(fault, 501, "The only Transfer-Encoding understood here is chunked.");
            seen->encoding = head->chunked = true;
        }
        break;
    }
    return true;
}

static bool parse_field(struct str all, struct str line, struct http_head *head, struct framing *seen,
                        struct http_fault *fault)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return refuse_head(fault, 400, "A header is folded over two lines.");
    size_t colon = 0;
    while (colon < line.len && is_kind(line.ptr[colon], TOKEN))
        colon++;
    if (colon == 0 || colon == line.len || line.ptr[colon] != ':')
        return refuse_head(fault, 400, "A header's name is malformed.");
    struct str name = str_from(line.ptr, colon), value = str_skip(line, colon + 1);
    while (value.len && (value.ptr[0] == ' ' || value.ptr[0] == '\t'))
        value = str_skip(value, 1);
    while (value.len && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    if (!all_are(value, VALUE))
        return refuse_head(fault, 400, "A header's value holds a control character.");
    if (head->field_count == HTTP_FIELDS)
        return refuse_head(fault, 431, "There are more than 100 headers.");
    head->fields[head->field_count++] = (struct http_field){place(all, name), place(all, value)};
    return parse_own(name, value, head, seen, fault);
}

bool http_head_parse(struct str bytes, struct http_head *head, struct http_fault *fault)
{
    /* The fields are written before they are counted; clearing them would cost more than the parsing. */
    memset(head, 0, offsetof(struct http_head, fields));
    head->body_length = -1;
    struct framing seen = {0};
    struct str rest = bytes;
    for (bool first = true;; first = false) {
        const char *lf = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
        if (!lf || lf == rest.ptr || lf[-1] != '\r')
            return refuse_head(fault, 400, "A line of the request's head must end with CR LF.");
        struct str line = str_from(rest.ptr, (size_t)(lf - 1 - rest.ptr));
        rest = str_skip(rest, line.len + 2);
        if (first ? !parse_request_line(bytes, line, head, fault)
                  : line.len && !parse_field(bytes, line, head, &seen, fault))
            return false;
        if (line.len == 0)
            break;
    }
    if (seen.encoding && seen.length)
        return refuse_head(fault, 400, "Content-Length and Transfer-Encoding exclude each other.");
    if (head->minor == 0 && seen.encoding)
        return refuse_head(fault, 400, "HTTP/1.0 has no Transfer-Encoding.");
    if (head->minor == 1 && !seen.host)
        return refuse_head(fault, 400, "The Host header is missing.");
    head->continues &= head->minor == 1;
    head->keep_alive = !seen.close && (head->minor == 1 || seen.keep);
    return true;
}

/* --- chunked bodies --- */

enum {
    SIZE_FIRST,
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START, /* of a line */
    TRAILER,
    TRAILER_LF,
    LAST_LF,
    DONE,
};

static enum http_chunk chunk_fault(const char **sentence, const char *text)
{
    *sentence = text;
    return HTTP_CHUNK_FAULT;
}

enum http_chunk http_chunks_next(struct http_chunks *chunks, struct str *in, struct str *data, const char **sentence)
{
    while (in->len && chunks->state != DONE) {
        if (chunks->state == DATA) {
            size_t n = MIN(in->len, chunks->left);
            *data = str_from(in->ptr, n);
            *in = str_skip(*in, n);
            chunks->left -= n;
            if (chunks->left == 0)
                chunks->state = DATA_CR;
            return HTTP_CHUNK_DATA;
        }
        char c = in->ptr[0];
        *in = str_skip(*in, 1);
        if (++chunks->line > LIMIT_HTTP_HEAD)
            return chunk_fault(sentence, "The body's chunk lines or trailers are too long.");
        switch (chunks->state) {
        case SIZE_FIRST:
        case SIZE: {
            int digit = g_ascii_xdigit_value(c);
            if (digit >= 0) {
                if (chunks->left >> 56)
                    return chunk_fault(sentence, "A chunk of the body is too large.");
                chunks->left = chunks->left << 4 | (unsigned)digit;
                chunks->state = SIZE;
            } else if (chunks->state == SIZE && c == '\r') {
                chunks->state = SIZE_LF;
            } else if (chunks->state == SIZE && (c == ';' || c == ' ' || c == '\t')) {
                chunks->state = EXTENSION;
            } else {
                return chunk_fault(sentence, "A chunk of the body has no size.");
            }
            break;
        }
        case EXTENSION:
            if (c == '\r')
                chunks->state = SIZE_LF;
            else if (!is_kind(c, VALUE))
                return chunk_fault(sentence, "A chunk extension of the body is malformed.");
            break;
        case SIZE_LF:
            if (c != '\n')
                return chunk_fault(sentence, "A chunk's size must be followed by CR LF.");
            chunks->line = 0;
            chunks->state = chunks->left ? DATA : TRAILER_START;
            break;
        case DATA_CR:
        case DATA_LF:
            if (c != (chunks->state == DATA_CR ? '\r' : '\n'))
                return chunk_fault(sentence, "A chunk of the body must be followed by CR LF.");
            chunks->state = chunks->state == DATA_CR ? DATA_LF : SIZE_FIRST;
            chunks->line = 0;
            break;
        case TRAILER_START:
            if (c == '\r')
                chunks->state = LAST_LF;
            else if (is_kind(c, TOKEN))
                chunks->state = TRAILER;
            else
                return chunk_fault(sentence, "A trailer of the body is malformed.");
            break;
        case TRAILER:
            if (c == '\r')
                chunks->state = TRAILER_LF;
            else if (!is_kind(c, VALUE))
                return chunk_fault(sentence, "A trailer of the body is malformed.");
            break;
        case TRAILER_LF:
        case LAST_LF:
            if (c != '\n')
                return chunk_fault(sentence, "A trailer of the body must end with CR LF.");
            chunks->state = chunks->state == LAST_LF ? DONE : TRAILER_START;
            break;
        }
    }
    return chunks->state == DONE ? HTTP_CHUNK_END : HTTP_CHUNK_MORE;
}
