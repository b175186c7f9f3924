#include "port/format/items.h"

#include "base/buf.h"

enum { PIECE = 64 * 1024, NAME_MAX_BYTES = 64, WRAPPERS_MAX = 2, NO_ITEMS = -1 };

/* A scanner over the bytes: how deep, and whether inside a string. It collects whatever object opens at `around`, the
 * depth around the items: 0 for lines, 1 in a top array, 2 or 3 in a named place of a wrapper. That an object on a line
 * of its own is a wrapper shows when one of the names opens in it: what was collected until then is dropped. */
struct scanner {
    struct input *input;
    const char *const *arrays;
    bool (*item)(void *data, struct str text, const struct item_place *place, GError **error);
    void *data;
    struct item_place at, begun; /* of the byte at hand, and of the item being collected */
    int depth, around;
    bool in_string, escaped, collecting;
    struct buf text;                /* of the item */
    struct buf names[WRAPPERS_MAX]; /* the last string at depth 1, and at depth 2 */
};

static bool refuse_items(const struct scanner *s, const char *why, GError **error)
{
    reason_set(error, REASON_LINE_INVALID, "%s:%lld: %s", input_path(s->input), (long long)s->at.line, why);
    return false;
}

/* Does "data.payload" lead here, or "docs.*" where an object holds the items? */
static bool leads_here(const struct scanner *s, struct str path, bool is_object)
{
    struct str name;
    for (int i = 0; i < s->depth; i++) {
        path = str_split(path, '.', &name);
        if (!str_equal(buf_str(&s->names[i]), name))
            return false;
    }
    return is_object ? str_equal(path, STR("*")) : !path.ptr;
}

static void open_named(struct scanner *s, bool is_object)
{
    if (s->depth < 1 || s->depth > WRAPPERS_MAX || s->around > 0)
        return;
    for (const char *const *path = s->arrays; path && *path; path++)
        if (leads_here(s, str_from_c(*path), is_object)) {
            s->around = s->depth + 1;
            s->collecting = false;
        }
}

static void open_object(struct scanner *s)
{
    open_named(s, true);
    if (!s->collecting && s->depth == s->around) {
        s->collecting = true;
        s->begun = s->at;
        buf_reset(&s->text);
    }
    s->depth++;
}

static void open_array(struct scanner *s)
{
    open_named(s, false);
    if (s->depth == 0)
        s->around = 1;
    s->depth++;
}

static bool close_bracket(struct scanner *s, GError **error)
{
    if (--s->depth < 0)
        return refuse_items(s, "a bracket closes that was never opened", error);
    if (s->around > 1 && s->depth < s->around)
        s->around = NO_ITEMS; /* behind the items; others may follow */
    if (s->around == NO_ITEMS && s->depth == 0)
        s->around = 0; /* the next page, if there is one */
    if (!s->collecting || s->depth != s->around)
        return true;
    s->collecting = false;
    buf_add_byte(&s->text, '}');
    return s->item(s->data, s->text.overflow ? STR_NULL : buf_str(&s->text), &s->begun, error);
}

/* A string that may be the name of a wrapper's member. */
static void add_to_name(struct scanner *s, struct str bytes)
{
    if (s->depth < 1 || s->depth > WRAPPERS_MAX)
        return;
    struct buf *name = &s->names[s->depth - 1];
    buf_add(name, str_from(bytes.ptr, MIN(bytes.len, NAME_MAX_BYTES - name->len)));
}

/* Takes what means nothing where it stands: in a string up to its end or an escape, else up to a bracket or a quote.
 * Nearly all bytes are such, so that they are looked at and copied in runs. */
static size_t take_run(struct scanner *s, struct str bytes)
{
    enum { IN_STRING = 1, OUTSIDE = 2 };
    static const uint8_t stops[256] = {['"'] = IN_STRING | OUTSIDE,
                                       ['\\'] = IN_STRING,
                                       ['\n'] = IN_STRING | OUTSIDE,
                                       ['{'] = OUTSIDE,
                                       ['}'] = OUTSIDE,
                                       ['['] = OUTSIDE,
                                       [']'] = OUTSIDE};
    size_t length = 0;
    int where = s->in_string ? IN_STRING : OUTSIDE;
    if (s->escaped)
        return 0;
    while (length < bytes.len && !(stops[(uint8_t)bytes.ptr[length]] & where))
        length++;
    if (s->collecting)
        buf_add(&s->text, str_from(bytes.ptr, length));
    if (s->in_string)
        add_to_name(s, str_from(bytes.ptr, length));
    s->at.offset += (int64_t)length;
    return length;
}

/* A byte inside a string. */
static void take_character(struct scanner *s, char c)
{
    if (s->escaped)
        s->escaped = false;
    else if (c == '\\')
        s->escaped = true;
    else if (c == '"')
        s->in_string = false;
    if (s->in_string)
        add_to_name(s, str_from(&c, 1));
}

static bool take_byte(struct scanner *s, char c, GError **error)
{
    bool was_collecting = s->collecting, ok = true;
    if (s->in_string) {
        take_character(s, c);
    } else if (c == '"') {
        s->in_string = true;
        if (s->depth >= 1 && s->depth <= WRAPPERS_MAX)
            buf_reset(&s->names[s->depth - 1]);
    } else if (c == '{') {
        open_object(s);
    } else if (c == '[') {
        open_array(s);
    } else if (c == '}' || c == ']') {
        ok = close_bracket(s, error);
    }
    if (s->collecting && (was_collecting || c == '{'))
        buf_add_byte(&s->text, c);
    s->at.offset++;
    s->at.line += c == '\n';
    return ok;
}

bool items_read(struct input *input, const char *const *arrays,
                bool (*item)(void *data, struct str text, const struct item_place *place, GError **error), void *data,
                GError **error)
{
    struct scanner s = {.input = input, .arrays = arrays, .item = item, .data = data, .at.line = 1};
    char *piece = g_malloc(PIECE);
    int count;
    bool ok = true;
    buf_init(&s.text, LIMIT_IMPORT_LINE);
    for (int i = 0; i < WRAPPERS_MAX; i++)
        buf_init(&s.names[i], NAME_MAX_BYTES);
    while (ok && (count = input_read(input, piece, PIECE, error)) != 0) {
        ok = count > 0;
        for (int i = 0; ok && i < count; i++) {
            i += (int)take_run(&s, str_from(piece + i, (size_t)(count - i)));
            ok = i == count || take_byte(&s, piece[i], error);
        }
    }
    if (ok && (s.depth || s.in_string))
        ok = refuse_items(&s, "the file ends in the middle of an item", error);
    buf_clear(&s.text);
    for (int i = 0; i < WRAPPERS_MAX; i++)
        buf_clear(&s.names[i]);
    g_free(piece);
    return ok;
}
