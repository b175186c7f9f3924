/* Marks that hold nothing but text: code, formulas, escapes, colors, mentions. */
#include "text/markup/byte.h"
#include "text/markup/inside.h"

/* ---- code, formulas, escapes, colors -------------------------------------------------------------------- */

const char *mark_code(struct parser *p, const char *at, struct row *row)
{
    const char *end = at + 1;
    while (end < p->end && *end != '`' && *end != '\n')
        end++;
    if (end == p->end || *end != '`' || end == at + 1) {
        parser_charge(p, (size_t)(end - at));
        return NULL;
    }
    row_add_node(row, markup_node_new(p, MARKUP_INLINE_CODE, between(at + 1, end)));
    return end + 1;
}

const char *mark_formula(struct parser *p, const char *at, struct row *row)
{
    if (!p->options->katex_parenthesis || !parser_at(p, at, "\\("))
        return NULL;
    const char *end = memmem(at + 2, (size_t)(p->end - at - 2), "\\)", 2);
    if (!end) {
        parser_charge(p, (size_t)(p->end - at));
        return NULL;
    }
    row_add_node(row, markup_node_new(p, MARKUP_INLINE_KATEX, between(at + 2, end)));
    return end + 2;
}

/* $x$, where it is asked for. */
const char *mark_dollar(struct parser *p, const char *at, struct row *row)
{
    if (!p->options->katex_dollar)
        return NULL;
    const char *end = memchr(at + 1, '$', (size_t)(p->end - at - 1));
    if (!end) {
        parser_charge(p, (size_t)(p->end - at));
        return NULL;
    }
    row_add_node(row, markup_node_new(p, MARKUP_INLINE_KATEX, between(at + 1, end)));
    return end + 1;
}

/* A backslash before a whole time stamp. */
const char *mark_escaped_stamp(struct parser *p, const char *at, struct row *row)
{
    struct row scratch = {0};
    const char *stamp = stamp_read(p, at + 1, &scratch);
    if (stamp)
        row_add_text(p, row, between(at + 1, stamp));
    return stamp;
}

const char *mark_escape(struct parser *p, const char *at, struct row *row)
{
    if (p->end - at < 2 || !at[1] || !strchr("#*._`~", at[1]))
        return NULL;
    row_add_text(p, row, str_from(at + 1, 1));
    return at + 2;
}

static uint8_t hex(char c)
{
    return (uint8_t)g_ascii_xdigit_value(c);
}

/* color: and 3, 4, 6 or 8 hexadecimal digits. */
const char *mark_color(struct parser *p, const char *at, struct row *row)
{
    static const char head[] = "color:#";
    if (!p->options->colors || !parser_at(p, at, "color:#"))
        return NULL;
    const char *digits = at + sizeof head - 1, *end = digits;
    while (end < p->end && end - digits < 9 && g_ascii_isxdigit(*end))
        end++;
    size_t count = (size_t)(end - digits), each = count < 6 ? 1 : 2;
    if ((count != 3 && count != 4 && count != 6 && count != 8) || (end < p->end && byte_is(*end, IS_TEXT)))
        return NULL;
    struct markup_node *node = markup_node_new(p, MARKUP_COLOR, STR_NULL);
    node->color[3] = 255;
    for (size_t i = 0; i < count / each; i++)
        node->color[i] = (uint8_t)(hex(digits[i * each]) * 16 + hex(digits[i * each + each - 1]));
    row_add_node(row, node);
    return end;
}

/* ---- mentions ------------------------------------------------------------------------------------------- */

static const char *skip_name(const char *at, const char *end)
{
    while (at < end) {
        int length = 1;
        if (*at != '-' && *at != '.' && *at != '_' && !letter_is_name(letter_decode(at, end, &length)))
            break;
        at += length;
    }
    return at;
}

/* @name, and one name more behind a colon or another @ (of another server).
 * None ends with two underscores. */
const char *mark_user(struct parser *p, const char *at, struct row *row)
{
    const char *name = at;
    while (name < p->end && *name == '@')
        name++;
    const char *end = skip_name(name, p->end);
    if (end == name) {
        parser_charge(p, (size_t)(name - at));
        return NULL;
    }
    if (p->end - end > 1 && (*end == ':' || *end == '@')) {
        const char *server = skip_name(end + 1, p->end);
        if (server > end + 1)
            end = server;
    }
    if (end - name > 1 && end[-1] == '_' && end[-2] == '_') {
        parser_charge(p, (size_t)(end - at));
        return NULL;
    }
    row_add_node(row, markup_node_new(p, MARKUP_MENTION_USER, between(name, end)));
    return end;
}

const char *mark_channel(struct parser *p, const char *at, struct row *row)
{
    const char *end = skip_name(at + 1, p->end);
    if (end == at + 1)
        return NULL;
    row_add_node(row, markup_node_new(p, MARKUP_MENTION_CHANNEL, between(at + 1, end)));
    return end;
}

/* A mention whose sign touches a character before it is none: that character,
 * one sign of a row of @, and one letter of the name are text. */
const char *mark_touching(struct parser *p, const char *at, bool users, struct row *row)
{
    int length;
    if (!byte_is(*at, IS_TEXT) || *at == ' ' || letter_decode(at, p->end, &length) > 0xffff)
        return NULL;
    const char *before = at + length, *name = before;
    while (users && name < p->end && *name == '@')
        name++;
    if (name == before && name < p->end && *name == '#')
        name++;
    if (name == before || name == p->end || !letter_is_name(letter_decode(name, p->end, &length)))
        return NULL;
    row_add_text(p, row, between(at, before));
    row_add_text(p, row, between(name - 1, name + length));
    return name + length;
}
