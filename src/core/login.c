#include "core/account.h"
#include "core/directory.h"
#include "core/identity.h"
#include "core/internal.h"
#include "core/limiter.h"

#include "base/clock.h"

#include <sodium.h>

/* Rocket.Chat's own life time of a token. */
#define TOKEN_LIFE_MS (INT64_C(90) * 24 * 60 * 60 * 1000)

/* Of nobody's password, with account_hash_password's costs: verified where there is no user, so that it takes as long.
 */
#define NOBODYS_HASH "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* What is counted: an address with a user, whose name in another case is the same user. */
static struct str attempts_of(struct login_op *op)
{
    g_autofree char *user = g_utf8_casefold(op->user.ptr ? op->user.ptr : "", (gssize)op->user.len);
    return arena_printf(&op->op.arena, "%.*s %s", STR_ARG(op->address), user);
}

static bool attempts_left(struct core *core, struct str who, GError **error)
{
    struct limiter_state state;
    if (limiter_allows(core->logins, who, &state))
        return true;
    reason_set_retry(error, REASON_ATTEMPTS_LIMITED, MAX(state.reset_ms - clock_now_ms(), 0),
                     "too many attempts; try again later");
    return false;
}

/* A user name, else an e-mail address. */
static const struct operator_account *find_user(const struct directory *d, struct str user)
{
    const struct operator_account *o = directory_operator_like(d, user);
    return o ? o : directory_operator_by_email(d, user);
}

static bool verify(struct str hash, struct str secret)
{
    bool known = hash.ptr && hash.len < crypto_pwhash_STRBYTES;
    char text[crypto_pwhash_STRBYTES] = NOBODYS_HASH;
    if (known) {
        memcpy(text, hash.ptr, hash.len);
        text[hash.len] = 0;
    }
    bool right = crypto_pwhash_str_verify(text, secret.ptr, secret.len) == 0;
    return right && known;
}

static bool check_sample(struct core *core, const struct directory *d, int64_t company, GError **error)
{
    const struct company *c = directory_company(d, company);
    if (core->options.sample_credentials || !c || !c->is_sample)
        return true;
    reason_set(error, REASON_SAMPLE_CREDENTIAL_REFUSED,
               "the sample company's credentials are refused on a server that others can reach");
    return false;
}

static struct operator_account copy_operator(const struct operator_account *o, struct arena *a)
{
    struct operator_account copy = *o;
    copy.id = arena_str(a, o->id);
    copy.username = arena_str(a, o->username);
    copy.name = arena_str(a, o->name);
    copy.email = arena_str(a, o->email);
    copy.departments = arena_str(a, o->departments);
    copy.password = copy.digest = STR_NULL; /* nobody above needs them */
    return copy;
}

static bool check_password(struct login_op *op, const struct directory *d, struct str who, GError **error)
{
    struct core *core = op->op.core;
    const struct operator_account *o = find_user(d, op->user);
    bool usable = o && !o->disabled;
    bool plain = op->password.ptr;
    struct str hash = !usable ? STR_NULL : plain ? o->password : o->digest;
    if (!verify(hash, plain ? op->password : op->digest)) {
        limiter_take(core->logins, who, NULL);
        reason_set(error, REASON_PASSWORD_WRONG, "unknown user or wrong password");
        return false;
    }
    if (!check_sample(core, d, o->company, error))
        return false;
    op->account = copy_operator(o, &op->op.arena);
    return true;
}

static bool store_new_token(struct login_op *op, GError **error)
{
    struct token token;
    account_token_make(&token, TOKEN_OPERATOR, &op->op.arena, &op->auth_token, NULL);
    token.company = op->account.company;
    token.operator_id = op->account.id;
    token.expires_ms = token.created_ms + TOKEN_LIFE_MS;
    struct account_op put;
    account_op_init(&put, op->op.core);
    put.token = &token;
    bool stored = core_run(&put.op, error);
    op_clear(&put.op);
    return stored;
}

static bool resume(struct login_op *op, struct store_reader *reader, const struct directory *d, struct str who,
                   GError **error)
{
    struct caller caller;
    GError *inner = NULL;
    if (!identity_of_token(op->op.core, reader, op->resume, &caller, &op->op.arena, &inner)) {
        limiter_take(op->op.core->logins, who, NULL);
        g_propagate_error(error, inner);
        return false;
    }
    const struct operator_account *o = directory_operator(d, caller.operator_id);
    if (!o) {
        reason_set(error, REASON_CREDENTIAL_WRONG, "these credentials are not known here");
        return false;
    }
    op->account = copy_operator(o, &op->op.arena);
    op->auth_token = op->resume;
    return true;
}

static bool run_login(struct op *base, struct store_txn *txn, GError **error)
{
    struct login_op *op = (struct login_op *)base;
    struct str who = attempts_of(op);
    (void)txn;
    if (!attempts_left(base->core, who, error))
        return false;
    struct store_reader *reader = store_reader_open(base->core->store, error);
    struct directory *d = reader ? directory_ref(base->core, reader, error) : NULL;
    bool done = false;
    if (d)
        done = op->resume.len ? resume(op, reader, d, who, error)
                              : check_password(op, d, who, error) && store_new_token(op, error);
    if (d)
        directory_unref(d);
    if (reader)
        store_reader_close(reader);
    return done;
}

void login_op_init(struct login_op *op, struct core *core)
{
    *op = (struct login_op){0};
    op_init(&op->op, core, OP_SLOW, run_login);
}

static bool run_logout(struct op *base, struct store_txn *txn, GError **error)
{
    struct logout_op *op = (struct logout_op *)base;
    uint8_t hash[ID_HASH_SIZE];
    struct token token;
    bool found;
    id_hash(op->token, hash);
    if (!store_token_get(txn, hash, &base->arena, &token, &found, error))
        return false;
    if (!found || token.kind != TOKEN_OPERATOR)
        return true; /* forgotten already */
    return store_token_delete(txn, hash, error);
}

void logout_op_init(struct logout_op *op, struct core *core)
{
    *op = (struct logout_op){0};
    op_init(&op->op, core, OP_WRITE, run_logout);
}
