/* The tree as the original's JSON. */
#include "text/markup/markup.h"

#include <math.h>
#include <stdio.h>

static const char *const names[] = {
    [MARKUP_PARAGRAPH] = "PARAGRAPH",
    [MARKUP_HEADING] = "HEADING",
    [MARKUP_QUOTE] = "QUOTE",
    [MARKUP_SPOILER_BLOCK] = "SPOILER_BLOCK",
    [MARKUP_CODE] = "CODE",
    [MARKUP_CODE_LINE] = "CODE_LINE",
    [MARKUP_ORDERED_LIST] = "ORDERED_LIST",
    [MARKUP_UNORDERED_LIST] = "UNORDERED_LIST",
    [MARKUP_LIST_ITEM] = "LIST_ITEM",
    [MARKUP_NUMBERED_ITEM] = "LIST_ITEM",
    [MARKUP_TASKS] = "TASKS",
    [MARKUP_TASK] = "TASK",
    [MARKUP_KATEX] = "KATEX",
    [MARKUP_LINE_BREAK] = "LINE_BREAK",
    [MARKUP_BIG_EMOJI] = "BIG_EMOJI",
    [MARKUP_PLAIN_TEXT] = "PLAIN_TEXT",
    [MARKUP_BOLD] = "BOLD",
    [MARKUP_ITALIC] = "ITALIC",
    [MARKUP_STRIKE] = "STRIKE",
    [MARKUP_SPOILER] = "SPOILER",
    [MARKUP_INLINE_CODE] = "INLINE_CODE",
    [MARKUP_INLINE_KATEX] = "INLINE_KATEX",
    [MARKUP_LINK] = "LINK",
    [MARKUP_IMAGE] = "IMAGE",
    [MARKUP_MENTION_USER] = "MENTION_USER",
    [MARKUP_MENTION_CHANNEL] = "MENTION_CHANNEL",
    [MARKUP_EMOJI] = "EMOJI",
    [MARKUP_UNICODE_EMOJI] = "EMOJI",
    [MARKUP_COLOR] = "COLOR",
    [MARKUP_TIMESTAMP] = "TIMESTAMP",
};

static void add_plain(struct json *w, struct str text)
{
    json_object_begin(w);
    json_member_raw(w, "type", STR("\"PLAIN_TEXT\""));
    json_member_string(w, "value", text);
    json_object_end(w);
}

/* As JavaScript writes a number, for whole ones: all digits below 1e21, the
 * shortest that read back the same, padded with zeros; infinity is null. */
static void add_number(struct json *w, double number)
{
    if (number < 9007199254740992.0) {
        json_add_int(w, (int64_t)number);
        return;
    }
    if (isinf(number)) {
        json_add_null(w);
        return;
    }
    char digits[32];
    int precision = 0;
    do
        snprintf(digits, sizeof digits, "%.*e", precision, number);
    while (strtod(digits, NULL) != number && ++precision < 17);
    if (number < 1e21)
        snprintf(digits, sizeof digits, "%.0f", strtod(digits, NULL));
    json_add_raw(w, str_from_c(digits));
}

static void add_nodes(struct json *w, const struct markup_node *first);

static void add_link(struct json *w, const struct markup_node *node)
{
    json_member_object_begin(w, "value");
    json_key_literal(w, "src");
    add_plain(w, node->text);
    json_key_literal(w, "label");
    if (node->type == MARKUP_IMAGE)
        add_plain(w, node->first->text);
    else
        add_nodes(w, node->first);
    json_object_end(w);
}

static void add_emoji(struct json *w, const struct markup_node *node)
{
    json_key_literal(w, "value");
    add_plain(w, node->more);
    json_member_string(w, "shortCode", node->text);
}

static void add_color(struct json *w, const struct markup_node *node)
{
    json_member_object_begin(w, "value");
    json_member_int(w, "r", node->color[0]);
    json_member_int(w, "g", node->color[1]);
    json_member_int(w, "b", node->color[2]);
    json_member_int(w, "a", node->color[3]);
    json_object_end(w);
}

static void add_stamp(struct json *w, const struct markup_node *node)
{
    char fallback[32];
    int length = snprintf(fallback, sizeof fallback, "<t:%.*s:%c>", STR_ARG(node->text), node->format);
    json_member_object_begin(w, "value");
    json_member_string(w, "timestamp", node->text);
    json_member_string(w, "format", str_from(&node->format, 1));
    json_object_end(w);
    json_key_literal(w, "fallback");
    add_plain(w, str_from(fallback, (size_t)length));
}

static void add_children(struct json *w, const struct markup_node *node)
{
    json_key_literal(w, "value");
    add_nodes(w, node->first);
}

static void add_node(struct json *w, const struct markup_node *node)
{
    json_object_begin(w);
    json_member_string(w, "type", str_from_c(names[node->type]));
    switch (node->type) {
    case MARKUP_PLAIN_TEXT:
    case MARKUP_KATEX:
    case MARKUP_INLINE_KATEX:
        json_member_string(w, "value", node->text);
        break;
    case MARKUP_INLINE_CODE:
    case MARKUP_MENTION_USER:
    case MARKUP_MENTION_CHANNEL:
        json_key_literal(w, "value");
        add_plain(w, node->text);
        break;
    case MARKUP_CODE_LINE:
        json_key_literal(w, "value");
        add_plain(w, node->first->text);
        break;
    case MARKUP_LINK:
    case MARKUP_IMAGE:
        add_link(w, node);
        break;
    case MARKUP_EMOJI:
        add_emoji(w, node);
        break;
    case MARKUP_UNICODE_EMOJI:
        json_member_string(w, "unicode", node->text);
        break;
    case MARKUP_COLOR:
        add_color(w, node);
        break;
    case MARKUP_TIMESTAMP:
        add_stamp(w, node);
        break;
    case MARKUP_LINE_BREAK:
        break;
    case MARKUP_HEADING:
        json_member_int(w, "level", node->level);
        add_children(w, node);
        break;
    case MARKUP_CODE:
        json_member_string(w, "language", node->text);
        add_children(w, node);
        break;
    case MARKUP_TASK:
        json_member_bool(w, "status", node->done);
        add_children(w, node);
        break;
    case MARKUP_NUMBERED_ITEM:
        add_children(w, node);
        json_key_literal(w, "number");
        add_number(w, node->number);
        break;
    default:
        add_children(w, node);
        break;
    }
    json_object_end(w);
}

static void add_nodes(struct json *w, const struct markup_node *first)
{
    json_array_begin(w);
    for (const struct markup_node *node = first; node; node = node->next)
        add_node(w, node);
    json_array_end(w);
}

void markup_write_md(struct json *w, const struct markup_node *tree)
{
    add_nodes(w, tree);
}
