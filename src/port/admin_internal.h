/* What the files of admin.c share: one command under way, and how it reads what it is asked. */
#pragma once

#include "core/account.h"
#include "core/directory.h"
#include "port/admin.h"
#include "text/json_read.h"

/* One command under way. */
struct admin {
    struct core *core;
    struct store_reader *reader;
    struct directory *directory;
    const struct json_node *request;
    const struct store_progress *progress;
    struct arena *arena;
    struct json *reply; /* inside its object */
};

/* A member that is a string; as json_get_string. */
bool admin_text(struct admin *admin, const char *member, enum json_presence presence, size_t max, struct str *value,
                GError **error);

/* The company that `member` names, else the default one. COMPANY_UNKNOWN. Borrowed from the directory. */
const struct company *admin_company_of(struct admin *admin, const char *member, GError **error);

/* The operator that the member "username" names. OPERATOR_UNKNOWN. Borrowed from the directory. */
const struct operator_account *admin_operator_of(struct admin *admin, GError **error);

/* An array of words, each turned to its bits by `from_name`; absent leaves *bits. `words`: those there are, for the
 * error. */
bool admin_bits(struct admin *admin, const char *member, unsigned (*from_name)(struct str name), const char *words,
                unsigned *bits, GError **error);

/* Writes one account row (core/account.h). */
bool admin_account_put(struct admin *admin, struct account_op row, GError **error);

/* The commands. Each writes its answer's members. */
bool admin_company_add(struct admin *admin, GError **error);
bool admin_company_set(struct admin *admin, GError **error);
bool admin_company_list(struct admin *admin, GError **error);
bool admin_company_token(struct admin *admin, GError **error);
bool admin_company_tokens(struct admin *admin, GError **error);
bool admin_company_revoke(struct admin *admin, GError **error);
bool admin_operator_add(struct admin *admin, GError **error);
bool admin_operator_set(struct admin *admin, GError **error);
bool admin_operator_passwd(struct admin *admin, GError **error);
bool admin_operator_list(struct admin *admin, GError **error);
bool admin_operator_token(struct admin *admin, GError **error);
bool admin_operator_tokens(struct admin *admin, GError **error);
bool admin_operator_revoke(struct admin *admin, GError **error);
bool admin_department_add(struct admin *admin, GError **error);
bool admin_department_set(struct admin *admin, GError **error);
bool admin_department_list(struct admin *admin, GError **error);
bool admin_button_add(struct admin *admin, GError **error);
bool admin_button_set(struct admin *admin, GError **error);
bool admin_button_list(struct admin *admin, GError **error);
bool admin_search(struct admin *admin, GError **error);
bool admin_check(struct admin *admin, GError **error);
bool admin_backup(struct admin *admin, GError **error);
bool admin_erase(struct admin *admin, GError **error);
bool admin_scrub(struct admin *admin, GError **error);
