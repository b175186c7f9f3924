/* What the contract suite plays with: a store in a fresh directory, what it was told (and acknowledged), and a plain,
 * slow model of what it must answer. Tests only. */
#pragma once

#include "store/fault/fault.h"

enum { WORLD_COMPANIES = 2 };

struct told_event {
    enum event_kind kind;
    int64_t time_ms;
    uint32_t by, target;
    struct str id, text;
    struct str data; /* the head's */
};

struct told_session {
    int64_t company;
    struct str id, visitor;
    enum dialect dialect;
    struct str operator_id, department_id, button_id; /* from the head */
    GArray *events;                                   /* struct told_event, those acknowledged */
    bool erased;
};

struct world {
    char *directory;
    struct store *store;
    struct fault *fault; /* NULL without */
    bool disk_fails;     /* the disk does: every failure of its kind is expected */
    struct store_reader *reader;
    struct arena arena;  /* of what was told */
    GPtrArray *sessions; /* struct told_session * */
    GRand *random;
    int64_t now_ms;
    int next_id;
};

void world_open(struct world *w, bool with_fault);
/* Closes and opens the store again; what was told stays. */
void world_reopen(struct world *w);
void world_close(struct world *w); /* removes the directory */

/* Says what is wrong and stops, unless the error is one that a fault put in makes. True when there is no error. */
bool world_is_fine(struct world *w, GError *error);

/* Does `step` until it succeeds, at most once more than faults were armed. */
typedef bool world_step(struct world *w, void *data, GError **error);
void world_insist(struct world *w, world_step *step, void *data);

/* A snapshot of the world's reader. */
struct store_txn *world_read(struct world *w);

/* A new session of a visitor ("v1", ...), opened in the store. */
struct told_session *world_session(struct world *w, int64_t company, const char *visitor, int64_t start_ms);

/* Appends an event and waits until it is acknowledged. `text` may be NULL. */
void world_append(struct world *w, struct told_session *s, enum event_kind kind, int64_t time_ms, uint32_t target,
                  const char *text);

/* Several appends to any sessions in one job, so in one transaction: `count` events, event i to session i. */
void world_append_together(struct world *w, struct told_session **sessions, const struct told_event *events,
                           size_t count);

/* Random sessions, messages, edits, deletes, closes: `count` operations. */
void world_play(struct world *w, int count);

/* The model's answers. */
struct str told_current_text(const struct told_session *s, uint32_t index); /* STR_NULL: no message, or deleted */
int64_t told_first_message(const struct told_session *s);                   /* NO_TIME = none */
int64_t told_last_message(const struct told_session *s);
/* The newest message that is not deleted, by time, then index, before the one at `behind` (0 = of all); 0 = none. */
uint32_t told_shown_before(const struct told_session *s, uint32_t behind);
/* Its time, else the start. */
int64_t told_lm(const struct told_session *s);
bool told_is_closed(const struct told_session *s);

/* Everything the store says equals what it was told; store_check finds nothing. */
void world_verify(struct world *w);

/* Only store_check. */
void world_check(struct world *w);
