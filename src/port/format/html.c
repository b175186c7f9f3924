#include "port/format/html.h"

#include "base/limits.h"

/* Of a tag: what is longer is text, so that no text is read again and again for the end of a tag that never ends. */
enum { TAG_MAX_BYTES = 4096 };

struct tag {
    struct str name; /* as it stands there */
    struct str attributes;
    bool closes;
};

struct writer {
    GString *out;
    bool blank_due;     /* blanks were seen since the last character */
    unsigned lines_due; /* 1: the next character begins a line; 2: a paragraph */
    unsigned preformatted;
    struct str link; /* address of the link that is open; STR_NULL = none */
    size_t link_begin;
};

/* ---- out ---- */

static void settle(struct writer *w)
{
    if (w->out->len && w->lines_due)
        g_string_append(w->out, w->lines_due == 1 ? "\n" : "\n\n");
    else if (w->out->len && w->blank_due)
        g_string_append_c(w->out, ' ');
    w->lines_due = 0;
    w->blank_due = false;
}

static void add_text(struct writer *w, struct str text)
{
    settle(w);
    g_string_append_len(w->out, text.ptr, (gssize)text.len);
}

static void begin_line(struct writer *w, unsigned lines)
{
    w->lines_due = MAX(w->lines_due, lines);
    w->blank_due = false;
}

/* ---- characters ---- */

static gunichar named_reference(struct str name)
{
    static const struct {
        const char *name;
        gunichar character;
    } names[] = {
        {"amp", '&'},      {"lt", '<'},       {"gt", '>'},        {"quot", '"'},     {"apos", '\''},
        {"nbsp", 0xa0},    {"copy", 0xa9},    {"reg", 0xae},      {"trade", 0x2122}, {"euro", 0x20ac},
        {"pound", 0xa3},   {"yen", 0xa5},     {"cent", 0xa2},     {"sect", 0xa7},    {"deg", 0xb0},
        {"middot", 0xb7},  {"bull", 0x2022},  {"hellip", 0x2026}, {"ndash", 0x2013}, {"mdash", 0x2014},
        {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"sbquo", 0x201a},  {"ldquo", 0x201c}, {"rdquo", 0x201d},
        {"bdquo", 0x201e}, {"laquo", 0xab},   {"raquo", 0xbb},    {"auml", 0xe4},    {"ouml", 0xf6},
        {"uuml", 0xfc},    {"Auml", 0xc4},    {"Ouml", 0xd6},     {"Uuml", 0xdc},    {"szlig", 0xdf},
        {"eacute", 0xe9},  {"egrave", 0xe8},  {"agrave", 0xe0},   {"ccedil", 0xe7},  {"ntilde", 0xf1},
        {"times", 0xd7},   {"frac12", 0xbd},  {"zwnj", 0x200c},   {"zwj", 0x200d},   {"shy", 0xad},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_equal(name, str_from_c(names[i].name)))
            return names[i].character;
    return 0;
}

static gunichar numbered_reference(struct str digits)
{
    bool is_hex = digits.len && (digits.ptr[0] | 0x20) == 'x';
    gunichar value = 0;
    for (size_t i = is_hex; i < digits.len; i++) {
        int digit = is_hex ? g_ascii_xdigit_value(digits.ptr[i]) : g_ascii_digit_value(digits.ptr[i]);
        if (digit < 0 || value > 0x10ffff)
            return 0;
        value = value * (is_hex ? 16 : 10) + (gunichar)digit;
    }
    return g_unichar_validate(value) ? value : 0;
}

/* "&amp;" at the front; what it stands for, and its length; 0 when it is only an ampersand. */
static gunichar take_reference(struct str html, size_t *length)
{
    size_t end = 1;
    while (end < html.len && end < 12 && (g_ascii_isalnum(html.ptr[end]) || html.ptr[end] == '#'))
        end++;
    struct str name = str_from(html.ptr + 1, end - 1);
    *length = end + (end < html.len && html.ptr[end] == ';');
    return name.len > 1 && name.ptr[0] == '#' ? numbered_reference(str_skip(name, 1)) : named_reference(name);
}

static size_t add_reference(struct writer *w, struct str html)
{
    size_t length;
    char utf8[6];
    gunichar character = take_reference(html, &length);
    if (!character) {
        add_text(w, STR("&"));
        return 1;
    }
    if (character == 0xa0) /* as good as a blank in plain text, but never run together */
        add_text(w, STR(" "));
    else
        add_text(w, str_from(utf8, (size_t)g_unichar_to_utf8(character, utf8)));
    return length;
}

static size_t add_character(struct writer *w, struct str html)
{
    char c = html.ptr[0];
    if (c == '&')
        return add_reference(w, html);
    if (c == '\n' && w->preformatted)
        begin_line(w, 1);
    else if (strchr(" \t\r\n", c) && c && !w->preformatted)
        w->blank_due = true;
    else
        add_text(w, str_from(html.ptr, 1));
    return 1;
}

/* ---- tags ---- */

/* The value of an attribute, references resolved; STR_NULL when it is not there. */
static struct str attribute(const struct tag *tag, const char *name, struct arena *a)
{
    size_t length = strlen(name);
    const char *at = tag->attributes.ptr, *end = at + tag->attributes.len;
    for (; at && at + length + 1 < end; at++) {
        if (g_ascii_strncasecmp(at, name, length) || at[length] != '=' ||
            (at > tag->attributes.ptr && !g_ascii_isspace(at[-1]) && at[-1] != '"' && at[-1] != '\''))
            continue;
        const char *value = at + length + 1;
        char quote = *value == '"' || *value == '\'' ? *value++ : ' ';
        const char *close = value < end ? memchr(value, quote, (size_t)(end - value)) : NULL;
        struct str raw = str_from(value, (size_t)((close ? close : end) - value));
        return memchr(raw.ptr, '&', raw.len) ? html_text(raw, a) : raw;
    }
    return STR_NULL;
}

static void close_link(struct writer *w)
{
    struct str shown = str_from(w->out->str + w->link_begin, w->out->len - w->link_begin);
    struct str link = w->link;
    w->link = STR_NULL;
    if (!link.len || str_equal(str_trim(shown), link) || str_starts_with(link, STR("mailto:")) || link.ptr[0] == '#')
        return;
    if (shown.len)
        g_string_append_printf(w->out, " (%.*s)", STR_ARG(link));
    else
        add_text(w, link);
}

static void add_image(struct writer *w, const struct tag *tag, struct arena *a)
{
    struct str name = attribute(tag, "alt", a), address = attribute(tag, "src", a);
    if (!address.len || str_starts_with(address, STR("data:")))
        address = STR_NULL;
    if (!name.len && !address.len)
        return;
    add_text(w, STR("["));
    add_text(w, name.len ? name : STR("image"));
    if (address.len) {
        add_text(w, STR(" "));
        add_text(w, address);
    }
    add_text(w, STR("]"));
}

static void add_tag(struct writer *w, const struct tag *tag, struct arena *a)
{
    if (str_among_nocase(tag->name, "br")) {
        if (w->lines_due) /* an empty line */
            w->lines_due = 2;
        begin_line(w, 1);
    } else if (str_among_nocase(tag->name, "p h1 h2 h3 h4 h5 h6 ul ol table blockquote hr pre")) {
        begin_line(w, 2);
        if (str_among_nocase(tag->name, "pre"))
            w->preformatted = !tag->closes;
    } else if (str_among_nocase(tag->name, "div li tr dt dd section article header footer form address")) {
        begin_line(w, 1);
        if (str_among_nocase(tag->name, "li") && !tag->closes)
            add_text(w, STR("- "));
    } else if (str_among_nocase(tag->name, "td th")) {
        w->blank_due = true;
    } else if (str_among_nocase(tag->name, "img")) {
        add_image(w, tag, a);
    } else if (str_among_nocase(tag->name, "a")) {
        close_link(w);
        if (!tag->closes) {
            settle(w);
            w->link = attribute(tag, "href", a);
            w->link_begin = w->out->len;
        }
    }
}

/* The place behind `</name`, to the end when it never closes. */
static size_t find_close(struct str html, struct str name)
{
    for (size_t i = 0; i + 2 + name.len <= html.len; i++)
        if (html.ptr[i] == '<' && html.ptr[i + 1] == '/' &&
            str_equal_nocase(str_from(html.ptr + i + 2, name.len), name))
            return i;
    return html.len;
}

/* Where the `>` of a tag is that begins at the front: the first outside quotes, else the first; 0 when there is none.
 */
static size_t find_tag_end(struct str html)
{
    size_t length = MIN(html.len, (size_t)TAG_MAX_BYTES);
    char quote = 0;
    for (size_t at = 1; at < length; at++) {
        char c = html.ptr[at];
        if (!quote && c == '>')
            return at;
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
    }
    const char *first = memchr(html.ptr, '>', length);
    return first ? (size_t)(first - html.ptr) : 0;
}

/* Reads "<a href=...>" at the front; its length, 0 when it is no tag. */
static size_t take_tag(struct str html, struct tag *tag)
{
    size_t end = html.len > 1 && (html.ptr[1] == '/' || g_ascii_isalpha(html.ptr[1])) ? find_tag_end(html) : 0;
    if (!end)
        return 0;
    *tag = (struct tag){.closes = html.ptr[1] == '/'};
    size_t begin = 1 + tag->closes, at = begin;
    while (at < end && g_ascii_isalnum(html.ptr[at]))
        at++;
    tag->name = str_from(html.ptr + begin, at - begin);
    tag->attributes = str_from(html.ptr + at, end - at);
    return end + 1;
}

static size_t take_comment(struct str html)
{
    const char *end = g_strstr_len(html.ptr, (gssize)html.len, "-->");
    return end ? (size_t)(end - html.ptr) + 3 : html.len;
}

static size_t take_markup(struct writer *w, struct str html, struct arena *a)
{
    struct tag tag;
    if (str_starts_with(html, STR("<!--")))
        return take_comment(html);
    size_t length = take_tag(html, &tag);
    if (!length) {
        add_text(w, STR("<"));
        return 1;
    }
    if (!tag.closes && str_among_nocase(tag.name, "script style head title"))
        return length + find_close(str_skip(html, length), tag.name);
    add_tag(w, &tag, a);
    return length;
}

struct str html_text(struct str html, struct arena *a)
{
    html.len = MIN(html.len, (size_t)LIMIT_MARKUP);
    struct writer w = {.out = g_string_sized_new(html.len)};
    while (html.len)
        html = str_skip(html, html.ptr[0] == '<' ? take_markup(&w, html, a) : add_character(&w, html));
    close_link(&w);
    struct str text = arena_str(a, str_from(w.out->str, w.out->len));
    g_string_free(w.out, TRUE);
    return text;
}
