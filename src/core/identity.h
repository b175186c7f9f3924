/* Who is calling, and what they may do.
 *
 * Credentials are looked up by their hash and cached; every commit to an account table moves an epoch and drops the
 * cache, so a revoked token stops working at once. That a token was used is noted at most once an hour, by a write that
 * nobody waits for. Sample credentials are refused with SAMPLE_CREDENTIAL_REFUSED where core_options.samples does not
 * have them; `local` in each call says that the caller is on this machine itself, not behind a proxy on it. Any thread,
 * with that thread's reader. */
#pragma once

#include "core/core.h"

enum caller_kind {
    CALLER_SYSTEM,   /* a command on this machine: all rights */
    CALLER_OPERATOR, /* who logged in */
    CALLER_AGENDIZE, /* apiKey + token */
    CALLER_BEARER,   /* Parley's own token */
};

struct caller {
    enum caller_kind kind;
    int64_t company;
    unsigned rights;                        /* enum right; of an operator access_rights of the roles */
    unsigned roles;                         /* enum role, CALLER_OPERATOR */
    struct str operator_id, username, name; /* CALLER_OPERATOR */
    struct str departments;                 /* JSON array of department ids, CALLER_OPERATOR */
};

/* With strings of its own. */
struct caller caller_copy(const struct caller *caller, struct arena *a);

/* X-User-Id and X-Auth-Token (doc/dialects/rocketchat.md 1.1). Reasons CREDENTIAL_WRONG, SAMPLE_CREDENTIAL_REFUSED. */
bool identity_of_operator_token(struct core *core, struct store_reader *reader, struct str user_id, struct str token,
                                bool local, struct caller *caller, struct arena *a, GError **error);

/* `token` header with `api_key` (STR_NULL: `Authorization: Bearer`, the token alone). doc/dialects/agendize.md
 * Authentication.
 */
bool identity_of_agendize_token(struct core *core, struct store_reader *reader, struct str api_key, struct str token,
                                bool local, struct caller *caller, struct arena *a, GError **error);

/* Parley's own bearer token, or an operator's that a login gave. */
bool identity_of_bearer(struct core *core, struct store_reader *reader, struct str bearer, bool local,
                        struct caller *caller, struct arena *a, GError **error);

/* The operator of this username, for whom somebody vouches who has seen their credentials (a proxy's single sign-on).
 * CREDENTIAL_WRONG, also for a disabled one. */
bool identity_of_username(struct core *core, struct store_reader *reader, struct str username, struct caller *caller,
                          struct arena *a, GError **error);

/* SLOW: checks a password (plain, or the hex SHA-256 digest of it) or resumes a token, and makes an authToken, which is
 * stored by a write of its own before `done`. Wrong ones are limited (core/quota.h).
 * Reasons: PASSWORD_WRONG (unknown user and wrong password alike, in equal time), CREDENTIAL_WRONG (resume),
 * ATTEMPTS_LIMITED, SAMPLE_CREDENTIAL_REFUSED. */
struct login_op {
    struct op op;
    struct str company;              /* name; STR_NULL = any: the user must be of it */
    struct str user;                 /* username or e-mail */
    struct str password;             /* STR_NULL: digest or resume is used */
    struct str digest;               /* lower-case hex SHA-256 */
    struct str resume;               /* an authToken */
    struct str address;              /* the peer's, for the limiter */
    bool local;                      /* the caller is on this machine itself */
    int64_t life_ms;                 /* how long the token is good; 0 = as Rocket.Chat's, 90 days */
    struct operator_account account; /* out */
    struct str auth_token;           /* out; for resume the given one */
    int64_t expires_ms;              /* out; 0 for resume */
};
void login_op_init(struct login_op *op, struct core *core);

/* WRITE: forgets one operator token, or every one that came by a login. */
struct logout_op {
    struct op op;
    struct str token;
    struct str everywhere_of; /* operator id; STR_NULL = the token alone */
};
void logout_op_init(struct logout_op *op, struct core *core);
