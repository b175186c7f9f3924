/* Message markup: any bytes give a tree of bounded size and depth whose texts are valid where the message was, and all
 * its forms; the HTML holds no tag but ours. */
#include "text/markup/markup.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const struct markup_node *first, int depth)
{
    size_t nodes = 0;
    g_assert_cmpint(depth, <, 16);
    for (const struct markup_node *node = first; node; node = node->next)
        nodes += 1 + count(node->first, depth + 1);
    return nodes;
}

/* After each `<` comes one of the tags that are written. */
static void check_html(struct str html)
{
    static const char *const tags[] = {"p>",   "h",     "blockquote>", "details>",  "summary>", "ol>",
                                       "ul>",  "li",    "br>",         "str",       "em>",      "del>",
                                       "span", "code>", "pre>",        "a href=\"", "a>",       "time>"};
    for (size_t i = 0; i < html.len; i++) {
        if (html.ptr[i] != '<')
            continue;
        struct str rest = str_skip(html, i + 1);
        if (rest.len && *rest.ptr == '/')
            rest = str_skip(rest, 1);
        bool known = false;
        for (size_t t = 0; t < G_N_ELEMENTS(tags); t++)
            known |= str_starts_with(rest, str_from_c(tags[t]));
        g_assert_true(known);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    /* The first byte says which options are on. */
    struct markup_options options = {
        .colors = data[0] & 1, .emoticons = data[0] & 2, .katex_parenthesis = data[0] & 4, .katex_dollar = data[0] & 8};
    struct arena a;
    struct buf out;
    struct json w;
    arena_init(&a);
    buf_init(&out, 64 * 1024 * 1024);
    const struct markup_node *tree = markup_parse(str_from((const char *)data + 1, size - 1), &options, 0, &a);
    g_assert_cmpuint(count(tree, 0), <=, LIMIT_MARKUP_NODES + 64);
    json_init(&w, &out);
    markup_write_md(&w, tree);
    markup_write_urls(&w, tree);
    markup_write_mentions(&w, tree);
    markup_write_channels(&w, tree);
    markup_write_text(&out, tree);
    size_t before = out.len;
    markup_write_html(&out, tree);
    check_html(str_skip(buf_str(&out), before));
    g_assert_false(out.overflow);
    buf_clear(&out);
    arena_clear(&a);
    return 0;
}
