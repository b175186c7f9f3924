#include "app/dialects.h"

#include "app/markup.h"
#include "wire/agendize/agendize.h"
#include "wire/genesys/genesys.h"
#include "wire/parley/parley.h"
#include "wire/rocketchat/rocketchat.h"

struct dialects {
    struct core *core;
    const struct settings *settings;
    struct markup_options markup; /* its domains are slices of the settings */
    struct str *markup_domains;
    void *made[DIALECT_COUNT];
};

/* ---- what each takes of the settings -------------------------------------------------------------------- */

static void *make_rocketchat(const struct dialects *d)
{
    const struct settings *s = d->settings;
    return rocketchat_new(d->core,
                          &(struct rocketchat_settings){.rate_calls = s->rocketchat_rate_limiter,
                                                        .rate_window_ms = s->rocketchat_rate_limiter_window * 1000,
                                                        .cors_origin = str_from_c(s->rocketchat_cors_origin),
                                                        .markup = &d->markup});
}

static void *make_agendize(const struct dialects *d)
{
    const struct settings *s = d->settings;
    return agendize_new(d->core,
                        &(struct agendize_settings){.literal_bounds = !strcmp(s->agendize_date_bounds, "literal"),
                                                    .query_credentials = s->agendize_query_credentials,
                                                    .cors_origin = str_from_c(s->agendize_cors_origin)});
}

static void *make_genesys(const struct dialects *d)
{
    const struct settings *s = d->settings;
    return genesys_new(
        d->core, &(struct genesys_settings){.prefix = *s->genesys_prefix ? str_from_c(s->genesys_prefix) : STR_NULL,
                                            .alias = str_from_c(s->genesys_alias),
                                            .lenient = s->genesys_lenient,
                                            .cors_origin = str_from_c(s->genesys_cors_origin)});
}

static void *make_parley(const struct dialects *d)
{
    const struct settings *s = d->settings;
    const char *user_header = s->trust_forwarded ? s->user_header : "";
    return parley_new(d->core, &(struct parley_settings){.genesys_alias = str_from_c(s->genesys_alias),
                                                         .cors_origin = str_from_c(s->parley_cors_origin),
                                                         .user_header = str_from_c(user_header),
                                                         .sign_in_ms = s->sign_in_time * 1000,
                                                         .scratch_directory = s->data,
                                                         .markup = &d->markup});
}

/* ---- the rows ------------------------------------------------------------------------------------------- */

#define ANY(dialect) \
    static bool mount_##dialect(void *made, struct http_router *router, GError **error) \
    { \
        return dialect##_mount(made, router, error); \
    } \
    static void free_##dialect(void *made) \
    { \
        dialect##_free(made); \
    }
ANY(parley)
ANY(rocketchat)
ANY(agendize)
ANY(genesys)
#undef ANY

#define ROW(dialect) \
    { \
        make_##dialect, mount_##dialect, free_##dialect \
    }
static const struct {
    void *(*make)(const struct dialects *dialects);
    bool (*mount)(void *made, struct http_router *router, GError **error);
    void (*free)(void *made);
} rows[] = {
    [DIALECT_PARLEY] = ROW(parley),
    [DIALECT_ROCKETCHAT] = ROW(rocketchat),
    [DIALECT_AGENDIZE] = ROW(agendize),
    [DIALECT_GENESYS] = ROW(genesys),
};

G_STATIC_ASSERT(G_N_ELEMENTS(rows) == DIALECT_COUNT);

struct dialects *dialects_new(struct core *core, const struct settings *settings)
{
    struct dialects *d = g_new0(struct dialects, 1);
    d->core = core;
    d->settings = settings;
    d->markup = markup_of_settings(settings, &d->markup_domains);
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        d->made[i] = rows[i].make(d);
    return d;
}

void dialects_free(struct dialects *d)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        rows[i].free(d->made[i]);
    g_free(d->markup_domains);
    g_free(d);
}

bool dialects_mount(struct dialects *d, struct http_router *router, GError **error)
{
    for (size_t i = 0; i < DIALECT_COUNT; i++)
        if (!rows[i].mount(d->made[i], router, error))
            return false;
    return true;
}
