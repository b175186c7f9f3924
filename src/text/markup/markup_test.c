#include "text/json_read.h"
#include "text/markup/markup.h"

#include <glib/gstdio.h>

static const struct markup_options server = {.colors = true, .emoticons = true, .katex_parenthesis = true};

static const struct markup_node *parse(const char *text, const struct markup_options *options, struct arena *a)
{
    return markup_parse(str_from_c(text), options, 0, a);
}

static char *md_of(struct str text, const struct markup_options *options)
{
    struct arena a;
    struct buf out;
    struct json w;
    arena_init(&a);
    buf_init(&out, 64 * 1024 * 1024);
    json_init(&w, &out);
    markup_write_md(&w, markup_parse(text, options, 0, &a));
    char *md = g_strndup(out.ptr, out.len);
    buf_clear(&out);
    arena_clear(&a);
    return md;
}

/* ---- what the original makes of texts: cases.ndjson ----------------------------------------------------- */

static void check_case(struct str line)
{
    struct arena a;
    struct buf out;
    struct json w;
    arena_init(&a);
    buf_init(&out, 1024 * 1024);
    json_init(&w, &out);
    const struct json_node *one = json_read(line, JSON_TOP_OBJECT, &a, NULL);
    json_add_tree(&w, json_get(one, "md"));
    g_autofree char *wanted = g_strndup(out.ptr, out.len);
    g_autofree char *md = md_of(json_str(json_get(one, "text")), &server);
    if (strcmp(md, wanted))
        g_test_message("%.*s", STR_ARG(line));
    g_assert_cmpstr(md, ==, wanted);
    buf_clear(&out);
    arena_clear(&a);
}

static void test_cases(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "cases.ndjson", NULL);
    g_autofree char *text = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    struct str rest = str_from(text, length), line;
    size_t count = 0;
    for (; rest.len; count++) {
        rest = str_split(rest, '\n', &line);
        check_case(line);
    }
    g_assert_cmpuint(count, >, 1000);
}

/* ---- settings ------------------------------------------------------------------------------------------- */

#define P "[{\"type\":\"PARAGRAPH\",\"value\":["
#define TEXT(text) "{\"type\":\"PLAIN_TEXT\",\"value\":\"" text "\"}"
#define LINK(address, label) "{\"type\":\"LINK\",\"value\":{\"src\":" TEXT(address) ",\"label\":[" TEXT(label) "]}}"

static void test_options(void)
{
    static const struct str domains[] = {{"intranet", 8}, {"x.lan", 5}};
    static const struct markup_options none = {0}, dollar = {.katex_dollar = true},
                                       own = {.domains = domains, .domain_count = 2};
    static const struct {
        const struct markup_options *options;
        const char *text, *md;
    } cases[] = {
        {&none, ":)", P TEXT(":)") "]}]"},
        {&none, "x:*b*", P TEXT("x:") ",{\"type\":\"BOLD\",\"value\":[" TEXT("b") "]}]}]"},
        {&none, "color:#fff", P TEXT("color:#fff") "]}]"},
        {&none, "\\(x\\)", P TEXT("\\\\(x\\\\)") "]}]"},
        {&none, "\\[x\\]", P TEXT("\\\\[x\\\\]") "]}]"},
        {&none, "x.lan", P TEXT("x.lan") "]}]"},
        {&server, "$x$", P TEXT("$x$") "]}]"},
        {&dollar, "$x$", P "{\"type\":\"INLINE_KATEX\",\"value\":\"x\"}]}]"},
        {&dollar, "a$x$", P TEXT("a$x$") "]}]"},
        {&dollar, "$$x$$", "[{\"type\":\"KATEX\",\"value\":\"x\"}]"},
        {&own, "x.lan", P LINK("//x.lan", "x.lan") "]}]"},
        {&own, "Y.X.Lan", P LINK("//Y.X.Lan", "Y.X.Lan") "]}]"},
        {&own, "http://a.intranet", P LINK("http://a.intranet", "http://a.intranet") "]}]"},
        {&own, "ax.lan", P TEXT("ax.lan") "]}]"},
        {&own, "a@x.lan", P TEXT("a@x.lan") "]}]"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *md = md_of(str_from_c(cases[i].text), cases[i].options);
        g_assert_cmpstr(md, ==, cases[i].md);
    }
}

/* A time of the day is one of the day on which the message was written. */
static void test_time_of_day(void)
{
    static const struct {
        const char *text;
        int64_t written_ms;
        const char *seconds;
    } cases[] = {
        {"<t:10:00:00+00:00>", 0, "36000"},
        {"<t:10:00+00:00>", INT64_C(1753178400123), "1753178400"},
        {"<t:10:00+01:00:R>", INT64_C(1753228799999), "1753174800"},
        {"<t:23:59:59-12:00>", INT64_C(1753178400123), "1753271999"},
        {"<t:10:00>", INT64_C(1753178400123), "0"},
        {"<t:25:00:00+00:00>", INT64_C(1753178400123), "0"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct arena a;
        arena_init(&a);
        const struct markup_node *tree = markup_parse(str_from_c(cases[i].text), &server, cases[i].written_ms, &a);
        g_assert_cmpint(tree->first->type, ==, MARKUP_TIMESTAMP);
        g_assert_true(str_equal(tree->first->text, str_from_c(cases[i].seconds)));
        arena_clear(&a);
    }
}

/* ---- what a message points to --------------------------------------------------------------------------- */

static void check_found(const char *text, void (*write)(struct json *, const struct markup_node *), const char *wanted)
{
    struct arena a;
    struct buf out;
    struct json w;
    arena_init(&a);
    buf_init(&out, 1024 * 1024);
    json_init(&w, &out);
    write(&w, parse(text, &server, &a));
    g_autofree char *got = g_strndup(out.ptr, out.len);
    g_assert_cmpstr(got, ==, wanted);
    buf_clear(&out);
    arena_clear(&a);
}

static void test_found(void)
{
    check_found("", markup_write_urls, "[]");
    check_found("http://a.com/x *[b](https://c.d)* a.com x@y.com +12345 http://a.com/x", markup_write_urls,
                "[{\"url\":\"http://a.com/x\",\"meta\":{}},{\"url\":\"https://"
                "c.d\",\"meta\":{}}]");
    check_found("> @ann, _and_ *@bob*\n- @all @ann", markup_write_mentions,
                "[{\"_id\":\"ann\",\"username\":\"ann\",\"type\":\"user\"},{\"_"
                "id\":\"bob\",\"username\":\"bob\","
                "\"type\":\"user\"},{\"_id\":\"all\",\"username\":\"all\"}]");
    check_found("#news ~#old~ `#code` #news", markup_write_channels,
                "[{\"_id\":\"news\",\"name\":\"news\"},{\"_id\":\"old\",\"name\":"
                "\"old\"}]");
}

/* ---- the other forms ------------------------------------------------------------------------------------ */

static void check_form(const char *text, void (*write)(struct buf *, const struct markup_node *), const char *wanted)
{
    struct arena a;
    struct buf out;
    arena_init(&a);
    buf_init(&out, 1024 * 1024);
    write(&out, parse(text, &server, &a));
    g_autofree char *got = g_strndup(out.ptr ? out.ptr : "", out.len);
    g_assert_cmpstr(got, ==, wanted);
    buf_clear(&out);
    arena_clear(&a);
}

static void test_text(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"plain", "plain"},
        {"a *b* _c_ ~d~ `e` ||f||", "a b c d e f"},
        {"# T\n\n> q\n> r\n- a\n- *b*\n3. c\n- [x] d\n- [ ] e", "T\n\n> q\n> r\n- a\n- b\n3. c\n[x] d\n[ ] e"},
        {"```js\nlet a;\nb\n```", "let a;\nb"},
        {"[here](http://a.com) http://b.org c.net x@y.com +12345678",
         "here (http://a.com) http://b.org c.net x@y.com +12345678"},
        {"![pic](http://a.com/x.png)", "pic (http://a.com/x.png)"},
        {"@ann #news :) :smile: \xf0\x9f\x99\x82", "@ann #news :) :smile: \xf0\x9f\x99\x82"},
        {"<t:1753178400:R> color:#ff000080", "2025-07-22T10:00:00.000Z #ff000080"},
        {"\\(x\\) \\*y", "x *y"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check_form(cases[i][0], markup_write_text, cases[i][1]);
}

#define REL "\" rel=\"nofollow noopener noreferrer\" target=\"_blank\">"

static void test_html(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"a *b* _c_ ~d~ `e`", "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>"},
        {"<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"},
        {"`<b>` \"'&", "<p><code>&lt;b&gt;</code> &quot;&#39;&amp;</p>"},
        {"[a](http://b.c)", "<p><a href=\"http://b.c" REL "a</a></p>"},
        {"[a](http://b.c/\"onload='x'<y>)",
         "<p><a href=\"http://b.c/&quot;onload=&#39;x&#39;&lt;y&gt;" REL "a</a></p>"},
        {"[a](javascript:alert(1))", "<p>a</p>"},
        {"[a](JavaScript:x)", "<p>a</p>"},
        {"[a](data:text/html,x)", "<p>a</p>"},
        {"[a](vbscript:x.y)", "<p>a</p>"},
        {"<javascript:x|*a*>", "<p>*a*</p>"},
        {"![<i>](javascript:x)", "<p>&lt;i&gt;</p>"},
        {"![a](http://b.c/d.png)", "<p><a href=\"http://b.c/d.png" REL "a</a></p>"},
        {"a.com", "<p><a href=\"https://a.com" REL "a.com</a></p>"},
        {"x@y.com", "<p><a href=\"mailto:x@y.com" REL "x@y.com</a></p>"},
        {"+12345678", "<p><a href=\"tel:12345678" REL "+12345678</a></p>"},
        {"```\n</code><i>\n```", "<pre><code>&lt;/code&gt;&lt;i&gt;\n</code></pre>"},
        {"\\[</p><img src=x onerror=y>\\]", "<p><code>&lt;/p&gt;&lt;img src=x onerror=y&gt;</code></p>"},
        {"@a&b #c<d", "<p><span class=\"mention\">@a</span>&amp;b <span class=\"mention\">#c</span>&lt;d</p>"},
        {"2. a\n- [x] b", "<ol><li value=\"2\">a</li></ol><ul><li>☑ b</li></ul>"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        check_form(cases[i][0], markup_write_html, cases[i][1]);
}

/* ---- bounds --------------------------------------------------------------------------------------------- */

static void count(const struct markup_node *first, size_t depth, size_t *nodes)
{
    g_assert_cmpuint(depth, <, 16);
    for (const struct markup_node *node = first; node; node = node->next) {
        (*nodes)++;
        count(node->first, depth + 1, nodes);
    }
}

/* Nothing that can be sent makes more nodes or bytes than are allowed. */
static void test_bounds(void)
{
    static const char *const marks[] = {"*",         "_",    "~",        "`",         "|",          "[",     "](",
                                        "[](",       "<",    "\\",       "\\(",       "\\[",        "\n",    "a\n",
                                        "> \n",      "@a ",  ":)",       ":a:",       "a.b",        "a@b.",  "*a_",
                                        "*a _b ~c ", "![](", "[a](b.c)", "<a.b|c>",   "http://a.b", "- a\n", "\\*",
                                        "+1",        "$",    "||\n",     "```\n",     "*a",         "_a ",   "~a_",
                                        "[*",        "||a",  "a:",       "localhost", "_localhost", "-%"};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        struct arena a;
        struct buf out;
        struct json w;
        g_autoptr(GString) text = g_string_new(NULL);
        while (text->len + strlen(marks[i]) <= LIMIT_TEXT)
            g_string_append(text, marks[i]);
        arena_init(&a);
        buf_init(&out, MARKUP_MD_MAX);
        json_init(&w, &out);
        const struct markup_node *tree = parse(text->str, &server, &a);
        size_t nodes = 0;
        count(tree, 0, &nodes);
        g_assert_cmpuint(nodes, <=, LIMIT_MARKUP_NODES + 16);
        markup_write_md(&w, tree);
        markup_write_urls(&w, tree);
        markup_write_mentions(&w, tree);
        markup_write_channels(&w, tree);
        g_assert_false(out.overflow);
        buf_clear(&out);
        arena_clear(&a);
    }
    g_autofree char *long_text = g_strnfill(LIMIT_MARKUP + 1, '*');
    struct arena a;
    arena_init(&a);
    const struct markup_node *tree = parse(long_text, &server, &a);
    g_assert_cmpint(tree->first->type, ==, MARKUP_PLAIN_TEXT);
    g_assert_null(tree->next);
    arena_clear(&a);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/markup/cases", test_cases);
    g_test_add_func("/markup/options", test_options);
    g_test_add_func("/markup/time_of_day", test_time_of_day);
    g_test_add_func("/markup/found", test_found);
    g_test_add_func("/markup/text", test_text);
    g_test_add_func("/markup/html", test_html);
    g_test_add_func("/markup/bounds", test_bounds);
    return g_test_run();
}
