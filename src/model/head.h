/* A session's head: event 0, "opened".
 *
 * Everything known when a session began and computed before the append: dialect, visitor, operator, department with
 * its ancestors, button, page, first participants, recorded documents of the dialect it came from. It is stored as the
 * head event's data (compact JSON) and never changes; what changes later is an event of its own. */
#pragma once

#include "base/arena.h"
#include "base/reason.h"
#include "text/json_read.h"

#include <stdint.h>

/* Stored as their place in this list. */
#define DIALECTS(X) \
    X(PARLEY, "parley") \
    X(ROCKETCHAT, "rocketchat") \
    X(AGENDIZE, "agendize") \
    X(GENESYS, "genesys")

enum dialect {
#define X(name, word) DIALECT_##name,
    DIALECTS(X)
#undef X
        DIALECT_COUNT
};

/* All words with blanks between. */
#define DIALECT_WORD(name, word) " " word
#define DIALECT_WORDS (&(DIALECTS(DIALECT_WORD))[1])

struct str dialect_name(enum dialect dialect);
bool dialect_from_name(struct str name, enum dialect *dialect);
/* Its clients keep their chat alive by asking: those that fall silent have left. */
bool dialect_watches_clients(enum dialect dialect);

enum participant_type { PARTICIPANT_CLIENT, PARTICIPANT_AGENT, PARTICIPANT_SUPERVISOR, PARTICIPANT_EXTERNAL };

/* "Client", "Agent", "Supervisor", "External" (doc/dialects/genesys.md 1.6). */
struct str participant_type_name(enum participant_type type);
bool participant_type_from_name(struct str name, enum participant_type *type);

/* Who an operator is, as recorded in an event: the account may be gone or never have existed here. */
struct operator_ref {
    struct str id, username, name; /* all STR_NULL = nobody */
};

static inline bool operator_ref_is_nobody(const struct operator_ref *o)
{
    return str_is_empty(o->id) && str_is_empty(o->username) && str_is_empty(o->name);
}

bool operator_ref_equal(const struct operator_ref *a, const struct operator_ref *b);

/* Is it the operator with this id and username? The id decides where it has one. */
bool operator_ref_names(const struct operator_ref *o, struct str id, struct str username);

/* The JSON object {"id","username","name"} of events' data (doc/events.md), what is not known left out. */
void operator_ref_write(struct json *w, const struct operator_ref *o);

/* The reverse, for any JSON: what is no such object, and members that are no strings, read as not known. */
struct operator_ref operator_ref_read(const struct json_node *object, struct arena *a);

struct participant {
    uint32_t id; /* 1..LIMIT_PARTICIPANTS, unique in its session; 0 is the system */
    enum participant_type type;
    struct str name;                  /* the nickname as it stands now */
    struct operator_ref operator_ref; /* agents and supervisors; else nobody */
    bool joined;                      /* has joined at least once; false for those that only the head names */
    bool present;                     /* joined and not left */
    bool internal;                    /* known by internal events only: for who may see those */
};

/* Who works under this participant: the operator, else one that has but the participant's name. */
struct operator_ref participant_operator(const struct participant *p);

struct head {
    enum dialect dialect;
    struct str time_zone; /* STR_NULL = the company's */
    struct {
        struct str id;                 /* required */
        struct str token, username;    /* made at the first session when not given */
        struct str name, email, phone; /* latest wins on the visitor row */
        struct str ip, user_agent, country, city, operating_system, browser; /* this session's */
    } visitor;
    struct operator_ref served_by;
    struct {
        struct str id, name;
        struct str ancestors; /* JSON array of ids, copied when the session entered it */
    } department;
    struct {
        struct str id, name;
    } button;
    struct str start_page;
    struct str subject;
    struct str user_data;             /* JSON object, Genesys userData given on creation */
    struct str source;                /* JSON object, Rocket.Chat `source`; STR_NULL = {"type":"api","alias":dialect} */
    struct participant *participants; /* those known at the start; no `joined`, `present` */
    size_t participant_count;
    struct str recorded;     /* JSON object {"rocketchat":{"room":{...},"lastMessage":{...}}}; STR_NULL = none */
    uint32_t recorded_up_to; /* the last index those documents speak of */
};

/* The head event's data, in the arena: compact JSON, members in a fixed order, what is not known left out. */
struct str head_write(const struct head *h, struct arena *a);

/* The reverse; slices point into the arena. FALSE with REASON_DATABASE_CORRUPT when `data` is not a head's.
 * O(length). */
bool head_read(struct str data, struct head *h, struct arena *a, GError **error);

/* The JSON object {"type","name","operator"} by which a participant's first event introduces it (doc/events.md), its
 * `id` left out. */
void participant_write(struct json *w, const struct participant *p);

/* The reverse, with `id` as given: false when `object` is no object with a known type. */
bool participant_read(const struct json_node *object, uint32_t id, struct participant *p, struct arena *a);

/* The head's visitor as a JSON object, the same in the head and in a line. */
void head_visitor_write(struct json *w, const struct head *h);

/* A JSON tree as compact text in the arena; STR_NULL for NULL. */
struct str model_json_text(const struct json_node *tree, struct arena *a);

/* Checks and writes JSON that somebody gave us to keep (an event's data, userData, source, recorded documents): at most
 * LIMIT_EVENT_DATA bytes, and not nested so deep that a line or a head around it could not be read back.
 * Reasons FIELD_TOO_LONG, FIELD_VALUE naming `field`. NULL gives STR_NULL. O(size). */
bool model_json_keep(const struct json_node *tree, const char *field, struct str *text, struct arena *a,
                     GError **error);
