/* An arena: memory that dies together.
 *
 * Allocate, never free one by one, clear once. Parley has four life times (ARCHITECTURE.md, "Memory"): process,
 * connection, request (op) and scratch; each is one arena, and a function that returns memory takes the arena,
 * so that the life time stands in its signature.
 *
 *     struct arena a;
 *     arena_init(&a);
 *     struct str copy = arena_str(&a, s);   // lives until
 *     arena_clear(&a);                      // here
 *
 * Memory comes in blocks; a request larger than a block gets a block of its own. Out of memory ends the process,
 * as in GLib. Under AddressSanitizer each allocation is a malloc of its own, so that overruns inside the arena
 * are found. An arena belongs to one thread at a time. */
#pragma once

#include "base/str.h"

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    char *free;   /* next free byte of the newest block */
    size_t left;  /* bytes left there */
    size_t total; /* bytes handed out since init or clear */
};

/* Makes an empty arena; no memory is taken before the first allocation. */
void arena_init(struct arena *a);

/* Frees everything; the arena is empty and usable again. */
void arena_clear(struct arena *a);

/* The same, but keeps one block for what comes next: for arenas that are filled again and again. */
void arena_reset(struct arena *a);

/* Zeroed memory, aligned for any type. size 0 gives a unique pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* A zeroed array; ends the process when count * size overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))

/* A copy with a terminating zero behind it (not counted in len). STR_NULL stays STR_NULL. */
struct str arena_str(struct arena *a, struct str s);

/* "HEAD.NUMBER": the ids that are made and not given; a page has dozens, and printf takes a tenth of its time. */
struct str arena_numbered(struct arena *a, struct str head, uint32_t number);

/* As printf, into the arena; zero-terminated. */
struct str arena_printf(struct arena *a, const char *format, ...) G_GNUC_PRINTF(2, 3);
