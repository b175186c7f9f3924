#include "wire/parley/parley.h"

#include "core/directory.h"
#include "wire/outcome/cors.h"
#include "wire/parley/internal.h"

/* A route's work and the right it takes. */
struct guarded {
    unsigned right;
    void (*work)(struct http_request *request, const struct call *call);
};

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

static bool enter(struct http_request *request, struct call *call, unsigned right, GError **error)
{
    struct directory *directory = directory_ref(call->parley->core, http_loop_data(request->loop), error);
    if (!directory)
        return false;
    bool entered = authenticate(request, call, directory, error);
    if (entered && (call->caller.rights & right) != right) {
        reason_set(error, REASON_RIGHT_MISSING, "this token does not have the right that this call needs");
        entered = false;
    }
    call->zone = directory_zone(directory, call->caller.company);
    directory_unref(directory);
    return entered && query_parse(request->query, &request->arena, &call->query, error);
}

static void handle(struct http_request *request)
{
    const struct guarded *guarded = request->route->word;
    struct call *call = arena_new(&request->arena, struct call);
    call->parley = request->mount->word;
    g_autoptr(GError) error = NULL;
    cors_allow(request, call->parley->settings.cors_origin);
    if (enter(request, call, guarded->right, &error))
        guarded->work(request, call);
    else
        parley_refuse(request, error);
}

static void problem(struct http_request *request, const GError *error)
{
    const struct parley *parley = request->mount->word;
    cors_allow(request, parley->settings.cors_origin);
    parley_refuse(request, error);
}

static void options(struct http_request *request)
{
    const struct parley *parley = request->mount->word;
    cors_preflight(request, parley->settings.cors_origin);
}

static const struct guarded sessions = {RIGHT_READ, parley_sessions}, session = {RIGHT_READ, parley_session},
                            events = {RIGHT_READ, parley_events}, visitors = {RIGHT_READ, parley_visitors},
                            visitor = {RIGHT_READ, parley_visitor}, erase = {RIGHT_ADMIN, parley_erase},
                            search = {RIGHT_READ, parley_search}, summary = {RIGHT_READ, parley_summary},
                            open = {RIGHT_WRITE, parley_open}, append = {RIGHT_WRITE, parley_append},
                            key = {RIGHT_ADMIN, parley_key}, import = {RIGHT_IMPORT, parley_import},
                            exporter = {RIGHT_ADMIN, parley_export};

static const struct http_route routes[] = {
    {HTTP_GET, "/sessions", handle, &sessions, 0, 0},
    {HTTP_POST, "/sessions", handle, &open, 0, 0},
    {HTTP_GET, "/sessions/:id", handle, &session, 0, 0},
    {HTTP_GET, "/sessions/:id/events", handle, &events, 0, 0},
    {HTTP_POST, "/sessions/:id/events", handle, &append, 0, 0},
    {HTTP_POST, "/sessions/:id/genesys-credentials", handle, &key, 0, 0},
    {HTTP_GET, "/visitors", handle, &visitors, 0, 0},
    {HTTP_GET, "/visitors/:id", handle, &visitor, 0, 0},
    {HTTP_DELETE, "/visitors/:id", handle, &erase, 0, 0},
    {HTTP_GET, "/search", handle, &search, 0, 0},
    {HTTP_GET, "/summary", handle, &summary, 0, 0},
    {HTTP_POST, "/import", handle, &import, HTTP_ROUTE_STREAM, 0},
    {HTTP_GET, "/export", handle, &exporter, 0, 0},
};

struct parley *parley_new(struct core *core, const struct parley_settings *settings)
{
    struct parley *parley = g_new(struct parley, 1);
    *parley = (struct parley){core, *settings};
    return parley;
}

void parley_free(struct parley *parley)
{
    g_free(parley);
}

bool parley_mount(struct parley *parley, struct http_router *router, GError **error)
{
    struct http_mount mount = {.prefix = "/parley/v1",
                               .routes = routes,
                               .route_count = G_N_ELEMENTS(routes),
                               .problem = problem,
                               .options = options,
                               .word = parley};
    return http_router_mount(router, &mount, error);
}
