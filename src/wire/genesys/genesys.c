#include "wire/genesys/genesys.h"

#include "core/conversation.h"
#include "core/directory.h"
#include "core/history.h"
#include "core/live.h"
#include "core/quota.h"
#include "wire/genesys/answer.h"
#include "wire/genesys/internal.h"
#include "wire/outcome/cors.h"
#include "wire/outcome/refusal.h"

/* Pages put headers of their own on what they send (an API key, a trace id): whatever they ask for is allowed. */
static void genesys_options(struct http_request *request)
{
    if (genesys_origin(request).len) {
        struct str asked = http_request_header(request, STR("Access-Control-Request-Headers"), NULL);
        http_reply_header(request, "Access-Control-Allow-Methods", STR("POST, OPTIONS"));
        http_reply_header(request, "Access-Control-Allow-Headers", asked.len ? asked : STR("Content-Type"));
        http_reply_header(request, "Access-Control-Max-Age", STR("86400"));
    }
    http_reply_header(request, "Allow", http_request_allow(request));
    genesys_allow_origin(request);
    http_reply(request, 204, STR(""), STR(""));
}

static struct answer answer_for(const struct genesys *genesys, const struct call *call, struct str chat_id)
{
    return (struct answer){.operation = call->operation,
                           .chat_id = chat_id,
                           .user_id = call->user_id,
                           .secure_key = call->secure_key,
                           .tenant = call->tenant,
                           .alias = genesys->alias};
}

static void genesys_problem(struct http_request *request, const GError *error)
{
    const struct genesys *genesys = request->mount->word;
    struct call nothing = {.operation = OPERATION_UNKNOWN};
    struct str chat_id = request->route ? request->parameters[0] : STR_NULL;
    struct answer answer = answer_for(genesys, &nothing, chat_id);
    genesys_refuse(request, genesys_origin(request), &answer, error);
}

/* application/json with any parameters; a client that names no type is believed. */
static bool check_media_type(struct http_request *request, GError **error)
{
    struct str type, value = http_request_header(request, STR("Content-Type"), NULL);
    str_split(value, ';', &type);
    if (!value.ptr || str_equal_nocase(str_trim(type), STR("application/json")))
        return true;
    reason_set(error, REASON_MEDIA_TYPE_UNKNOWN, "the body must be application/json");
    return false;
}

/* The company that a call names; without a name (lenient only) the request's own. */
static bool find_company(struct http_request *request, const struct call *call, int64_t *company, GError **error)
{
    const struct genesys *genesys = request->mount->word;
    struct directory *directory = directory_ref(genesys->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    const struct company *found = call->tenant.ptr ? directory_company_by_name(directory, call->tenant)
                                                   : directory_company_by_host(directory, http_request_host(request));
    /* The sample company's chat opens with a key that everybody knows, and its chats need none to begin. */
    bool refused = found && found->is_sample && !core_allows_samples(genesys->core, http_request_is_local(request));
    if (refused)
        reason_set_field(error, REASON_SAMPLE_CREDENTIAL_REFUSED, STR("tenantName"),
                         "the sample company serves Genesys clients on the machine itself only");
    else if (found)
        *company = found->number;
    else
        reason_set_field(error, REASON_COMPANY_UNKNOWN, STR("tenantName"), "there is no such tenant");
    directory_unref(directory);
    return found && !refused;
}

/* The chat that the credentials open, heard of just now. */
static struct tail *open_chat(struct http_request *request, const struct call *call, int64_t company,
                              struct str chat_id, uint32_t *participant, GError **error)
{
    const struct genesys *genesys = request->mount->word;
    struct live_key key = {.company = company,
                           .session_id = chat_id,
                           .user_id = call->user_id,
                           .secure_key = call->secure_key,
                           .address = http_request_address(request)};
    struct tail *tail = live_open(genesys->core, http_loop_data(request->loop), &key, participant, error);
    if (tail)
        tail_touch(tail, *participant);
    return tail;
}

/* Writing has limits, reading has none. */
static bool take_turn(struct http_request *request, enum call_route route, struct tail *tail, GError **error)
{
    const struct genesys *genesys = request->mount->word;
    switch (route) {
    case CALL_CREATE:
        return quota_open(genesys->core, http_request_address(request), request->body.len, error);
    case CALL_OPERATE:
        return quota_operation(genesys->core, tail, request->body.len, error);
    default:
        return true;
    }
}

static void handle(struct http_request *request)
{
    const struct genesys *genesys = request->mount->word;
    enum call_route route = *(const enum call_route *)request->route->word;
    struct str chat_id = route == CALL_CREATE ? STR_NULL : request->parameters[0];
    struct call *call = arena_new(&request->arena, struct call);
    g_autoptr(GError) error = NULL;
    int64_t company = 0;
    uint32_t participant = 0;
    struct tail *tail = NULL;
    bool understood = check_media_type(request, &error) &&
                      call_read(request->body, route, genesys->lenient, call, &request->arena, &error);
    /* Who has the key hears how the chat stands even when the rest of the call is wrong. */
    GError **unknown = understood ? &error : NULL;
    if (find_company(request, call, &company, unknown) && route != CALL_CREATE && call->secure_key.ptr)
        tail = open_chat(request, call, company, chat_id, &participant, unknown);
    struct answer answer = answer_for(genesys, call, chat_id);
    if (tail)
        tail_last_index(tail, &answer.chat_ended);
    if (!error)
        take_turn(request, route, tail, &error);
    if (error)
        genesys_refuse(request, genesys_origin(request), &answer, error);
    else if (route == CALL_CREATE)
        genesys_create(request, call, &answer, company);
    else if (route == CALL_MESSAGES)
        genesys_messages(request, call, &answer, company, tail, participant);
    else
        genesys_operate(request, call, &answer, company, tail, participant);
    if (tail)
        tail_unref(tail);
}

static const enum call_route create = CALL_CREATE, operate = CALL_OPERATE, messages = CALL_MESSAGES;

static const struct http_route routes[] = {
    {HTTP_POST, "", handle, &create, HTTP_ROUTE_SLASH, 0},
    {HTTP_POST, "/:chatId", handle, &operate, HTTP_ROUTE_SLASH, 0},
    {HTTP_POST, "/:chatId/messages", handle, &messages, HTTP_ROUTE_SLASH, 0},
};

struct genesys *genesys_new(struct core *core, const struct genesys_settings *settings)
{
    struct genesys *genesys = g_new0(struct genesys, 1);
    genesys->core = core;
    genesys->lenient = settings->lenient;
    genesys->alias = str_from(str_to_heap(settings->alias), settings->alias.len);
    genesys->cors_origin = str_from(str_to_heap(settings->cors_origin), settings->cors_origin.len);
    if (settings->prefix.len)
        genesys->prefix = g_strdup_printf("%.*s/api/v2/chats", STR_ARG(settings->prefix));
    return genesys;
}

void genesys_free(struct genesys *genesys)
{
    g_free((char *)genesys->alias.ptr);
    g_free((char *)genesys->cors_origin.ptr);
    g_free(genesys->prefix);
    g_free(genesys);
}

bool genesys_mount(struct genesys *genesys, struct http_router *router, GError **error)
{
    const char *const prefixes[] = {"/api/v2/chats", "/webapi/api/v2/chats", "/eservices/api/v2/chats",
                                    genesys->prefix};
    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        struct http_mount mount = {.prefix = prefixes[i],
                                   .routes = routes,
                                   .route_count = G_N_ELEMENTS(routes),
                                   .problem = genesys_problem,
                                   .options = genesys_options,
                                   .word = genesys};
        if (mount.prefix && !http_router_mount(router, &mount, error))
            return false;
    }
    return true;
}
