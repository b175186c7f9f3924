#include "core/quota.h"

#include "base/clock.h"
#include "core/internal.h"
#include "core/limiter.h"
#include "core/tail.h"

#define MINUTE_MS (INT64_C(60) * 1000)
#define DAY_MS (24 * 60 * MINUTE_MS)

enum {
    BURST_S = 5, /* a chat may use up so many seconds' allowance at once */
    WRONG_KEYS = 10,
    WRONG_LOGINS = 10,
    WRONG_LOGINS_OF_ADDRESS = 100,
};

enum what { OPENS, OPERATIONS, KEYS, LOGINS, WHAT_COUNT };

struct quotas {
    struct quota_options options;
    struct limiter *opens, *open_bytes; /* by address; NULL = no limit */
    struct limiter *keys;               /* wrong ones, by chat and address */
    struct limiter *logins;             /* wrong ones, by address and user */
    struct limiter *logins_of_address;  /* wrong ones of all users */
    struct limiter *known;              /* who logged in rightly: used up = did so */
    _Atomic int64_t refused[WHAT_COUNT];
};

static struct limiter *limiter_or_none(int64_t calls, int64_t window_ms)
{
    return calls ? limiter_new(calls, window_ms) : NULL;
}

struct quotas *quotas_new(const struct quota_options *options)
{
    struct quotas *quotas = g_new0(struct quotas, 1);
    quotas->options = *options;
    quotas->opens = limiter_or_none(options->opens, MINUTE_MS);
    quotas->open_bytes = limiter_or_none(options->open_bytes, MINUTE_MS);
    quotas->keys = limiter_new(WRONG_KEYS, MINUTE_MS);
    quotas->logins = limiter_new(WRONG_LOGINS, MINUTE_MS);
    quotas->logins_of_address = limiter_new(WRONG_LOGINS_OF_ADDRESS, MINUTE_MS);
    quotas->known = limiter_new(1, DAY_MS);
    return quotas;
}

void quotas_free(struct quotas *quotas)
{
    g_clear_pointer(&quotas->opens, limiter_free);
    g_clear_pointer(&quotas->open_bytes, limiter_free);
    limiter_free(quotas->keys);
    limiter_free(quotas->logins);
    limiter_free(quotas->logins_of_address);
    limiter_free(quotas->known);
    g_free(quotas);
}

static bool refuse_beyond(struct quotas *quotas, enum what what, int64_t retry_ms, GError **error)
{
    bool is_guess = what == KEYS || what == LOGINS;
    atomic_fetch_add(&quotas->refused[what], 1);
    reason_set_retry(error, is_guess ? REASON_ATTEMPTS_LIMITED : REASON_RATE_LIMITED, MAX(retry_ms, 0),
                     is_guess ? "too many attempts; try again later" : "too much at once; try again later");
    return false;
}

static int64_t rest_of(const struct limiter_state *state)
{
    return state->reset_ms - clock_now_ms();
}

/* ---- writing ---- */

bool quota_open(struct core *core, struct str address, size_t bytes, GError **error)
{
    struct quotas *quotas = core->quotas;
    struct limiter_state state;
    if ((!quotas->opens || limiter_take(quotas->opens, address, 1, &state)) &&
        (!quotas->open_bytes || limiter_take(quotas->open_bytes, address, (int64_t)bytes, &state)))
        return true;
    return refuse_beyond(quotas, OPENS, rest_of(&state), error);
}

/* A steady rate with bursts, in one number: until when what was taken so far uses up the rate. Taking is allowed while
 * that is less than BURST_S ahead, whatever the amount, which then has to be waited off. */
static bool take_amount(_Atomic int64_t *used_until_us, int64_t per_second, int64_t amount, int64_t now_us)
{
    int64_t old = atomic_load(used_until_us), taken;
    if (!per_second)
        return true;
    do {
        if (old - now_us >= BURST_S * INT64_C(1000000))
            return false;
        taken = MAX(old, now_us) + amount * 1000000 / per_second;
    } while (!atomic_compare_exchange_weak(used_until_us, &old, taken));
    return true;
}

bool quota_operation(struct core *core, struct tail *tail, size_t bytes, GError **error)
{
    struct quotas *quotas = core->quotas;
    int64_t now_us = clock_monotonic_ms() * 1000;
    if (take_amount(&tail->operations_until_us, quotas->options.operations, 1, now_us) &&
        take_amount(&tail->bytes_until_us, quotas->options.operation_bytes, (int64_t)bytes, now_us))
        return true;
    return refuse_beyond(quotas, OPERATIONS, 1000, error);
}

/* ---- guessing ---- */

bool quota_wrong_key(struct core *core, const struct live_key *key, GError **error)
{
    struct buf name;
    struct limiter_state state;
    buf_init(&name, sizeof key->company + LIMIT_HTTP_HEAD);
    buf_add(&name, str_from((const char *)&key->company, sizeof key->company));
    buf_add(&name, key->address);
    buf_add_byte(&name, ' ');
    buf_add(&name, key->session_id);
    bool more = limiter_take(core->quotas->keys, buf_str(&name), 1, &state);
    buf_clear(&name);
    if (!more)
        return refuse_beyond(core->quotas, KEYS, rest_of(&state), error);
    reason_set(error, REASON_KEY_WRONG, "no chat is opened by this userId and secureKey");
    return false;
}

static char *login_name(struct str address, struct str user)
{
    g_autofree char *folded = g_utf8_casefold(user.ptr ? user.ptr : "", (gssize)user.len);
    return g_strdup_printf("%.*s %s", STR_ARG(address), folded);
}

bool quota_login(struct core *core, struct str address, struct str user, GError **error)
{
    struct quotas *quotas = core->quotas;
    struct limiter_state state;
    g_autofree char *name = login_name(address, user);
    struct str who = str_from_c(name);
    if (limiter_allows(quotas->logins, who, &state) &&
        (!limiter_allows(quotas->known, who, NULL) || limiter_allows(quotas->logins_of_address, address, &state)))
        return true;
    return refuse_beyond(quotas, LOGINS, rest_of(&state), error);
}

void quota_login_done(struct core *core, struct str address, struct str user, bool right)
{
    struct quotas *quotas = core->quotas;
    g_autofree char *name = login_name(address, user);
    limiter_take(right ? quotas->known : quotas->logins, str_from_c(name), 1, NULL);
    if (!right && user.len)
        limiter_take(quotas->logins_of_address, address, 1, NULL);
}

void quota_counters(struct core *core, struct quota_counters *counters)
{
    const _Atomic int64_t *refused = core->quotas->refused;
    *counters = (struct quota_counters){
        .opens = atomic_load(&refused[OPENS]),
        .operations = atomic_load(&refused[OPERATIONS]),
        .keys = atomic_load(&refused[KEYS]),
        .logins = atomic_load(&refused[LOGINS]),
    };
}
