#include "wire/genesys/call.h"

#include "base/limits.h"

#define CREDENTIALS "\"userId\":\"u\",\"secureKey\":\"k\",\"alias\":\"117\",\"tenantName\":\"Environment\""

static bool read_body(const char *body, enum call_route route, bool lenient, struct call *call, struct arena *a,
                      GError **error)
{
    arena_init(a);
    return call_read(str_from_c(body), route, lenient, call, a, error);
}

static void check_position(const char *member, uint32_t position)
{
    struct arena a;
    struct call call;
    g_autoptr(GError) error = NULL;
    g_autofree char *body = g_strdup_printf("{" CREDENTIALS "%s%s}", *member ? "," : "", member);
    g_assert_true(read_body(body, CALL_MESSAGES, false, &call, &a, &error));
    g_assert_cmpuint(call.position, ==, position);
    arena_clear(&a);
}

static void check_refused(const char *body, enum call_route route, enum reason reason, const char *field)
{
    struct arena a;
    struct call call;
    g_autoptr(GError) error = NULL;
    g_assert_false(read_body(body, route, false, &call, &a, &error));
    g_assert_cmpint(reason_of(error), ==, reason);
    g_assert_true(!field || str_equal(reason_field(error), str_from_c(field)));
    arena_clear(&a);
}

static void test_position(void)
{
    check_position("", 1);
    check_position("\"transcriptPosition\":null", 1);
    check_position("\"transcriptPosition\":0", 0);
    check_position("\"transcriptPosition\":5", 5);
    check_position("\"transcriptPosition\":\"5\"", 5);
    check_position("\"transcriptPosition\":5.0", 5);
    check_position("\"transcriptPosition\":9000000000", LIMIT_EVENTS_PER_SESSION);
    static const char *const refused[] = {"-1", "1.5", "\"x\"", "\"\"", "true", "[1]", "\"-1\""};
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autofree char *body = g_strdup_printf("{" CREDENTIALS ",\"transcriptPosition\":%s}", refused[i]);
        check_refused(body, CALL_MESSAGES, REASON_FIELD_VALUE, "transcriptPosition");
    }
}

static void test_credentials(void)
{
    check_refused("{\"secureKey\":\"k\",\"alias\":\"a\",\"tenantName\":\"t\"}", CALL_MESSAGES, REASON_FIELD_MISSING,
                  "userId");
    check_refused("{\"userId\":7,\"secureKey\":\"k\",\"alias\":\"a\",\"tenantName\":\"t\"}", CALL_MESSAGES,
                  REASON_FIELD_TYPE, "userId");
    check_refused("{\"userId\":\"u\",\"secureKey\":\"k\",\"tenantName\":\"t\"}", CALL_MESSAGES, REASON_FIELD_MISSING,
                  "alias");
    struct arena a;
    struct call call;
    g_assert_true(read_body("{\"userId\":\"u\",\"secureKey\":\"k\"}", CALL_MESSAGES, true, &call, &a, NULL));
    arena_clear(&a);
    g_assert_true(read_body("{\"userId\":\"u\",\"secureKey\":\"k\",\"alias\":\"a\",\"tenantId\":\"t\"}", CALL_MESSAGES,
                            false, &call, &a, NULL));
    g_assert_true(str_equal(call.tenant, STR("t")));
    arena_clear(&a);
}

/* What an error answers echoes the credentials, so they are read whatever else is wrong. */
static void test_credentials_survive_errors(void)
{
    struct arena a;
    struct call call;
    g_assert_false(read_body("{" CREDENTIALS ",\"operationName\":\"Sing\"}", CALL_OPERATE, false, &call, &a, NULL));
    g_assert_true(str_equal(call.secure_key, STR("k")) && str_equal(call.tenant, STR("Environment")));
    arena_clear(&a);
}

static void test_operations(void)
{
    check_refused("{" CREDENTIALS ",\"operationName\":\"SendMessage\"}", CALL_OPERATE, REASON_FIELD_MISSING, "text");
    check_refused("{" CREDENTIALS ",\"operationName\":\"SendMessage\",\"text\":\"\"}", CALL_OPERATE, REASON_TEXT_EMPTY,
                  "text");
    check_refused("{" CREDENTIALS ",\"operationName\":\"SendUrl\",\"pushUrl\":\"http://a\",}", CALL_OPERATE,
                  REASON_BODY_MALFORMED, NULL);
    struct arena a;
    struct call call;
    g_assert_true(read_body("{" CREDENTIALS
                            ",\"operationName\":\"SendMessage\",\"text\":\" hi \",\"messageType\":\"x\"}",
                            CALL_OPERATE, false, &call, &a, NULL));
    g_assert_true(call.operation == OPERATION_SEND_MESSAGE && str_equal(call.text, STR(" hi ")));
    g_assert_true(str_equal(call.message_type, STR("x")));
    arena_clear(&a);
}

static void test_create(void)
{
    check_refused("{\"nickname\":\"n\"}", CALL_CREATE, REASON_FIELD_MISSING, "tenantName");
    check_refused("{\"tenantName\":\"t\"}", CALL_CREATE, REASON_FIELD_MISSING, "nickname");
    check_refused("{\"tenantName\":\"t\",\"nickname\":\"n\",\"emailAddress\":\"x\"}", CALL_CREATE, REASON_FIELD_VALUE,
                  "emailAddress");
    struct arena a;
    struct call call;
    g_assert_true(
        read_body("{\"tenantName\":\"t\",\"firstName\":\"Ann\",\"lastName\":\"Lee\",\"userData\":{\"k\":\"v\"}}",
                  CALL_CREATE, false, &call, &a, NULL));
    g_assert_true(str_equal(call.nickname, STR("Ann Lee")));
    g_assert_true(str_equal(call.user_data, STR("{\"k\":\"v\"}")));
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/genesys/call/position", test_position);
    g_test_add_func("/genesys/call/credentials", test_credentials);
    g_test_add_func("/genesys/call/credentials_survive_errors", test_credentials_survive_errors);
    g_test_add_func("/genesys/call/operations", test_operations);
    g_test_add_func("/genesys/call/create", test_create);
    return g_test_run();
}
