#include "http/bytes.h"

#include <stdatomic.h>

struct http_bytes {
    atomic_uint references;
    size_t length;
    char place[];
};

struct http_bytes *http_bytes_new(size_t length)
{
    struct http_bytes *bytes = g_malloc(sizeof *bytes + length);
    atomic_init(&bytes->references, 1);
    bytes->length = length;
    return bytes;
}

char *http_bytes_place(struct http_bytes *bytes)
{
    return bytes->place;
}

struct str http_bytes_str(const struct http_bytes *bytes)
{
    return str_from(bytes->place, bytes->length);
}

struct http_bytes *http_bytes_ref(struct http_bytes *bytes)
{
    atomic_fetch_add_explicit(&bytes->references, 1, memory_order_relaxed);
    return bytes;
}

void http_bytes_unref(struct http_bytes *bytes)
{
    if (bytes && atomic_fetch_sub_explicit(&bytes->references, 1, memory_order_acq_rel) == 1)
        g_free(bytes);
}
