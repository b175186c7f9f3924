#include "port/format/ucs_cut.h"

enum { NAME_MAX_BYTES = 32, ATTRIBUTES = 64 };

/* Where the next byte stands:
 *
 *     CONTENT ──<──> NAME ──> TAG (start or end) <──quote──> VALUE
 *        ^            ├─?──> INSTRUCTION    ├─!--──> COMMENT
 *        '─────>──────┴─![CDATA[──> CDATA   └─!other──> DECLARATION
 */
enum place { CONTENT, NAME, TAG, VALUE, INSTRUCTION, COMMENT, CDATA, DECLARATION };

struct ucs_cut {
    ucs_cut_taker *take;
    void *data;
    enum place place;
    struct item_place at, begun; /* of the byte at hand, and of the transcript being collected */
    char name[NAME_MAX_BYTES];   /* behind the `<`, as far as it is read */
    size_t name_length;
    char quote, last[2]; /* the bytes before the one at hand */
    unsigned attributes; /* of the tag under way */
    int brackets;        /* of the declaration under way */
    bool closes;         /* the tag under way is an end tag */
    const char *element; /* the one being collected; NULL = none is */
    int depth;           /* of elements of that name */
    const char *bad;     /* why the one being collected is none */
    bool has_doctype;    /* of the document, before the transcript */
    struct buf text;
};

struct ucs_cut *ucs_cut_new(ucs_cut_taker *take, void *data)
{
    struct ucs_cut *cut = g_new0(struct ucs_cut, 1);
    cut->take = take;
    cut->data = data;
    cut->at.line = 1;
    buf_init(&cut->text, LIMIT_TRANSCRIPT);
    return cut;
}

void ucs_cut_free(struct ucs_cut *cut)
{
    buf_clear(&cut->text);
    g_free(cut);
}

/* ---- one transcript ---- */

static const char *element_of(struct str name)
{
    static const char *const elements[] = {"interaction", "chatTranscript"};
    for (size_t i = 0; i < G_N_ELEMENTS(elements); i++)
        if (str_equal(name, str_from_c(elements[i])))
            return elements[i];
    return NULL;
}

static bool give(struct ucs_cut *cut, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (cut->text.overflow)
        cut->bad = "the transcript is longer than one may be";
    if (cut->bad)
        reason_set(&why, REASON_LINE_INVALID, "%s", cut->bad);
    cut->element = cut->bad = NULL;
    bool goes_on = cut->take(cut->data, why ? STR_NULL : buf_str(&cut->text), &cut->begun, why, error);
    buf_reset(&cut->text);
    return goes_on;
}

/* The name behind a `<` is complete. */
static void open_tag(struct ucs_cut *cut)
{
    struct str name = str_from(cut->name, cut->name_length);
    cut->closes = *name.ptr == '/';
    cut->attributes = 0;
    if (cut->element || cut->closes || !element_of(name))
        return;
    cut->element = element_of(name);
    cut->depth = 0;
    if (cut->has_doctype)
        cut->bad = "the document has a type declaration (DOCTYPE), which is never read";
    buf_add_byte(&cut->text, '<');
    buf_add(&cut->text, name);
}

static bool close_tag(struct ucs_cut *cut, GError **error)
{
    struct str name = str_from(cut->name, cut->name_length);
    if (cut->attributes > ATTRIBUTES)
        cut->bad = "a tag has more attributes than one may have";
    if (!cut->element || !str_equal(str_skip(name, cut->closes), str_from_c(cut->element)))
        return true;
    bool is_empty = cut->last[1] == '/';
    cut->depth += cut->closes ? -1 : !is_empty;
    return cut->depth > 0 || give(cut, error);
}

/* ---- bytes ---- */

/* What comes behind `<` is told by its first bytes. */
static void name_byte(struct ucs_cut *cut, char c)
{
    if (cut->name_length < NAME_MAX_BYTES)
        cut->name[cut->name_length++] = c;
    struct str name = str_from(cut->name, cut->name_length);
    if (*name.ptr == '?') {
        cut->place = INSTRUCTION;
        cut->has_doctype &= cut->element != NULL; /* an XML declaration begins another document */
    } else if (str_equal(name, STR("!--"))) {
        cut->place = COMMENT;
        cut->last[0] = cut->last[1] = 0;
    } else if (str_equal(name, STR("![CDATA["))) {
        cut->place = CDATA;
        cut->last[0] = cut->last[1] = 0;
    } else if (*name.ptr == '!' && !str_starts_with(STR("!--"), name) && !str_starts_with(STR("![CDATA["), name)) {
        cut->place = DECLARATION;
        cut->has_doctype = true;
        cut->brackets = 0;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool markup_byte(struct ucs_cut *cut, char c, GError **error)
{
    switch (cut->place) {
    case NAME:
        if (c != '>' && c != '/' && !is_blank(c)) {
            name_byte(cut, c);
            return true;
        }
        if (c == '/' && cut->name_length == 0) {
            name_byte(cut, c);
            return true;
        }
        cut->place = TAG;
        if (cut->name_length)
            open_tag(cut);
        return c == '>' ? markup_byte(cut, c, error) : true;
    case TAG:
        if (c == '>') {
            cut->place = CONTENT;
            return cut->name_length == 0 || close_tag(cut, error);
        }
        if (c == '"' || c == '\'') {
            cut->place = VALUE;
            cut->quote = c;
            cut->attributes++;
        }
        return true;
    case VALUE:
        if (c == cut->quote)
            cut->place = TAG;
        return true;
    case INSTRUCTION:
        if (c == '>' && cut->last[1] == '?')
            cut->place = CONTENT;
        return true;
    case COMMENT:
        if (c == '>' && cut->last[0] == '-' && cut->last[1] == '-')
            cut->place = CONTENT;
        return true;
    case CDATA:
        if (c == '>' && cut->last[0] == ']' && cut->last[1] == ']')
            cut->place = CONTENT;
        return true;
    case DECLARATION:
        cut->brackets += (c == '[') - (c == ']');
        if (c == '>' && cut->brackets <= 0)
            cut->place = CONTENT;
        return true;
    case CONTENT:
        break;
    }
    return true;
}

/* Content up to the next `<`, at once. */
static size_t content(struct ucs_cut *cut, struct str bytes)
{
    const char *open = memchr(bytes.ptr, '<', bytes.len);
    size_t length = open ? (size_t)(open - bytes.ptr) : bytes.len;
    for (const char *line = bytes.ptr; (line = memchr(line, '\n', length - (size_t)(line - bytes.ptr))); line++)
        cut->at.line++;
    if (cut->element)
        buf_add(&cut->text, str_from(bytes.ptr, length));
    cut->at.offset += (int64_t)length;
    return length;
}

static bool byte(struct ucs_cut *cut, char c, GError **error)
{
    bool was_collecting = cut->element, goes_on = true;
    if (was_collecting)
        buf_add_byte(&cut->text, c);
    if (cut->place == CONTENT) { /* it is a `<` */
        cut->place = NAME;
        cut->name_length = 0;
        if (!cut->element)
            cut->begun = cut->at;
    } else {
        goes_on = markup_byte(cut, c, error);
    }
    if (!was_collecting && cut->element)
        buf_add_byte(&cut->text, c); /* behind the name */
    cut->last[0] = cut->last[1];
    cut->last[1] = c;
    cut->at.offset++;
    cut->at.line += c == '\n';
    return goes_on;
}

bool ucs_cut_feed(struct ucs_cut *cut, struct str bytes, GError **error)
{
    while (bytes.len) {
        if (cut->place == CONTENT)
            bytes = str_skip(bytes, content(cut, bytes));
        if (bytes.len && !byte(cut, *bytes.ptr, error))
            return false;
        if (bytes.len)
            bytes = str_skip(bytes, 1);
    }
    return true;
}

bool ucs_cut_end(struct ucs_cut *cut, GError **error)
{
    if (!cut->element)
        return true;
    if (!cut->bad)
        cut->bad = "the file ends in the middle of a transcript";
    return give(cut, error);
}
