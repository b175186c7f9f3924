#include "http/negotiate.h"

/* Takes the next member of a list off `*list`, trimmed; false at the end. */
static bool next_member(struct str *list, struct str *member)
{
    if (!list->ptr)
        return false;
    *list = str_split(*list, ',', member);
    *member = str_trim(*member);
    return true;
}

bool http_has_token(struct str list, struct str token)
{
    struct str member;
    while (next_member(&list, &member))
        if (str_equal_nocase(member, token))
            return true;
    return false;
}

/* "q=0", "q=0.0": not acceptable. */
static bool is_refused(struct str parameters)
{
    struct str parameter;
    while (parameters.ptr) {
        parameters = str_split(parameters, ';', &parameter);
        parameter = str_trim(parameter);
        if (parameter.len < 3 || !str_equal_nocase(str_from(parameter.ptr, 2), STR("q=")))
            continue;
        for (size_t i = 2; i < parameter.len; i++)
            if (parameter.ptr[i] != '0' && parameter.ptr[i] != '.')
                return false;
        return true;
    }
    return false;
}

bool http_accepts_gzip(struct str accept_encoding)
{
    struct str member, coding;
    bool any = false;
    while (next_member(&accept_encoding, &member)) {
        struct str parameters = str_split(member, ';', &coding);
        coding = str_trim(coding);
        if (str_equal_nocase(coding, STR("gzip")) || str_equal_nocase(coding, STR("x-gzip")))
            return !is_refused(parameters);
        any |= str_equal(coding, STR("*")) && !is_refused(parameters);
    }
    return any;
}

bool http_etag_is_among(struct str list, struct str etag)
{
    struct str member;
    while (next_member(&list, &member)) {
        if (str_equal(member, STR("*")))
            return true;
        if (str_starts_with(member, STR("W/")))
            member = str_skip(member, 2);
        if (str_equal(member, etag))
            return true;
    }
    return false;
}

/* Digits only; what does not fit counts as larger than any length. */
static bool read_number(struct str digits, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)(unsigned char)digits.ptr[i] - '0';
        if (digit > 9)
            return false;
        *value = *value > (UINT64_MAX - 9) / 10 ? UINT64_MAX : *value * 10 + digit;
    }
    return digits.len > 0;
}

enum http_range http_range_of(struct str range, uint64_t length, uint64_t *first, uint64_t *count)
{
    struct str unit, from, to;
    uint64_t last;
    struct str spec = str_split(range, '=', &unit);
    if (!spec.ptr || !str_equal_nocase(unit, STR("bytes")))
        return HTTP_RANGE_NONE;
    to = str_split(str_trim(spec), '-', &from);
    if (!to.ptr)
        return HTTP_RANGE_NONE;
    if (from.len == 0) { /* the last bytes */
        if (!read_number(to, count))
            return HTTP_RANGE_NONE;
        *count = *count < length ? *count : length;
        *first = length - *count;
        return *count ? HTTP_RANGE_PART : HTTP_RANGE_MISS;
    }
    if (!read_number(from, first))
        return HTTP_RANGE_NONE;
    if (to.len == 0)
        last = UINT64_MAX;
    else if (!read_number(to, &last) || last < *first)
        return HTTP_RANGE_NONE;
    if (*first >= length)
        return HTTP_RANGE_MISS;
    *count = (last < length - 1 ? last : length - 1) - *first + 1;
    return HTTP_RANGE_PART;
}
