#include "base/reason.h"

#include <stdarg.h>

/* GLib's extended errors: what a reason carries besides code and message. The names are those its macro makes. */
typedef struct {
    char *field;
    int64_t retry_ms;
} ReasonPrivate;

static void reason_private_init(ReasonPrivate *extra)
{
    *extra = (ReasonPrivate){0};
}

static void reason_private_copy(const ReasonPrivate *from, ReasonPrivate *to)
{
    to->field = g_strdup(from->field);
    to->retry_ms = from->retry_ms;
}

static void reason_private_clear(ReasonPrivate *extra)
{
    g_free(extra->field);
}

G_DEFINE_EXTENDED_ERROR(Reason, reason)

static GError *make(enum reason reason, const char *format, va_list arguments) G_GNUC_PRINTF(2, 0);

static GError *make(enum reason reason, const char *format, va_list arguments)
{
    return g_error_new_valist(REASON, (int)reason, format, arguments);
}

void reason_set(GError **error, enum reason reason, const char *format, ...)
{
    if (!error)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_propagate_error(error, make(reason, format, arguments));
    va_end(arguments);
}

void reason_set_field(GError **error, enum reason reason, struct str field, const char *format, ...)
{
    if (!error)
        return;
    va_list arguments;
    va_start(arguments, format);
    GError *made = make(reason, format, arguments);
    va_end(arguments);
    reason_get_private(made)->field = str_to_heap(field);
    g_propagate_error(error, made);
}

void reason_set_retry(GError **error, enum reason reason, int64_t retry_ms, const char *format, ...)
{
    if (!error)
        return;
    va_list arguments;
    va_start(arguments, format);
    GError *made = make(reason, format, arguments);
    va_end(arguments);
    reason_get_private(made)->retry_ms = retry_ms;
    g_propagate_error(error, made);
}

enum reason reason_of(const GError *error)
{
    return error->domain == REASON ? (enum reason)error->code : REASON_INTERNAL;
}

struct str reason_field(const GError *error)
{
    return error->domain == REASON ? str_from_c(reason_get_private(error)->field) : STR_NULL;
}

int64_t reason_retry_ms(const GError *error)
{
    return error->domain == REASON ? reason_get_private(error)->retry_ms : 0;
}

static const struct {
    char name[32];
    enum reason_class of;
} reasons[REASON_COUNT] = {
#define X(name, of) {#name, CLASS_##of},
    REASONS(X)
#undef X
};

enum reason_class reason_class(enum reason reason)
{
    return reasons[reason].of;
}

const char *reason_name(enum reason reason)
{
    static char lower[REASON_COUNT][32];
    static gsize once;
    if (g_once_init_enter(&once)) {
        for (int i = 0; i < REASON_COUNT; i++)
            for (int j = 0; reasons[i].name[j]; j++)
                lower[i][j] = g_ascii_tolower(reasons[i].name[j]);
        g_once_init_leave(&once, 1);
    }
    return lower[reason];
}
