/* doc/limits.md: what the table of limits and the settings say together. */
#include "app/settings.h"
#include "base/limits.h"

struct limit {
    const char *name;
    int64_t value;
    const char *unit, *setting, *what;
    enum reason reason; /* REASON_COUNT = none */
};

#define REASON_NONE REASON_COUNT
static const struct limit limits[] = {
#define X(name, value, unit, setting, reason, what) {#name, value, unit, setting, what, REASON_##reason},
    LIMITS(X)
#undef X
};

/* Settings that are limits and have no constant: 0 turns each off. */
static const struct {
    const char *setting;
    enum reason reason;
} rates[] = {
    {"genesys_rate_limiter", REASON_RATE_LIMITED},
    {"genesys_rate_bytes", REASON_RATE_LIMITED},
    {"genesys_chat_rate", REASON_RATE_LIMITED},
    {"genesys_chat_bytes", REASON_RATE_LIMITED},
    {"rocketchat_rate_limiter", REASON_RATE_LIMITED},
    {"search_time", REASON_NONE},
    {"answer_memory", REASON_NONE},
};

bool limits_tell(enum reason reason)
{
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++)
        if (limits[i].reason == reason)
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++)
        if (rates[i].reason == reason)
            return true;
    return false;
}

static void add_amount(struct buf *out, int64_t value, const char *unit)
{
    static const struct {
        const char *unit, *larger;
        int64_t times;
    } larger[] = {{"bytes", "MiB", 1 << 20}, {"bytes", "KiB", 1 << 10}, {"milliseconds", "s", 1000}};
    for (size_t i = 0; i < G_N_ELEMENTS(larger); i++)
        if (!strcmp(unit, larger[i].unit) && value >= larger[i].times && value % larger[i].times == 0) {
            value /= larger[i].times;
            unit = larger[i].larger;
        }
    buf_printf(out, "%" G_GINT64_FORMAT " %s", value, unit);
}

static void add_reason(struct buf *out, enum reason reason)
{
    if (reason == REASON_NONE)
        buf_add_literal(out, " | |\n");
    else
        buf_printf(out, " | `%s` |\n", reason_name(reason));
}

void limits_write_markdown(struct buf *out)
{
    const char *initial, *unit, *meaning;
    buf_add_literal(
        out, "# Limits\n\n"
             "Made by `parley settings --limits` from the table in `src/base/limits.h`; a test compares them.\n\n"
             "Whatever a client can make grow has a named limit. Beyond it the client is told the reason, in the shape "
             "of its\n"
             "dialect (Parley's own: `urn:parley:problem:REASON`, `doc/parley-api.md`), and `/metrics` counts it in\n"
             "`parley_refusals_total{reason=\"...\"}`. Where no reason stands, the text says what happens; connections "
             "that were\n"
             "refused and cut have series of their own.\n\n"
             "| limit | of | setting | told |\n|---|---|---|---|\n");
    for (size_t i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autofree char *key =
            *limits[i].setting ? settings_describe(limits[i].setting, &initial, &unit, &meaning) : NULL;
        buf_add_literal(out, "| ");
        add_amount(out, limits[i].value, limits[i].unit);
        buf_printf(out, " | %s | %s%s%s", limits[i].what, key ? "`" : "", key ? key : "", key ? "`" : "");
        add_reason(out, limits[i].reason);
    }
    buf_add_literal(out, "\nRates and amounts that are settings only; 0 turns a rate off.\n\n"
                         "| default | setting | meaning | told |\n|---|---|---|---|\n");
    for (size_t i = 0; i < G_N_ELEMENTS(rates); i++) {
        g_autofree char *key = settings_describe(rates[i].setting, &initial, &unit, &meaning);
        buf_printf(out, "| %s %s | `%s` | %s", initial, unit, key, meaning);
        add_reason(out, rates[i].reason);
    }
    buf_add_literal(
        out, "\n## How long writes may wait\n\n"
             "A scrub takes what was erased out of the files (`scrub_at`, or `parley scrub`). It writes the database "
             "anew, and\n"
             "writes wait meanwhile: 80 MB a second are expected, so 35 s for 2.8 GB, 10 million messages. The log "
             "says so when\n"
             "it begins and ends; `/metrics` has `parley_scrub_expected_seconds`, `parley_scrub_due_seconds` and\n"
             "`parley_scrub_last_seconds`.\n");
}
