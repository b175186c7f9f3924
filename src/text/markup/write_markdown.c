/* The tree as CommonMark. What a message has as text must not be read as a mark, nor as HTML: each character that could
 * begin one is escaped, also where it would be harmless. */
#include "text/markup/write.h"

/* ---- text ---- */

/* Signs that are marks at a line's beginning only: headings, lists, rules. */
static size_t block_mark(struct str line)
{
    size_t digits = 0;
    while (digits < line.len && g_ascii_isdigit(line.ptr[digits]))
        digits++;
    if (digits && digits < line.len && (line.ptr[digits] == '.' || line.ptr[digits] == ')'))
        return digits + 1;
    return line.len && memchr("#+-=", line.ptr[0], 4) ? 1 : 0;
}

static void add_text(struct buf *out, struct str text)
{
    char before = out->len ? out->ptr[out->len - 1] : '\n';
    if (before == '\n' || before == ' ') { /* also behind the sign of a quote or an item */
        while (before == '\n' && text.len &&
               (text.ptr[0] == ' ' || text.ptr[0] == '\t')) /* four of them would be code */
            text = str_skip(text, 1);
        size_t mark = block_mark(text);
        if (mark) {
            buf_add(out, str_from(text.ptr, mark - 1));
            buf_add_byte(out, '\\');
            buf_add_byte(out, text.ptr[mark - 1]);
            text = str_skip(text, mark);
        }
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (memchr("\\`*_[]<>&~|", c, 11))
            buf_add_byte(out, '\\');
        buf_add_byte(out, c == '\n' || c == '\r' ? ' ' : c);
    }
}

void markup_add_markdown_text(struct buf *out, struct str text)
{
    add_text(out, text);
}

/* ---- code: as it is, between more backticks than stand in a row within ---- */

static size_t longest_ticks(struct str text)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == '`' ? run + 1 : 0;
        longest = MAX(longest, run);
    }
    return longest;
}

static void add_ticks(struct buf *out, size_t count)
{
    while (count--)
        buf_add_byte(out, '`');
}

static struct str plain_of(const struct markup_node *node)
{
    return node->text.ptr || !node->first ? node->text : node->first->text;
}

static void add_inline_code(struct buf *out, const struct markup_node *node)
{
    struct str text = plain_of(node);
    size_t ticks = longest_ticks(text) + 1;
    bool pad = text.len && (text.ptr[0] == '`' || text.ptr[text.len - 1] == '`');
    add_ticks(out, ticks);
    buf_add(out, pad ? STR(" ") : STR(""));
    buf_add(out, text);
    buf_add(out, pad ? STR(" ") : STR(""));
    add_ticks(out, ticks);
}

static void add_code(struct buf *out, const struct markup_node *node)
{
    size_t ticks = 3;
    for (const struct markup_node *line = node->first; line; line = line->next)
        ticks = MAX(ticks, longest_ticks(plain_of(line)) + 1);
    add_ticks(out, ticks);
    buf_add_byte(out, '\n');
    for (const struct markup_node *line = node->first; line; line = line->next) {
        buf_add(out, plain_of(line));
        buf_add_byte(out, '\n');
    }
    add_ticks(out, ticks);
}

/* ---- nodes ---- */

static void add_nodes(struct buf *out, const struct markup_node *first);
static void add_blocks(struct buf *out, const struct markup_node *first);

static void add_link(struct buf *out, const struct markup_node *node)
{
    const char *scheme = markup_link_scheme(node->text);
    buf_add(out, scheme ? STR("[") : STR(""));
    add_nodes(out, node->first);
    if (!scheme)
        return;
    buf_add_literal(out, "](<");
    buf_add(out, str_from_c(scheme));
    for (size_t i = 0; i < node->text.len; i++) {
        if (memchr("\\<>", node->text.ptr[i], 3))
            buf_add_byte(out, '\\');
        buf_add_byte(out, g_ascii_iscntrl(node->text.ptr[i]) ? ' ' : node->text.ptr[i]);
    }
    buf_add_literal(out, ">)");
}

static void add_items(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next) {
        if (node->type == MARKUP_NUMBERED_ITEM)
            buf_printf(out, "%.0f. ", node->number);
        else if (node->type == MARKUP_TASK)
            buf_add(out, node->done ? STR("- [x] ") : STR("- [ ] "));
        else
            buf_add_literal(out, "- ");
        add_nodes(out, node->first);
        if (node->next)
            buf_add_byte(out, '\n');
    }
}

/* Its lines, each behind a sign. */
static void add_quote(struct buf *out, const struct markup_node *node)
{
    for (const struct markup_node *line = node->first; line; line = line->next) {
        buf_add_literal(out, "> ");
        add_nodes(out, line->first);
        buf_add(out, line->next ? STR("  \n") : STR(""));
    }
}

static void add_within(struct buf *out, const char *mark, const struct markup_node *node)
{
    buf_add(out, str_from_c(mark));
    add_nodes(out, node->first);
    buf_add(out, str_from_c(mark));
}

static void add_node(struct buf *out, const struct markup_node *node)
{
    switch (node->type) {
    case MARKUP_HEADING:
        buf_printf(out, "%.*s ", node->level, "####");
        add_nodes(out, node->first);
        break;
    case MARKUP_QUOTE:
        add_quote(out, node);
        break;
    case MARKUP_SPOILER_BLOCK:
        add_blocks(out, node->first);
        break;
    case MARKUP_CODE:
        add_code(out, node);
        break;
    case MARKUP_ORDERED_LIST:
    case MARKUP_UNORDERED_LIST:
    case MARKUP_TASKS:
        add_items(out, node->first);
        break;
    case MARKUP_BOLD:
        add_within(out, "**", node);
        break;
    case MARKUP_ITALIC:
        add_within(out, "*", node);
        break;
    case MARKUP_STRIKE:
        add_within(out, "~~", node);
        break;
    case MARKUP_INLINE_CODE:
    case MARKUP_INLINE_KATEX:
    case MARKUP_KATEX:
        add_inline_code(out, node);
        break;
    case MARKUP_LINK:
    case MARKUP_IMAGE:
        add_link(out, node);
        break;
    case MARKUP_MENTION_USER:
        buf_add_byte(out, '@');
        add_text(out, node->text);
        break;
    case MARKUP_MENTION_CHANNEL:
        buf_add_literal(out, "\\#");
        add_text(out, node->text);
        break;
    case MARKUP_EMOJI:
        add_text(out, markup_emoji_written(node));
        break;
    case MARKUP_COLOR:
        markup_add_color(out, node);
        break;
    case MARKUP_TIMESTAMP:
        markup_add_stamp(out, node);
        break;
    default:
        add_text(out, node->text);
        add_nodes(out, node->first);
        break;
    }
}

static void add_nodes(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next)
        add_node(out, node);
}

/* A line of a message is a paragraph of the tree: a hard break keeps it, an empty line parts all others. */
static void add_blocks(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *block = first; block; block = block->next) {
        add_node(out, block);
        bool same = block->type == MARKUP_PARAGRAPH && block->next && block->next->type == MARKUP_PARAGRAPH;
        if (block->next)
            buf_add(out, same ? STR("  \n") : STR("\n\n"));
    }
}

void markup_write_markdown(struct buf *out, const struct markup_node *tree)
{
    add_blocks(out, tree);
}
