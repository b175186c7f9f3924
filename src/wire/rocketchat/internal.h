/* What the files of this dialect share. */
#pragma once

#include "core/access.h"
#include "core/history.h"
#include "core/limiter.h"
#include "text/json_write.h"
#include "text/query.h"
#include "wire/outcome/kept.h"
#include "wire/outcome/page.h"
#include "wire/rocketchat/order.h"
#include "wire/rocketchat/rocketchat.h"

struct rocketchat {
    struct core *core;
    struct limiter *limiter; /* NULL = off */
    char *instance_id;       /* X-Instance-ID, new at every start */
    char *cors_origin;
    const struct markup_options *markup;
};

/* Permissions of this dialect that the routes here ask for (spec 1.1, 1.3). */
enum permission {
    PERMISSION_NONE,        /* logged in is enough */
    PERMISSION_VIEW_L_ROOM, /* view-l-room */
};

/* One authenticated request, past the rate limiter. */
struct call {
    const struct rocketchat *rocketchat;
    struct caller caller;
    struct query query;
    struct kept_draft *draft; /* what the answer shows is noted here, so that it can be kept */
};

bool permission_held(const struct caller *caller, enum permission permission);

/* ---- answers ---- */

/* Replies with the dialect's headers and ends the request. */
void rocketchat_reply(struct http_request *request, unsigned status, const struct buf *body);
/* Begins the answer of a page of history: true when a kept one was given and the request is over. */
bool rocketchat_reply_kept(struct http_request *request, struct call *call);
/* page_reply with this dialect's headers and refusals, kept as the call's draft says. */
void rocketchat_reply_page(struct http_request *request, const struct call *call, struct page *page);

/* Answers with this dialect's status and body for the reason (spec 1.4): the one place where reasons become its words.
 */
void rocketchat_refuse(struct http_request *request, const GError *error);

/* {"success":false,"error":TEXT} with 400: what upstream throws as a plain Error. */
void rocketchat_refuse_plain(struct http_request *request, struct str text);

/* {"success":false,"error":"TEXT [CODE]","errorType":CODE} with 400. */
void rocketchat_refuse_typed(struct http_request *request, struct str text, struct str code);

/* {"status":"error","error":ERROR_JSON,"message":MESSAGE} with 401: a login that failed. */
void rocketchat_refuse_login(struct http_request *request, const char *error_json, const char *message);

/* "Invalid sort parameter provided" with the raw value (spec 1.4). */
void rocketchat_refuse_sort(struct http_request *request, struct str raw);

/* ---- what a query holds, to the original's validators ---- */

/* Reads the required string `name` and refuses every other query member. False when it has answered the request. */
bool param_read_only(struct http_request *request, const struct query *query, struct str name, struct str *value);

struct paging {
    int64_t offset;
    int64_t count;   /* 0 = all */
    struct str sort; /* raw; STR_NULL = default */
};

/* Reads offset, count and sort (spec 1.2) and refuses every query member that is neither of these nor in `others`
 * (strings). False when it has answered the request. */
bool paging_read(struct http_request *request, const struct query *query, const char *const *others, size_t other_count,
                 struct paging *paging);

/* ---- documents ---- */

/* What a room shows that its fold does not hold: documents recorded by the original, while they speak, and its source.
 */
struct room_head {
    const struct json_node *room, *last_message, *source; /* NULL = computed */
};
bool room_head_read(struct store_txn *txn, const struct session *room, struct arena *a, struct room_head *head,
                    GError **error);

/* A room document (spec 2). */
void room_write(struct json *w, const struct history_item *room, const struct room_head *head,
                const struct markup_options *markup, struct arena *scratch);
/* What a sort path names in it. */
struct sort_value room_value(const struct history_item *room, const struct room_head *head, struct str path,
                             struct arena *scratch);

/* What a message document shows (spec 5.1): a message, a file or a close. */
struct message {
    const struct session *room;
    const struct visitor *visitor;
    const struct participant *author, *editor; /* NULL or id 0: nobody who takes part */
    const struct event *event;
    bool in_room;                        /* as a room's lastMessage, with the members old servers kept there */
    const struct markup_options *markup; /* how the text is read; NULL where only members are asked for */
};
/* Its `msg`: a close's is its comment, a file has none. In the arena or borrowed. */
struct str message_text(const struct event *e, struct arena *a);
void message_write(struct json *w, const struct message *message, struct arena *scratch);
/* The document that the original recorded of a message (recorded.c); NULL where there is none. */
struct recorded_message {
    const struct json_node *document; /* without _id, rid and ts; without msg where it is the event's text */
    bool edited_here;                 /* since then */
};
struct recorded_message recorded_message_of(const struct event *e, struct arena *a);
/* Does it say what this member is, or that there is none? O(members). */
bool recorded_message_speaks(const struct recorded_message *recorded, struct str name);
/* The members that it speaks of, into an open object. */
void recorded_message_write(struct json *w, const struct recorded_message *recorded);

/* A room's lastMessage. */
struct message message_of_room(const struct history_item *room, const struct markup_options *markup);

/* The members of a message whose event is a file. */
void file_add(struct json *w, const struct message *message, struct arena *scratch);

/* What a sort path names in a message, and below its `file.`. */
struct sort_value message_value(const struct message *message, struct str path, struct arena *scratch);
struct sort_value file_value(const struct message *message, struct str path, struct arena *scratch);

/* A visitor's `status`: there while their room is open. */
struct str visitor_status(const struct session *room);

/* An operator's id and user name as documents show them: one without an account here has but one of its names. STR_NULL
 * for nobody. */
struct str operator_shown_id(const struct operator_ref *o);
struct str operator_shown_username(const struct operator_ref *o);

/* ---- routes ---- */

void rocketchat_chat_history(struct http_request *request, const struct call *call);
void rocketchat_messages(struct http_request *request, const struct call *call);
void rocketchat_visitor_info(struct http_request *request, const struct call *call);
void rocketchat_me(struct http_request *request, const struct call *call);
void rocketchat_logout(struct http_request *request, const struct call *call);

/* These two need no login; info tells more to who has one. */
void rocketchat_login(struct http_request *request);
void rocketchat_info(struct http_request *request, bool logged_in);
