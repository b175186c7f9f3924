/* One call of the Genesys dialect: what the body says, read once, and where the answer comes from. */
#pragma once

#include "base/arena.h"
#include "base/reason.h"

#include <stdint.h>

enum operation {
    OPERATION_REQUEST_CHAT,
    OPERATION_SEND_MESSAGE,
    OPERATION_START_TYPING,
    OPERATION_STOP_TYPING,
    OPERATION_SEND_URL,
    OPERATION_UPDATE_USER_DATA,
    OPERATION_COMPLETE,
    OPERATION_GET_MESSAGES,
    OPERATION_UNKNOWN, /* before the body was understood */
};

struct call {
    enum operation operation;

    /* The credentials, as sent (STR_NULL = not sent). */
    struct str user_id, secure_key, alias, tenant;

    /* What the operation needs. */
    struct str text, message_type;
    struct str nickname, email, subject, endpoint;
    struct str user_data; /* JSON object */
    bool has_position;    /* transcriptPosition was named: an operation then answers messages, too */
    uint32_t position;    /* 0 = none, else from there on; past LIMIT_EVENTS_PER_SESSION is just past the end */
    int64_t wait_ms;
    uint32_t before; /* 0 = not asked */
    uint32_t limit;  /* 0 = all; set whenever `before` is */
};

enum call_route { CALL_CREATE, CALL_OPERATE, CALL_MESSAGES };

/* Reads a body for a route. All strings are copied to the arena. `lenient` as in the settings. Also on failure the
 * credentials that could be read are filled in, for the answer echoes them.
 * Reasons: BODY_MALFORMED, BODY_NOT_UTF8, TEXT_INVALID (not a JSON object at all: HTTP 400); FIELD_MISSING, FIELD_TYPE,
 * FIELD_VALUE, FIELD_TOO_LONG, TEXT_EMPTY, TEXT_TOO_LONG naming the parameter. */
bool call_read(struct str body, enum call_route route, bool lenient, struct call *call, struct arena *a,
               GError **error);
