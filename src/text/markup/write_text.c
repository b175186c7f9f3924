/* The tree as plain text: what a reader would read aloud. */
#include "text/markup/write.h"
#include "text/time.h"

static void add_nodes(struct buf *out, const struct markup_node *first);

/* A label, and the address behind it where it says something else. */
static void add_link(struct buf *out, const struct markup_node *node)
{
    const struct markup_node *label = node->first;
    struct str address = node->text;
    if (str_starts_with(address, STR("//")))
        address = str_skip(address, 2);
    else if (str_starts_with(address, STR("mailto:")))
        address = str_skip(address, 7);
    add_nodes(out, label);
    bool is_same = label && !label->next && label->type == MARKUP_PLAIN_TEXT &&
                   (str_equal(label->text, address) || str_equal(label->text, node->text));
    if (is_same || str_starts_with(node->text, STR("tel:")))
        return;
    buf_add_literal(out, " (");
    buf_add(out, address);
    buf_add_literal(out, ")");
}

static void add_lines(struct buf *out, const struct markup_node *first, const char *before)
{
    for (const struct markup_node *node = first; node; node = node->next) {
        buf_add(out, str_from_c(before));
        add_nodes(out, node->first);
        if (node->next)
            buf_add_byte(out, '\n');
    }
}

static void add_items(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next) {
        if (node->type == MARKUP_NUMBERED_ITEM)
            buf_printf(out, "%.0f. ", node->number);
        else if (node->type == MARKUP_TASK)
            buf_add(out, node->done ? STR("[x] ") : STR("[ ] "));
        else
            buf_add_literal(out, "- ");
        add_nodes(out, node->first);
        if (node->next)
            buf_add_byte(out, '\n');
    }
}

void markup_add_color(struct buf *out, const struct markup_node *node)
{
    const uint8_t *c = node->color;
    buf_printf(out, c[3] == 255 ? "#%02x%02x%02x" : "#%02x%02x%02x%02x", c[0], c[1], c[2], c[3]);
}

void markup_add_stamp(struct buf *out, const struct markup_node *node)
{
    int64_t seconds = 0;
    str_to_int64(node->text, &seconds);
    time_write_utc(out, seconds * 1000);
}

static void add_node(struct buf *out, const struct markup_node *node)
{
    switch (node->type) {
    case MARKUP_QUOTE:
        add_lines(out, node->first, "> ");
        break;
    case MARKUP_SPOILER_BLOCK:
    case MARKUP_CODE:
        add_lines(out, node->first, "");
        break;
    case MARKUP_ORDERED_LIST:
    case MARKUP_UNORDERED_LIST:
    case MARKUP_TASKS:
        add_items(out, node->first);
        break;
    case MARKUP_LINK:
    case MARKUP_IMAGE:
        add_link(out, node);
        break;
    case MARKUP_MENTION_USER:
        buf_add_byte(out, '@');
        buf_add(out, node->text);
        break;
    case MARKUP_MENTION_CHANNEL:
        buf_add_byte(out, '#');
        buf_add(out, node->text);
        break;
    case MARKUP_EMOJI:
        buf_add(out, markup_emoji_written(node));
        break;
    case MARKUP_COLOR:
        markup_add_color(out, node);
        break;
    case MARKUP_TIMESTAMP:
        markup_add_stamp(out, node);
        break;
    default:
        buf_add(out, node->text);
        add_nodes(out, node->first);
        break;
    }
}

static void add_nodes(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next)
        add_node(out, node);
}

void markup_write_text(struct buf *out, const struct markup_node *tree)
{
    for (const struct markup_node *block = tree; block; block = block->next) {
        add_node(out, block);
        if (block->next)
            buf_add_byte(out, '\n');
    }
}
