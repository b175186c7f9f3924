#include "wire/parley/credential.h"

#include "core/directory.h"

#define COOKIE "parley_session"

/* ---- the unix socket ---- */

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

/* ---- what a browser sends by itself ---- */

/* "https://chat.example.org:8443" -> "chat.example.org:8443"; "null" stays. */
static struct str authority_of(struct str origin)
{
    for (size_t i = 0; i + 3 <= origin.len; i++)
        if (memcmp(origin.ptr + i, "://", 3) == 0)
            return str_skip(origin, i + 3);
    return origin;
}

/* A proxy may leave the port out of the Host that it passes on. */
static bool is_our_own(struct str origin, struct str host)
{
    struct str authority = authority_of(origin);
    if (str_equal_nocase(authority, host))
        return true;
    size_t colon = authority.len;
    while (colon > 0 && g_ascii_isdigit(authority.ptr[colon - 1]))
        colon--;
    bool has_port = colon > 0 && colon < authority.len && authority.ptr[colon - 1] == ':';
    return has_port && str_equal_nocase(str_from(authority.ptr, colon - 1), host);
}

bool credential_check_origin(const struct http_request *request, GError **error)
{
    struct str origin = http_request_header(request, STR("Origin"), NULL);
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    if (reads || !origin.ptr || is_our_own(origin, http_request_host(request)))
        return true;
    reason_set(error, REASON_ORIGIN_FOREIGN, "another server's page may not write with this browser's credentials");
    return false;
}

static struct str cookie_of(const struct http_request *request)
{
    struct str pair, name, rest = http_request_header(request, STR("Cookie"), NULL);
    while (rest.ptr) {
        rest = str_split(rest, ';', &pair);
        struct str value = str_split(str_trim(pair), '=', &name);
        if (str_equal(name, STR(COOKIE)) && value.len)
            return value;
    }
    return STR_NULL;
}

void credential_set_cookie(struct http_request *request, struct str token, int64_t seconds)
{
    bool tls = str_equal(http_request_header(request, STR("X-Forwarded-Proto"), NULL), STR("https"));
    http_reply_header(request, "Set-Cookie",
                      arena_printf(&request->arena,
                                   COOKIE "=%.*s; Path=/; Max-Age=%" G_GINT64_FORMAT "; HttpOnly; SameSite=Strict%s",
                                   STR_ARG(token), seconds, tls ? "; Secure" : ""));
}

/* ---- all ---- */

static bool of_bearer(struct http_request *request, struct call *call, struct str token, GError **error)
{
    call->token = token;
    return identity_of_bearer(call->parley->core, http_loop_data(request->loop), token, http_request_is_local(request),
                              &call->caller, &request->arena, error);
}

/* STR_NULL where no proxy may say it. One that was sent twice is whose the client is, too: then nobody's. */
static struct str proxys_user(const struct http_request *request, const struct call *call)
{
    size_t count;
    struct str header = call->parley->settings.user_header;
    if (!header.len || request->peer != HTTP_PEER_LOOPBACK)
        return STR_NULL;
    struct str user = http_request_header(request, header, &count);
    return user.len && count == 1 ? user : STR_NULL;
}

bool credential_read(struct http_request *request, struct call *call, const struct directory *directory, GError **error)
{
    if (request->peer == HTTP_PEER_TRUSTED)
        return trust(request, directory, &call->caller, error);
    struct str scheme, bearer = str_split(http_request_header(request, STR("Authorization"), NULL), ' ', &scheme);
    if (str_equal_nocase(scheme, STR("Bearer")) && str_trim(bearer).len)
        return of_bearer(request, call, str_trim(bearer), error);
    struct str user = proxys_user(request, call), cookie = cookie_of(request);
    if ((user.ptr || cookie.ptr) && !credential_check_origin(request, error))
        return false;
    if (user.ptr)
        return identity_of_username(call->parley->core, http_loop_data(request->loop), user, &call->caller,
                                    &request->arena, error);
    if (cookie.ptr)
        return of_bearer(request, call, cookie, error);
    reason_set(error, REASON_CREDENTIAL_MISSING,
               "sign in, or send Authorization: Bearer with a token made by `parley company token`");
    return false;
}

bool credential_allows(const struct caller *caller, unsigned rights, GError **error)
{
    if (!(rights & ~caller->rights))
        return true;
    reason_set(error, REASON_RIGHT_MISSING, "this token does not have the right that this call needs");
    return false;
}

/* ---- later ---- */

void standing_init(struct standing *standing, struct http_request *request, const struct call *call)
{
    struct str word = call->token.ptr ? call->token : call->caller.username;
    *standing = (struct standing){.by = request->peer == HTTP_PEER_TRUSTED ? STANDING_ADMINISTRATOR
                                        : call->token.ptr                  ? STANDING_TOKEN
                                                                           : STANDING_USER,
                                  .is_local = http_request_is_local(request),
                                  .company = call->caller.company,
                                  .word = word.ptr ? str_to_heap(word) : NULL};
}

void standing_clear(struct standing *standing)
{
    g_clear_pointer(&standing->word, g_free);
}

bool standing_caller(const struct standing *standing, struct core *core, struct store_reader *reader,
                     struct caller *caller, struct arena *a, GError **error)
{
    struct str word = str_from_c(standing->word);
    switch (standing->by) {
    case STANDING_TOKEN:
        return identity_of_bearer(core, reader, word, standing->is_local, caller, a, error);
    case STANDING_USER:
        return identity_of_username(core, reader, word, caller, a, error);
    default:
        *caller = (struct caller){.kind = CALLER_SYSTEM, .company = standing->company, .rights = RIGHT_ALL};
        return true;
    }
}
