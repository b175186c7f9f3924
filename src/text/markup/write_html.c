/* The tree as HTML. Whatever comes from a message is escaped; no attribute
 * takes anything of it but an address that was found to be harmless; nothing is
 * a script, a style or a picture to be fetched. */
#include "text/html.h"
#include "text/markup/write.h"

static void add_nodes(struct buf *out, const struct markup_node *first);

static void add_link(struct buf *out, const struct markup_node *node)
{
    const char *scheme = markup_link_scheme(node->text);
    if (scheme) {
        buf_add_literal(out, "<a href=\"");
        buf_add(out, str_from_c(scheme));
        html_add_text(out, node->text);
        buf_add_literal(out, "\" rel=\"nofollow noopener noreferrer\" target=\"_blank\">");
    }
    add_nodes(out, node->first);
    if (scheme)
        buf_add_literal(out, "</a>");
}

static void add_within(struct buf *out, const char *open, const struct markup_node *node, const char *close)
{
    buf_add(out, str_from_c(open));
    html_add_text(out, node->text);
    add_nodes(out, node->first);
    buf_add(out, str_from_c(close));
}

static void add_code(struct buf *out, const struct markup_node *node)
{
    buf_add_literal(out, "<pre><code>");
    for (const struct markup_node *line = node->first; line; line = line->next) {
        add_nodes(out, line->first);
        buf_add_byte(out, '\n');
    }
    buf_add_literal(out, "</code></pre>");
}

static void add_node(struct buf *out, const struct markup_node *node)
{
    static const struct {
        const char *open, *close;
    } tags[] = {
        [MARKUP_PARAGRAPH] = {"<p>", "</p>"},
        [MARKUP_QUOTE] = {"<blockquote>", "</blockquote>"},
        [MARKUP_SPOILER_BLOCK] = {"<details><summary></summary>", "</details>"},
        [MARKUP_ORDERED_LIST] = {"<ol>", "</ol>"},
        [MARKUP_UNORDERED_LIST] = {"<ul>", "</ul>"},
        [MARKUP_LIST_ITEM] = {"<li>", "</li>"},
        [MARKUP_TASKS] = {"<ul>", "</ul>"},
        [MARKUP_KATEX] = {"<p><code>", "</code></p>"},
        [MARKUP_LINE_BREAK] = {"<br>", ""},
        [MARKUP_BIG_EMOJI] = {"<p>", "</p>"},
        [MARKUP_PLAIN_TEXT] = {"", ""},
        [MARKUP_BOLD] = {"<strong>", "</strong>"},
        [MARKUP_ITALIC] = {"<em>", "</em>"},
        [MARKUP_STRIKE] = {"<del>", "</del>"},
        [MARKUP_SPOILER] = {"<span class=\"spoiler\">", "</span>"},
        [MARKUP_INLINE_CODE] = {"<code>", "</code>"},
        [MARKUP_INLINE_KATEX] = {"<code>", "</code>"},
        [MARKUP_MENTION_USER] = {"<span class=\"mention\">@", "</span>"},
        [MARKUP_MENTION_CHANNEL] = {"<span class=\"mention\">#", "</span>"},
        [MARKUP_UNICODE_EMOJI] = {"", ""},
    };
    switch (node->type) {
    case MARKUP_HEADING:
        buf_printf(out, "<h%d>", node->level);
        add_nodes(out, node->first);
        buf_printf(out, "</h%d>", node->level);
        break;
    case MARKUP_CODE:
        add_code(out, node);
        break;
    case MARKUP_NUMBERED_ITEM:
        buf_printf(out, node->number < 1e9 ? "<li value=\"%.0f\">" : "<li>", node->number);
        add_nodes(out, node->first);
        buf_add_literal(out, "</li>");
        break;
    case MARKUP_TASK:
        buf_add(out, node->done ? STR("<li>☑ ") : STR("<li>☐ "));
        add_nodes(out, node->first);
        buf_add_literal(out, "</li>");
        break;
    case MARKUP_LINK:
    case MARKUP_IMAGE: /* a picture of a stranger is not fetched before the reader
                          asks for it */
        add_link(out, node);
        break;
    case MARKUP_EMOJI:
        html_add_text(out, markup_emoji_written(node));
        break;
    case MARKUP_COLOR:
        markup_add_color(out, node);
        break;
    case MARKUP_TIMESTAMP:
        buf_add_literal(out, "<time>");
        markup_add_stamp(out, node);
        buf_add_literal(out, "</time>");
        break;
    default:
        add_within(out, tags[node->type].open, node, tags[node->type].close);
        break;
    }
}

static void add_nodes(struct buf *out, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next)
        add_node(out, node);
}

void markup_write_html(struct buf *out, const struct markup_node *tree)
{
    add_nodes(out, tree);
}
