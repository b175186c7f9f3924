#include "app/sample.h"

#include "base/clock.h"
#include "core/account.h"
#include "core/conversation.h"
#include "core/directory.h"
#include "port/import.h"

/* data/, by tools/embed. */
extern const char sample_sessions[], sample_sessions_end[], sample_conversations[], sample_conversations_end[];

#define PASSWORD "parley-sample"
#define USER_ID "rbAXPnMktTFbNpwtJ"
#define AUTH_TOKEN "RScctEHSmLGZGywfIhWyRpyofhKOiMoUIpimhvheU3f"
#define ROOM "hhMKhHnnbY79mGs9K"
#define VISITOR "QyBAKC5Wc8tcv6cco"
#define CHAT "00019aParley0001"
#define CHAT_USER "007553863DC30029"
#define CHAT_KEY "8b31761b2154884c"
#define SESSION "sample-session-0001"
#define API_KEY "sample-api-key"
#define TOKEN "sample-token"
#define BEARER "sample-parley-token"

static const struct operator_account operators[] = {
    {.id = {USER_ID, 17},
     .username = {"environment", 11},
     .name = {"Environment", 11},
     .roles = ROLE_ADMIN | ROLE_MANAGER | ROLE_AGENT},
    {.id = {"sampleAgentOne001", 17}, .username = {"agent.one", 9}, .name = {"Agent One", 9}, .roles = ROLE_AGENT},
    {.id = {"sampleAgentTwo002", 17}, .username = {"agent.two", 9}, .name = {"Agent Two", 9}, .roles = ROLE_AGENT},
    {.id = {"samplePlainUser03", 17}, .username = {"plain.user", 10}, .name = {"Plain User", 10}, .roles = ROLE_USER},
};

static const struct department departments[] = {
    {.id = {"sriw2wmP2Zz2pPrre", 17}, .name = {"Customer care", 13}, .enabled = true},
    {.id = {"CAJioQNAvLnYWTy8i", 17}, .name = {"Support", 7}, .parent = {"sriw2wmP2Zz2pPrre", 17}, .enabled = true},
};

static const struct button button = {.id = {"sample-button-0001", 18}, .name = {"Chat with us", 12}};

static bool put(struct core *core, struct account_op row, GError **error)
{
    struct account_op op;
    account_op_init(&op, core);
    op.company = row.company;
    op.account = row.account;
    op.department = row.department;
    op.button = row.button;
    op.token = row.token;
    bool ok = core_run(&op.op, error);
    op_clear(&op.op);
    return ok;
}

static bool make_company(struct core *core, const struct directory *directory, GError **error)
{
    size_t count;
    const struct company *companies = directory_companies(directory, &count);
    for (size_t i = 0; i < count; i++)
        if (companies[i].is_sample)
            return true;
    if (count > 0) {
        reason_set(error, REASON_DIRECTORY_NOT_EMPTY, "the data directory has companies already: take a new one");
        return false;
    }
    struct company company = {
        .name = STR("Environment"), .time_zone = STR("America/New_York"), .is_default = true, .is_sample = true};
    return put(core, (struct account_op){.company = &company}, error);
}

static bool make_operators(struct core *core, const struct directory *directory, int64_t company, struct arena *a,
                           GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(operators); i++) {
        struct operator_account o = operators[i];
        o.company = company;
        o.created_ms = clock_now_ms();
        if (directory_operator(directory, o.id))
            continue;
        if (!account_hash_password(&o, STR(PASSWORD), a, error) ||
            !put(core, (struct account_op){.account = &o}, error))
            return false;
    }
    return true;
}

static bool make_units(struct core *core, int64_t company, GError **error)
{
    struct button b = button;
    b.company = company;
    for (size_t i = 0; i < G_N_ELEMENTS(departments); i++) {
        struct department d = departments[i];
        d.company = company;
        if (!put(core, (struct account_op){.department = &d}, error))
            return false;
    }
    return put(core, (struct account_op){.button = &b}, error);
}

static bool make_tokens(struct core *core, int64_t company, GError **error)
{
    struct token tokens[] = {
        {.kind = TOKEN_OPERATOR, .operator_id = STR(USER_ID)},
        {.kind = TOKEN_AGENDIZE},
        {.kind = TOKEN_BEARER, .rights = RIGHT_ALL},
    };
    id_hash(STR(AUTH_TOKEN), tokens[0].hash);
    id_hash(STR(TOKEN), tokens[1].hash);
    id_hash(STR(API_KEY), tokens[1].companion);
    id_hash(STR(BEARER), tokens[2].hash);
    for (size_t i = 0; i < G_N_ELEMENTS(tokens); i++) {
        tokens[i].company = company;
        tokens[i].is_sample = true;
        tokens[i].created_ms = clock_now_ms();
        if (!put(core, (struct account_op){.token = &tokens[i]}, error))
            return false;
    }
    return true;
}

static bool import_bytes(struct core *core, int64_t company, struct str bytes, GError **error)
{
    struct import_options options = {.core = core, .company = company};
    struct import_result result;
    struct import *import = import_new(&options, error);
    bool going = import != NULL;
    if (!import)
        return false;
    while (going && bytes.len > 0) {
        struct str piece = str_from(bytes.ptr, MIN(bytes.len, (size_t)64 * 1024));
        going = import_feed(import, piece) || import_wait(import);
        bytes = str_skip(bytes, piece.len);
    }
    import_end(import);
    import_finish(import, &result);
    if (!result.error)
        return true;
    g_propagate_error(error, g_steal_pointer(&result.error));
    return false;
}

static bool make_key(struct core *core, int64_t company, GError **error)
{
    struct key_op op;
    key_op_init(&op, core);
    op.company = company;
    op.session_id = STR(CHAT);
    op.user_id = STR(CHAT_USER);
    op.secure_key = STR(CHAT_KEY);
    bool ok = core_run(&op.op, error);
    op_clear(&op.op);
    return ok;
}

static int64_t sample_company(struct core *core, struct store_reader *reader, GError **error)
{
    size_t count;
    int64_t number = 0;
    struct directory *directory = directory_ref(core, reader, error);
    if (!directory)
        return 0;
    const struct company *companies = directory_companies(directory, &count);
    for (size_t i = 0; i < count; i++)
        if (companies[i].is_sample)
            number = companies[i].number;
    directory_unref(directory);
    return number;
}

bool sample_exists(struct core *core, struct store_reader *reader)
{
    return sample_company(core, reader, NULL) != 0;
}

bool sample_make(struct core *core, struct store_reader *reader, GError **error)
{
    struct directory *directory = directory_ref(core, reader, error);
    if (!directory)
        return false;
    struct arena a;
    arena_init(&a);
    int64_t company = 0;
    struct str sessions = str_from(sample_sessions, (size_t)(sample_sessions_end - sample_sessions));
    struct str conversations =
        str_from(sample_conversations, (size_t)(sample_conversations_end - sample_conversations));
    bool ok = make_company(core, directory, error) && (company = sample_company(core, reader, error)) &&
              make_operators(core, directory, company, &a, error) && make_units(core, company, error) &&
              make_tokens(core, company, error) && import_bytes(core, company, sessions, error) &&
              import_bytes(core, company, conversations, error) && make_key(core, company, error);
    arena_clear(&a);
    directory_unref(directory);
    return ok;
}

void sample_print(const char *address, FILE *out)
{
    fprintf(out,
            "The sample company's credentials:\n"
            "  Rocket.Chat  X-User-Id " USER_ID ", X-Auth-Token " AUTH_TOKEN "\n"
            "               environment, agent.one, agent.two, plain.user: password " PASSWORD "\n"
            "  Genesys      userId " CHAT_USER ", secureKey " CHAT_KEY "\n"
            "  Agendize     apiKey " API_KEY ", token " TOKEN "\n"
            "  Parley       Authorization: Bearer " BEARER "\n"
            "Try:\n"
            "  curl -H 'X-Auth-Token: " AUTH_TOKEN "' -H 'X-User-Id: " USER_ID "' "
            "http://%s/api/v1/livechat/visitors.chatHistory/room/" ROOM "/visitor/" VISITOR "\n"
            "  curl -H 'Content-Type: application/json' -d '{\"alias\":\"117\",\"secureKey\":\"" CHAT_KEY
            "\",\"userId\":\"" CHAT_USER "\",\"tenantName\":\"Environment\",\"transcriptPosition\":5}' "
            "http://%s/api/v2/chats/" CHAT "/messages\n"
            "  curl -H 'apiKey: " API_KEY "' -H 'token: " TOKEN "' http://%s/api/2.0/chat/history/" SESSION "\n"
            "  curl -H 'apiKey: " API_KEY "' -H 'token: " TOKEN "' http://%s/api/2.0/chat/history/summary\n"
            "  curl -H 'Authorization: Bearer " BEARER "' http://%s/parley/v1/sessions\n",
            address, address, address, address, address);
}
