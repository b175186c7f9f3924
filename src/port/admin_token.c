/* The tokens of companies and of operators: made once with their secret, listed and ended by their id. */
#include "port/admin_internal.h"

/* ---- making ---- */

static bool make_agendize(struct admin *admin, const struct company *c, GError **error)
{
    struct token t;
    struct str token, api_key;
    account_token_make(&t, TOKEN_AGENDIZE, admin->arena, &token, &api_key);
    t.company = c->number;
    if (!admin_account_put(admin, (struct account_op){.token = &t}, error))
        return false;
    json_member_string(admin->reply, "apiKey", api_key);
    json_member_string(admin->reply, "token", token);
    return true;
}

static bool make_bearer(struct admin *admin, const struct company *c, unsigned rights, GError **error)
{
    struct token t;
    struct str secret, none;
    account_token_make(&t, TOKEN_BEARER, admin->arena, &secret, &none);
    t.company = c->number;
    t.rights = rights;
    if (!admin_account_put(admin, (struct account_op){.token = &t}, error))
        return false;
    json_member_string(admin->reply, "bearer", secret);
    return true;
}

bool admin_company_token(struct admin *admin, GError **error)
{
    unsigned rights = 0;
    bool agendize = false;
    const struct company *c = admin_company_of(admin, "name", error);
    if (!c || !admin_bits(admin, "rights", right_from_name, RIGHT_WORDS, &rights, error) ||
        !json_get_bool(admin->request, "agendize", JSON_OPTIONAL, &agendize, error))
        return false;
    if (!rights && !agendize) {
        rights = RIGHT_ALL;
        agendize = true;
    }
    return (!agendize || make_agendize(admin, c, error)) && (!rights || make_bearer(admin, c, rights, error));
}

bool admin_operator_token(struct admin *admin, GError **error)
{
    struct token t;
    struct str secret, none;
    const struct operator_account *o = admin_operator_of(admin, error);
    if (!o)
        return false;
    account_token_make(&t, TOKEN_OPERATOR, admin->arena, &secret, &none);
    t.company = o->company;
    t.operator_id = o->id;
    if (!admin_account_put(admin, (struct account_op){.token = &t}, error))
        return false;
    json_member_string(admin->reply, "userId", o->id);
    json_member_string(admin->reply, "authToken", secret);
    return true;
}

/* ---- listing ---- */

static void write_token(struct json *w, const struct token *t)
{
    static const char *const kinds[] = {
        [TOKEN_OPERATOR] = "operator", [TOKEN_AGENDIZE] = "agendize", [TOKEN_BEARER] = "bearer"};
    json_object_begin(w);
    json_member_string(w, "id", t->id);
    json_member_string(w, "kind", str_from_c(kinds[t->kind]));
    if (t->kind == TOKEN_BEARER) {
        json_member_array_begin(w, "rights");
        for (unsigned right = 1; right <= RIGHT_ALL; right <<= 1)
            if (t->rights & right)
                json_add_string(w, right_name(right));
        json_array_end(w);
    }
    json_member_time(w, "made", t->created_ms);
    if (t->last_used_ms)
        json_member_time(w, "lastUsed", t->last_used_ms);
    if (t->expires_ms)
        json_member_time(w, "expires", t->expires_ms);
    if (t->is_sample)
        json_member_bool(w, "sample", true);
    json_object_end(w);
}

static bool list_tokens(struct admin *admin, int64_t company, struct str operator_id, GError **error)
{
    struct token *tokens;
    size_t count;
    struct store_txn *txn = core_read_begin(admin->reader, error);
    if (!txn)
        return false;
    bool read = store_tokens(txn, company, operator_id, admin->arena, &tokens, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "tokens");
    for (size_t i = 0; read && i < count; i++)
        write_token(admin->reply, &tokens[i]);
    json_array_end(admin->reply);
    return read;
}

bool admin_company_tokens(struct admin *admin, GError **error)
{
    const struct company *c = admin_company_of(admin, "name", error);
    return c && list_tokens(admin, c->number, STR_NULL, error);
}

bool admin_operator_tokens(struct admin *admin, GError **error)
{
    const struct operator_account *o = admin_operator_of(admin, error);
    return o && list_tokens(admin, o->company, o->id, error);
}

/* ---- ending ---- */

static bool end_token(struct admin *admin, struct token *which, GError **error)
{
    if (!admin_text(admin, "id", JSON_REQUIRED, LIMIT_ID, &which->id, error) ||
        !admin_account_put(admin, (struct account_op){.revoke = which}, error))
        return false;
    json_member_string(admin->reply, "revoked", which->id);
    return true;
}

bool admin_company_revoke(struct admin *admin, GError **error)
{
    const struct company *c = admin_company_of(admin, "name", error);
    return c && end_token(admin, &(struct token){.company = c->number}, error);
}

bool admin_operator_revoke(struct admin *admin, GError **error)
{
    const struct operator_account *o = admin_operator_of(admin, error);
    return o && end_token(admin, &(struct token){.company = o->company, .operator_id = o->id}, error);
}
