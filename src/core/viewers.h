/* Who has a session open right now. Operators' consoles say so again and again; who said nothing for LIMIT_VIEW_TIME
 * has not. In memory, bounded by LIMIT_VIEWS: it is a hint for colleagues, no part of the log. Any thread. */
#pragma once

#include "core/identity.h"

struct viewers;

/* One operator who has the session open, since when by the wall clock. */
struct viewer {
    struct str operator_id;
    int64_t since_ms;
};

/* The caller, an operator, has the session (its number) open, or has it no longer. O(1) on average, and O(viewers of
 * the session). */
void viewers_open(struct core *core, int64_t session, const struct caller *caller);
void viewers_close(struct core *core, int64_t session, const struct caller *caller);

/* All of them, the first to open it first, in the arena. O(viewers of the session). */
void viewers_list(struct core *core, int64_t session, struct arena *a, struct viewer **viewers, size_t *count);
