#include "model/account.h"

static const struct {
    enum role role;
    struct str name;
} roles[] = {
    {ROLE_ADMIN, {"admin", 5}},
    {ROLE_MANAGER, {"livechat-manager", 16}},
    {ROLE_MONITOR, {"livechat-monitor", 16}},
    {ROLE_AGENT, {"livechat-agent", 14}},
    {ROLE_USER, {"user", 4}},
};

unsigned role_from_name(struct str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (str_equal(roles[i].name, name))
            return roles[i].role;
    return 0;
}

struct str role_name(enum role role)
{
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (roles[i].role == role)
            return roles[i].name;
    return STR_NULL;
}

static const struct {
    enum right right;
    struct str name;
} rights[] = {
    {RIGHT_READ, {"read", 4}},   {RIGHT_WRITE, {"write", 5}}, {RIGHT_IMPORT, {"import", 6}},
    {RIGHT_ADMIN, {"admin", 5}}, {RIGHT_NOTES, {"notes", 5}}, {RIGHT_MANAGE, {"manage", 6}},
    {RIGHT_DESK, {"desk", 4}},
};

unsigned right_from_name(struct str name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rights); i++)
        if (str_equal(rights[i].name, name))
            return rights[i].right;
    return 0;
}

struct str right_name(enum right right)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rights); i++)
        if (rights[i].right == right)
            return rights[i].name;
    return STR_NULL;
}
