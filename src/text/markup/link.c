/* [label](address), <address|label>, ![label](address). */
#include "text/markup/inside.h"

static const char *fail_link(struct parser *p, const char *at, const char *read_to)
{
    parser_charge(p, (size_t)(read_to - at));
    return NULL;
}

static void add_label(struct parser *p, struct row *row, enum markup_type type, struct str address,
                      struct markup_node *label)
{
    struct markup_node *node = markup_node_new(p, type, address);
    node->first = label ? label : markup_node_new(p, MARKUP_PLAIN_TEXT, address);
    row_add_node(row, node);
}

const char *link_read(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    if (inside & INSIDE_LABEL)
        return NULL;
    struct row label = {0};
    const char *end = inline_read_label(p, at + 1, inside | INSIDE_LABEL, &label);
    if (end == p->end)
        return fail_link(p, at, end);
    struct str address;
    const char *close = address_read_target(p, end + 2, ')', &address);
    if (!close)
        return fail_link(p, at, end);
    add_label(p, row, MARKUP_LINK, address, label.first);
    return close + 1;
}

static bool is_angle_label(char c)
{
    return (uint8_t)c >= ' ' && c != '<' && c != '>' && c != '|';
}

const char *link_read_angle(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    struct str address;
    const char *bar = inside & INSIDE_LABEL ? NULL : address_read_target(p, at + 1, '|', &address);
    if (!bar)
        return NULL;
    const char *end = bar + 1;
    while (end < p->end && is_angle_label(*end))
        end++;
    if (end == bar + 1 || end == p->end || *end != '>')
        return fail_link(p, at, end);
    struct str label = str_from(bar + 1, (size_t)(end - bar - 1));
    add_label(p, row, MARKUP_LINK, address, markup_node_new(p, MARKUP_PLAIN_TEXT, label));
    return end + 1;
}

/* An image's label has no marks. */
static bool is_image_label(char c)
{
    return (uint8_t)c >= ' ' && !strchr("()*[\\]^_`{|}~\x7f", c);
}

const char *link_read_image(struct parser *p, const char *at, struct row *row)
{
    if (!parser_at(p, at, "!["))
        return NULL;
    const char *end = at + 2;
    bool blank = true;
    for (; end < p->end && is_image_label(*end); end++)
        blank = blank && *end == ' ';
    struct str label = str_from(at + 2, (size_t)(end - at - 2)), address;
    if ((blank && label.len) || !parser_at(p, end, "]("))
        return fail_link(p, at, end);
    const char *close = address_read_target(p, end + 2, ')', &address);
    if (!close)
        return fail_link(p, at, end);
    add_label(p, row, MARKUP_IMAGE, address, label.len ? markup_node_new(p, MARKUP_PLAIN_TEXT, label) : NULL);
    return close + 1;
}
