/* Answers of the Genesys dialect: one shape for every call, with the member order of each operation's own page and our
 * additions behind it (doc/dialects/genesys.md 0.4). */
#pragma once

#include "base/buf.h"
#include "model/session.h"
#include "text/json_write.h"
#include "wire/genesys/call.h"

/* What every answer carries. */
struct answer {
    enum operation operation;
    struct str chat_id;                     /* as in the path, or "" */
    struct str user_id, secure_key, tenant; /* echoed */
    struct str alias;                       /* the server's current one */
    bool chat_ended;
    uint32_t next_position; /* 0 = there is no chat */
};

/* Does this dialect have a name for the event? (doc/events.md) */
bool answer_shows(const struct event *e);

/* One entry of `messages`. */
void answer_message(struct json *w, const struct event *e, const struct session_view *view);

/* The answer up to and into its `messages` array, and from its end on: what lies between are answer_message's. For
 * operations without messages use answer_plain. */
void answer_begin(struct json *w, const struct answer *answer);
void answer_end(struct json *w, const struct answer *answer);

/* A whole answer of an operation that has no messages, statusCode 0. */
void answer_plain(struct json *w, const struct answer *answer);

/* A whole error answer; gives the HTTP status that goes with it. The one place where this dialect turns reasons into
 * wire codes. */
unsigned answer_error(struct json *w, const struct answer *answer, const GError *error);
