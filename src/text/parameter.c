#include "text/parameter.h"

#include "base/reason.h"
#include "text/zone.h"

#include <inttypes.h>

int parameter_word(const char *words, struct str word)
{
    struct str one, rest = str_from_c(words);
    for (int i = 0; rest.ptr; i++) {
        rest = str_split(rest, ' ', &one);
        if (str_equal(one, word))
            return i;
    }
    return -1;
}

static const struct parameter *find_parameter(const struct parameter *parameters, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(str_from_c(parameters[i].name), name))
            return &parameters[i];
    return NULL;
}

/* "open or closed"; "message, file or notice". */
static bool refuse_words(const struct parameter *p, const char *what, GError **error)
{
    g_auto(GStrv) words = g_strsplit(p->words, " ", -1);
    guint count = g_strv_length(words);
    g_autoptr(GString) list = g_string_new(words[0]);
    for (guint i = 1; i < count; i++)
        g_string_append_printf(list, i + 1 < count ? ", %s" : " or %s", words[i]);
    reason_set_field(error, REASON_PARAMETER_VALUE, str_from_c(p->name), "%s must be %s%s", p->name, what, list->str);
    return false;
}

static bool check_list(const struct parameter *p, struct str value, GError **error)
{
    struct str word, rest = value;
    while (rest.ptr) {
        rest = str_split(rest, ',', &word);
        if (parameter_word(p->words, word) < 0)
            return refuse_words(p, "some of these, with commas between: ", error);
    }
    return true;
}

static bool check_number(const struct parameter *p, struct str value, GError **error)
{
    int64_t number;
    if (str_to_int64(value, &number) && number >= p->least && number <= p->greatest)
        return true;
    reason_set_field(error, REASON_PARAMETER_VALUE, str_from_c(p->name),
                     "%s must be a number from %" PRId64 " to %" PRId64, p->name, p->least, p->greatest);
    return false;
}

static bool check_zone(const struct parameter *p, struct str value, GError **error)
{
    g_autoptr(GError) unknown = NULL;
    if (zone_get(value, &unknown))
        return true;
    reason_set_field(error, reason_of(unknown), str_from_c(p->name), "%s is %s", p->name, unknown->message);
    return false;
}

static bool check_value(const struct parameter *p, struct str value, GError **error)
{
    struct time_point point;
    if (!value.len && p->may_be_empty)
        return true;
    switch (p->type) {
    case PARAMETER_TEXT:
        return true;
    case PARAMETER_CHOICE:
        return parameter_word(p->words, value) >= 0 || refuse_words(p, "", error);
    case PARAMETER_LIST:
        return check_list(p, value, error);
    case PARAMETER_NUMBER:
        return check_number(p, value, error);
    case PARAMETER_TIME: /* the zone says which time, not whether it is one */
        return time_parse_bound(value, str_from_c(p->name), zone_utc(), &point, error);
    case PARAMETER_ZONE:
        return check_zone(p, value, error);
    }
    return false;
}

static bool refuse_repeated(const struct query *q, GError **error)
{
    for (size_t i = 1; i < q->count; i++) {
        struct str name = q->pairs[i].name;
        for (size_t k = 0; k < i; k++)
            if (str_equal(name, q->pairs[k].name)) {
                reason_set_field(error, REASON_PARAMETER_REPEATED, name, "parameter %.*s may be given only once",
                                 STR_ARG(name));
                return false;
            }
    }
    return true;
}

bool parameters_check(const struct query *query, const struct parameter *parameters, size_t count, GError **error)
{
    for (size_t i = 0; i < query->count; i++)
        if (!find_parameter(parameters, count, query->pairs[i].name)) {
            struct str name = query->pairs[i].name;
            reason_set_field(error, REASON_PARAMETER_UNKNOWN, name, "parameter %.*s is not known here", STR_ARG(name));
            return false;
        }
    if (!refuse_repeated(query, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct parameter *p = &parameters[i];
        struct str value = query_get(query, str_from_c(p->name));
        if (value.ptr && !check_value(p, value, error))
            return false;
        if (p->is_required && !value.ptr) {
            reason_set_field(error, REASON_FIELD_MISSING, str_from_c(p->name), "%s is required: %s", p->name,
                             p->meaning);
            return false;
        }
    }
    return true;
}

int64_t parameter_number(const struct query *query, struct str name, int64_t otherwise)
{
    int64_t number;
    return str_to_int64(query_get(query, name), &number) ? number : otherwise;
}

bool parameter_time(const struct query *query, struct str name, const struct zone *zone, struct time_point *value)
{
    struct str text = query_get(query, name);
    return text.len > 0 && time_parse_bound(text, name, zone, value, NULL);
}

uint32_t parameter_list(const struct query *query, struct str name, const char *words, uint32_t otherwise)
{
    struct str word, rest = query_get(query, name);
    uint32_t set = rest.ptr ? 0 : otherwise;
    while (rest.ptr) {
        rest = str_split(rest, ',', &word);
        set |= UINT32_C(1) << parameter_word(words, word);
    }
    return set;
}
