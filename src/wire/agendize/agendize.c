#include "wire/agendize/agendize.h"

#include "core/directory.h"
#include "text/json_write.h"
#include "wire/agendize/internal.h"
#include "wire/outcome/cors.h"
#include "wire/outcome/refusal.h"

/* Names of credentials are case-insensitive in the query as well (spec "Authentication"). */
static struct str credential_in_query(const struct query *query, struct str name)
{
    for (size_t i = 0; i < query->count; i++)
        if (str_equal_nocase(query->pairs[i].name, name))
            return query->pairs[i].value;
    return STR_NULL;
}

static void drop_credentials(struct query *query)
{
    size_t kept = 0;
    for (size_t i = 0; i < query->count; i++)
        if (!str_equal_nocase(query->pairs[i].name, STR("apiKey")) &&
            !str_equal_nocase(query->pairs[i].name, STR("token")))
            query->pairs[kept++] = query->pairs[i];
    query->count = kept;
}

/* The vendor's page speaks of Authentication where HTTP has Authorization: either. */
static struct str bearer_token(const struct http_request *request)
{
    const struct str names[] = {STR("Authorization"), STR("Authentication")};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct str scheme, rest = str_split(http_request_header(request, names[i], NULL), ' ', &scheme);
        if (str_equal_nocase(scheme, STR("Bearer")) && str_trim(rest).len)
            return str_trim(rest);
    }
    return STR_NULL;
}

static bool authenticate(struct http_request *request, struct call *call, struct caller *caller, GError **error)
{
    struct str token = http_request_header(request, STR("token"), NULL);
    struct str api_key = http_request_header(request, STR("apiKey"), NULL);
    struct str bearer = bearer_token(request);
    struct str query_token = credential_in_query(&call->query, STR("token"));
    struct str query_key = credential_in_query(&call->query, STR("apiKey"));
    if ((query_token.ptr || query_key.ptr) && !call->agendize->settings.query_credentials) {
        reason_set(error, REASON_CREDENTIAL_MISSING,
                   "apiKey and token are not accepted in the URL here: send them as the headers apiKey and token, or "
                   "Authorization: Bearer");
        return false;
    }
    drop_credentials(&call->query);
    if (!token.ptr)
        token = query_token;
    if (!api_key.ptr)
        api_key = query_key;
    bool is_bearer = !token.ptr && bearer.ptr;
    if (is_bearer)
        token = bearer;
    if (!token.len || (!is_bearer && !api_key.len)) {
        reason_set(error, REASON_CREDENTIAL_MISSING,
                   "send the headers apiKey and token, or Authorization: Bearer with the token");
        return false;
    }
    return identity_of_agendize_token(call->agendize->core, http_loop_data(request->loop),
                                      is_bearer ? STR_NULL : api_key, token, http_request_is_local(request), caller,
                                      &request->arena, error);
}

static bool find_zone(struct http_request *request, struct call *call, GError **error)
{
    struct directory *directory = directory_ref(call->agendize->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    call->zone = directory_zone(directory, call->company);
    directory_unref(directory);
    return true;
}

static void handle(struct http_request *request)
{
    const struct agendize_route *route = request->route->word;
    struct call *call = arena_new(&request->arena, struct call);
    call->agendize = request->mount->word;
    struct caller caller;
    g_autoptr(GError) error = NULL;
    cors_allow(request, call->agendize->settings.cors_origin);
    if (!query_parse(request->query, &request->arena, &call->query, &error) ||
        !authenticate(request, call, &caller, &error) ||
        !parameters_check(&call->query, route->parameters, route->parameter_count, &error)) {
        agendize_refuse(request, error);
        return;
    }
    call->company = caller.company;
    if (!find_zone(request, call, &error))
        agendize_refuse(request, error);
    else
        route->work(request, call);
}

static void answer_problem(struct http_request *request, const GError *error)
{
    const struct agendize *agendize = request->mount->word;
    cors_allow(request, agendize->settings.cors_origin);
    agendize_refuse(request, error);
}

static void agendize_options(struct http_request *request)
{
    const struct agendize *agendize = request->mount->word;
    cors_preflight(request, agendize->settings.cors_origin);
}

struct agendize *agendize_new(struct core *core, const struct agendize_settings *settings)
{
    struct agendize *agendize = g_new0(struct agendize, 1);
    agendize->core = core;
    agendize->settings = *settings;
    for (size_t i = 0; i < AGENDIZE_ROUTES; i++) {
        const struct agendize_route *route = &agendize_routes[i];
        agendize->routes[i] = (struct http_route){.method = route->method,
                                                  .pattern = route->pattern,
                                                  .handler = handle,
                                                  .word = route,
                                                  .flags = HTTP_ROUTE_SLASH};
    }
    return agendize;
}

void agendize_free(struct agendize *agendize)
{
    g_free(agendize);
}

bool agendize_mount(struct agendize *agendize, struct http_router *router, GError **error)
{
    struct http_mount mount = {.prefix = "/api/2.0",
                               .routes = agendize->routes,
                               .route_count = AGENDIZE_ROUTES,
                               .problem = answer_problem,
                               .options = agendize_options,
                               .word = agendize};
    struct http_mount other_versions = {
        .prefix = "/api/#", .problem = answer_problem, .options = agendize_options, .word = agendize};
    return http_router_mount(router, &mount, error) && http_router_mount(router, &other_versions, error);
}
