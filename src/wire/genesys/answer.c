#include "wire/genesys/answer.h"

#include "text/json_read.h"
#include "wire/genesys/kinds.h"

bool answer_shows(const struct event *e)
{
    const struct genesys_kind *kind = &genesys_kinds[e->kind];
    return kind->type && !event_is_internal(e) && (!kind->needs_text || event_current_text(e).len > 0);
}

/* Who appends a second join marks it so, for a page of the log cannot know (doc/events.md). */
static bool is_rejoin(const struct event *e, const struct json_node *data)
{
    const struct json_node *rejoined = json_get(data, "rejoined");
    return e->kind == EVENT_JOINED && json_is(rejoined, JSON_BOOL) && rejoined->truth;
}

/* A file's name and where it is. */
static struct str file_text(const struct event *e, const struct json_node *data, struct arena *scratch)
{
    struct str url = json_str(json_get(data, "url"));
    if (!url.len || !e->text.len)
        return url.len ? url : e->text;
    return arena_printf(scratch, "%.*s %.*s", STR_ARG(e->text), STR_ARG(url));
}

/* What an event's data holds for this dialect: the sender's messageType and userData. */
static void add_data(struct json *w, const struct json_node *data)
{
    const struct json_node *type = json_get(data, "messageType");
    const struct json_node *user_data = json_get(data, "userData");
    if (json_is(type, JSON_STRING))
        json_member_string(w, "messageType", json_str(type));
    if (json_is(user_data, JSON_OBJECT)) {
        json_key_literal(w, "userData");
        json_add_tree(w, user_data);
    }
}

void answer_message(struct json *w, const struct event *e, const struct session_view *view)
{
    static const struct participant system = {.type = PARTICIPANT_EXTERNAL, .name = {"system", 6}};
    const struct participant *from = session_participant(view, e->participant);
    if (!from)
        from = &system;
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *data = e->data.ptr ? json_read(e->data, JSON_STORED, &scratch, NULL) : NULL;
    struct str text = e->kind == EVENT_FILE ? file_text(e, data, &scratch) : event_current_text(e);
    json_object_begin(w);
    json_member_object_begin(w, "from");
    json_member_string(w, "nickname", from->name);
    json_member_int(w, "participantId", e->participant);
    json_member_string(w, "type", participant_type_name(from->type));
    json_object_end(w);
    json_member_int(w, "index", e->index);
    if (text.ptr)
        json_member_string(w, "text", text);
    json_member_string(w, "type",
                       is_rejoin(e, data) ? STR("ParticipantRejoined") : str_from_c(genesys_kinds[e->kind].type));
    json_member_int(w, "utcTime", e->time_ms);
    if (e->kind != EVENT_JOINED)
        add_data(w, data);
    json_object_end(w);
    arena_clear(&scratch);
}

static void add_credentials(struct json *w, const struct answer *answer)
{
    json_member_string(w, "alias", answer->alias);
    json_member_string(w, "secureKey", answer->secure_key);
    json_member_string(w, "userId", answer->user_id);
    json_member_string(w, "tenantName", answer->tenant);
}

/* The address of the chat, without the web application's prefix, as the original. */
static void add_path(struct json *w, struct str chat_id)
{
    struct buf path;
    buf_init(&path, 64 + LIMIT_ID);
    buf_add_literal(&path, "/api/v2/chats/");
    buf_add(&path, chat_id);
    json_member_string(w, "path", buf_str(&path));
    buf_clear(&path);
}

static void add_state(struct json *w, const struct answer *answer)
{
    json_member_string(w, "chatId", answer->chat_id);
    json_member_bool(w, "chatEnded", answer->chat_ended);
}

void answer_begin(struct json *w, const struct answer *answer)
{
    json_object_begin(w);
    switch (answer->operation) {
    case OPERATION_REQUEST_CHAT:
        json_member_string(w, "chatId", answer->chat_id);
        add_path(w, answer->chat_id);
        json_member_string(w, "userId", answer->user_id);
        json_member_string(w, "secureKey", answer->secure_key);
        json_member_string(w, "alias", answer->alias);
        json_member_string(w, "tenantName", answer->tenant);
        break;
    case OPERATION_GET_MESSAGES:
        json_member_int(w, "statusCode", 0);
        break;
    default:
        json_member_int(w, "statusCode", 0);
        add_credentials(w, answer);
        add_state(w, answer);
        break;
    }
    json_member_array_begin(w, "messages");
}

void answer_end(struct json *w, const struct answer *answer)
{
    json_array_end(w);
    if (answer->operation == OPERATION_REQUEST_CHAT) {
        json_member_int(w, "statusCode", 0);
        json_member_bool(w, "chatEnded", answer->chat_ended);
    } else if (answer->operation == OPERATION_GET_MESSAGES) {
        add_credentials(w, answer);
        json_member_bool(w, "chatEnded", answer->chat_ended);
        json_member_string(w, "chatId", answer->chat_id);
    }
    json_member_int(w, "nextPosition", answer->next_position);
    json_object_end(w);
}

void answer_plain(struct json *w, const struct answer *answer)
{
    json_object_begin(w);
    json_member_int(w, "statusCode", 0);
    add_credentials(w, answer);
    add_state(w, answer);
    json_object_end(w);
}

/* What a polling client may meet travels with HTTP 200 (doc/dialects/genesys.md 0.5); codes are those that Genesys
 * Widgets translates for users (1.5). statusCode 1 = try again, 2 = final. */
struct wire_error {
    unsigned http;
    int status_code;
    int code;
    const char *message;
    const char *advice;
};

static struct wire_error wire_error_of(const struct answer *answer, enum reason reason, struct str parameter)
{
    if (answer->operation == OPERATION_REQUEST_CHAT && str_equal(parameter, STR("nickname")) &&
        reason == REASON_FIELD_MISSING)
        return (struct wire_error){200, 2, 161, "MISSED_PARAMETER", "send a nickname, or firstName and lastName"};
    if (str_equal(parameter, STR("emailAddress")) && reason == REASON_FIELD_VALUE)
        return (struct wire_error){200, 2, 364, "BAD_EMAIL", "send an address such as name@example.com"};
    switch (reason) {
    case REASON_KEY_WRONG:
    case REASON_SESSION_UNKNOWN:
    case REASON_SESSION_ERASED: /* one answer for all, so that nothing can be learnt by guessing */
        return (struct wire_error){200, 2, 404, "SESSION_NOT_FOUND",
                                   "check chatId, userId and secureKey, or start a new chat"};
    case REASON_COMPANY_UNKNOWN:
        return (struct wire_error){200, 2, 401, "UNKNOWN_TENANT", "check tenantName"};
    case REASON_SAMPLE_CREDENTIAL_REFUSED:
        return (struct wire_error){200, 2, 401, "UNKNOWN_TENANT", "use a company of your own"};
    case REASON_SESSION_CLOSED:
        return (struct wire_error){200, 2, 404, "CHAT_ENDED", "start a new chat"};
    case REASON_SESSION_FULL:
        return (struct wire_error){200, 2, 404, "CHAT_FULL", "start a new chat"};
    case REASON_RATE_LIMITED:
        return (struct wire_error){200, 1, 503, "TOO_MANY_REQUESTS", "wait a moment and try again"};
    case REASON_ATTEMPTS_LIMITED:
        return (struct wire_error){200, 1, 401, "TOO_MANY_ATTEMPTS", "wait a minute and try again"};
    case REASON_ROUTE_UNKNOWN:
        return (struct wire_error){404, 2, 404, "NOT_FOUND",
                                   "use /api/v2/chats/{chatId} or /api/v2/chats/{chatId}/messages"};
    case REASON_METHOD_UNKNOWN:
        return (struct wire_error){405, 2, 405, "METHOD_NOT_ALLOWED", "use POST"};
    case REASON_MEDIA_TYPE_UNKNOWN:
        return (struct wire_error){415, 2, 415, "UNSUPPORTED_MEDIA_TYPE", "send Content-Type: application/json"};
    case REASON_BODY_TOO_LARGE:
        return (struct wire_error){413, 2, 204, "MESSAGE_TOO_LONG", "send a shorter body"};
    case REASON_BODY_TIMEOUT:
        return (struct wire_error){408, 2, 408, "REQUEST_TIMEOUT", "send the whole body at once"};
    case REASON_BODY_MALFORMED:
    case REASON_BODY_NOT_UTF8:
    case REASON_TEXT_INVALID:
        return (struct wire_error){400, 2, 400, "MALFORMED_JSON",
                                   "send one JSON object in UTF-8 (mind a comma before a closing brace)"};
    case REASON_FIELD_MISSING:
        return (struct wire_error){400, 2, 400, "MISSED_PARAMETER", "add the parameter"};
    case REASON_TEXT_TOO_LONG:
        return (struct wire_error){200, 2, 204, "MESSAGE_TOO_LONG", "send it in pieces"};
    default:
        break;
    }
    switch (reason_class(reason)) {
    case CLASS_INVALID:
    case CLASS_TOO_LARGE:
        return (struct wire_error){400, 2, 400, "INVALID_PARAMETER", "check the parameter"};
    case CLASS_BUSY:
    case CLASS_LIMIT:
    case CLASS_UNAVAILABLE:
        return (struct wire_error){200, 1, 503, "BUSY", "try again"};
    default:
        return (struct wire_error){200, 1, 500, "INTERNAL_ERROR", "try again"};
    }
}

unsigned answer_error(struct json *w, const struct answer *answer, const GError *error, struct str parameter)
{
    struct wire_error wire = wire_error_of(answer, reason_of(error), parameter);
    json_object_begin(w);
    json_member_int(w, "statusCode", wire.status_code);
    json_member_array_begin(w, "errors");
    json_object_begin(w);
    json_member_int(w, "code", wire.code);
    struct buf message;
    buf_init(&message, 1024 + LIMIT_NAME);
    buf_add(&message, str_from_c(wire.message));
    if (parameter.len) {
        buf_add_literal(&message, ": ");
        buf_add(&message, parameter);
    }
    json_member_string(w, "message", buf_str(&message));
    buf_clear(&message);
    json_member_string(w, "advice", str_from_c(wire.advice));
    json_object_end(w);
    json_array_end(w);
    add_credentials(w, answer);
    add_state(w, answer);
    json_object_end(w);
    return wire.http;
}
