/* What strangers may do, and how often: anyone may open a chat and write in it, try a chat's key, or log in.
 *
 * Every limit refuses the one who passed it and nobody else. Reading with the right key is never limited. The limits
 * that an administrator may set are quota_options (doc/settings.md); 0 = none. Any thread. */
#pragma once

#include "core/live.h"

struct quotas;

struct quotas *quotas_new(const struct quota_options *options);
void quotas_free(struct quotas *quotas);

/* One chat to be opened from this address by a request of so many bytes. RATE_LIMITED. */
bool quota_open(struct core *core, struct str address, size_t bytes, GError **error);

/* One operation in this chat, of so many bytes. RATE_LIMITED. */
bool quota_operation(struct core *core, struct tail *tail, size_t bytes, GError **error);

/* A wrong key was tried: KEY_WRONG, or after too many of those for one chat's name from one address ATTEMPTS_LIMITED.
 * Counts alike whether there is such a chat. Always false. */
bool quota_wrong_key(struct core *core, const struct live_key *key, GError **error);

/* May this user's password be tried from this address? ATTEMPTS_LIMITED after too many wrong ones for the user, whose
 * name in another case is the same user; or for all users together, and then those who logged in from this address
 * within a day still may. */
bool quota_login(struct core *core, struct str address, struct str user, GError **error);
/* How it went. `user` is empty for a token, whose wrong ones count by themselves. */
void quota_login_done(struct core *core, struct str address, struct str user, bool right);

/* Numbers for /metrics: what was refused. */
struct quota_counters {
    int64_t opens, operations, keys, logins;
};
void quota_counters(struct core *core, struct quota_counters *counters);
