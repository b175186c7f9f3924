/* What stands in a line: marks, and the text between them. */
#include "text/markup/byte.h"
#include "text/markup/inside.h"

static const char *token_read(struct parser *p, const char *at, enum row_kind kind, enum inside inside,
                              struct row *row);

/* ---- emphasis ------------------------------------------------------------------------------------------- */

struct emphasis {
    char mark;
    enum row_kind kind;
    enum inside inside;
    enum markup_type type;
};

static const struct emphasis *emphasis_of(char c)
{
    static const struct emphasis all[] = {
        {'*', ROW_BOLD, INSIDE_BOLD, MARKUP_BOLD},
        {'_', ROW_ITALIC, INSIDE_ITALIC, MARKUP_ITALIC},
        {'~', ROW_STRIKE, INSIDE_STRIKE, MARKUP_STRIKE},
    };
    return c == '*' ? &all[0] : c == '_' ? &all[1] : c == '~' ? &all[2] : NULL;
}

/* ---- emoji ---------------------------------------------------------------------------------------------- */

static const char *line_mark(struct parser *p, const char *at, enum inside inside, struct row *row);
static const char *emphasis_mark(struct parser *p, const char *at, enum inside inside, struct row *row);

static bool is_emoticon(const struct markup_node *emoji)
{
    return emoji->type == MARKUP_EMOJI && emoji->text.ptr != emoji->more.ptr;
}

/* Does a blank, the end, or a mark follow? */
static bool is_free(struct parser *p, const char *after, enum row_kind kind, enum inside inside)
{
    if (after == p->end || strchr(" \t\r\n", *after ? *after : 'x'))
        return true;
    struct markup_node *emoji;
    if (emoji_read(p, after, &emoji))
        return true;
    const struct emphasis *e = emphasis_of(*after);
    if ((e && (inside & e->inside)) || !p->budget)
        return true;
    struct row scratch = {0};
    const char *mark = kind == ROW_BOLD || kind == ROW_ITALIC ? emphasis_mark(p, after, inside, &scratch)
                                                              : line_mark(p, after, inside & ~INSIDE_SPOILER, &scratch);
    if (mark)
        parser_charge(p, (size_t)(mark - after));
    return mark && scratch.last->type != MARKUP_PLAIN_TEXT;
}

/* An emoji, but no emoticon that touches text behind it. */
static const char *free_emoji_token(struct parser *p, const char *at, enum row_kind kind, enum inside inside,
                                    struct row *row)
{
    struct markup_node *node;
    const char *after = emoji_read(p, at, &node);
    if (!after)
        return NULL;
    if (is_emoticon(node) && kind != ROW_STRIKE && !is_free(p, after, kind, inside))
        return NULL;
    row_add_emoji(p, row, node, between(at, after));
    return after;
}

/* ---- emphasis ------------------------------------------------------------------------------------------- */

/* Up to `mark`, which is not taken; NULL when the line ends before it. */
static const char *content_read(struct parser *p, const char *at, const struct emphasis *e, enum inside inside,
                                struct row *row)
{
    const char *begin = at;
    while (at < p->end && *at != '\n') {
        const char *wink = *at == '*' ? free_emoji_token(p, at, e->kind, inside, row) : NULL;
        if (!wink && *at == e->mark)
            break;
        at = wink ? wink : token_read(p, at, e->kind, inside, row);
    }
    if (at < p->end && *at == e->mark) {
        row_end(row);
        return at;
    }
    parser_charge(p, (size_t)(at - begin));
    return NULL;
}

static bool is_spaces(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != ' ' && text.ptr[i] != '\t')
            return false;
    return true;
}

/* Behind the letters that follow italic text; behind two underscores, digits
 * too. */
static const char *skip_letters(const struct parser *p, const char *at, size_t marks)
{
    while (at < p->end && (g_ascii_isalpha(*at) || (marks == 2 && g_ascii_isdigit(*at))))
        at++;
    return at;
}

static const char *skip_marks(const struct parser *p, const char *at, char mark)
{
    while (at < p->end && *at == mark)
        at++;
    return at;
}

/* With `marks` on both sides. Around blanks the marks are text, and so they are
 * around italic text with letters behind it. */
static const char *marked_read(struct parser *p, const char *at, size_t marks, enum inside inside, struct row *row)
{
    const struct emphasis *e = emphasis_of(*at);
    const char *begin = at + marks;
    struct row content = {0};
    const char *end = content_read(p, begin, e, inside | e->inside, &content);
    if (!end || end == begin)
        return NULL;
    if (marks == 2 && (p->end - end < 2 || end[1] != e->mark)) {
        parser_charge(p, (size_t)(end - at));
        return NULL;
    }
    const char *after = end + marks;
    bool nested = inside & (INSIDE_BOLD | INSIDE_ITALIC | INSIDE_STRIKE | INSIDE_LABEL);
    bool blank = !nested && is_spaces(between(begin, end));
    const char *letters = e->type == MARKUP_ITALIC ? skip_letters(p, after, marks) : after;
    if (blank || letters > after) {
        const char *text = blank ? skip_marks(p, after, e->mark) : letters;
        row_add_text(p, row, between(at, begin));
        row_add_row(p, row, &content);
        row_add_text(p, row, between(end, text));
        return text;
    }
    struct markup_node *node = markup_node_new(p, e->type, STR_NULL);
    node->first = content.first;
    row_add_node(row, node);
    return after;
}

/* *bold*, _italic_, ~struck~, each with one or two marks on both sides. */
static const char *emphasis_read(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    const struct emphasis *e = emphasis_of(*at);
    if (inside & e->inside)
        return NULL;
    bool two = p->end - at > 1 && at[1] == e->mark;
    const char *after = two ? marked_read(p, at, 2, inside, row) : NULL;
    struct markup_node *wink; /* what one mark is followed by is no mark */
    if (!after && (!two || emoji_read(p, at + 1, &wink)))
        after = marked_read(p, at, 1, inside, row);
    return after;
}

/* ||hidden||, in a line. */
static const char *spoiler_read(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    if ((inside & INSIDE_SPOILER) || !parser_at(p, at, "||"))
        return NULL;
    struct row content = {0};
    const char *place = at + 2;
    while (place < p->end && *place != '\n' && !parser_at(p, place, "||"))
        place = token_read(p, place, ROW_SPOILER, inside | INSIDE_SPOILER, &content);
    if (place == p->end || *place == '\n' || place == at + 2) {
        parser_charge(p, (size_t)(place - at));
        return NULL;
    }
    row_end(&content);
    struct markup_node *node = markup_node_new(p, MARKUP_SPOILER, STR_NULL);
    node->first = content.first;
    row_add_node(row, node);
    return place + 2;
}

/* ---- tokens --------------------------------------------------------------------------------------------- */

/* A word and one or two underscores behind it: where italic text cannot begin.
 */
static const char *word_read(struct parser *p, const char *at, struct row *row)
{
    const char *end = skip_while(at, p->end, IS_WORD);
    if (end == at || end == p->end || *end != '_')
        return NULL;
    end += parser_at(p, end, "__") ? 2 : 1;
    row_add_text(p, row, between(at, end));
    return end;
}

static const char *line_mark(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    const char *after = NULL;
    switch (*at) {
    case '\\':
        after = mark_escape(p, at, row);
        if (!after)
            after = mark_escaped_stamp(p, at, row);
        return after ? after : mark_formula(p, at, row);
    case '`':
        return mark_code(p, at, row);
    case '_':
        after = parser_at(p, at, "__") ? emphasis_read(p, at, inside, row) : NULL;
        if (!after)
            after = address_read_hidden(p, at, row);
        return after ? after : emphasis_read(p, at, inside, row);
    case '*':
    case '~':
        return emphasis_read(p, at, inside, row);
    case '|':
        return spoiler_read(p, at, inside, row);
    case '[':
        return link_read(p, at, inside, row);
    case '!':
        return link_read_image(p, at, row);
    case '<':
        after = stamp_read(p, at, row);
        return after ? after : link_read_angle(p, at, inside, row);
    case '@':
        return mark_user(p, at, row);
    case '#':
        return mark_channel(p, at, row);
    case '(':
    case ')':
    case ':':
    case ']':
        return NULL;
    case '+':
        after = address_read_phone(p, at, row);
        break;
    case '$':
        after = mark_dollar(p, at, row);
        break;
    case 'c':
        after = mark_color(p, at, row);
        break;
    default:
        break;
    }
    if (!after)
        after = address_read_mail(p, at, row);
    return after ? after : address_read_url(p, at, row);
}

/* An emoticon that touches a word behind it, or a star, is read as one piece of
 * text. -_- is one only at the end of the message. */
static const char *line_emoji(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    struct markup_node *node;
    const char *after = emoji_read(p, at, &node);
    if (!after || (parser_at(p, at, "-_-") && p->end - at > 3))
        return NULL;
    bool before_sign = after < p->end && byte_is(*after, ENDS_LINE_TEXT) && *after != '*';
    if (before_sign && is_emoticon(node) && !is_free(p, after, ROW_LINE, inside))
        return NULL;
    row_add_emoji(p, row, node, between(at, after));
    return after;
}

static bool sees_sign(struct parser *p, const char *at)
{
    if (p->sign < at) {
        p->sign = memchr(at, '@', (size_t)(p->end - at));
        p->sign = p->sign ? p->sign : p->end;
    }
    return p->sign < p->end;
}

/* Behind a word in which and behind which nothing else can begin; NULL when it
 * is none. */
static const char *skip_plain_word(const struct parser *p, const char *at)
{
    if (at == p->end || !byte_is(*at, BEGINS_PLAIN_WORD) || parser_at(p, at, "localhost"))
        return NULL;
    const char *end = skip_until(at + 1, p->end, ENDS_PLAIN_WORD);
    if (end == p->end || *end == ' ' || *end == '\n')
        return end;
    if (*end == '.')
        return end + 1 == p->end || end[1] == ' ' || end[1] == '\n' ? end + 1 : NULL;
    return *end == '#' || *end == '@' || *end == ':' || *end == '_' ? NULL : end;
}

/* Most of what is written: words with a blank between. */
static const char *plain_words_read(struct parser *p, const char *at, struct row *row)
{
    const char *end = skip_plain_word(p, at);
    if (!end || sees_sign(p, at))
        return NULL;
    for (const char *next; end < p->end && *end == ' ' && (next = skip_plain_word(p, end + 1));)
        end = next;
    row_add_text(p, row, between(at, end));
    return end;
}

/* Lines and spoilers. */
static const char *line_token(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    if (*at == ' ' || *at == '\t') {
        const char *end = skip_spaces(at, p->end);
        row_add_text(p, row, between(at, end));
        return end;
    }
    const char *after = plain_words_read(p, at, row);
    if (after)
        return after;
    if (p->budget) {
        after = *at == ':' ? line_emoji(p, at, inside, row) : line_mark(p, at, inside, row);
        if (!after)
            after = mark_touching(p, at, false, row);
        if (!after)
            after = word_read(p, at, row);
        if (!after && *at != ':')
            after = line_emoji(p, at, inside, row);
        if (after)
            return after;
    }
    after = byte_is(*at, ENDS_LINE_TEXT) ? at + 1 : skip_until(at + 1, p->end, ENDS_LINE_TEXT);
    row_add_text(p, row, between(at, after));
    return after;
}

/* Bold, italic and struck text. */
static const char *emphasis_mark(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    const char *after;
    switch (*at) {
    case '\\':
        return mark_escaped_stamp(p, at, row);
    case '`':
        return mark_code(p, at, row);
    case '*':
    case '_':
    case '~':
        return emphasis_read(p, at, inside, row);
    case '[':
        return link_read(p, at, inside, row);
    case '<':
        after = stamp_read(p, at, row);
        return after ? after : link_read_angle(p, at, inside, row);
    case '@':
        return mark_user(p, at, row);
    case '#':
        return mark_channel(p, at, row);
    default:
        return NULL;
    }
}

static bool begins_strike_mark(const struct parser *p, const char *at)
{
    if ((uint8_t)*at >= 0x80)
        return emoji_read_unicode(at, p->end) != NULL;
    return byte_is(*at, BEGINS_STRIKE_MARK);
}

static const char *strike_text(const struct parser *p, const char *at)
{
    do
        at = skip_until(at + 1, p->end, BEGINS_STRIKE_MARK);
    while (at < p->end && !begins_strike_mark(p, at));
    return at;
}

static const char *emphasis_token(struct parser *p, const char *at, enum row_kind kind, enum inside inside,
                                  struct row *row)
{
    const char *after = NULL;
    bool may_begin = kind != ROW_STRIKE || begins_strike_mark(p, at);
    if (*at == ' ' || *at == '\t') {
        after = skip_spaces(at, p->end);
    } else if (p->budget && may_begin) {
        after = mark_touching(p, at, true, row);
        if (!after)
            after = emphasis_mark(p, at, inside, row);
        if (!after && kind == ROW_BOLD)
            after = word_read(p, at, row);
        if (!after)
            after = free_emoji_token(p, at, kind, inside, row);
        if (after)
            return after;
    }
    if (!after && kind == ROW_STRIKE) {
        after = may_begin ? at + 1 : strike_text(p, at);
    } else if (!after) {
        after = byte_is(*at, ENDS_EMPHASIS_TEXT) ? at + 1 : skip_until(at + 1, p->end, ENDS_EMPHASIS_TEXT);
    }
    row_add_text(p, row, between(at, after));
    return after;
}

static const char *label_token(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    const char *after = NULL;
    if (p->budget) {
        after = emphasis_of(*at) ? emphasis_read(p, at, inside, row) : word_read(p, at, row);
        if (after)
            return after;
    }
    after = at + 1;
    while (after < p->end && *after != ']' && !emphasis_of(*after) && !emphasis_of(*at))
        after++;
    row_add_text(p, row, between(at, after));
    return after;
}

static const char *token_read(struct parser *p, const char *at, enum row_kind kind, enum inside inside, struct row *row)
{
    switch (kind) {
    case ROW_LINE:
    case ROW_SPOILER:
        return line_token(p, at, inside, row);
    case ROW_LABEL:
        return label_token(p, at, inside, row);
    default:
        return emphasis_token(p, at, kind, inside, row);
    }
}

const char *inline_read_label(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    while (at < p->end && !parser_at(p, at, "]("))
        at = token_read(p, at, ROW_LABEL, inside, row);
    row_end(row);
    return at;
}

const char *inline_read(struct parser *p, const char *at, enum inside inside, struct row *row)
{
    while (at < p->end && *at != '\n') {
        const char *after = line_token(p, at, inside, row);
        if ((inside & INSIDE_STAR_ITEM) && after == at + 1 && *at == '*')
            return NULL;
        at = after;
    }
    row_end(row);
    return at;
}
