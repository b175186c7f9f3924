/* What a team keeps beside its sessions: who is there, and answers that are written once. Plain rows outside the log.
 */
#pragma once

#include "base/arena.h"

#include <stdint.h>

/* What an operator says of themselves. As stored; never renumber. */
enum availability { AVAILABILITY_OFFLINE, AVAILABILITY_ONLINE, AVAILABILITY_AWAY };

/* All words with blanks between, in that order. */
#define AVAILABILITY_WORDS "offline online away"

struct operator_status {
    int64_t company;
    struct str operator_id;
    enum availability availability;
    int64_t since_ms; /* NO_TIME = they never said: offline */
};

/* A text that operators send by its shortcut. */
struct canned_answer {
    int64_t company;
    struct str id;         /* unique in the company */
    struct str department; /* id; empty = for the whole company */
    struct str shortcut;   /* unique in its department, and for the whole company */
    struct str text;
    int64_t changed_ms;
};
