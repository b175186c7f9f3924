/* Telephone numbers, mail addresses and hosts: standing free in a line, or as
 * the address of a link. */
#include "text/markup/inside.h"

enum { SCHEME_MAX = 32, PHONE_MIN = 5 };

/* ---- links ---------------------------------------------------------------------------------------------- */

static void add_link(struct parser *p, struct row *row, struct str address, struct str label)
{
    struct markup_node *link = markup_node_new(p, MARKUP_LINK, address);
    link->first = markup_node_new(p, MARKUP_PLAIN_TEXT, label);
    row_add_node(row, link);
}

static struct str join(struct parser *p, const char *head, struct str tail)
{
    size_t len = strlen(head);
    char *joined = arena_alloc(p->arena, len + tail.len);
    memcpy(joined, head, len);
    memcpy(joined + len, tail.ptr, tail.len);
    return str_from(joined, len + tail.len);
}

/* ---- telephone numbers ---------------------------------------------------------------------------------- */

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && g_ascii_isdigit(*at))
        at++;
    return at;
}

/* +123, +123-456, +(12)345, +(12)345-678. */
static const char *skip_phone(const char *at, const char *end)
{
    if (at == end || *at != '+')
        return NULL;
    at++;
    if (at < end && *at == '(') {
        const char *area = skip_digits(at + 1, end);
        if (area == at + 1 || area == end || *area != ')')
            return NULL;
        at = area + 1;
    }
    const char *digits = skip_digits(at, end);
    if (digits == at)
        return NULL;
    if (digits < end && *digits == '-') {
        const char *more = skip_digits(digits + 1, end);
        if (more > digits + 1)
            return more;
    }
    return digits;
}

/* "tel:" and the digits. */
static struct str phone_address(struct parser *p, struct str phone)
{
    char *address = arena_alloc(p->arena, 4 + phone.len), *to = address + 4;
    memcpy(address, "tel:", 4);
    for (size_t i = 0; i < phone.len; i++)
        if (g_ascii_isdigit(phone.ptr[i]))
            *to++ = phone.ptr[i];
    return str_from(address, (size_t)(to - address));
}

const char *address_read_phone(struct parser *p, const char *at, struct row *row)
{
    const char *after = skip_phone(at, p->end);
    if (!after)
        return NULL;
    struct str phone = str_from(at, (size_t)(after - at));
    struct str address = phone_address(p, phone);
    if (address.len < 4 + PHONE_MIN)
        row_add_text(p, row, phone);
    else
        add_link(p, row, address, phone);
    return after;
}

/* ---- hosts ---------------------------------------------------------------------------------------------- */

static bool is_label_byte(char c)
{
    return (uint8_t)c >= 127 || g_ascii_isalnum(c) || (c && (uint8_t)c < ' ' && !strchr("\t\n\r", c)) || c == '^' ||
           c == '{' || c == '}';
}

static bool is_hyphen(char c)
{
    return c == '-' || c == '_';
}

/* Can it not stand behind a hyphen in a label? */
static bool ends_label(char c)
{
    return !c || strchr("\t\n\r %/<>[\\]`|", c);
}

/* Hyphens and underscores take what follows them along, be it a sign, so none
 * ends a label; the first label begins with no underscore. Returns `at` when
 * there is no label. */
static const char *skip_label(const char *at, const char *end, bool first)
{
    const char *begin = at;
    while (at < end) {
        if (is_label_byte(*at))
            at++;
        else if (is_hyphen(*at) && end - at > 1 && !ends_label(at[1]) && !(first && at == begin && *at == '_'))
            at += 2;
        else
            break;
    }
    return at;
}

/* Two labels with a dot between. */
static const char *skip_host(const char *at, const char *end)
{
    const char *dot = skip_label(at, end, true);
    if (dot == at || dot == end || *dot != '.')
        return NULL;
    const char *after = skip_label(dot + 1, end, false);
    return after > dot + 1 ? after : NULL;
}

/* More labels behind a host. */
static const char *skip_labels(const char *at, const char *end)
{
    while (at < end && *at == '.') {
        const char *label = skip_label(at + 1, end, false);
        if (label == at + 1)
            break;
        at = label;
    }
    return at;
}

static bool is_scheme(char c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '-';
}

static const char *skip_scheme(const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && at - begin <= SCHEME_MAX && is_scheme(*at))
        at++;
    return at > begin && at - begin <= SCHEME_MAX && at < end && *at == ':' ? at + 1 : NULL;
}

/* ---- mail addresses ------------------------------------------------------------------------------------- */

static bool mail_byte(char c)
{
    return c && strchr("!#$%&'*+-/=?^_`{|}~", c);
}

static const char *skip_mail_letter(const char *at, const char *end)
{
    if (at == end)
        return at;
    int length;
    return letter_is_mail(letter_decode(at, end, &length)) ? at + length : at;
}

/* What stands before the @: begins with a letter; a dot stands between two
 * characters that are none. */
static const char *skip_mail_box(const char *at, const char *end)
{
    const char *place = skip_mail_letter(at, end);
    if (place == at)
        return NULL;
    while (place < end) {
        const char *from = *place == '.' ? place + 1 : place;
        const char *next = from < end && mail_byte(*from) ? from + 1 : skip_mail_letter(from, end);
        if (next == from)
            break;
        place = next;
    }
    return place;
}

const char *address_read_mail(struct parser *p, const char *at, struct row *row)
{
    const char *begin = parser_at(p, at, "mailto:") ? at + 7 : at;
    const char *sign = skip_mail_box(begin, p->end);
    const char *host = sign && sign < p->end && *sign == '@' ? sign + 1 : NULL;
    const char *after = host ? skip_host(host, p->end) : NULL;
    if (!after) {
        parser_charge(p, (size_t)((sign ? sign : begin) - at));
        return NULL;
    }
    after = skip_labels(after, p->end);
    struct str mail = str_from(begin, (size_t)(after - begin));
    struct str address = join(p, "mailto:", mail);
    if (host_is_known(p, address, false))
        add_link(p, row, address, mail);
    else
        row_add_text(p, row, mail);
    return after;
}

/* ---- addresses that stand free -------------------------------------------------------------------------- */

static bool ends_address(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Signs that belong to the sentence when nothing follows them. */
static bool is_closing(char c)
{
    return c && strchr("!\"%'()*,.:;=~", c);
}

static bool is_user(char c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '-' || c == '_';
}

/* Words with dots between. */
static const char *skip_user_name(const char *at, const char *end)
{
    const char *begin = at;
    while (at < end && (is_user(*at) || (*at == '.' && at > begin && at[-1] != '.' && end - at > 1 && is_user(at[1]))))
        at++;
    return at;
}

/* user@ or user:password@. */
static const char *skip_user(const char *at, const char *end)
{
    const char *place = skip_user_name(at, end);
    if (place > at && place < end && *place == ':') {
        const char *word = place + 1;
        place = skip_user_name(word, end);
        if (place == word)
            return at;
    }
    return place > at && place < end && *place == '@' ? place + 1 : at;
}

static const char *skip_localhost(const struct parser *p, const char *at)
{
    return parser_at(p, at, "localhost") ? at + strlen("localhost") : NULL;
}

/* Without a scheme, a dot or "://" must come before a blank, a slash, a colon
 * or an @. */
static bool names_host(struct parser *p, const char *at)
{
    const char *sign = at;
    while (sign < p->end && !strchr("\t\n\r ./:@", *sign ? *sign : 'x'))
        sign++;
    if (sign < p->end && *sign == '.')
        return true;
    parser_charge(p, (size_t)(sign - at));
    return parser_at(p, sign, "://");
}

static const char *skip_free_host(struct parser *p, const char *at)
{
    const char *after_scheme = skip_scheme(at, p->end);
    if (after_scheme && parser_at(p, after_scheme, "//")) {
        const char *authority = after_scheme + 2;
        const char *host = skip_user(authority, p->end);
        const char *after = skip_host(host, p->end);
        if (!after && host > authority)
            after = skip_host(authority, p->end);
        if (!after)
            after = skip_localhost(p, host);
        if (after)
            return after;
    }
    if (!names_host(p, at))
        return NULL;
    const char *after = skip_host(at, p->end);
    return after ? after : skip_localhost(p, at);
}

/* Has the address a scheme of its own? */
static bool names_scheme(struct str url)
{
    size_t i = 0;
    while (i < url.len && (is_scheme(url.ptr[i]) || url.ptr[i] == '.'))
        i++;
    return i < url.len && url.ptr[i] == ':' && g_ascii_isalpha(*url.ptr);
}

const char *address_read_url(struct parser *p, const char *at, struct row *row)
{
    const char *after = skip_free_host(p, at);
    if (!after) {
        parser_charge(p, (size_t)(skip_label(at, p->end, true) - at));
        return NULL;
    }
    const char *host_end = after;
    while (after < p->end && !ends_address(*after))
        after++;
    while (after > host_end && is_closing(after[-1]))
        after--;
    struct str url = str_from(at, (size_t)(after - at));
    if (host_is_known(p, url, true))
        add_link(p, row, names_scheme(url) ? url : join(p, "//", url), url);
    else
        row_add_text(p, row, url);
    return after;
}

/* What would be a host but for the underscore that it begins with. One behind
 * it makes it none. */
const char *address_read_hidden(struct parser *p, const char *at, struct row *row)
{
    const char *host = at + 1, *after = skip_host(host, p->end);
    if (after)
        after = skip_labels(after, p->end);
    if (!after || (after < p->end && *after == '_'))
        after = skip_localhost(p, host);
    if (!after || (after < p->end && *after == '_')) {
        parser_charge(p, (size_t)(skip_label(host, p->end, true) - at));
        return NULL;
    }
    row_add_text(p, row, str_from(at, (size_t)(after - at)));
    return after;
}

/* ---- addresses of links --------------------------------------------------------------------------------- */

static bool is_target_byte(char c)
{
    return (uint8_t)c > ' ' && c != ')' && c != '\\' && c != '|';
}

/* Where `close` is a parenthesis, those in the address come in pairs. */
static const char *skip_target(const char *at, const char *end, char close)
{
    while (at < end && is_target_byte(*at)) {
        if (*at == '(' && close == ')') {
            const char *inner = at + 1;
            while (inner < end && is_target_byte(*inner))
                inner++;
            if (inner == end || *inner != ')')
                return at;
            at = inner;
        }
        at++;
    }
    return at;
}

/* A host behind which no hyphen is left. */
static const char *skip_target_host(const char *at, const char *end)
{
    const char *after = skip_host(at, end);
    return after && after < end && is_hyphen(*after) ? NULL : after;
}

const char *address_read_target(struct parser *p, const char *at, char close, struct str *address)
{
    const char *phone = skip_phone(at, p->end);
    if (phone && phone < p->end && *phone == close) {
        *address = phone_address(p, str_from(at, (size_t)(phone - at)));
        return phone;
    }
    const char *scheme = skip_scheme(at, p->end);
    const char *start = scheme ? scheme : skip_target_host(at, p->end);
    if (!start && parser_at(p, at, "localhost"))
        start = at + strlen("localhost");
    if (!start)
        return NULL;
    const char *after = skip_target(start, p->end, close);
    if (after == scheme || after == p->end || *after != close) {
        parser_charge(p, (size_t)(after - at));
        return NULL;
    }
    *address = str_from(at, (size_t)(after - at));
    return after;
}
