/* Changing accounts: companies, operators, departments, buttons, tokens. WRITE ops through core_run or core_submit;
 * passwords are hashed (argon2id) before the write, by account_hash_password on a thread that may be slow. */
#pragma once

#include "core/core.h"

/* Fills o->password and o->digest for a password of 1 to LIMIT_NAME bytes. ~0.1 s. */
bool account_hash_password(struct operator_account *o, struct str password, struct arena *a, GError **error);

/* One change of one account row. At most one of the pointers is set; rows live in the op's arena. */
struct account_op {
    struct op op;
    struct company *company;          /* number 0 = add (NAME_TAKEN); else change */
    struct operator_account *account; /* id STR_NULL = add with a random id */
    struct department *department;
    struct button *button;
    struct token *token;        /* add, made by account_token_make; id STR_NULL = a random one */
    const struct token *revoke; /* company, operator_id and id say which token ends */
    struct str drop_tokens_of;  /* operator id: all their tokens go (passwd, disable); alone or after a change */
    int64_t number_made;        /* internal: the new company's, for a second run */
};
/* Reasons: NAME_TAKEN, COMPANY_UNKNOWN, OPERATOR_UNKNOWN (a token's), TOKEN_UNKNOWN, DEPARTMENT_UNKNOWN (a parent),
 * ZONE_UNKNOWN, ID_INVALID, FIELD_MISSING, TEXT_*. Numbers and ids given out are in the row after `done`. */
void account_op_init(struct account_op *op, struct core *core);

/* Makes the row of a new random token; *secret is shown once and never stored. For TOKEN_AGENDIZE `api_key` gets its
 * second half. */
void account_token_make(struct token *t, enum token_kind kind, struct arena *a, struct str *secret,
                        struct str *api_key);
