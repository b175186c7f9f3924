#include "core/access.h"

static struct caller operator_with(unsigned roles)
{
    return (struct caller){.kind = CALLER_OPERATOR,
                           .company = 1,
                           .rights = access_rights(roles),
                           .roles = roles,
                           .operator_id = STR("a"),
                           .username = STR("anna"),
                           .departments = STR("[\"sales\",\"care\"]")};
}

static void test_rights(void)
{
    g_assert_cmpuint(access_rights(ROLE_USER), ==, 0);
    g_assert_cmpuint(access_rights(ROLE_AGENT), ==, RIGHT_READ | RIGHT_NOTES | RIGHT_DESK);
    g_assert_cmpuint(access_rights(ROLE_MONITOR), ==, access_rights(ROLE_AGENT));
    g_assert_cmpuint(access_rights(ROLE_MANAGER), ==, access_rights(ROLE_AGENT) | RIGHT_MANAGE);
    g_assert_cmpuint(access_rights(ROLE_ADMIN | ROLE_USER), ==, RIGHT_ALL);
}

static void test_sight(void)
{
    const struct operator_ref anna = {.id = STR("a")}, named = {.username = STR("anna")}, ben = {.id = STR("b")},
                              other = {.id = STR("b"), .username = STR("anna")}, nobody = {0};
    const struct {
        struct session session;
        bool seen;
    } cases[] = {
        {{.served_by = anna, .state = SESSION_OPEN}, true},
        {{.served_by = anna, .state = SESSION_CLOSED, .department_id = STR("support")}, true},
        {{.served_by = named, .state = SESSION_CLOSED}, true},
        {{.served_by = other, .state = SESSION_OPEN}, false}, /* the id decides */
        {{.served_by = ben, .state = SESSION_OPEN}, false},
        {{.served_by = ben, .state = SESSION_CLOSED}, false},
        {{.served_by = ben, .state = SESSION_OPEN, .department_id = STR("sales")}, true},
        {{.served_by = ben, .state = SESSION_CLOSED, .department_id = STR("care")}, true},
        {{.served_by = ben, .state = SESSION_CLOSED, .department_id = STR("support")}, false},
        {{.served_by = nobody, .state = SESSION_OPEN}, true},
        {{.served_by = nobody, .state = SESSION_CLOSED}, false},
        {{.served_by = nobody, .state = SESSION_OPEN, .department_id = STR("sales")}, true},
        {{.served_by = nobody, .state = SESSION_OPEN, .department_id = STR("support")}, false},
    };
    const struct caller agent = operator_with(ROLE_AGENT), user = operator_with(ROLE_USER),
                        manager = operator_with(ROLE_MANAGER), bearer = {.kind = CALLER_BEARER, .company = 1};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(access_sees(&agent, &cases[i].session), ==, cases[i].seen);
        g_assert_false(access_sees(&user, &cases[i].session));
        g_assert_true(access_sees(&manager, &cases[i].session));
        g_assert_true(access_sees(&bearer, &cases[i].session));
    }
    g_assert_true(access_sees_all(&manager) && !access_sees_all(&agent));
    g_assert_false(access_serves(&bearer, &cases[0].session));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/access/rights", test_rights);
    g_test_add_func("/access/sight", test_sight);
    return g_test_run();
}
