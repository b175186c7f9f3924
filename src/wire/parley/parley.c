#include "wire/parley/parley.h"

#include "core/directory.h"
#include "wire/outcome/cors.h"
#include "wire/parley/internal.h"

/* The administrator of this machine, over the unix socket. */
static bool trust(struct http_request *request, const struct directory *directory, struct caller *caller,
                  GError **error)
{
    struct str name = http_request_header(request, STR("Parley-Company"), NULL);
    const struct company *company =
        name.ptr ? directory_company_by_name(directory, name) : directory_company_by_host(directory, STR_NULL);
    if (!company) {
        reason_set_field(error, REASON_COMPANY_UNKNOWN, STR("company"),
                         "there is no such company: `parley company list` shows them");
        return false;
    }
    *caller = (struct caller){.kind = CALLER_SYSTEM, .company = company->number, .rights = RIGHT_ALL};
    return true;
}

static bool authenticate(struct http_request *request, struct call *call, const struct directory *directory,
                         GError **error)
{
    if (request->peer == HTTP_PEER_TRUSTED)
        return trust(request, directory, &call->caller, error);
    struct str scheme, token = str_split(http_request_header(request, STR("Authorization"), NULL), ' ', &scheme);
    if (!str_equal_nocase(scheme, STR("Bearer")) || !str_trim(token).len) {
        reason_set(error, REASON_CREDENTIAL_MISSING,
                   "send Authorization: Bearer with a token made by `parley company token`");
        return false;
    }
    return identity_of_bearer(call->parley->core, http_loop_data(request->loop), str_trim(token),
                              http_request_is_local(request), &call->caller, &request->arena, error);
}

static bool enter(struct http_request *request, struct call *call, const struct parley_route *route, GError **error)
{
    struct directory *directory = directory_ref(call->parley->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    bool entered = authenticate(request, call, directory, error);
    if (entered && (call->caller.rights & route->right) != route->right) {
        reason_set(error, REASON_RIGHT_MISSING, "this token does not have the right that this call needs");
        entered = false;
    }
    call->zone = directory_zone(directory, call->caller.company);
    directory_unref(directory);
    return entered && query_parse(request->query, &request->arena, &call->query, error) &&
           parameters_check(&call->query, route->parameters, route->parameter_count, error);
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
