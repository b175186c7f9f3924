#include "core/account.h"
#include "core/directory.h"
#include "core/identity.h"
#include "core/internal.h"
#include "core/quota.h"

#include "base/clock.h"

#include <sodium.h>

/* Rocket.Chat's own life time of a token. */
#define TOKEN_LIFE_MS (INT64_C(90) * 24 * 60 * 60 * 1000)

/* Of nobody's password, with account_hash_password's costs: verified where there is no user, so that it takes as long.
 */
#define NOBODYS_HASH "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* A user name, else an e-mail address; of the company that is asked for. NULL where they may not log in. */
static const struct operator_account *find_user(const struct login_op *op, const struct directory *d)
{
    const struct company *of = op->company.ptr ? directory_company_by_name(d, op->company) : NULL;
    const struct operator_account *o = directory_operator_like(d, op->user);
    if (!o)
        o = directory_operator_by_email(d, of ? of->number : 0, op->user);
    bool usable = o && !o->disabled && (!op->company.ptr || (of && of->number == o->company));
    return usable ? o : NULL;
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

static bool is_of_samples(const struct directory *d, const struct operator_account *o)
{
    const struct company *c = directory_company(d, o->company);
    return c && c->is_sample;
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

static bool check_password(struct login_op *op, const struct directory *d, GError **error)
{
    struct core *core = op->op.core;
    if (!quota_login(core, op->address, op->user, error))
        return false;
    const struct operator_account *o = find_user(op, d);
    bool plain = op->password.ptr;
    struct str hash = !o ? STR_NULL : plain ? o->password : o->digest;
    bool right = verify(hash, plain ? op->password : op->digest);
    quota_login_done(core, op->address, op->user, right);
    if (!right) {
        reason_set(error, REASON_PASSWORD_WRONG, "unknown user or wrong password");
        return false;
    }
    if (is_of_samples(d, o) && !core_allows_samples(core, op->local)) {
        reason_set(error, REASON_SAMPLE_CREDENTIAL_REFUSED,
                   "the sample company's credentials work on the machine itself only");
        return false;
    }
    op->account = copy_operator(o, &op->op.arena);
    return true;
}

/* What a published password opens is no secret either. */
static bool store_new_token(struct login_op *op, const struct directory *d, GError **error)
{
    struct token token;
    account_token_make(&token, TOKEN_OPERATOR, &op->op.arena, &op->auth_token, NULL);
    token.company = op->account.company;
    token.operator_id = op->account.id;
    token.is_sample = is_of_samples(d, &op->account);
    token.expires_ms = op->expires_ms = token.created_ms + (op->life_ms ? op->life_ms : TOKEN_LIFE_MS);
    struct account_op put;
    account_op_init(&put, op->op.core);
    put.token = &token;
    bool stored = core_run(&put.op, error);
    op_clear(&put.op);
    return stored;
}

/* The right token is answered whatever others tried from that address: it cannot be guessed, only wrong ones are slowed
 * down. */
static bool resume(struct login_op *op, struct store_reader *reader, const struct directory *d, GError **error)
{
    struct core *core = op->op.core;
    struct caller caller;
    GError *inner = NULL;
    if (!identity_of_token(core, reader, op->resume, op->local, &caller, &op->op.arena, &inner)) {
        if (quota_login(core, op->address, STR(""), error))
            g_propagate_error(error, g_steal_pointer(&inner));
        quota_login_done(core, op->address, STR(""), false);
        g_clear_error(&inner);
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
    (void)txn;
    struct store_reader *reader = store_reader_open(base->core->store, error);
    struct directory *d = reader ? directory_ref(base->core, reader, error) : NULL;
    bool done = false;
    if (d)
        done = op->resume.len ? resume(op, reader, d, error)
                              : check_password(op, d, error) && store_new_token(op, d, error);
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
    if (op->everywhere_of.ptr)
        return store_token_trim(txn, op->everywhere_of, clock_now_ms(), 0, error);
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
