/* POST sign-in, POST sign-out, GET me. */
#include "core/directory.h"
#include "core/team.h"
#include "text/json_read.h"
#include "wire/outcome/deferred.h"
#include "wire/parley/credential.h"

/* ---- who somebody is ---- */

static void add_departments(struct json *w, const struct directory *d, const struct operator_account *o)
{
    struct arena scratch;
    arena_init(&scratch);
    const struct json_node *ids = o->departments.len ? json_read(o->departments, JSON_TOP_ANY, &scratch, NULL) : NULL;
    json_member_array_begin(w, "departments");
    for (const struct json_node *id = json_first(ids); id; id = id->next) {
        const struct department *department = directory_department(d, o->company, json_str(id));
        json_object_begin(w);
        json_member_string(w, "id", json_str(id));
        if (department)
            json_member_string(w, "name", department->name);
        json_object_end(w);
    }
    json_array_end(w);
    arena_clear(&scratch);
}

static void add_operator(struct json *w, const struct directory *d, const struct operator_account *o)
{
    json_member_object_begin(w, "operator");
    document_account(w, o);
    json_member_string_if(w, "email", o->email);
    json_object_end(w);
    document_roles(w, o);
    add_departments(w, d, o);
}

/* What is told of somebody: rows of the directory, whose reference it holds. */
struct me {
    struct directory *directory;
    const struct company *company;
    const struct operator_account *account; /* NULL = a token of the company itself */
    struct operator_status status;
    unsigned rights;
};

static bool read_me(struct http_request *request, const struct caller *caller, struct me *me, GError **error)
{
    const struct parley *parley = request->mount->word;
    struct store_reader *reader = http_loop_data(request->loop);
    *me = (struct me){.rights = caller->rights};
    me->directory = directory_ref(parley->core, reader, error);
    if (!me->directory)
        return false;
    me->company = directory_company(me->directory, caller->company);
    me->account = directory_operator(me->directory, caller->operator_id);
    struct store_txn *txn = core_read_begin(reader, error);
    bool read = txn && team_status(txn, caller, &me->status, error);
    if (txn)
        core_read_end(txn);
    if (!read)
        directory_unref(me->directory);
    return read;
}

/* Members of an open object. */
static void add_me(struct json *w, const struct me *me)
{
    json_member_object_begin(w, "company");
    json_member_string(w, "name", me->company->name);
    json_member_string(w, "timeZone", me->company->time_zone);
    json_object_end(w);
    if (me->account) {
        add_operator(w, me->directory, me->account);
        document_status(w, &me->status);
    } else {
        json_member_null(w, "operator");
    }
    json_member_array_begin(w, "rights");
    for (unsigned right = 1; right <= RIGHT_ALL; right <<= 1)
        if (me->rights & right)
            json_add_string(w, right_name(right));
    json_array_end(w);
}

void parley_me(struct http_request *request, const struct call *call)
{
    g_autoptr(GError) error = NULL;
    struct me me;
    if (!read_me(request, &call->caller, &me, &error)) {
        parley_refuse(request, error);
        return;
    }
    struct object_reply reply;
    add_me(object_reply_begin(&reply), &me);
    object_reply_end(&reply, request, 200);
    directory_unref(me.directory);
}

/* ---- in ---- */

struct sign_in {
    struct login_op login; /* first */
    bool cookie;
};

static void answer_sign_in(struct http_request *request, struct op *base)
{
    const struct parley *parley = request->mount->word;
    const struct sign_in *in = (struct sign_in *)base;
    const struct login_op *login = &in->login;
    const struct caller caller = {.kind = CALLER_OPERATOR,
                                  .company = login->account.company,
                                  .operator_id = login->account.id,
                                  .rights = access_rights(login->account.roles)};
    struct me me;
    if (base->error || !read_me(request, &caller, &me, &base->error)) {
        parley_refuse(request, base->error);
        return;
    }
    struct object_reply reply;
    struct json *w = object_reply_begin(&reply);
    if (in->cookie) /* a page's scripts do not see it */
        credential_set_cookie(request, login->auth_token, parley->settings.sign_in_ms / 1000);
    else
        json_member_string(w, "token", login->auth_token);
    json_member_time(w, "expires", login->expires_ms);
    add_me(w, &me);
    object_reply_end(&reply, request, 200);
    directory_unref(me.directory);
}

static bool read_sign_in(struct http_request *request, struct sign_in *in, GError **error)
{
    static const char *const names[] = {"username", "password", "company", "cookie"};
    struct login_op *login = &in->login;
    const struct json_node *body = json_read(request->body, JSON_TOP_OBJECT, &login->op.arena, error);
    return body && json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) &&
           json_get_string(body, "username", JSON_REQUIRED, LIMIT_NAME, &login->user, error) &&
           json_get_string(body, "password", JSON_REQUIRED, LIMIT_NAME, &login->password, error) &&
           json_get_string(body, "company", JSON_OPTIONAL, LIMIT_NAME, &login->company, error) &&
           json_get_bool(body, "cookie", JSON_OPTIONAL, &in->cookie, error) &&
           (!in->cookie || credential_check_origin(request, error));
}

void parley_sign_in(struct http_request *request, const struct call *call)
{
    struct sign_in *in = g_new0(struct sign_in, 1);
    login_op_init(&in->login, call->parley->core);
    in->login.address = http_request_address(request);
    in->login.local = http_request_is_local(request);
    in->login.life_ms = call->parley->settings.sign_in_ms;
    read_sign_in(request, in, &in->login.op.error);
    deferred_answer(request, &in->login.op, answer_sign_in);
}

/* ---- out ---- */

static void answer_sign_out(struct http_request *request, struct op *op)
{
    if (op->error) {
        parley_refuse(request, op->error);
        return;
    }
    credential_set_cookie(request, STR(""), 0);
    parley_reply_nothing(request);
}

void parley_sign_out(struct http_request *request, const struct call *call)
{
    static const char *const names[] = {"everywhere"};
    struct logout_op *op = g_new(struct logout_op, 1);
    logout_op_init(op, call->parley->core);
    GError **error = &op->op.error;
    const struct json_node *body = body_read(request, &op->op.arena, error);
    bool everywhere = false;
    if (body && json_refuse_unknown(body, names, G_N_ELEMENTS(names), error) &&
        json_get_bool(body, "everywhere", JSON_OPTIONAL, &everywhere, error)) {
        op->token = call->token;
        op->everywhere_of = everywhere ? call->caller.operator_id : STR_NULL;
    }
    deferred_answer(request, &op->op, answer_sign_out);
}
