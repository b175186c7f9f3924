#include "wire/parley/parley.h"

#include "core/directory.h"
#include "wire/outcome/cors.h"
#include "wire/parley/credential.h"

static bool read_parameters(struct http_request *request, struct call *call, const struct parley_route *route,
                            GError **error)
{
    return query_parse(request->query, &request->arena, &call->query, error) &&
           parameters_check(&call->query, route->parameters, route->parameter_count, error);
}

static bool may_call(const struct call *call, const struct parley_route *route, GError **error)
{
    if (!credential_allows(&call->caller, route->right & RIGHT_ALL, error))
        return false;
    if (!(route->right & PARLEY_OPERATOR) || call->caller.kind == CALLER_OPERATOR)
        return true;
    reason_set(error, REASON_RIGHT_MISSING, "only an operator who signed in can do this");
    return false;
}

static bool enter(struct http_request *request, struct call *call, const struct parley_route *route, GError **error)
{
    if (route->right & PARLEY_ANYBODY)
        return read_parameters(request, call, route, error);
    struct directory *directory = directory_ref(call->parley->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    bool entered = credential_read(request, call, directory, error) && may_call(call, route, error);
    call->zone = directory_zone(directory, call->caller.company);
    directory_unref(directory);
    return entered && read_parameters(request, call, route, error);
}

static void handle(struct http_request *request)
{
    const struct parley_route *route = request->route->word;
    struct call *call = arena_new(&request->arena, struct call);
    call->parley = request->mount->word;
    g_autoptr(GError) error = NULL;
    cors_allow(request, call->parley->settings.cors_origin);
    if (enter(request, call, route, &error))
        route->work(request, call);
    else
        parley_refuse(request, error);
}

static void parley_problem(struct http_request *request, const GError *error)
{
    const struct parley *parley = request->mount->word;
    cors_allow(request, parley->settings.cors_origin);
    parley_refuse(request, error);
}

static void parley_options(struct http_request *request)
{
    const struct parley *parley = request->mount->word;
    cors_preflight(request, parley->settings.cors_origin);
}

struct parley *parley_new(struct core *core, const struct parley_settings *settings)
{
    struct parley *parley = g_new0(struct parley, 1);
    parley->core = core;
    parley->settings = *settings;
    parley->rivers = rivers_new();
    for (size_t i = 0; i < PARLEY_ROUTES; i++) {
        const struct parley_route *route = &parley_routes[i];
        parley->routes[i] = (struct http_route){.method = route->method,
                                                .pattern = route->pattern,
                                                .handler = handle,
                                                .word = route,
                                                .flags = route->flags};
    }
    return parley;
}

void parley_free(struct parley *parley)
{
    rivers_free(parley->rivers);
    g_free(parley);
}

bool parley_mount(struct parley *parley, struct http_router *router, GError **error)
{
    struct http_mount mount = {.prefix = "/parley/v1",
                               .routes = parley->routes,
                               .route_count = PARLEY_ROUTES,
                               .problem = parley_problem,
                               .options = parley_options,
                               .word = parley};
    return http_router_mount(router, &mount, error);
}
