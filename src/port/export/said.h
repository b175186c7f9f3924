/* What people read of a conversation, for the formats that tell one: which events they are shown, and in which words.
 */
#pragma once

#include "port/export/format.h"

enum said_how {
    SAID_NOTHING, /* not for readers, or shown at another event: typing, receipts, edits */
    SAID_MESSAGE, /* `words` is its text as it stands now, with markup */
    SAID_ACTION,  /* `who` and `words` are a sentence: "Otto" "joined" */
};

struct said {
    enum said_how how;
    struct str who, words;
    struct str address; /* of what was sent; STR_NULL = none */
    bool is_visitor;
    bool is_internal, is_edited, is_deleted;
};

/* Texts live in the event, the session and x->scratch. */
struct said said_of(const struct export_writer *x, const struct export_session *s, const struct event *e);

/* Something that is known about a session, beside whom it was with. */
struct said_fact {
    const char *label;
    struct str value;
};

enum { SAID_FACTS = 11 };

/* Those that are known, in order; their number. In x->scratch. */
size_t said_facts(const struct export_writer *x, const struct export_session *s, struct said_fact facts[SAID_FACTS]);

/* Who the conversation was with: the visitor's name, else the id. */
struct str said_title(const struct export_session *s);

/* "2021-07-22 13:17:04 -04:00", in x->scratch. */
struct str said_time(const struct export_writer *x, int64_t ms);
