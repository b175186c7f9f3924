/* A visitor as they stand: the projection of the events that speak of them.
 *
 * A visitor's row is folded from the heads and USER_DATA events of all their sessions in the order in which these were
 * stored (the order of the change numbers): the latest name, e-mail and phone win, the first token and username stay.
 */
#pragma once

#include "model/session.h"

enum visitor_state { VISITOR_KNOWN, VISITOR_ERASING, VISITOR_ERASED };

struct visitor {
    int64_t company;
    int64_t number;      /* unique in the database */
    struct str id;       /* unique in the company; an erased visitor's is replaced by "erased-<number>" */
    struct str token;    /* Rocket.Chat visitor token, made once; STR_NULL once erased */
    struct str username; /* "guest-N"; STR_NULL once erased */
    struct str name, email, phone;
    int64_t sessions;   /* how many: Rocket.Chat's `total` */
    int64_t created_ms; /* start of the first stored session */
    enum visitor_state state;
};

/* Folds the head of one more session in: what visitor_apply does with an OPENED event, for who has the head at hand.
 * Slices point into `h`. Pure. */
void visitor_open(struct visitor *v, int64_t start_ms, const struct head *h);

/* Folds an OPENED or USER_DATA event in; any other kind changes nothing. For OPENED `sessions` grows by one.
 * USER_DATA's data may hold {"visitor":{"name","email","phone"}}. Slices point into e and the arena. Pure. */
void visitor_apply(struct visitor *v, const struct event *e, struct arena *a);

/* All members equal; `difference` as in session_equal. */
bool visitor_equal(const struct visitor *a, const struct visitor *b, const char **difference);
