#include "wire/rocketchat/rocketchat.h"

#include "base/clock.h"
#include "wire/outcome/cors.h"
#include "wire/rocketchat/internal.h"

/* ---- CORS (spec 1.5, decision (h)) ---- */

static void rocketchat_options(struct http_request *request)
{
    const struct rocketchat *rocketchat = request->mount->word;
    if (!cors_allow(request, str_from_c(rocketchat->cors_origin))) {
        http_reply(request, 403, STR("Content-Type: text/plain\r\n"), STR("Invalid origin"));
        return;
    }
    http_reply(request, 200,
               STR("Access-Control-Allow-Methods: GET, POST, PUT, DELETE, HEAD, PATCH\r\n"
                   "Access-Control-Allow-Headers: Origin, X-Requested-With, Content-Type, Accept, X-User-Id, "
                   "X-Auth-Token, x-visitor-token, Authorization\r\n"
                   "Content-Type: text/plain\r\n"),
               STR("OK"));
}

/* ---- the order of checks in 6.x: login, rate limit, validation, permission ---- */

/* A route that needs a login. Validation is the work's own, so the permission is checked by `work` after it, through
 * `permission`. */
struct guarded {
    void (*work)(struct http_request *request, const struct call *call);
    bool is_page; /* of history: its answer is kept */
};

static bool log_in(struct http_request *request, struct caller *caller, GError **error)
{
    const struct rocketchat *rocketchat = request->mount->word;
    struct str user = http_request_header(request, STR("X-User-Id"), NULL);
    struct str token = http_request_header(request, STR("X-Auth-Token"), NULL);
    if (!user.len || !token.len) {
        reason_set(error, REASON_CREDENTIAL_MISSING, "You must be logged in to do this.");
        return false;
    }
    return identity_of_operator_token(rocketchat->core, http_loop_data(request->loop), user, token,
                                      http_request_is_local(request), caller, &request->arena, error);
}

/* Counts the call; the headers tell how it stands. An administrator never meets the limiter (api-bypass-rate-limit). */
static bool take_turn(struct http_request *request, const struct rocketchat *rocketchat, const struct caller *caller,
                      GError **error)
{
    if (!rocketchat->limiter || (caller && (caller->roles & ROLE_ADMIN)))
        return true;
    struct arena *a = &request->arena;
    struct str key = arena_printf(a, "%.*s %s %s", STR_ARG(http_request_address(request)), request->route->pattern,
                                  http_method_name(request->route->method));
    struct limiter_state state;
    bool allowed = limiter_take(rocketchat->limiter, key, 1, &state);
    http_reply_header(request, "X-RateLimit-Limit", arena_printf(a, "%" G_GINT64_FORMAT, state.limit));
    http_reply_header(request, "X-RateLimit-Remaining", arena_printf(a, "%" G_GINT64_FORMAT, state.remaining));
    http_reply_header(request, "X-RateLimit-Reset", arena_printf(a, "%" G_GINT64_FORMAT, state.reset_ms));
    if (!allowed)
        reason_set_retry(error, REASON_RATE_LIMITED, MAX(state.reset_ms - clock_now_ms(), 0), "too many requests");
    return allowed;
}

static void handle_guarded(struct http_request *request)
{
    const struct guarded *guarded = request->route->word;
    struct call *call = arena_new(&request->arena, struct call);
    call->rocketchat = request->mount->word;
    call->draft = arena_new(&request->arena, struct kept_draft);
    g_autoptr(GError) error = NULL;
    if (!log_in(request, &call->caller, &error) || !take_turn(request, call->rocketchat, &call->caller, &error))
        rocketchat_refuse(request, error);
    else if (guarded->is_page && rocketchat_reply_kept(request, call))
        return;
    else if (!query_parse(request->query, &request->arena, &call->query, NULL))
        rocketchat_refuse_plain(request, STR("Invalid query parameters"));
    else
        guarded->work(request, call);
}

static void handle_login(struct http_request *request)
{
    g_autoptr(GError) error = NULL;
    if (take_turn(request, request->mount->word, NULL, &error))
        rocketchat_login(request);
    else
        rocketchat_refuse(request, error);
}

/* Clients ask it before anything else and at every start: it is never counted. */
static void handle_info(struct http_request *request)
{
    struct caller caller;
    rocketchat_info(request, log_in(request, &caller, NULL));
}

static const struct guarded chat_history = {rocketchat_chat_history, true}, messages = {rocketchat_messages, true},
                            visitor_info = {rocketchat_visitor_info, false}, me = {rocketchat_me, false},
                            logout = {rocketchat_logout, false};

static const struct http_route routes[] = {
    {HTTP_POST, "/v1/login", handle_login, NULL, 0, 0},
    {HTTP_POST, "/v1/logout", handle_guarded, &logout, 0, 0},
    {HTTP_GET, "/v1/logout", handle_guarded, &logout, 0, 0},
    {HTTP_GET, "/v1/me", handle_guarded, &me, 0, 0},
    {HTTP_GET, "/v1/info", handle_info, NULL, 0, 0},
    {HTTP_GET, "/info", handle_info, NULL, 0, 0},
    {HTTP_GET, "/v1/livechat/visitors.chatHistory/room/:roomId/visitor/:visitorId", handle_guarded, &chat_history, 0,
     0},
    {HTTP_GET, "/v1/livechat/:rid/messages", handle_guarded, &messages, 0, 0},
    {HTTP_GET, "/v1/livechat/visitors.info", handle_guarded, &visitor_info, 0, 0},
};

struct rocketchat *rocketchat_new(struct core *core, const struct rocketchat_settings *settings)
{
    struct rocketchat *rocketchat = g_new0(struct rocketchat, 1);
    struct arena a;
    arena_init(&a);
    rocketchat->core = core;
    if (settings->rate_calls)
        rocketchat->limiter = limiter_new(settings->rate_calls, settings->rate_window_ms);
    rocketchat->instance_id = str_to_heap(id_random(&a));
    rocketchat->cors_origin = str_to_heap(settings->cors_origin);
    rocketchat->markup = settings->markup;
    arena_clear(&a);
    return rocketchat;
}

void rocketchat_free(struct rocketchat *rocketchat)
{
    if (rocketchat->limiter)
        limiter_free(rocketchat->limiter);
    g_free(rocketchat->instance_id);
    g_free(rocketchat->cors_origin);
    g_free(rocketchat);
}

bool rocketchat_mount(struct rocketchat *rocketchat, struct http_router *router, GError **error)
{
    struct http_mount mount = {.prefix = "/api",
                               .routes = routes,
                               .route_count = G_N_ELEMENTS(routes),
                               .problem = rocketchat_refuse,
                               .options = rocketchat_options,
                               .loose_slashes = true,
                               .word = rocketchat};
    return http_router_mount(router, &mount, error);
}
