#include "text/markup/inside.h"
#include "text/markup/write.h"

struct markup_node *markup_node_new(struct parser *p, enum markup_type type, struct str text)
{
    struct markup_node *node = arena_new(p->arena, struct markup_node);
    p->nodes -= p->nodes > 0;
    if (!p->nodes)
        p->budget = 0;
    node->type = type;
    node->text = text;
    return node;
}

static void push(struct row *row, struct markup_node *node)
{
    row->before_last = row->last;
    if (row->last)
        row->last->next = node;
    else
        row->first = node;
    row->last = node;
    row->room = 0;
}

/* Text that does not lie behind what is there already: behind an escape, of
 * which the backslash is gone. Room is doubled, so that many of them cost no
 * more than their length. */
static void append_copy(struct parser *p, struct row *row, struct str text)
{
    struct markup_node *last = row->last;
    if (row->room < text.len) {
        size_t room = 2 * (last->text.len + text.len) + 16;
        char *copy = arena_alloc(p->arena, room);
        memcpy(copy, last->text.ptr, last->text.len);
        last->text.ptr = copy;
        row->room = room - last->text.len;
    }
    memcpy((char *)last->text.ptr + last->text.len, text.ptr, text.len);
    last->text.len += text.len;
    row->room -= text.len;
}

static void push_text(struct parser *p, struct row *row, struct str text)
{
    struct markup_node *last = row->last;
    if (!last || last->type != MARKUP_PLAIN_TEXT)
        push(row, markup_node_new(p, MARKUP_PLAIN_TEXT, text));
    else if (!row->room && last->text.ptr + last->text.len == text.ptr)
        last->text.len += text.len;
    else
        append_copy(p, row, text);
}

/* The last node is an emoji, and what follows it is known now. */
static void settle(struct parser *p, struct row *row, enum beside next)
{
    struct str text = row->open;
    if (!text.ptr)
        return;
    row->open = STR_NULL;
    if (next != BESIDE_TEXT && next != BESIDE_EMOJI)
        return;
    row->last = row->before_last;
    if (row->last)
        row->last->next = NULL;
    else
        row->first = NULL;
    push_text(p, row, text);
}

void row_add_node(struct row *row, struct markup_node *node)
{
    row->open = STR_NULL;
    push(row, node);
    row->beside = BESIDE_NODE;
}

static bool is_blank(struct str text)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    if (text.len && *at > ' ' && *at < 0x7f)
        return false;
    while (at < end) {
        int length;
        if (!letter_is_blank(letter_decode(at, end, &length)))
            return false;
        at += length;
    }
    return true;
}

void row_add_text(struct parser *p, struct row *row, struct str text)
{
    enum beside now = is_blank(text) ? BESIDE_NODE : BESIDE_TEXT;
    settle(p, row, now);
    push_text(p, row, text);
    row->beside = now;
}

void row_add_emoji(struct parser *p, struct row *row, struct markup_node *node, struct str text)
{
    settle(p, row, BESIDE_EMOJI);
    if (node->type == MARKUP_UNICODE_EMOJI) {
        push(row, node);
    } else if (row->beside == BESIDE_TEXT || row->beside == BESIDE_EMOJI) {
        push_text(p, row, text);
    } else {
        push(row, node);
        row->open = text;
    }
    row->beside = BESIDE_EMOJI;
}

void row_add_row(struct parser *p, struct row *row, const struct row *other)
{
    for (struct markup_node *node = other->first, *next; node; node = next) {
        next = node->next;
        node->next = NULL;
        if (node->type == MARKUP_PLAIN_TEXT)
            row_add_text(p, row, node->text);
        else if (node->type == MARKUP_EMOJI || node->type == MARKUP_UNICODE_EMOJI)
            row_add_emoji(p, row, node, markup_emoji_written(node));
        else
            row_add_node(row, node);
    }
}

void row_end(struct row *row)
{
    row->open = STR_NULL;
}
