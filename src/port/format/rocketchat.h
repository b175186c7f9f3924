/* What the files of the format rocketchat share: one conversation under way (doc/imports.md 1).
 *
 *     rocketchat.c          which collection a document is of, and what of it waits in the scratch file
 *     rocketchat_account.c  users and departments
 *     rocketchat_room.c     a room with its messages becomes a conversation
 *     rocketchat_message.c  what one message becomes
 *     rocketchat_follow.c   a room that is known here already, and what a later dump has more */
#pragma once

#include "port/format/build.h"
#include "text/json_read.h"

/* Letters of records and references. */
enum rocketchat_kind {
    ROCKETCHAT_ROOM = 'r',
    ROCKETCHAT_OTHER_ROOM = 'o', /* no live chat: its messages are passed over */
    ROCKETCHAT_MESSAGE = 'm',
    ROCKETCHAT_INQUIRY = 'i',
    ROCKETCHAT_UPLOAD = 'u',
    /* Referred to. */
    ROCKETCHAT_VISITOR = 'v',
    ROCKETCHAT_USER = 'a',
    ROCKETCHAT_DEPARTMENT = 'd',
    ROCKETCHAT_BYTES = 'b', /* of an upload, in GridFS */
};

/* One conversation under way. */
struct rocketchat_room {
    struct build build;
    const struct json_node *room, *visitor; /* their documents; the visitor's may be missing */
    const struct record *records;
    size_t count;
    GHashTable *indices; /* of messages: `_id` as char * -> index */
    GHashTable *left;    /* participants that left, by id */
    GHashTable *uploads; /* struct str *, their `_id` -> const struct json_node *; NULL until a file is looked for */
};

/* A time member of a document; NO_TIME where there is none. */
int64_t rocketchat_time(const struct json_node *document, const char *member);

/* ---- messages ---- */

/* Something that happens at a time, made of a message document or of the room's. */
struct rocketchat_step {
    int64_t at_ms;
    struct str id;      /* the message's `_id` */
    unsigned char turn; /* of what one message makes, in this order */
    enum { STEP_MESSAGE, STEP_EDIT, STEP_DELETE, STEP_CLOSE } what;
    const struct record *record;     /* NULL: the room itself */
    const struct json_node *message; /* NULL: too many to keep them, read again */
};

/* The steps of a message's document, at most two, behind `steps`. */
void rocketchat_message_steps(const struct json_node *message, const struct record *record, GArray *steps);
/* Adds the events of a step to the conversation. `message` is the record's document, in an arena that ends with this
 * call. */
bool rocketchat_message_add(struct rocketchat_room *room, const struct rocketchat_step *step,
                            const struct json_node *message, GError **error);
/* Who stands in `u` of a document. */
uint32_t rocketchat_person(struct rocketchat_room *room, const struct json_node *user, struct str alias);
/* Closes it as the room says; `message` is the close's document or NULL. */
void rocketchat_close(struct rocketchat_room *room, int64_t at_ms, const struct json_node *message);

/* ---- the format's functions ---- */

bool rocketchat_begin(struct conversion *c, GError **error);
bool rocketchat_convert(struct conversion *c, const struct record *records, size_t count, struct line *line,
                        struct arena *a, GError **error);
bool rocketchat_follow(const struct format_known *known, struct line *line, struct arena *a, GError **error);
