#include "text/json_read.h"

#include "base/limits.h"
#include "base/reason.h"

#include <math.h>
#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* ---- the text under way ---- */

struct reader {
    const char *at, *end; /* after a failure `at` is where it was noticed */
    struct arena *arena;
    size_t values_left;
    enum reason reason;
    const char *problem;
};

static bool fail_reading(struct reader *r, const char *at, const char *problem)
{
    r->at = at;
    r->reason = REASON_BODY_MALFORMED;
    r->problem = at == r->end ? "the JSON ends too early" : problem;
    return false;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
        r->at++;
}

/* Steps over `c` if it comes next. */
static bool take_char(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

/* Where the run of characters that stand for themselves ends: at a quote, a backslash or a control character. */
static const char *plain_end(const char *at, const char *end)
{
#ifdef __SSE2__
    const __m128i last_control = _mm_set1_epi8(0x1f), quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    for (; end - at >= 16; at += 16) {
        __m128i chunk = _mm_loadu_si128((const __m128i *)at);
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(chunk, last_control), chunk),
                                       _mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);
        if (mask)
            return at + __builtin_ctz(mask);
    }
#endif
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return at;
}

/* The four digits of a \u escape. */
static bool read_unit(struct reader *r, gunichar *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        if (r->at == r->end || !g_ascii_isxdigit(*r->at))
            return fail_reading(r, r->at, "\\u without four hexadecimal digits");
        *unit = *unit << 4 | (gunichar)g_ascii_xdigit_value(*r->at);
    }
    return true;
}

/* What stands behind "\u", a second \u included where the first is one half of a pair. */
static bool read_code_point(struct reader *r, gunichar *c)
{
    static const char lone[] = "a lone surrogate is no Unicode character";
    const char *start = r->at;
    gunichar low;
    if (!read_unit(r, c))
        return false;
    if (*c == 0) {
        fail_reading(r, start, "text must not hold U+0000");
        r->reason = REASON_TEXT_INVALID;
        return false;
    }
    if (*c < 0xd800 || *c > 0xdfff)
        return true;
    if (*c > 0xdbff || !take_char(r, '\\') || !take_char(r, 'u'))
        return fail_reading(r, start, lone);
    if (!read_unit(r, &low))
        return false;
    if (low < 0xdc00 || low > 0xdfff)
        return fail_reading(r, start, lone);
    *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* One escape, at its backslash, unescaped to `*out`. */
static bool read_escape(struct reader *r, char **out)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *escape = r->at++;
    gunichar c;
    if (take_char(r, 'u')) {
        if (!read_code_point(r, &c))
            return false;
        *out += g_unichar_to_utf8(c, *out);
        return true;
    }
    const char *letter = r->at < r->end && *r->at ? strchr(letters, *r->at) : NULL;
    if (!letter)
        return fail_reading(r, r->at == r->end ? r->end : escape, "no such escape");
    *(*out)++ = meant[letter - letters];
    r->at++;
    return true;
}

/* A string that is not plain, from `start` to its first escape at `r->at`. No escape is shorter than what it stands
 * for. */
static bool read_escaped(struct reader *r, const char *start, struct str *value)
{
    const char *close = r->at, *from = start;
    while (r->end - close >= 2 && *close == '\\')
        close = plain_end(close + 2, r->end);
    char *text = arena_alloc(r->arena, (size_t)(close - start)), *out = text;
    for (;;) {
        size_t plain = (size_t)(r->at - from);
        memcpy(out, from, plain);
        out += plain;
        if (take_char(r, '"'))
            break;
        if (r->at == r->end || *r->at != '\\')
            return fail_reading(r, r->at, "a control character stands in a string");
        if (!read_escape(r, &out))
            return false;
        from = r->at;
        r->at = plain_end(from, r->end);
    }
    *value = str_from(text, (size_t)(out - text));
    return true;
}

/* At the opening quote. */
static bool read_string(struct reader *r, struct str *value)
{
    const char *start = r->at + 1;
    r->at = plain_end(start, r->end);
    *value = str_from(start, (size_t)(r->at - start));
    return take_char(r, '"') || read_escaped(r, start, value);
}

/* ---- numbers ---- */

static bool read_digits(struct reader *r)
{
    const char *start = r->at;
    while (r->at < r->end && g_ascii_isdigit(*r->at))
        r->at++;
    return r->at > start || fail_reading(r, r->at, "a digit is expected");
}

static bool read_real(struct reader *r, struct str text, struct json_node *node)
{
    char small[64], *copy = text.len < sizeof small ? small : arena_alloc(r->arena, text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    node->kind = JSON_REAL;
    node->real = g_ascii_strtod(copy, NULL);
    return isfinite(node->real) || fail_reading(r, text.ptr, "a number is too large");
}

static bool read_number(struct reader *r, struct json_node *node)
{
    const char *start = r->at;
    bool real = false;
    take_char(r, '-');
    if (!take_char(r, '0') && !read_digits(r))
        return false;
    if (take_char(r, '.')) {
        real = true;
        if (!read_digits(r))
            return false;
    }
    if (take_char(r, 'e') || take_char(r, 'E')) {
        real = true;
        if (!take_char(r, '+'))
            take_char(r, '-');
        if (!read_digits(r))
            return false;
    }
    struct str text = str_from(start, (size_t)(r->at - start));
    if (real)
        return read_real(r, text, node);
    node->kind = JSON_INTEGER;
    return str_to_int64(text, &node->integer) || fail_reading(r, start, "a number is too large");
}

/* ---- arrays and objects ---- */

/* Up to so many members each name is compared to all before it. Larger objects are sorted: two loops over all names
 * would let a small body cost seconds. */
enum { FEW = 16 };

static bool is_named(const struct json_node *object, struct str name)
{
    for (const struct json_node *m = object->first; m; m = m->next)
        if (str_equal(m->name, name))
            return true;
    return false;
}

static int compare_names(const void *a, const void *b)
{
    return str_compare((*(struct json_node *const *)a)->name, (*(struct json_node *const *)b)->name);
}

static bool has_repeated_names(const struct json_node *object)
{
    g_autofree const struct json_node **sorted = g_new(const struct json_node *, object->count);
    size_t count = 0;
    for (const struct json_node *m = object->first; m; m = m->next)
        sorted[count++] = m;
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++)
        if (str_equal(sorted[i - 1]->name, sorted[i]->name))
            return true;
    return false;
}

static bool read_name(struct reader *r, const struct json_node *object, struct json_node *member)
{
    skip_blanks(r);
    const char *start = r->at;
    if (start == r->end || *start != '"')
        return fail_reading(r, start, "a name in quotes is expected");
    if (!read_string(r, &member->name))
        return false;
    if (object->count < FEW && is_named(object, member->name))
        return fail_reading(r, start, "a member comes twice in one object");
    skip_blanks(r);
    return take_char(r, ':') || fail_reading(r, r->at, "a colon is expected");
}

static bool read_value(struct reader *r, struct json_node *node, int depth);

/* Behind the opening bracket. */
static bool read_all(struct reader *r, struct json_node *node, char close, int depth)
{
    const struct json_node **last = &node->first;
    _Static_assert(LIMIT_JSON_DEPTH == 64, "the message says so");
    if (depth > LIMIT_JSON_DEPTH)
        return fail_reading(r, r->at - 1, "nested deeper than 64 levels");
    skip_blanks(r);
    if (take_char(r, close))
        return true;
    do {
        if (r->values_left-- == 0)
            return fail_reading(r, r->at, "too many values for so short a text");
        struct json_node *item = arena_new(r->arena, struct json_node);
        if ((node->kind == JSON_OBJECT && !read_name(r, node, item)) || !read_value(r, item, depth))
            return false;
        *last = item;
        last = &item->next;
        node->count++;
        skip_blanks(r);
    } while (take_char(r, ','));
    if (!take_char(r, close))
        return fail_reading(r, r->at, "a comma or the closing bracket is expected");
    if (node->kind == JSON_OBJECT && node->count > FEW && has_repeated_names(node))
        return fail_reading(r, r->at - 1, "a member comes twice in one object");
    return true;
}

static bool read_word(struct reader *r, struct str word)
{
    if (!str_starts_with(str_from(r->at, (size_t)(r->end - r->at)), word))
        return fail_reading(r, r->at, "a value is expected");
    r->at += word.len;
    return true;
}

static bool read_value(struct reader *r, struct json_node *node, int depth)
{
    skip_blanks(r);
    switch (r->at < r->end ? *r->at : 0) {
    case '"':
        node->kind = JSON_STRING;
        return read_string(r, &node->string);
    case '{':
        r->at++;
        node->kind = JSON_OBJECT;
        return read_all(r, node, '}', depth + 1);
    case '[':
        r->at++;
        node->kind = JSON_ARRAY;
        return read_all(r, node, ']', depth + 1);
    case 't':
        node->kind = JSON_BOOL;
        node->truth = true;
        return read_word(r, STR("true"));
    case 'f':
        node->kind = JSON_BOOL;
        return read_word(r, STR("false"));
    case 'n':
        return read_word(r, STR("null"));
    case '-':
    case '0' ... '9':
        return read_number(r, node);
    default:
        return fail_reading(r, r->at, "a value is expected");
    }
}

/* ---- the whole ---- */

/* Columns count characters, not bytes. */
static void set_error(const struct reader *r, struct str text, GError **error)
{
    size_t line = 1, column = 1;
    for (const char *at = text.ptr; at < r->at; at++) {
        column += (*at & 0xc0) != 0x80;
        if (*at == '\n') {
            line++;
            column = 1;
        }
    }
    char where[32] = ""; /* most texts are one line, or a line of something that names it */
    if (line > 1)
        g_snprintf(where, sizeof where, "line %zu ", line);
    reason_set(error, r->reason, "%scolumn %zu: %s", where, column, r->problem);
}

const struct json_node *json_read(struct str text, enum json_top top, struct arena *a, GError **error)
{
    struct str trimmed = str_trim(text);
    if (str_is_empty(trimmed)) {
        reason_set(error, REASON_BODY_MALFORMED, "empty, where JSON is expected");
        return NULL;
    }
    if (!str_is_utf8(text)) {
        reason_set(error, REASON_BODY_NOT_UTF8, "not valid UTF-8");
        return NULL;
    }
    /* What is missing is missing before the line's end. */
    text.len = (size_t)(trimmed.ptr + trimmed.len - text.ptr);
    struct reader r = {.at = text.ptr, .end = text.ptr + text.len, .arena = a};
    r.values_left = top == JSON_STORED ? SIZE_MAX : LIMIT_JSON_VALUES + text.len / LIMIT_JSON_DENSITY;
    struct json_node *tree = arena_new(a, struct json_node);
    bool read = read_value(&r, tree, 0);
    if (read) {
        skip_blanks(&r);
        read = r.at == r.end || fail_reading(&r, r.at,
                                             top == JSON_TOP_ANY ? "something stands behind the JSON value"
                                                                 : "something stands behind the JSON object");
    }
    if (!read) {
        set_error(&r, text, error);
        return NULL;
    }
    if (top != JSON_TOP_ANY && tree->kind != JSON_OBJECT) {
        reason_set(error, REASON_BODY_MALFORMED, "a JSON object is expected: {...}");
        return NULL;
    }
    return tree;
}
