#include "core/account.h"

#include "base/clock.h"
#include "base/limits.h"
#include "core/internal.h"
#include "text/zone.h"

#include <sodium.h>

static struct str hash_secret(struct str secret, struct arena *a)
{
    char *text = arena_alloc(a, crypto_pwhash_STRBYTES);
    if (crypto_pwhash_str(text, secret.ptr, secret.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return STR_NULL;
    return str_from_c(text);
}

bool account_hash_password(struct operator_account *o, struct str password, struct arena *a, GError **error)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    if (password.len == 0 || password.len > LIMIT_NAME || !model_check_text(password, LIMIT_NAME, "password", NULL)) {
        reason_set_field(error, REASON_FIELD_VALUE, STR("password"), "a password has 1 to %d bytes of UTF-8",
                         LIMIT_NAME);
        return false;
    }
    crypto_hash_sha256(digest, (const uint8_t *)password.ptr, password.len);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    o->password = hash_secret(password, a);
    o->digest = hash_secret(str_from_c(hex), a);
    if (o->password.ptr && o->digest.ptr)
        return true;
    reason_set(error, REASON_INTERNAL, "out of memory for hashing a password");
    return false;
}

void account_token_make(struct token *t, enum token_kind kind, struct arena *a, struct str *secret, struct str *api_key)
{
    *t = (struct token){.kind = kind, .created_ms = clock_now_ms()};
    *secret =
        kind == TOKEN_OPERATOR ? arena_printf(a, "%s%s", id_random(a).ptr, id_random(a).ptr) : id_random_hex(a, 20);
    id_hash(*secret, t->hash);
    if (kind == TOKEN_AGENDIZE) {
        *api_key = id_random_hex(a, 20);
        id_hash(*api_key, t->companion);
    }
}

/* ---- checks ---- */

static bool check_name(struct str name, const char *field, GError **error)
{
    if (!str_is_empty(name))
        return model_check_text(name, LIMIT_NAME, field, error);
    reason_set_field(error, REASON_FIELD_MISSING, str_from_c(field), "%s must not be empty", field);
    return false;
}

static bool company_exists(struct store_txn *txn, int64_t number, struct arena *a, GError **error)
{
    struct company *companies;
    size_t count;
    if (!store_companies(txn, a, &companies, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (companies[i].number == number)
            return true;
    reason_set(error, REASON_COMPANY_UNKNOWN, "there is no such company");
    return false;
}

static bool put_company(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct company *c = op->company;
    if (op->number_made && c->number == op->number_made)
        c->number = 0; /* an earlier run's, rolled back */
    if (!check_name(c->name, "name", error) || !zone_get(c->time_zone, error) ||
        (c->host.ptr && !model_check_id(c->host, "host", error)) ||
        (c->number && !company_exists(txn, c->number, &op->op.arena, error)))
        return false;
    bool is_new = c->number == 0;
    char *host = c->host.ptr ? g_ascii_strdown(c->host.ptr, (gssize)c->host.len) : NULL;
    c->host = arena_str(&op->op.arena, str_from_c(host));
    g_free(host);
    if (!store_company_put(txn, c, error))
        return false;
    if (is_new)
        op->number_made = c->number;
    return true;
}

static bool put_operator(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct operator_account *o = op->account;
    if (!o->id.ptr)
        o->id = id_random(&op->op.arena);
    if (!o->created_ms)
        o->created_ms = clock_now_ms();
    return model_check_id(o->id, "id", error) && model_check_id(o->username, "username", error) &&
           model_check_text(o->name, LIMIT_NAME, "name", error) &&
           model_check_text(o->email, LIMIT_NAME, "email", error) &&
           company_exists(txn, o->company, &op->op.arena, error) && store_operator_put(txn, o, error);
}

static bool put_department(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct department *d = op->department;
    struct department *known;
    size_t count;
    if (!d->id.ptr)
        d->id = id_random(&op->op.arena);
    if (!model_check_id(d->id, "id", error) || !check_name(d->name, "name", error) ||
        !company_exists(txn, d->company, &op->op.arena, error) ||
        !store_departments(txn, d->company, &op->op.arena, &known, &count, error))
        return false;
    bool parent_known = !d->parent.ptr;
    for (size_t i = 0; i < count && !parent_known; i++)
        parent_known = str_equal(known[i].id, d->parent);
    if (!parent_known) {
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("parent"), "there is no such department");
        return false;
    }
    return store_department_put(txn, d, error);
}

static bool put_button(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct button *b = op->button;
    if (!b->id.ptr)
        b->id = id_random(&op->op.arena);
    return model_check_id(b->id, "id", error) && check_name(b->name, "name", error) &&
           company_exists(txn, b->company, &op->op.arena, error) && store_button_put(txn, b, error);
}

static bool put_token(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct token *t = op->token;
    struct operator_account o;
    bool found = true;
    if (!t->id.ptr)
        t->id = id_random_hex(&op->op.arena, 8);
    if (!company_exists(txn, t->company, &op->op.arena, error) ||
        (t->kind == TOKEN_OPERATOR && !store_operator_by_id(txn, t->operator_id, &op->op.arena, &o, &found, error)))
        return false;
    if (!found) {
        reason_set(error, REASON_OPERATOR_UNKNOWN, "there is no such operator");
        return false;
    }
    /* Whoever logs in again and again makes no more than so many. */
    return store_token_put(txn, t, error) &&
           (!t->expires_ms || store_token_trim(txn, t->operator_id, t->created_ms, LIMIT_LOGINS, error));
}

static bool end_token(struct account_op *op, struct store_txn *txn, GError **error)
{
    struct token *tokens;
    size_t count;
    if (!store_tokens(txn, op->revoke->company, op->revoke->operator_id, &op->op.arena, &tokens, &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (str_equal(tokens[i].id, op->revoke->id))
            return store_token_delete(txn, tokens[i].hash, error);
    reason_set_field(error, REASON_TOKEN_UNKNOWN, STR("id"), "there is no token %.*s", STR_ARG(op->revoke->id));
    return false;
}

static bool run_account(struct op *base, struct store_txn *txn, GError **error)
{
    struct account_op *op = (struct account_op *)base;
    bool done = op->company      ? put_company(op, txn, error)
                : op->account    ? put_operator(op, txn, error)
                : op->department ? put_department(op, txn, error)
                : op->button     ? put_button(op, txn, error)
                : op->token      ? put_token(op, txn, error)
                : op->revoke     ? end_token(op, txn, error)
                                 : true;
    if (done && op->drop_tokens_of.ptr)
        done = store_token_delete_of(txn, op->drop_tokens_of, error);
    if (done)
        directories_dirty(base->core);
    return done;
}

void account_op_init(struct account_op *op, struct core *core)
{
    *op = (struct account_op){0};
    op_init(&op->op, core, OP_WRITE, run_account);
}
