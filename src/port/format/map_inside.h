/* What the files that make conversations by a map share: map_convert.c the head, the order, the end; map_event.c who
 * wrote and what happened. */
#pragma once

#include "port/format/build.h"
#include "port/format/map.h"

struct conversation {
    const struct map *map;
    const struct zone *zone; /* the user's */
    struct build b;
    int64_t last_ms;  /* of the event before: one without a time of its own has its */
    GHashTable *seen; /* ids of events: pages overlap */
    GError *error;
};

/* What the map says of `key`; text as path_word. */
struct str map_word_at(const struct conversation *v, enum map_group group, enum map_key key, const struct scope *scope);

/* NO_TIME when nothing stands there, or an error was set in `v`. */
int64_t map_time_at(struct conversation *v, enum map_group group, enum map_key key, const struct scope *scope);

/* The text of the event there, from HTML where the map says so. */
struct str map_text_at(struct conversation *v, enum map_group group, const struct scope *scope);

/* What the place tells of the visitor's name and addresses. */
void map_learn_visitor(struct conversation *v, enum map_group group, const struct scope *scope, int64_t at_ms);

/* Adds the event there, which happened at `at_ms` (NO_TIME = when the one before it did). FALSE with v->error. */
bool map_read_event(struct conversation *v, enum map_group group, const struct scope *scope, int64_t at_ms);
