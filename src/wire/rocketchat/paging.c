#include "text/json_read.h"
#include "wire/rocketchat/internal.h"

enum { COUNT_DEFAULT = 50, COUNT_MAX = 100 }; /* API_Default_Count, API_Upper_Count_Limit (spec 1.2) */
#define WHOLE_MAX 9007199254740991.0          /* 2^53 - 1 */

/* `sort[ts]` is, to the original's parser, a member `sort` that holds an object. */
static struct str base_name(struct str name, bool *is_object)
{
    struct str base, rest = str_split(name, '[', &base);
    *is_object = rest.ptr && base.len;
    return *is_object ? base : name;
}

static bool is_one_of(struct str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(name, str_from_c(names[i])))
            return true;
    return false;
}

/* What a member's value is to the validator: the query as an object of strings, repeated names as arrays. */
struct member {
    size_t times;
    bool is_object;
    struct str value;
};

static struct member find_member(const struct query *query, struct str name)
{
    struct member member = {0};
    for (size_t i = 0; i < query->count; i++) {
        bool is_object;
        if (!str_equal(base_name(query->pairs[i].name, &is_object), name))
            continue;
        member.times++;
        member.is_object |= is_object;
        member.value = query->pairs[i].value;
    }
    return member;
}

/* As the validator coerces and parseInt reads: "10", " 7", "1.5" (1), "-1"; empty = not given. What is beyond the whole
 * numbers that every client can count is the greatest of them. */
static bool read_number(struct str text, int64_t *value)
{
    text = str_trim(text); /* a `+` that nobody escaped arrives as a blank */
    g_autofree char *digits = g_strndup(text.ptr, text.len);
    char *end;
    if (strspn(digits, "0123456789+-.eE") < text.len) /* no hexadecimal digits, no words */
        return false;
    double number = g_ascii_strtod(digits, &end);
    *value = (int64_t)CLAMP(number, -WHOLE_MAX, WHOLE_MAX);
    return *end == 0;
}

static bool take_number(struct http_request *request, const struct query *query, struct str name, int64_t *value)
{
    static const char code[] = "invalid-params";
    struct member member = find_member(query, name);
    if (!member.times || (member.times == 1 && !member.is_object && !member.value.len))
        return true;
    if (member.times > 1 || member.is_object || !read_number(member.value, value)) {
        rocketchat_refuse_typed(request, STR("must be number"), str_from_c(code));
        return false;
    }
    if (*value < 0) { /* decision (d) */
        rocketchat_refuse_typed(request, STR("must be >= 0"), str_from_c(code));
        return false;
    }
    return true;
}

static bool take_string(struct http_request *request, const struct query *query, struct str name, struct str *value)
{
    struct member member = find_member(query, name);
    if (member.times > 1 || member.is_object) {
        rocketchat_refuse_typed(request, STR("must be string"), STR("invalid-params"));
        return false;
    }
    *value = member.value;
    return true;
}

bool param_read_only(struct http_request *request, const struct query *query, struct str name, struct str *value)
{
    if (!find_member(query, name).times) {
        g_autofree char *text = g_strdup_printf("must have required property '%.*s'", (int)name.len, name.ptr);
        rocketchat_refuse_typed(request, str_from_c(text), STR("invalid-params"));
        return false;
    }
    bool is_object;
    for (size_t i = 0; i < query->count; i++)
        if (!str_equal(base_name(query->pairs[i].name, &is_object), name)) {
            rocketchat_refuse_typed(request, STR("must NOT have additional properties"), STR("invalid-params"));
            return false;
        }
    return take_string(request, query, name, value);
}

bool paging_read(struct http_request *request, const struct query *query, const char *const *others, size_t other_count,
                 struct paging *paging)
{
    static const char *const names[] = {"count", "offset", "sort"};
    for (size_t i = 0; i < query->count; i++) {
        bool is_object;
        struct str name = base_name(query->pairs[i].name, &is_object);
        if (!is_one_of(name, names, G_N_ELEMENTS(names)) && !is_one_of(name, others, other_count)) {
            rocketchat_refuse_typed(request, STR("must NOT have additional properties"), STR("invalid-params"));
            return false;
        }
    }
    *paging = (struct paging){.count = COUNT_DEFAULT};
    struct str other;
    if (!take_number(request, query, STR("count"), &paging->count) ||
        !take_number(request, query, STR("offset"), &paging->offset) ||
        !take_string(request, query, STR("sort"), &paging->sort))
        return false;
    for (size_t i = 0; i < other_count; i++)
        if (!take_string(request, query, str_from_c(others[i]), &other))
            return false;
    paging->count = MIN(paging->count, COUNT_MAX);
    return true;
}
