/* GHashTable's functions for keys that are `struct str *`. */
#pragma once

#include "base/str.h"

static inline guint hash_str(gconstpointer key)
{
    const struct str *s = key;
    guint hash = 2166136261u;
    for (size_t i = 0; i < s->len; i++)
        hash = (hash ^ (unsigned char)s->ptr[i]) * 16777619u;
    return hash;
}

static inline gboolean hash_str_equal(gconstpointer a, gconstpointer b)
{
    return str_equal(*(const struct str *)a, *(const struct str *)b);
}
