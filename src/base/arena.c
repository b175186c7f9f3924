#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

enum { BLOCK_SIZE = 4096 - 64, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    struct arena_block *older;
    alignas(ALIGNMENT) char bytes[];
};

#if defined(__SANITIZE_ADDRESS__)
#define EACH_ALONE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_ALONE 1
#endif
#endif
#ifndef EACH_ALONE
#define EACH_ALONE 0
#endif

void arena_init(struct arena *a)
{
    *a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
    while (a->newest) {
        struct arena_block *block = a->newest;
        a->newest = block->older;
        g_free(block);
    }
    arena_init(a);
}

void arena_reset(struct arena *a)
{
    if (EACH_ALONE || !a->free) {
        arena_clear(a);
        return;
    }
    /* `free` is set, so the newest block is an ordinary one. */
    struct arena_block *kept = a->newest, *older = kept->older;
    while (older) {
        struct arena_block *block = older;
        older = block->older;
        g_free(block);
    }
    kept->older = NULL;
    *a = (struct arena){.newest = kept, .free = kept->bytes, .left = BLOCK_SIZE};
}

static char *add_block(struct arena *a, size_t size)
{
    struct arena_block *block = g_malloc(sizeof *block + size);
    block->older = a->newest;
    a->newest = block;
    return block->bytes;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t rounded = (MAX(size, 1) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    g_assert(rounded >= size);
    a->total += size;
    char *memory;
    if (EACH_ALONE) {
        memory = add_block(a, MAX(size, 1));
    } else if (rounded > BLOCK_SIZE / 4) {
        /* A large piece gets its own block, put behind the newest so that the space left there stays in use. */
        struct arena_block *newest = a->newest;
        if (newest) {
            struct arena_block *block = g_malloc(sizeof *block + rounded);
            block->older = newest->older;
            newest->older = block;
            memory = block->bytes;
        } else {
            memory = add_block(a, rounded);
        }
    } else {
        if (rounded > a->left) {
            a->free = add_block(a, BLOCK_SIZE);
            a->left = BLOCK_SIZE;
        }
        memory = a->free;
        a->free += rounded;
        a->left -= rounded;
    }
    return memset(memory, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    g_assert(size == 0 || count <= SIZE_MAX / 2 / size);
    return arena_alloc(a, count * size);
}

struct str arena_str(struct arena *a, struct str s)
{
    if (!s.ptr)
        return STR_NULL;
    char *copy = arena_alloc(a, s.len + 1);
    memcpy(copy, s.ptr, s.len);
    return str_from(copy, s.len);
}

struct str arena_numbered(struct arena *a, struct str head, uint32_t number)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
    } while (number /= 10);
    size_t count = sizeof digits - at, length = head.len + 1 + count;
    char *text = arena_alloc(a, length + 1);
    if (head.len)
        memcpy(text, head.ptr, head.len);
    text[head.len] = '.';
    memcpy(text + head.len + 1, digits + at, count);
    return str_from(text, length);
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
    char small[128]; /* enough for most, so that they are printed once */
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    g_assert(length >= 0);
    char *text = arena_alloc(a, (size_t)length + 1);
    if ((size_t)length < sizeof small)
        memcpy(text, small, (size_t)length + 1);
    else
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return str_from(text, (size_t)length);
}
