#include "wire/genesys/call.h"

#include "base/limits.h"
#include "model/head.h"
#include "text/json_read.h"

static const struct {
    const char *name;
    enum operation operation;
} operations[] = {
    {"SendMessage", OPERATION_SEND_MESSAGE},
    {"SendStartTypingNotification", OPERATION_START_TYPING},
    {"SendStopTypingNotification", OPERATION_STOP_TYPING},
    {"SendUrl", OPERATION_SEND_URL},
    {"UpdateUserData", OPERATION_UPDATE_USER_DATA},
    {"Complete", OPERATION_COMPLETE},
};

static bool take_string(const struct json_node *body, const char *name, enum json_presence presence, size_t max,
                        struct str *value, struct arena *a, GError **error)
{
    struct str read = STR_NULL;
    if (!json_get_string(body, name, presence, max, &read, error))
        return false;
    *value = arena_str(a, read);
    return true;
}

/* Echoed even when the call fails later on, so wrong types are not complained about here. */
static void take_credentials(const struct json_node *body, struct call *call, struct arena *a)
{
    call->user_id = arena_str(a, json_str(json_get(body, "userId")));
    call->secure_key = arena_str(a, json_str(json_get(body, "secureKey")));
    call->alias = arena_str(a, json_str(json_get(body, "alias")));
    call->tenant = arena_str(a, json_str(json_get(body, "tenantName")));
    if (!call->tenant.ptr) /* the 2014 widget's name for it */
        call->tenant = arena_str(a, json_str(json_get(body, "tenantId")));
}

static bool require(const struct json_node *body, const char *name, struct str value, GError **error)
{
    if (value.ptr)
        return true;
    bool there = json_get(body, name) != NULL;
    reason_set_field(error, there ? REASON_FIELD_TYPE : REASON_FIELD_MISSING, str_from_c(name),
                     there ? "%s must be a string" : "%s is required", name);
    return false;
}

static bool check_credentials(const struct json_node *body, const struct call *call, bool lenient, GError **error)
{
    if (!require(body, "userId", call->user_id, error) || !require(body, "secureKey", call->secure_key, error))
        return false;
    if (lenient)
        return true;
    return require(body, "alias", call->alias, error) && require(body, "tenantName", call->tenant, error);
}

/* What is too large for any transcript is so large; -1 for a fraction or what is below 0. */
static int64_t whole_number(double real)
{
    if (!(real >= 0))
        return -1;
    double most = MIN(real, (double)LIMIT_EVENTS_PER_SESSION);
    int64_t whole = (int64_t)most;
    return (double)whole == most ? whole : -1;
}

/* A number, or a string of digits (both are sent). Fractions and negative numbers are refused. */
static bool take_position(const struct json_node *body, struct call *call, GError **error)
{
    static const char name[] = "transcriptPosition";
    const struct json_node *node = json_get(body, name);
    call->position = 1;
    if (!node || json_is(node, JSON_NULL))
        return true;
    int64_t value = -1;
    if (json_is(node, JSON_INTEGER))
        value = json_int64(node);
    else if (json_is(node, JSON_REAL))
        value = whole_number(node->real);
    else if (!json_is(node, JSON_STRING) || !str_to_int64(json_str(node), &value))
        value = -1;
    if (value < 0) {
        reason_set_field(error, REASON_FIELD_VALUE, str_from_c(name), "%s must be a whole number, 0 or more", name);
        return false;
    }
    call->has_position = true;
    call->position = (uint32_t)MIN(value, LIMIT_EVENTS_PER_SESSION);
    return true;
}

static bool read_messages(const struct json_node *body, struct call *call, GError **error)
{
    int64_t wait_s = 0, before = 0, limit = 0;
    call->operation = OPERATION_GET_MESSAGES;
    if (!take_position(body, call, error) ||
        !json_get_int64(body, "waitSeconds", JSON_NULLABLE, 0, 60, &wait_s, error) ||
        !json_get_int64(body, "before", JSON_NULLABLE, 1, LIMIT_EVENTS_PER_SESSION, &before, error) ||
        !json_get_int64(body, "limit", JSON_NULLABLE, 1, LIMIT_PAGE, &limit, error))
        return false;
    call->wait_ms = wait_s * 1000;
    call->before = (uint32_t)before;
    call->limit = (uint32_t)(before && !limit ? LIMIT_PAGE : limit);
    return true;
}

/* userData: values are strings in every client that reads them back; other values are kept as they are. */
static bool take_user_data(const struct json_node *body, enum json_presence presence, struct call *call,
                           struct arena *a, GError **error)
{
    const struct json_node *object = NULL;
    return json_get_object(body, "userData", presence, &object, error) &&
           model_json_keep(object, "userData", &call->user_data, a, error);
}

/* A text too long has a code of its own that widgets show to users, so its length is checked here. */
static bool take_text(const struct json_node *body, const char *name, enum json_presence presence, size_t max,
                      struct call *call, struct arena *a, GError **error)
{
    if (!take_string(body, name, presence, LIMIT_HTTP_BODY, &call->text, a, error))
        return false;
    if (call->text.len > max) {
        reason_set_field(error, REASON_TEXT_TOO_LONG, str_from_c(name), "%s is longer than %zu bytes", name, max);
        return false;
    }
    if (presence != JSON_REQUIRED || call->text.len)
        return true;
    reason_set_field(error, REASON_TEXT_EMPTY, str_from_c(name), "%s is empty: there is nothing to send", name);
    return false;
}

static bool read_operation(const struct json_node *body, struct call *call, struct arena *a, GError **error)
{
    struct str name = STR_NULL;
    if (!json_get_string(body, "operationName", JSON_REQUIRED, LIMIT_NAME, &name, error) ||
        !take_position(body, call, error))
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(operations); i++)
        if (str_equal(name, str_from_c(operations[i].name)))
            call->operation = operations[i].operation;
    switch (call->operation) {
    case OPERATION_SEND_MESSAGE:
        return take_text(body, "text", JSON_REQUIRED, LIMIT_TEXT, call, a, error) &&
               take_string(body, "messageType", JSON_NULLABLE, LIMIT_NAME, &call->message_type, a, error);
    case OPERATION_START_TYPING:
    case OPERATION_STOP_TYPING:
        return take_text(body, "text", JSON_NULLABLE, LIMIT_TEXT, call, a, error);
    case OPERATION_SEND_URL:
        return take_text(body, "pushUrl", JSON_REQUIRED, LIMIT_URL, call, a, error);
    case OPERATION_UPDATE_USER_DATA:
        return take_user_data(body, JSON_REQUIRED, call, a, error) &&
               take_text(body, "text", JSON_NULLABLE, LIMIT_TEXT, call, a, error);
    case OPERATION_COMPLETE:
        return true;
    default:
        reason_set_field(error, REASON_FIELD_VALUE, STR("operationName"),
                         "operationName must be SendMessage, SendStartTypingNotification, "
                         "SendStopTypingNotification, SendUrl, UpdateUserData or Complete");
        return false;
    }
}

static bool read_create(const struct json_node *body, struct call *call, struct arena *a, GError **error)
{
    struct str first = STR_NULL, last = STR_NULL;
    call->operation = OPERATION_REQUEST_CHAT;
    if (!require(body, "tenantName", call->tenant, error) ||
        !take_string(body, "nickname", JSON_NULLABLE, LIMIT_NAME, &call->nickname, a, error) ||
        !take_string(body, "firstName", JSON_NULLABLE, LIMIT_NAME / 2 - 1, &first, a, error) ||
        !take_string(body, "lastName", JSON_NULLABLE, LIMIT_NAME / 2, &last, a, error) ||
        !take_string(body, "emailAddress", JSON_NULLABLE, LIMIT_NAME, &call->email, a, error) ||
        !take_string(body, "subject", JSON_NULLABLE, LIMIT_NAME, &call->subject, a, error) ||
        !take_string(body, "endpoint", JSON_NULLABLE, LIMIT_ID, &call->endpoint, a, error) ||
        !take_user_data(body, JSON_NULLABLE, call, a, error) ||
        !take_text(body, "text", JSON_NULLABLE, LIMIT_TEXT, call, a, error))
        return false;
    if (!call->nickname.len) {
        struct str full = first.len && last.len ? arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last))
                                                : (first.len ? first : last);
        call->nickname = full;
    }
    if (!call->nickname.len) {
        reason_set_field(error, REASON_FIELD_MISSING, STR("nickname"), "nickname is required");
        return false;
    }
    if (call->email.len && !memchr(call->email.ptr, '@', call->email.len)) {
        reason_set_field(error, REASON_FIELD_VALUE, STR("emailAddress"), "emailAddress is no e-mail address");
        return false;
    }
    return true;
}

bool call_read(struct str body, enum call_route route, bool lenient, struct call *call, struct arena *a, GError **error)
{
    *call = (struct call){.operation = route == CALL_CREATE     ? OPERATION_REQUEST_CHAT
                                       : route == CALL_MESSAGES ? OPERATION_GET_MESSAGES
                                                                : OPERATION_UNKNOWN};
    const struct json_node *tree = json_read(body, JSON_TOP_OBJECT, a, error);
    if (!tree)
        return false;
    take_credentials(tree, call, a);
    if (route == CALL_CREATE)
        return read_create(tree, call, a, error);
    if (!check_credentials(tree, call, lenient, error))
        return false;
    return route == CALL_MESSAGES ? read_messages(tree, call, error) : read_operation(tree, call, a, error);
}
