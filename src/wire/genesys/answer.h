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
    bool chat_ended;                        /* the chat's real state; false to who has not its key */
    uint32_t next_position; /* just behind what `messages` told: never without them, for clients keep the last one they
                               saw and would skip what they never saw */
};

/* Is there something of the event that this dialect tells? (doc/events.md) Not of a kind without a name here, and not
 * of a message without text, such as a deleted one: it would stop the 2014 widget for good. */
bool answer_shows(const struct event *e);

/* One entry of `messages`. */
void answer_message(struct json *w, const struct event *e, const struct session_view *view);

/* An answer with messages, statusCode 0: up to and into its `messages` array, and from its end on. What lies between
 * are answer_message's; next_position is read at the end. */
void answer_begin(struct json *w, const struct answer *answer);
void answer_end(struct json *w, const struct answer *answer);

/* A whole answer without messages, statusCode 0. */
void answer_plain(struct json *w, const struct answer *answer);

/* A whole error answer; gives the HTTP status that goes with it. `parameter` is the member of the request that is at
 * fault, STR_NULL = none. The one place where this dialect turns reasons into wire codes. */
unsigned answer_error(struct json *w, const struct answer *answer, const GError *error, struct str parameter);
