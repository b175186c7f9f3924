/* The HTTP parser on arbitrary bytes: a connection's worth of heads and chunked bodies, read whole and byte by byte.
 * Both must come to the same end. */
#include "http/parse.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    unsigned heads, fault;
    size_t body, used;
};

static struct outcome read_all(struct str bytes, size_t step)
{
    struct outcome outcome = {0};
    struct http_head head;
    struct http_fault fault;
    while (outcome.used < bytes.len) {
        struct str rest = str_skip(bytes, outcome.used);
        struct http_search search = {0};
        enum http_found found = HTTP_FOUND_MORE;
        for (size_t n = 0; found == HTTP_FOUND_MORE && n < rest.len;) {
            n = MIN(n + step, rest.len);
            found = http_head_find(str_from(rest.ptr, n), &search, &fault);
        }
        if (found == HTTP_FOUND_MORE)
            break;
        struct str lines = str_from(rest.ptr + search.start, search.seen - search.start);
        if (found == HTTP_FOUND_FAULT || !http_head_parse(lines, &head, &fault)) {
            outcome.fault = fault.status;
            break;
        }
        for (unsigned i = 0; i < head.field_count; i++)
            if (head.fields[i].value.at + head.fields[i].value.len > lines.len || head.fields[i].name.len == 0)
                __builtin_trap();
        if (lines.ptr[head.path.at] != '/' && lines.ptr[head.path.at] != '*')
            __builtin_trap();
        outcome.heads++;
        outcome.used += search.seen;
        if (!head.chunked)
            continue;
        struct http_chunks chunks = {0};
        enum http_chunk chunk = HTTP_CHUNK_MORE;
        while (chunk == HTTP_CHUNK_MORE && outcome.used < bytes.len) {
            struct str in = str_from(bytes.ptr + outcome.used, MIN(step, bytes.len - outcome.used)), piece;
            const char *before = in.ptr, *sentence;
            while ((chunk = http_chunks_next(&chunks, &in, &piece, &sentence)) == HTTP_CHUNK_DATA)
                outcome.body += piece.len;
            outcome.used += (size_t)(in.ptr - before);
        }
        if (chunk != HTTP_CHUNK_END) {
            outcome.fault = chunk == HTTP_CHUNK_FAULT;
            break;
        }
    }
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = str_from((const char *)data, size);
    struct outcome whole = read_all(bytes, MAX(size, 1)), slow = read_all(bytes, 1);
    if (whole.heads != slow.heads || whole.fault != slow.fault || whole.body != slow.body || whole.used != slow.used)
        __builtin_trap();
    return 0;
}
