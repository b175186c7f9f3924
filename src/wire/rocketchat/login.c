/* login, logout, me and info (spec section 3, "Core endpoints around"). */
#include "core/directory.h"
#include "text/json_read.h"
#include "wire/outcome/deferred.h"
#include "wire/rocketchat/internal.h"

static void reply_literal(struct http_request *request, const char *json)
{
    struct buf body;
    buf_init(&body, 1024);
    buf_add(&body, str_from_c(json));
    rocketchat_reply(request, 200, &body);
    buf_clear(&body);
}

/* Below the address by which the client reached us. No route of ours: clients show the first letter instead. */
static struct str avatar_url(struct http_request *request, struct str username)
{
    struct str host = http_request_header(request, STR("Host"), NULL);
    struct str protocol = http_request_header(request, STR("X-Forwarded-Proto"), NULL);
    g_autofree char *name = g_uri_escape_bytes((const guint8 *)username.ptr, username.len, NULL);
    const char *scheme = str_equal(protocol, STR("https")) ? "https" : "http";
    return arena_printf(&request->arena, "%s://%.*s/avatar/%s", scheme, STR_ARG(host), name);
}

static void add_email(struct json *w, const struct operator_account *o)
{
    json_member_array_begin(w, "emails");
    if (o->email.len) {
        json_object_begin(w);
        json_member_string(w, "address", o->email);
        json_member_bool(w, "verified", false); /* nobody verifies it here, so there is no `email` beside this */
        json_object_end(w);
    }
    json_array_end(w);
}

/* A user without the closing brace, as `me` and login show them. Who asks is online. When an account changed is not
 * kept. */
static void begin_me(struct http_request *request, struct json *w, const struct operator_account *o)
{
    static const enum role roles[] = {ROLE_ADMIN, ROLE_MANAGER, ROLE_MONITOR, ROLE_AGENT, ROLE_USER};
    json_object_begin(w);
    json_member_string(w, "_id", o->id);
    json_member_time(w, "createdAt", o->created_ms);
    json_member_string(w, "username", o->username);
    add_email(w, o);
    json_member_string(w, "type", STR("user"));
    json_member_string(w, "status", STR("online"));
    json_member_bool(w, "active", !o->disabled);
    json_member_time(w, "_updatedAt", o->created_ms);
    json_member_array_begin(w, "roles");
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (o->roles & roles[i])
            json_add_string(w, role_name(roles[i]));
    json_array_end(w);
    json_member_string(w, "name", o->name.ptr ? o->name : o->username);
    json_member_string(w, "statusConnection", STR("online"));
    json_member_object_begin(w, "settings");
    json_member_object_begin(w, "profile");
    json_object_end(w);
    json_member_object_begin(w, "preferences"); /* none that differ from the client's own defaults */
    json_object_end(w);
    json_object_end(w);
    json_member_string(w, "avatarUrl", avatar_url(request, o->username));
}

/* ---- login ---- */

/* Clients forget a token and ask for the password when they are told so in these words. */
static void refuse_login(struct http_request *request, const struct login_op *op)
{
    if (op->resume.len && reason_class(reason_of(op->op.error)) == CLASS_UNAUTHORIZED)
        rocketchat_refuse_login(request, "403", "You've been logged out by the server. Please log in again.");
    else
        rocketchat_refuse(request, op->op.error);
}

static void answer_login(struct http_request *request, struct op *base)
{
    struct login_op *op = (struct login_op *)base;
    if (base->error) {
        refuse_login(request, op);
        return;
    }
    struct buf body;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
    struct json w;
    json_init(&w, &body);
    json_object_begin(&w);
    json_member_string(&w, "status", STR("success"));
    json_member_object_begin(&w, "data");
    json_member_string(&w, "userId", op->account.id);
    json_member_string(&w, "authToken", op->auth_token);
    json_key_literal(&w, "me");
    begin_me(request, &w, &op->account);
    json_object_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    rocketchat_reply(request, 200, &body);
    buf_clear(&body);
}

/* Who logs in, in any form of the original's LoginProps: "user" may be an object as well, as the realtime API sends it.
 */
static struct str read_user(const struct json_node *body)
{
    static const char *const names[] = {"user", "username", "email"};
    const struct json_node *user = json_get(body, "user");
    const struct json_node *holder = json_is(user, JSON_OBJECT) ? user : body;
    struct str found = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(names) && !found.ptr; i++)
        found = json_str(json_get(holder, names[i]));
    return found;
}

static bool read_json(struct http_request *request, struct login_op *op, GError **error)
{
    struct arena *a = &op->op.arena;
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, a, error);
    if (!body)
        return false;
    op->user = arena_str(a, read_user(body));
    const struct json_node *password = json_get(body, "password");
    if (json_is(password, JSON_OBJECT))
        op->digest = arena_str(a, json_str(json_get(password, "digest")));
    else
        op->password = arena_str(a, json_str(password));
    op->resume = arena_str(a, json_str(json_get(body, "resume")));
    return true;
}

/* Upstream's own documentation posts forms with curl -d. */
static bool read_form(struct http_request *request, struct login_op *op, GError **error)
{
    struct query form;
    struct arena *a = &op->op.arena;
    if (!query_parse(request->body, a, &form, error))
        return false;
    op->user = query_get(&form, STR("user"));
    if (!op->user.ptr)
        op->user = query_get(&form, STR("username"));
    if (!op->user.ptr)
        op->user = query_get(&form, STR("email"));
    op->password = query_get(&form, STR("password"));
    op->resume = query_get(&form, STR("resume"));
    return true;
}

void rocketchat_login(struct http_request *request)
{
    const struct rocketchat *rocketchat = request->mount->word;
    struct login_op *op = g_new(struct login_op, 1);
    login_op_init(op, rocketchat->core);
    op->local = http_request_is_local(request);
    struct str type;
    str_split(http_request_header(request, STR("Content-Type"), NULL), ';', &type);
    bool is_form = str_equal_nocase(str_trim(type), STR("application/x-www-form-urlencoded"));
    GError **error = &op->op.error;
    bool read = is_form ? read_form(request, op, error) : read_json(request, op, error);
    if (read && !op->resume.len && (!op->user.len || (!op->password.len && !op->digest.len)))
        reason_set(error, REASON_PASSWORD_WRONG, "Unauthorized");
    op->address = http_request_address(request);
    deferred_answer(request, &op->op, answer_login);
}

/* ---- logout ---- */

static void answer_logout(struct http_request *request, struct op *op)
{
    if (op->error)
        rocketchat_refuse(request, op->error);
    else
        reply_literal(request, "{\"status\":\"success\",\"data\":{\"message\":\"You've been logged out!\"}}");
}

void rocketchat_logout(struct http_request *request, const struct call *call)
{
    struct logout_op *op = g_new(struct logout_op, 1);
    logout_op_init(op, call->rocketchat->core);
    op->token = http_request_header(request, STR("X-Auth-Token"), NULL);
    deferred_answer(request, &op->op, answer_logout);
}

/* ---- me, info ---- */

void rocketchat_me(struct http_request *request, const struct call *call)
{
    g_autoptr(GError) error = NULL;
    struct directory *directory = directory_ref(call->rocketchat->core, http_loop_data(request->loop), &error);
    const struct operator_account *o = directory ? directory_operator(directory, call->caller.operator_id) : NULL;
    if (!o) {
        if (!error)
            reason_set(&error, REASON_CREDENTIAL_WRONG, "You must be logged in to do this.");
        rocketchat_refuse(request, error);
    } else {
        struct buf body;
        buf_init(&body, LIMIT_HTTP_REPLY_BUFFER);
        struct json w;
        json_init(&w, &body);
        begin_me(request, &w, o);
        json_member_bool(&w, "success", true);
        json_object_end(&w);
        rocketchat_reply(request, 200, &body);
        buf_clear(&body);
    }
    if (directory)
        directory_unref(directory);
}

/* The line this dialect answers as (doc/dialects/rocketchat.md, "Which version we answer as"). Where and how the server
 * was built is nobody's business: what the typings require of it is there and says nothing. */
void rocketchat_info(struct http_request *request, bool logged_in)
{
    if (logged_in)
        reply_literal(request, "{\"version\":\"6.12.0\",\"info\":{\"version\":\"6.12.0\",\"build\":{\"date\":\"\","
                               "\"nodeVersion\":\"\",\"arch\":\"\",\"platform\":\"\",\"osRelease\":\"\","
                               "\"totalMemory\":0,\"freeMemory\":0,\"cpus\":0},\"commit\":{},"
                               "\"marketplaceApiVersion\":\"\"},\"success\":true}");
    else
        reply_literal(request, "{\"version\":\"6.12\",\"success\":true}");
}
