/* Whether something with dots is a host: the public suffix list says so (libpsl
 * with Debian's list; the original asks tldts). */
#include "text/markup/inside.h"

#include <libpsl.h>

static const psl_ctx_t *public_suffixes(void)
{
    static gsize once;
    if (g_once_init_enter(&once))
        g_once_init_leave(&once, (gsize)psl_latest(NULL));
    return (const psl_ctx_t *)once;
}

/* Skips a scheme: whatever ends with the first ":/" of the address must be one.
 * False when it is not. */
static bool skip_scheme(struct str *url)
{
    const char *colon = memmem(url->ptr, url->len, ":/", 2);
    if (!colon)
        return true;
    for (const char *at = url->ptr; at < colon; at++)
        if (!g_ascii_isalnum(*at) && *at != '+' && *at != '-' && *at != '.')
            return false;
    *url = str_skip(*url, (size_t)(colon - url->ptr) + 2);
    while (url->len && *url->ptr == '/')
        *url = str_skip(*url, 1);
    return true;
}

/* The host of an address, without user, port, path and dots at its end;
 * STR_NULL when there is none. */
static struct str host_of(struct str url)
{
    while (url.len && (uint8_t)*url.ptr <= ' ')
        url = str_skip(url, 1);
    if (!skip_scheme(&url))
        return STR_NULL;
    size_t end = 0, user = 0, port = 0;
    bool has_user = false, has_port = false;
    for (; end < url.len && !strchr("/?#", url.ptr[end] ? url.ptr[end] : 'x'); end++) {
        if (url.ptr[end] == '@') {
            user = end;
            has_user = true;
        } else if (url.ptr[end] == ':') {
            port = end;
            has_port = true;
        }
    }
    size_t start = has_user ? user + 1 : 0;
    if (has_port && port > start && port < end)
        end = port;
    while (end > start + 1 && url.ptr[end - 1] == '.')
        end--;
    return str_from(url.ptr + start, end > start ? end - start : 0);
}

static bool may_be_in_host(char c)
{
    return g_ascii_isalnum(c) || (uint8_t)c > 127;
}

static size_t characters(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((uint8_t)s.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* Labels of 1 to 63 characters, 255 together; none ends with a hyphen or an
 * underscore, nor does the host. */
static bool host_is_valid(struct str host)
{
    if (!host.len || characters(host) > 255)
        return false;
    if (!may_be_in_host(*host.ptr) && *host.ptr != '.')
        return false;
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (c == '.') {
            if (characters(str_from(host.ptr + label, i - label)) > 63 || (i && strchr(".-_", host.ptr[i - 1])))
                return false;
            label = i + 1;
        } else if (!may_be_in_host(c) && c != '-' && c != '_') {
            return false;
        }
    }
    return characters(str_skip(host, label)) <= 63 && host.ptr[host.len - 1] != '-';
}

static bool host_is_number(struct str host)
{
    size_t dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == '.')
            dots++;
        else if (!g_ascii_isdigit(host.ptr[i]))
            return false;
    }
    return dots == 3 && host.len >= 7 && host.len <= 15 && *host.ptr != '.' && host.ptr[host.len - 1] != '.';
}

static bool is_below(struct str host, struct str domain)
{
    if (host.len < domain.len || !str_equal_nocase(str_skip(host, host.len - domain.len), domain))
        return false;
    return host.len == domain.len || host.ptr[host.len - domain.len - 1] == '.';
}

/* A rule of the list says so, be it one for the last label or one with a
 * wildcard for what is below it. */
static bool has_public_suffix(struct str host)
{
    size_t dot = host.len;
    while (dot && host.ptr[dot - 1] != '.')
        dot--;
    struct str label = str_skip(host, dot);
    char name[2 + 4 * 63 + 1] = "x.";
    if (label.len < 2 || label.len > sizeof name - 3) /* of one letter there is none, and libpsl errs in "x.m" */
        return false;
    memcpy(name + 2, label.ptr, label.len);
    name[2 + label.len] = 0;
    for (char *at = name + 2; *at; at++)
        *at = g_ascii_tolower(*at);
    const int explicit_rules = PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE;
    const psl_ctx_t *list = public_suffixes();
    return list &&
           (psl_is_public_suffix2(list, name + 2, explicit_rules) || psl_is_public_suffix2(list, name, explicit_rules));
}

bool host_is_known(const struct parser *p, struct str url, bool free)
{
    struct str host = host_of(url);
    if (!host_is_valid(host))
        return false;
    if (has_public_suffix(host))
        return true;
    if (!free)
        return false;
    if (host_is_number(host) || is_below(host, STR("localhost")))
        return true;
    for (size_t i = 0; i < p->options->domain_count; i++)
        if (is_below(host, p->options->domains[i]))
            return true;
    return false;
}
