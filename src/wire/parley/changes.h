/* What the two ways to read the feed share: changes.c answers a page of it, changes_stream.c follows it. */
#pragma once

#include "core/feed.h"
#include "wire/parley/credential.h"

/* Who asked for what, kept longer than the request. */
struct asker {
    struct core *core;
    struct standing standing;
    struct feed_filter filter; /* but the viewer, who is asked for anew each time */
    struct feed_place place;   /* behind what the asker has */
};

/* Decodes the query; `cursor` is where to go on, STR_NULL = before the oldest change. `watch` is the caller's to clear.
 * NULL with the request answered when it cannot be served. */
struct asker *asker_new(struct http_request *request, const struct call *call, struct str cursor,
                        struct feed_watch *watch);

void asker_free(struct asker *asker);

/* Who they are by now, with the right to read. Reasons as in standing_caller, RIGHT_MISSING. On the loop. */
bool asker_caller(const struct asker *asker, struct store_reader *reader, struct caller *caller, struct arena *a,
                  GError **error);

/* Bytes of the largest change: a head is as long as a line of an import may be. */
enum { CHANGE_MAX = LIMIT_IMPORT_LINE };

/* `cursor`: the one behind the change. */
void change_write(struct json *w, struct str cursor, const struct feed_change *change, struct arena *scratch);
