/* Accounts: companies, operators, departments, buttons and their credentials. Plain rows outside the log
 * (doc/decisions.md 1). */
#pragma once

#include "base/arena.h"
#include "base/id.h"
#include "base/reason.h"

#include <stdint.h>

struct company {
    int64_t number;       /* >= 1 */
    struct str name;      /* unique; Genesys tenantName */
    struct str time_zone; /* IANA name */
    struct str host;      /* HTTP Host that selects it, lower case, without port; STR_NULL = none */
    bool is_default;      /* the first one added */
    bool is_sample;       /* made by `parley demo`: its credentials work on the machine itself only */
    int64_t guests;       /* how many "guest-N" were given out */
};

/* Rocket.Chat's roles (doc/dialects/rocketchat.md 1.1, 1.3), a bit set. */
enum role {
    ROLE_ADMIN = 1 << 0,
    ROLE_MANAGER = 1 << 1, /* livechat-manager */
    ROLE_MONITOR = 1 << 2, /* livechat-monitor */
    ROLE_AGENT = 1 << 3,   /* livechat-agent */
    ROLE_USER = 1 << 4,    /* user: no live-chat rights */
};

/* "admin", "livechat-manager", "livechat-monitor", "livechat-agent", "user"; 0 when there is no such role. */
unsigned role_from_name(struct str name);
/* The name of exactly one role. */
struct str role_name(enum role role);

struct operator_account {
    int64_t company;
    struct str id;       /* Rocket.Chat user _id; unique over all companies */
    struct str username; /* unique over all companies */
    struct str name;
    struct str email;
    struct str password;    /* argon2id string of libsodium; STR_NULL = cannot log in with one */
    struct str digest;      /* argon2id string of the lower-case hex SHA-256 of the password: for clients that
                                 send {digest, algorithm: "sha-256"}; STR_NULL with password */
    unsigned roles;         /* of enum role */
    struct str departments; /* JSON array of department ids they work in; STR_NULL = none */
    bool disabled;
    int64_t created_ms;
};

struct department {
    int64_t company;
    struct str id; /* unique in the company */
    struct str name;
    struct str parent; /* id of the unit above it; STR_NULL = none */
    bool enabled;
};

struct button {
    int64_t company;
    struct str id; /* unique in the company */
    struct str name;
};

/* Rights in Parley's own API, a bit set: a bearer token's own, an operator's by their roles (core/access.h). */
enum right {
    RIGHT_READ = 1 << 0,
    RIGHT_WRITE = 1 << 1, /* in any participant's name */
    RIGHT_IMPORT = 1 << 2,
    RIGHT_ADMIN = 1 << 3,
    RIGHT_NOTES = 1 << 4,  /* internal events are shown, too */
    RIGHT_MANAGE = 1 << 5, /* what a team shares: canned answers, exports; sessions that others serve */
    RIGHT_DESK = 1 << 6,   /* the desk's operations, in one's own name: of no use to who is no operator */
    RIGHT_ALL = 127,
};

/* All words with blanks between, in the order of the bits. */
#define RIGHT_WORDS "read write import admin notes manage desk"

/* 0 when there is no such right. */
unsigned right_from_name(struct str name);
/* The name of exactly one right. */
struct str right_name(enum right right);

enum token_kind {
    TOKEN_OPERATOR, /* Rocket.Chat authToken; `operator_id` names whose */
    TOKEN_AGENDIZE, /* Agendize token; `companion` is the hash of its apiKey */
    TOKEN_BEARER,   /* Parley's own; `rights` */
};

struct token {
    uint8_t hash[ID_HASH_SIZE]; /* id_hash of the secret; the secret itself is never stored */
    struct str id;              /* what lists show and a revocation names: random, tells nothing of the secret */
    enum token_kind kind;
    int64_t company;
    struct str operator_id;
    uint8_t companion[ID_HASH_SIZE]; /* zeros when there is none */
    unsigned rights;
    bool is_sample; /* works on the machine itself only */
    int64_t created_ms;
    int64_t expires_ms;   /* 0 = never */
    int64_t last_used_ms; /* to the hour; 0 = never */
};

/* One pair that opens one Genesys chat (doc/dialects/genesys.md 0.3). Earlier ones stay valid. */
struct chat_key {
    int64_t company;
    int64_t session;            /* session number */
    struct str user_id;         /* shown as sent */
    uint8_t hash[ID_HASH_SIZE]; /* id_hash of the secureKey */
    uint32_t participant;       /* whom it speaks for */
};
