/* Lines become blocks. */
#include "text/markup/byte.h"
#include "text/markup/inside.h"

/* ---- lines ---------------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Behind \n or \r\n; NULL when no line ends here. */
static const char *skip_end(const struct parser *p, const char *at)
{
    if (at < p->end && *at == '\r')
        at++;
    return at < p->end && *at == '\n' ? at + 1 : NULL;
}

/* Behind the newline of a line whose row has been read up to it. */
static const char *skip_newline(const struct parser *p, const char *at)
{
    return at < p->end ? at + 1 : at;
}

struct blocks {
    struct markup_node *first, *last;
};

static void push(struct blocks *blocks, struct markup_node *node)
{
    if (blocks->last)
        blocks->last->next = node;
    else
        blocks->first = node;
    blocks->last = node;
}

static struct markup_node *node_of_row(struct parser *p, enum markup_type type, const struct row *row)
{
    struct markup_node *node = markup_node_new(p, type, STR_NULL);
    node->first = row->first;
    return node;
}

/* The rest of a line as a block; NULL, and nothing read, when it is empty or a
 * star stands in an item with stars. */
static struct markup_node *rest_of_line(struct parser *p, const char **at, enum inside inside, enum markup_type type)
{
    struct row row = {0};
    const char *end = inline_read(p, *at, inside, &row);
    if (!end || end == *at) {
        parser_charge(p, 1);
        return NULL;
    }
    *at = skip_newline(p, end);
    return node_of_row(p, type, &row);
}

/* ---- quotes and spoilers -------------------------------------------------------------------------------- */

/* A line of a quote. An empty one is a paragraph of an empty text, but not at
 * the end of the message. */
static struct markup_node *quote_line(struct parser *p, const char **at)
{
    if (*at == p->end || **at != '>')
        return NULL;
    const char *place = skip_spaces(*at + 1, p->end);
    const char *empty = skip_end(p, place);
    if (empty) {
        struct markup_node *paragraph = markup_node_new(p, MARKUP_PARAGRAPH, STR_NULL);
        paragraph->first = markup_node_new(p, MARKUP_PLAIN_TEXT, STR(""));
        *at = empty;
        return paragraph;
    }
    struct markup_node *paragraph = rest_of_line(p, &place, 0, MARKUP_PARAGRAPH);
    if (paragraph)
        *at = place;
    return paragraph;
}

static struct markup_node *quote_read(struct parser *p, const char **at)
{
    struct blocks lines = {0};
    for (struct markup_node *line; p->nodes && (line = quote_line(p, at));)
        push(&lines, line);
    if (!lines.first)
        return NULL;
    struct markup_node *quote = markup_node_new(p, MARKUP_QUOTE, STR_NULL);
    quote->first = lines.first;
    return quote;
}

/* Lines between two lines that begin with ||. */
static struct markup_node *spoiler_read(struct parser *p, const char **at)
{
    const char *place = parser_at(p, *at, "||") ? skip_end(p, *at + 2) : NULL;
    if (!place)
        return NULL;
    struct blocks lines = {0};
    while (place < p->end && p->nodes && !parser_at(p, place, "||")) {
        struct markup_node *line = rest_of_line(p, &place, 0, MARKUP_PARAGRAPH);
        if (!line)
            break;
        push(&lines, line);
    }
    const char *blank = skip_end(p, place);
    if (blank)
        place = blank;
    if (!lines.first || !parser_at(p, place, "||")) {
        parser_charge(p, (size_t)(place - *at));
        return NULL;
    }
    *at = place + 2;
    struct markup_node *spoiler = markup_node_new(p, MARKUP_SPOILER_BLOCK, STR_NULL);
    spoiler->first = lines.first;
    return spoiler;
}

/* ---- code and formulas ---------------------------------------------------------------------------------- */

static bool is_language(char c)
{
    return g_ascii_isalnum(c) || (c && strchr(" _.-", c));
}

/* A line of code: one or two backticks may stand between other characters, not
 * at an end. NULL when it is none. */
static const char *skip_code_line(const struct parser *p, const char *at)
{
    const char *begin = at, *tick = NULL;
    for (; at < p->end && *at != '\n' && *at != '\r'; at++) {
        if (*at != '`')
            tick = NULL;
        else if (at == begin || (tick && at - tick > 1))
            return NULL;
        else if (!tick)
            tick = at;
    }
    return tick ? NULL : at;
}

static struct markup_node *code_read(struct parser *p, const char **at)
{
    if (!parser_at(p, *at, "```"))
        return NULL;
    const char *language = *at + 3, *place = language;
    while (place < p->end && is_language(*place))
        place++;
    struct str name = place > language ? between(language, place) : STR("none");
    place = skip_end(p, place);
    if (!place)
        return NULL;
    if (place < p->end && *place == '\n')
        place++;
    else if (place < p->end && *place == '\r') /* only behind another empty line may the first be empty */
        return NULL;
    struct blocks lines = {0};
    while (place < p->end && p->nodes && !parser_at(p, place, "```")) {
        const char *end = skip_code_line(p, place);
        const char *next = end ? skip_end(p, end) : NULL;
        if (!next || (*end == '\r' && !parser_at(p, next, "```"))) {
            lines.first = NULL;
            break;
        }
        struct markup_node *line = markup_node_new(p, MARKUP_CODE_LINE, STR_NULL);
        line->first = markup_node_new(p, MARKUP_PLAIN_TEXT, between(place, end));
        push(&lines, line);
        place = next;
    }
    if (!lines.first || place == p->end || !p->nodes) {
        parser_charge(p, (size_t)(place - *at));
        return NULL;
    }
    *at = place + 3;
    struct markup_node *code = markup_node_new(p, MARKUP_CODE, name);
    code->first = lines.first;
    return code;
}

/* \[x\] or $$x$$, each where it is asked for. */
static struct markup_node *formula_read(struct parser *p, const char **at)
{
    bool dollar = **at == '$';
    if (!(dollar ? p->options->katex_dollar : p->options->katex_parenthesis) ||
        !parser_sees(p, *at, dollar ? "$$" : "\\[", 2))
        return NULL;
    const char *begin = *at + 2;
    const char *end = memmem(begin, (size_t)(p->end - begin), dollar ? "$$" : "\\]", 2);
    if (!end) {
        parser_charge(p, (size_t)(p->end - *at));
        return NULL;
    }
    *at = end + 2;
    return markup_node_new(p, MARKUP_KATEX, between(begin, end));
}

/* ---- headings and lists --------------------------------------------------------------------------------- */

static struct markup_node *heading_read(struct parser *p, const char **at)
{
    const char *place = *at;
    while (place < p->end && *place == '#')
        place++;
    int level = (int)MIN(place - *at, 5);
    const char *text = skip_spaces(place, p->end);
    if (level == 0 || level > 4 || text == place)
        return NULL;
    struct markup_node *heading = rest_of_line(p, &text, 0, MARKUP_HEADING);
    if (!heading)
        return NULL;
    heading->level = level;
    *at = text;
    return heading;
}

/* The item behind the mark of a list, which `place` stands behind. */
static struct markup_node *item_of(struct parser *p, const char **at, const char *place, enum inside inside,
                                   enum markup_type type)
{
    const char *text = skip_spaces(place, p->end);
    struct markup_node *item = text > place ? rest_of_line(p, &text, inside, type) : NULL;
    if (item)
        *at = text;
    return item;
}

static struct markup_node *task_item(struct parser *p, const char **at)
{
    bool done = parser_at(p, *at, "- [x]");
    if (!done && !parser_at(p, *at, "- [ ]"))
        return NULL;
    struct markup_node *task = item_of(p, at, *at + 5, 0, MARKUP_TASK);
    if (task)
        task->done = done;
    return task;
}

static struct markup_node *dash_item(struct parser *p, const char **at)
{
    return *at < p->end && **at == '-' ? item_of(p, at, *at + 1, 0, MARKUP_LIST_ITEM) : NULL;
}

static struct markup_node *star_item(struct parser *p, const char **at)
{
    bool star = *at < p->end && **at == '*';
    return star ? item_of(p, at, *at + 1, INSIDE_STAR_ITEM, MARKUP_LIST_ITEM) : NULL;
}

static struct markup_node *number_item(struct parser *p, const char **at)
{
    const char *place = *at;
    while (place < p->end && g_ascii_isdigit(*place))
        place++;
    if (place == *at || place == p->end || *place != '.')
        return NULL;
    struct str digits = between(*at, place);
    struct markup_node *item = item_of(p, at, place + 1, 0, MARKUP_NUMBERED_ITEM);
    if (item)
        item->number = g_ascii_strtod(arena_str(p->arena, digits).ptr, NULL);
    return item;
}

static struct markup_node *list_read(struct parser *p, const char **at, enum markup_type type,
                                     struct markup_node *(*read_item)(struct parser *, const char **))
{
    struct blocks items = {0};
    for (struct markup_node *item; p->nodes && (item = read_item(p, at));)
        push(&items, item);
    if (!items.first)
        return NULL;
    struct markup_node *list = markup_node_new(p, type, STR_NULL);
    list->first = items.first;
    return list;
}

/* ---- blocks --------------------------------------------------------------------------------------------- */

static struct markup_node *break_read(struct parser *p, const char **at)
{
    const char *place = skip_spaces(*at, p->end);
    const char *next = skip_end(p, place);
    if (!next && place < p->end && *place == '\r')
        next = place + 1;
    if (!next)
        return NULL;
    *at = next;
    return markup_node_new(p, MARKUP_LINE_BREAK, STR_NULL);
}

static struct markup_node *marked_block(struct parser *p, const char **at)
{
    switch (**at) {
    case '>':
        return quote_read(p, at);
    case '`':
        return code_read(p, at);
    case '#':
        return heading_read(p, at);
    case '|':
        return spoiler_read(p, at);
    case '\\':
    case '$':
        return formula_read(p, at);
    case '*':
        return list_read(p, at, MARKUP_UNORDERED_LIST, star_item);
    case '-': {
        struct markup_node *tasks = list_read(p, at, MARKUP_TASKS, task_item);
        return tasks ? tasks : list_read(p, at, MARKUP_UNORDERED_LIST, dash_item);
    }
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        return break_read(p, at);
    default:
        return g_ascii_isdigit(**at) ? list_read(p, at, MARKUP_ORDERED_LIST, number_item) : NULL;
    }
}

static struct markup_node *block_read(struct parser *p, const char **at)
{
    struct markup_node *block = p->budget ? marked_block(p, at) : break_read(p, at);
    if (block)
        return block;
    struct row row = {0};
    *at = skip_newline(p, inline_read(p, *at, 0, &row));
    return node_of_row(p, MARKUP_PARAGRAPH, &row);
}

/* One to three emoji and nothing else. */
static struct markup_node *big_emoji_read(struct parser *p)
{
    struct blocks emoji = {0};
    const char *at = p->begin;
    for (int count = 0;; count++) {
        while (at < p->end && (is_space(*at) || *at == '\n' || *at == '\r'))
            at++;
        if (at == p->end)
            break;
        struct markup_node *node;
        const char *after = count < 3 ? emoji_read(p, at, &node) : NULL;
        if (!after)
            return NULL;
        push(&emoji, node);
        at = after;
    }
    if (!emoji.first)
        return NULL;
    struct markup_node *big = markup_node_new(p, MARKUP_BIG_EMOJI, STR_NULL);
    big->first = emoji.first;
    return big;
}

static struct markup_node *plain(struct parser *p, struct str text)
{
    struct markup_node *paragraph = markup_node_new(p, MARKUP_PARAGRAPH, STR_NULL);
    paragraph->first = markup_node_new(p, MARKUP_PLAIN_TEXT, text);
    return paragraph;
}

struct markup_node *markup_parse(struct str text, const struct markup_options *options, int64_t written_ms,
                                 struct arena *a)
{
    if (!text.len)
        return NULL;
    struct parser p = {.begin = text.ptr,
                       .end = text.ptr + text.len,
                       .arena = a,
                       .options = options,
                       .written_ms = written_ms,
                       .budget = LIMIT_MARKUP_RETRY + 8 * text.len,
                       .nodes = LIMIT_MARKUP_NODES};
    if (text.len > LIMIT_MARKUP)
        return plain(&p, text);
    struct markup_node *big = big_emoji_read(&p);
    if (big)
        return big;
    struct blocks blocks = {0};
    const char *at = p.begin;
    while (at < p.end && p.nodes)
        push(&blocks, block_read(&p, &at));
    if (at < p.end)
        push(&blocks, plain(&p, between(at, p.end)));
    return blocks.first;
}
