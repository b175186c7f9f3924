/* Answers kept in memory: the bytes of a page of history, given again while nothing that they show has changed.
 *
 * Most of a page's cost is reading its rows and writing them as JSON (bench/README.md), and clients ask for the same
 * page again and again. An answer depends on what its key says (who asks, for what, the accounts' epoch) and on the
 * conversations of at most two visitors; store_visitor_unchanged tells whether those still stand, so an answer is never
 * older than what a read at that instant would show. Bounded by core_options.answer_bytes; the least recently given
 * ones go first. Any thread. */
#pragma once

#include "core/core.h"

enum { ANSWER_VISITORS = 2 };

/* What an answer in the making will be kept as. */
struct kept_draft {
    struct core *core;
    struct str key;
    int64_t moment; /* of the store, before anything was read */
    int64_t visitors[ANSWER_VISITORS];
    size_t visitor_count; /* 0 = it cannot be kept */
};

struct kept_answer {
    struct str body; /* valid until kept_unref */
    /* kept.c's */
    struct str key;
    int64_t moment;
    int64_t visitors[ANSWER_VISITORS];
    size_t visitor_count;
    int references;
    GList link;
};

/* Begins an answer before anything is read for it; `asker` and `target` are all it depends on besides accounts and
 * visitors. Returns the kept one instead when there is one (with a reference), else NULL. The key lives in the arena.
 */
struct kept_answer *kept_begin(struct core *core, struct kept_draft *draft, struct str asker, struct str target,
                               struct arena *a);
void kept_unref(struct kept_answer *kept);

/* The answer shows something of this visitor. 0, a visitor that nobody knows yet, or more than ANSWER_VISITORS
 * different ones: it will not be kept. */
void kept_shows(struct kept_draft *draft, int64_t visitor);

/* The whole answer: copied. Nothing happens when it cannot be kept. */
void kept_put(const struct kept_draft *draft, struct str body);

/* Numbers for /metrics. */
struct kept_counters {
    int64_t bytes, given, made;
};
void kept_counters(struct core *core, struct kept_counters *counters);
