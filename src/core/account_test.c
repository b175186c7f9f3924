#include "core/directory.h"
#include "core/fixture.h"
#include "core/identity.h"
#include "core/internal.h"

#include "base/clock.h"

#define ASSERT_STR(a, b) g_assert_cmpmem((a).ptr, (a).len, (b), strlen(b))

static bool put(struct fixture *f, struct account_op *op, enum reason *reason)
{
    GError *error = NULL;
    bool done = core_run(&op->op, &error);
    *reason = error ? reason_of(error) : REASON_COUNT;
    g_clear_error(&error);
    op_clear(&op->op);
    (void)f;
    return done;
}

static void test_refusals(void)
{
    struct fixture f;
    enum reason reason;
    fixture_open(&f, 0);
    struct account_op op;
    struct company company = {.name = STR("Test"), .time_zone = STR("UTC")};
    account_op_init(&op, f.core);
    op.company = &company;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_NAME_TAKEN);

    company = (struct company){.name = STR("New"), .time_zone = STR("Mars/Olympus")};
    account_op_init(&op, f.core);
    op.company = &company;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_ZONE_UNKNOWN);

    company = (struct company){.number = 77, .name = STR("New"), .time_zone = STR("UTC")};
    account_op_init(&op, f.core);
    op.company = &company;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_COMPANY_UNKNOWN);

    fixture_add_operator(&f, f.company, "o1", "bob", "Bob");
    struct operator_account o = {.company = f.company, .id = STR("o2"), .username = STR("bob")};
    account_op_init(&op, f.core);
    op.account = &o;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_NAME_TAKEN);

    struct department d = {.company = f.company, .name = STR("D"), .parent = STR("nothing")};
    account_op_init(&op, f.core);
    op.department = &d;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_DEPARTMENT_UNKNOWN);

    struct token t;
    struct str secret;
    account_token_make(&t, TOKEN_OPERATOR, &f.arena, &secret, NULL);
    t.company = f.company;
    t.operator_id = STR("nobody");
    account_op_init(&op, f.core);
    op.token = &t;
    g_assert_false(put(&f, &op, &reason));
    g_assert_cmpint(reason, ==, REASON_OPERATOR_UNKNOWN);
    fixture_close(&f);
}

static void test_directory(void)
{
    struct fixture f;
    size_t count;
    fixture_open(&f, 0);
    struct company company = {.name = STR("Second"), .time_zone = STR("UTC"), .host = STR("Chat.Example.org")};
    fixture_put(&f, &(struct account_op){.company = &company});
    fixture_add_operator(&f, f.company, "o1", "bob", "Bob");
    struct department a = {.company = f.company, .id = STR("a"), .name = STR("Alpha")};
    struct department b = {.company = f.company, .id = STR("b"), .name = STR("Beta"), .parent = STR("a")};
    struct department c = {.company = f.company, .id = STR("c"), .name = STR("a"), .parent = STR("b")};
    fixture_put(&f, &(struct account_op){.department = &a});
    fixture_put(&f, &(struct account_op){.department = &b});
    fixture_put(&f, &(struct account_op){.department = &c});

    struct directory *d = directory_ref(f.core, f.reader, NULL);
    directory_companies(d, &count);
    g_assert_cmpuint(count, ==, 2);
    g_assert_cmpint(directory_company_by_name(d, STR("Second"))->number, ==, company.number);
    g_assert_cmpint(directory_company_by_host(d, STR("CHAT.example.org:8080"))->number, ==, company.number);
    g_assert_cmpint(directory_company_by_host(d, STR("elsewhere"))->number, ==, f.company);
    g_assert_cmpint(directory_company_by_host(d, STR_NULL)->number, ==, f.company);
    ASSERT_STR(directory_operator(d, STR("o1"))->username, "bob");
    ASSERT_STR(directory_operator_by_username(d, STR("bob"))->id, "o1");
    ASSERT_STR(directory_operator_like(d, STR("BoB"))->id, "o1");
    g_assert_null(directory_operator_like(d, STR("bobby")));
    g_assert_null(directory_operator(d, STR("bob")));
    ASSERT_STR(directory_department(d, f.company, STR("a"))->name, "Alpha"); /* an id before a name */
    ASSERT_STR(directory_department(d, f.company, STR("Beta"))->id, "b");
    g_assert_null(directory_department(d, company.number, STR("a")));
    ASSERT_STR(directory_ancestors(d, f.company, STR("c"), &f.arena), "[\"b\",\"a\"]");
    g_assert_null(directory_ancestors(d, f.company, STR("a"), &f.arena).ptr);

    struct directory *same = directory_ref(f.core, f.reader, NULL);
    g_assert_true(same == d);
    directory_unref(same);
    /* A cycle ends the walk; the old snapshot stays as it was. */
    a.parent = STR("c");
    fixture_put(&f, &(struct account_op){.department = &a});
    struct directory *later = directory_ref(f.core, f.reader, NULL);
    g_assert_true(later != d);
    ASSERT_STR(directory_ancestors(later, f.company, STR("c"), &f.arena), "[\"b\",\"a\"]");
    g_assert_null(directory_ancestors(d, f.company, STR("a"), &f.arena).ptr);
    directory_unref(later);
    directory_unref(d);
    fixture_close(&f);
}

/* A write sees what the writes before it in its group did; nobody else does before the commit. */
static bool look_inside(struct op *op, struct store_txn *txn, GError **error)
{
    struct operator_account o = {.company = 1, .id = STR("o9"), .username = STR("nine")};
    if (!store_operator_put(txn, &o, error))
        return false;
    directories_dirty(op->core);
    struct directory *d = directory_ref_in(op->core, txn, error);
    g_assert_nonnull(directory_operator(d, STR("o9")));
    directory_unref(d);
    store_txn_spoil(txn);
    reason_set(error, REASON_CANCELLED, "rolled back");
    return false;
}

static void test_directory_in_write(void)
{
    struct fixture f;
    GError *error = NULL;
    fixture_open(&f, 0);
    struct op op;
    op_init(&op, f.core, OP_WRITE, look_inside);
    g_assert_false(core_run(&op, &error));
    g_assert_error(error, REASON, REASON_CANCELLED);
    g_clear_error(&error);
    op_clear(&op);
    struct directory *d = directory_ref(f.core, f.reader, NULL);
    g_assert_null(directory_operator(d, STR("o9")));
    directory_unref(d);
    fixture_close(&f);
}

static struct token make_token(struct fixture *f, enum token_kind kind, const char *operator_id, struct str *secret,
                               struct str *api_key)
{
    struct token t;
    account_token_make(&t, kind, &f->arena, secret, api_key);
    t.company = f->company;
    t.operator_id = str_from_c(operator_id);
    return t;
}

static void test_tokens(void)
{
    struct fixture f;
    struct str operator_secret, secret, api_key, bearer;
    struct caller caller;
    GError *error = NULL;
    fixture_open(&f, 0);
    fixture_add_operator(&f, f.company, "o1", "bob", "Bob");
    struct token t = make_token(&f, TOKEN_OPERATOR, "o1", &operator_secret, NULL);
    fixture_put(&f, &(struct account_op){.token = &t});
    t = make_token(&f, TOKEN_AGENDIZE, NULL, &secret, &api_key);
    fixture_put(&f, &(struct account_op){.token = &t});
    t = make_token(&f, TOKEN_BEARER, NULL, &bearer, NULL);
    t.rights = RIGHT_READ;
    t.is_sample = true;
    fixture_put(&f, &(struct account_op){.token = &t});

    for (int i = 0; i < 2; i++) { /* read, then from the cache */
        g_assert_true(
            identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, &error));
        ASSERT_STR(caller.username, "bob");
        g_assert_cmpint(caller.company, ==, f.company);
        g_assert_cmpuint(caller.roles, ==, ROLE_AGENT);
        g_assert_true(identity_of_agendize_token(f.core, f.reader, api_key, secret, true, &caller, &f.arena, &error));
        g_assert_cmpint(caller.kind, ==, CALLER_AGENDIZE);
        g_assert_true(identity_of_agendize_token(f.core, f.reader, STR_NULL, secret, true, &caller, &f.arena, &error));
        g_assert_true(identity_of_bearer(f.core, f.reader, bearer, true, &caller, &f.arena, &error));
        g_assert_cmpuint(caller.rights, ==, RIGHT_READ);
    }
    const struct str none = STR_NULL;
#define REFUSED(call) \
    g_assert_false(call); \
    g_assert_error(error, REASON, REASON_CREDENTIAL_WRONG); \
    g_clear_error(&error)
    REFUSED(identity_of_operator_token(f.core, f.reader, STR("o2"), operator_secret, true, &caller, &f.arena, &error));
    REFUSED(identity_of_operator_token(f.core, f.reader, none, operator_secret, true, &caller, &f.arena, &error));
    REFUSED(identity_of_operator_token(f.core, f.reader, STR("o1"), secret, true, &caller, &f.arena, &error));
    REFUSED(identity_of_agendize_token(f.core, f.reader, secret, secret, true, &caller, &f.arena, &error));
    REFUSED(identity_of_bearer(f.core, f.reader, secret, true, &caller, &f.arena, &error));
    REFUSED(identity_of_bearer(f.core, f.reader, none, true, &caller, &f.arena, &error));

    /* Revoked means at once. */
    struct logout_op logout;
    logout_op_init(&logout, f.core);
    logout.token = operator_secret;
    g_assert_true(core_run(&logout.op, &error));
    op_clear(&logout.op);
    REFUSED(identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, &error));

    t = make_token(&f, TOKEN_OPERATOR, "o1", &operator_secret, NULL);
    t.expires_ms = clock_now_ms() + 60 * 1000;
    fixture_put(&f, &(struct account_op){.token = &t});
    g_assert_true(
        identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, &error));
    clock_set_offset_ms(61 * 1000);
    REFUSED(identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, &error));
    clock_set_offset_ms(0);
    fixture_put(&f, &(struct account_op){.drop_tokens_of = STR("o1")});
    REFUSED(identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, &error));
#undef REFUSED

    f.options.samples = SAMPLE_NOWHERE;
    fixture_reopen(&f);
    g_assert_false(identity_of_bearer(f.core, f.reader, bearer, true, &caller, &f.arena, &error));
    g_assert_error(error, REASON, REASON_SAMPLE_CREDENTIAL_REFUSED);
    g_clear_error(&error);
    fixture_close(&f);
}

static int64_t last_used(struct fixture *f, struct str operator_id, size_t expected)
{
    struct token *tokens;
    size_t count;
    GError *error = NULL;
    store_tokens(fixture_read(f), f->company, operator_id, &f->arena, &tokens, &count, &error);
    g_assert_no_error(error);
    fixture_read_end(f);
    g_assert_cmpuint(count, ==, expected);
    g_assert_cmpuint(tokens[0].id.len, ==, 16);
    return tokens[0].last_used_ms;
}

/* The use is written behind the reader's back: this waits for what was submitted before, and drops the cache. */
static void wait_for_writes(struct fixture *f)
{
    struct button b = {.company = f->company, .id = STR("b"), .name = STR("Button")};
    fixture_put(f, &(struct account_op){.button = &b});
}

static void test_token_use(void)
{
    struct fixture f;
    struct str secret, api_key, operator_secret;
    struct caller caller;
    fixture_open(&f, 0);
    fixture_add_operator(&f, f.company, "o1", "bob", "Bob");
    struct token t = make_token(&f, TOKEN_AGENDIZE, NULL, &secret, &api_key);
    fixture_put(&f, &(struct account_op){.token = &t});
    t = make_token(&f, TOKEN_OPERATOR, "o1", &operator_secret, NULL);
    fixture_put(&f, &(struct account_op){.token = &t});
    g_assert_cmpint(last_used(&f, STR_NULL, 1), ==, 0);

    /* The wrong half is no use of it. */
    g_assert_false(identity_of_agendize_token(f.core, f.reader, STR("wrong"), secret, true, &caller, &f.arena, NULL));
    wait_for_writes(&f);
    g_assert_cmpint(last_used(&f, STR_NULL, 1), ==, 0);

    int64_t before_ms = clock_now_ms();
    uint64_t epoch = store_account_epoch(core_store(f.core));
    g_assert_true(identity_of_agendize_token(f.core, f.reader, api_key, secret, true, &caller, &f.arena, NULL));
    fixture_live(&f, "{'id':'s','visitor':{'id':'v'},'participants':[],'events':[]}", NULL); /* waits, too */
    int64_t used_ms = last_used(&f, STR_NULL, 1);
    g_assert_cmpint(used_ms, >=, before_ms);
    g_assert_cmpint(last_used(&f, STR("o1"), 1), ==, 0);
    g_assert_cmpuint(store_account_epoch(core_store(f.core)), ==, epoch); /* nobody's cache was dropped */

    clock_set_offset_ms(STORE_TOKEN_USE_MS - 60 * 1000); /* within the hour: from memory, and read anew */
    for (int i = 0; i < 2; i++) {
        g_assert_true(identity_of_agendize_token(f.core, f.reader, api_key, secret, true, &caller, &f.arena, NULL));
        wait_for_writes(&f);
        g_assert_cmpint(last_used(&f, STR_NULL, 1), ==, used_ms);
    }
    clock_set_offset_ms(STORE_TOKEN_USE_MS + 60 * 1000);
    g_assert_true(identity_of_agendize_token(f.core, f.reader, api_key, secret, true, &caller, &f.arena, NULL));
    g_assert_true(
        identity_of_operator_token(f.core, f.reader, STR("o1"), operator_secret, true, &caller, &f.arena, NULL));
    wait_for_writes(&f);
    g_assert_cmpint(last_used(&f, STR_NULL, 1), >=, used_ms + STORE_TOKEN_USE_MS);
    g_assert_cmpint(last_used(&f, STR("o1"), 1), >, used_ms);
    clock_set_offset_ms(0);
    fixture_close(&f);
}

struct login_case {
    const char *user, *password, *digest, *resume;
    enum reason refused; /* REASON_COUNT = fine */
};

static void test_login(void)
{
    struct fixture f;
    GError *error = NULL;
    struct caller caller;
    fixture_open(&f, 0);
    struct operator_account o = {.company = f.company,
                                 .id = STR("o1"),
                                 .username = STR("bob"),
                                 .email = STR("Bob@example.org"),
                                 .name = STR("Bob"),
                                 .roles = ROLE_AGENT};
    g_assert_true(account_hash_password(&o, STR("secret"), &f.arena, &error));
    fixture_put(&f, &(struct account_op){.account = &o});
    char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "secret", -1);
    const struct login_case cases[] = {
        {"bob", "secret", NULL, NULL, REASON_COUNT},
        {"bob@example.org", NULL, digest, NULL, REASON_COUNT},
        {"bob", digest, NULL, NULL, REASON_PASSWORD_WRONG},
        {"bob", NULL, "secret", NULL, REASON_PASSWORD_WRONG},
        {"alice", "secret", NULL, NULL, REASON_PASSWORD_WRONG},
        {NULL, NULL, NULL, "nothing", REASON_CREDENTIAL_WRONG},
    };
    struct str token = STR_NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct login_op op;
        login_op_init(&op, f.core);
        op.user = str_from_c(cases[i].user);
        op.password = str_from_c(cases[i].password);
        op.digest = str_from_c(cases[i].digest);
        op.resume = str_from_c(cases[i].resume);
        op.address = STR("192.0.2.1");
        bool done = core_run(&op.op, &error);
        g_assert_cmpint(error ? reason_of(error) : REASON_COUNT, ==, cases[i].refused);
        if (done) {
            ASSERT_STR(op.account.id, "o1");
            token = arena_str(&f.arena, op.auth_token);
        }
        g_clear_error(&error);
        op_clear(&op.op);
    }
    g_free(digest);
    g_assert_true(identity_of_operator_token(f.core, f.reader, STR("o1"), token, true, &caller, &f.arena, &error));
    struct login_op op;
    login_op_init(&op, f.core);
    op.resume = token;
    g_assert_true(core_run(&op.op, &error));
    g_assert_true(str_equal(op.auth_token, token));
    op_clear(&op.op);
    fixture_close(&f);
}

/* What the sample company's password opens stays a sample's: it works nowhere that the password does not. */
static void test_login_of_a_sample(void)
{
    struct fixture f;
    GError *error = NULL;
    struct caller caller;
    fixture_open(&f, 0);
    struct company samples = {.name = STR("Samples"), .time_zone = STR("UTC"), .is_sample = true};
    fixture_put(&f, &(struct account_op){.company = &samples});
    struct operator_account o = {.company = samples.number, .id = STR("o1"), .username = STR("bob")};
    g_assert_true(account_hash_password(&o, STR("secret"), &f.arena, &error));
    fixture_put(&f, &(struct account_op){.account = &o});
    struct login_op op;
    login_op_init(&op, f.core);
    op.user = STR("bob");
    op.password = STR("secret");
    op.address = STR("192.0.2.1");
    g_assert_false(core_run(&op.op, &error));
    g_assert_error(error, REASON, REASON_SAMPLE_CREDENTIAL_REFUSED);
    g_clear_error(&error);
    op.local = true;
    g_assert_true(core_run(&op.op, &error));
    struct str token = op.auth_token;
    g_assert_true(identity_of_operator_token(f.core, f.reader, STR("o1"), token, true, &caller, &f.arena, &error));
    g_assert_false(identity_of_operator_token(f.core, f.reader, STR("o1"), token, false, &caller, &f.arena, &error));
    g_assert_error(error, REASON, REASON_SAMPLE_CREDENTIAL_REFUSED);
    g_clear_error(&error);
    op_clear(&op.op);
    fixture_close(&f);
}

/* Wrong tokens are slowed down for their address; the right one is answered all the same. */
static void test_login_is_limited(void)
{
    struct fixture f;
    GError *error = NULL;
    struct token token;
    struct str secret;
    fixture_open(&f, 0);
    fixture_add_operator(&f, f.company, "o1", "bob", "Bob");
    account_token_make(&token, TOKEN_OPERATOR, &f.arena, &secret, NULL);
    token.company = f.company;
    token.operator_id = STR("o1");
    token.expires_ms = token.created_ms + 60 * 1000;
    fixture_put(&f, &(struct account_op){.token = &token});
    enum reason reason = REASON_COUNT;
    int attempts = 0;
    for (; attempts < 100 && reason != REASON_ATTEMPTS_LIMITED; attempts++) {
        struct login_op op; /* resuming costs no hashing */
        login_op_init(&op, f.core);
        op.resume = STR("guess");
        op.address = STR("192.0.2.1");
        g_assert_false(core_run(&op.op, &error));
        reason = reason_of(error);
        g_assert_true(reason == REASON_CREDENTIAL_WRONG || reason_retry_ms(error) > 0);
        g_clear_error(&error);
        op_clear(&op.op);
    }
    g_assert_cmpint(attempts, ==, 11);
    struct login_op op;
    login_op_init(&op, f.core);
    op.resume = secret;
    op.address = STR("192.0.2.1");
    g_assert_true(core_run(&op.op, &error));
    op_clear(&op.op);
    login_op_init(&op, f.core);
    op.resume = STR("guess");
    op.address = STR("192.0.2.2"); /* somebody else */
    g_assert_false(core_run(&op.op, &error));
    g_assert_error(error, REASON, REASON_CREDENTIAL_WRONG);
    g_clear_error(&error);
    op_clear(&op.op);
    fixture_close(&f);
}

int main(int argc, char **argv)
{
    id_library_init();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/account/refusals", test_refusals);
    g_test_add_func("/account/directory", test_directory);
    g_test_add_func("/account/directory/in-a-write", test_directory_in_write);
    g_test_add_func("/account/tokens", test_tokens);
    g_test_add_func("/account/tokens/use", test_token_use);
    g_test_add_func("/account/login", test_login);
    g_test_add_func("/account/login/of-a-sample", test_login_of_a_sample);
    g_test_add_func("/account/login/limited", test_login_is_limited);
    return g_test_run();
}
