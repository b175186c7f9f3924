/* Genesys UCS transcripts (doc/imports.md 2): ucs_read.c finds them in files and rows, ucs_cut.h cuts them out,
 * ucs_parse.c reads one by libxml2, ucs_event.c makes an event of each element, genesys_ucs.c the conversation.
 *
 * What the log has no place of its own for is kept in the events' data as `genesys`, and is written back from there
 * (port/export/genesys_ucs.c):
 *
 *     the element's attributes, but timeShift     "eventId":"18","userId":"00AB"; visibility unless ALL
 *     its children's attributes                   "userInfo":{"personId":"","userNick":"Lea"}
 *     a reason's text                             "reason":{"code":"3","text":"left"}
 *     text behind the message's own               "rest":"..."
 *     eventAttributes                             as user data
 *     the name of an element that is not known    "element":"idle"
 *
 * `userData` and a message's `msgType` (messageType) stand in the data as live chats of the dialect have them. A list
 * of user data is an object; a key that comes again holds an array. */
#pragma once

#include "port/format/build.h"

/* Elements inside each other; items begin at the fifth. */
enum { UCS_DEPTH = 32 };

/* ---- what an element was ---- */

struct ucs_attribute {
    struct str name, value; /* the value without blanks around it */
    struct ucs_attribute *next;
};

/* An `item` of user data: a text, or a list. */
struct ucs_item {
    struct str key, text;
    bool is_list;
    struct ucs_item *first, *last, *next;
};

enum ucs_child { UCS_USER_INFO, UCS_MESSAGE_TEXT, UCS_NOTICE_TEXT, UCS_REASON, UCS_CHILD_COUNT };
extern const char *const ucs_child_names[UCS_CHILD_COUNT];

/* An event of the transcript: newParty, message, notice, partyLeft, or another. */
struct ucs_element {
    struct str name;
    struct ucs_attribute *attributes;
    struct ucs_attribute *children[UCS_CHILD_COUNT]; /* their attributes */
    bool has_child[UCS_CHILD_COUNT];
    struct str text; /* of the one child that has text */
    struct str rest; /* what else stands in the element, without blanks around it */
    struct ucs_item user_data, event_attributes;
    bool has_user_data, has_event_attributes;
};

/* The value of that attribute; STR_NULL when there is none. */
struct str ucs_attribute(const struct ucs_attribute *first, const char *name);

/* ---- ucs_read.c ---- */

/* What a record's body is: a transcript as ucs_cut_feed gave it, or a row as a JSON object. */
enum { UCS_XML = 'x', UCS_ROW = 'r' };

/* As struct format has them. */
bool ucs_recognises(struct str head, const char *name);
bool ucs_read(struct conversion *c, struct input *input, GError **error);

/* ---- ucs_mend.c ---- */

/* Has XML such a character? */
bool ucs_is_character(int64_t c);

/* Some programs write a character beyond U+FFFF as two references, and control characters as one, which no XML is: the
 * pair becomes one reference, what is no character U+FFFD. Appends to `out`, not more than twice the text. O(length).
 */
void ucs_mend(struct str text, struct buf *out);

/* ---- ucs_data.c ---- */

/* The first item of that key; NULL when there is none, or no list. */
const struct ucs_item *ucs_item(const struct ucs_item *list, const char *key);
/* Its text; STR_NULL where there is none. */
struct str ucs_item_text(const struct ucs_item *list, const char *key);
/* A list as an object. */
void ucs_list_write(struct json *w, const struct ucs_item *list);

/* May an attribute be called so? Only such are kept, for only such can be written back: ASCII, and nothing of XML's
 * own. */
bool ucs_is_name(struct str name);

/* An event's data, in the build's arena; without the user data, counted as lost, where they are more than an event may
 * hold. `is_known`: the element is one of the four. STR_NULL with FIELD_TOO_LONG. */
struct str ucs_data(struct build *b, const struct ucs_element *element, bool is_known, bool rejoins, GError **error);

/* ---- ucs_event.c ---- */

/* A transcript becoming events. */
struct ucs_events {
    struct build *build;
    int64_t start_ms;    /* NO_TIME until the root was read */
    GHashTable *parties; /* char *, the userId -> the participant's id */
    struct str agent_id; /* userId of the last agent or supervisor; STR_NULL = none came */
    bool anybody;        /* somebody other than a bot has joined */
    bool present[LIMIT_PARTICIPANTS + 1];
    uint32_t closing; /* who began the leaves that nothing came after; 0 = none */
    int64_t last_ms;
    size_t bytes; /* of all events as a line, about */
};

void ucs_events_init(struct ucs_events *events, struct build *b);
void ucs_events_clear(struct ucs_events *events);

/* `element` lives for the call. The first client is the head's visitor, under its personId or else its e-mail address,
 * and its user data are the head's. FIELD_MISSING, FIELD_VALUE: an attribute without which it is no event;
 * FIELD_TOO_LONG; LINE_INVALID: all together are more than LIMIT_IMPORT_LINE. */
bool ucs_event_add(struct ucs_events *events, const struct ucs_element *element, GError **error);

/* Behind the last: what an agent noted of the conversation (STR_NULL = nothing), if it is over, and the close. `closed`
 * is "true" or "false"; STR_NULL = it is when everybody but bots has left. */
bool ucs_events_end(struct ucs_events *events, struct str closed, struct str comment, GError **error);

/* ---- ucs_parse.c ---- */

/* Reads a transcript as ucs_cut_feed gives it into `events`, and the attributes of the `interaction` around it (NULL =
 * none) and of its root, in the build's arena. LINE_INVALID, FIELD_MISSING, FIELD_VALUE, TIME_INVALID with the line in
 * the text: it is no XML, or no transcript. No document type, no entities but XML's own, no network; at most 32 levels,
 * 64 KiB in a value, 16 Ki items an event. O(length). */
bool ucs_parse(struct str text, struct ucs_events *events, struct ucs_attribute **interaction,
               struct ucs_attribute **root, GError **error);
