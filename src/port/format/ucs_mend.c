#include "port/format/ucs.h"

/* The number of a reference (&#55357; or &#xD83D;) at the beginning, its length in *length; -1 = there is none. */
static int64_t reference(struct str text, size_t *length)
{
    struct str body;
    if (!str_starts_with(text, STR("&#")))
        return -1;
    *length = 2;
    bool is_hex = text.len > 2 && (text.ptr[2] == 'x' || text.ptr[2] == 'X');
    body = str_skip(text, 2 + is_hex);
    int64_t number = 0;
    size_t digits = 0;
    for (; digits < body.len && digits < 16 && number <= 0x10ffff; digits++) {
        int digit = is_hex ? g_ascii_xdigit_value(body.ptr[digits]) : g_ascii_digit_value(body.ptr[digits]);
        if (digit < 0)
            break;
        number = (is_hex ? 16 : 10) * number + digit;
    }
    *length = 2 + (size_t)is_hex + digits + 1;
    return digits && digits < body.len && body.ptr[digits] == ';' ? number : -1;
}

bool ucs_is_character(int64_t c)
{
    return c == 0x9 || c == 0xa || c == 0xd || (c >= 0x20 && c < 0xd800) || (c >= 0xe000 && c < 0xfffe) ||
           (c >= 0x10000 && c <= 0x10ffff);
}

/* Copies what stands at the beginning into `out`: a reference, two that are a pair of surrogates, or one byte. Its
 * length. */
static size_t mend(struct str text, struct buf *out)
{
    size_t length, second_length;
    int64_t first = reference(text, &length);
    if (first < 0) {
        buf_add_byte(out, *text.ptr);
        return 1;
    }
    int64_t second = first >= 0xd800 && first < 0xdc00 ? reference(str_skip(text, length), &second_length) : -1;
    if (second >= 0xdc00 && second < 0xe000) {
        buf_printf(out, "&#%d;", (int)(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
        return length + second_length;
    }
    if (ucs_is_character(first))
        buf_add(out, str_from(text.ptr, length));
    else
        buf_add_literal(out, "&#65533;");
    return length;
}

/* The end of a CDATA section or comment that begins here; 0 = none does. */
static size_t verbatim(struct str text)
{
    static const struct {
        struct str begin, end;
    } sections[] = {{STR("<![CDATA["), STR("]]>")}, {STR("<!--"), STR("-->")}};
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++)
        if (str_starts_with(text, sections[i].begin)) {
            const char *end = memmem(text.ptr, text.len, sections[i].end.ptr, sections[i].end.len);
            return end ? (size_t)(end - text.ptr) + sections[i].end.len : text.len;
        }
    return 0;
}

void ucs_mend(struct str text, struct buf *out)
{
    while (text.len) {
        size_t length = verbatim(text);
        if (!length) {
            const char *at = text.ptr;
            while (at < text.ptr + text.len && *at != '&' && *at != '<')
                at++;
            length = (size_t)(at - text.ptr);
        }
        buf_add(out, str_from(text.ptr, length));
        text = str_skip(text, length);
        if (text.len && !verbatim(text))
            text = str_skip(text, mend(text, out));
    }
}
