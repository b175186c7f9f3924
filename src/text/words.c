#include "text/words.h"

#include "base/utf8.h"
#include "text/words_fold.h"

/* Whatever changes the words of any text changes this number. */
#define RULES 1

enum { ZERO_WIDTH_JOINER = 0x200d };

/* ---- letters: the text as a row of folded characters, looked at one by one ---- */

struct reader {
    struct str text;
    uint32_t start, end; /* bytes of the character that the letter is of */
    struct letter letter;
    bool over; /* there is no letter any more */
    struct letter more[LETTERS_MAX];
    int next, count; /* of `more`: letters of the same character that follow */
};

/* The next letter comes from another character. */
static void read_character(struct reader *r)
{
    r->start = r->end;
    if (r->start >= r->text.len) {
        r->over = true;
        return;
    }
    struct str rest = str_skip(r->text, r->start);
    unsigned char byte = (unsigned char)rest.ptr[0];
    if (byte < 0x80) {
        r->end++;
        r->letter = letter_of_ascii[byte] ? (struct letter){letter_of_ascii[byte], LETTER_PLAIN}
                                          : (struct letter){byte, LETTER_NONE};
        return;
    }
    int length = utf8_sequence_length(rest);
    r->end += (uint32_t)ABS(length);
    r->count = words_fold(length > 0 ? g_utf8_get_char(rest.ptr) : 0xfffd, r->more);
    r->letter = r->more[0];
    r->next = 1;
}

static void read_letter(struct reader *r)
{
    if (r->next < r->count)
        r->letter = r->more[r->next++];
    else
        read_character(r);
}

static bool is_at(const struct reader *r, enum letter_class class_of)
{
    return !r->over && r->letter.class_of == class_of;
}

/* ---- spelling: the bytes of a word, cut ---- */

struct spelling {
    char bytes[LIMIT_WORD];
    uint32_t len;
    bool cut; /* no more go in: shorter characters neither */
};

static void spell_bytes(struct spelling *s, const char *bytes, size_t len)
{
    s->cut |= len > sizeof s->bytes - s->len;
    if (s->cut)
        return;
    memcpy(s->bytes + s->len, bytes, len);
    s->len += (uint32_t)len;
}

static void spell(struct spelling *s, gunichar c)
{
    char bytes[6];
    if (c < 0x80 && !s->cut && s->len < sizeof s->bytes)
        s->bytes[s->len++] = (char)c;
    else
        spell_bytes(s, bytes, (size_t)g_unichar_to_utf8(c, bytes));
}

/* ---- the walk ---- */

struct walk {
    struct reader reader;
    enum words_of of;
    words_each *each;
    void *data;
    uint32_t place; /* the next word's */
};

static bool emit(struct walk *w, const struct spelling *s, enum word_kind kind, uint32_t start, uint32_t end)
{
    return w->each(w->data, &(struct word){str_from(s->bytes, s->len), kind, w->place, start, end});
}

/* ---- letters and digits ---- */

struct piece {
    struct spelling spelling;
    uint32_t start, end;
    bool has_digit;
    bool letter_last;
};

/* ASCII, in one go: nearly all text. */
static void read_ascii(struct reader *r, struct piece *p)
{
    const unsigned char *text = (const unsigned char *)r->text.ptr;
    uint32_t at = r->end;
    for (; at < r->text.len && letter_of_ascii[text[at]]; at++) {
        p->letter_last = text[at] > '9';
        p->has_digit |= !p->letter_last;
        spell(&p->spelling, letter_of_ascii[text[at]]);
    }
    if (at > r->end)
        p->end = at;
    r->end = at;
}

/* From a LETTER_PLAIN on. */
static void read_piece(struct reader *r, struct piece *p)
{
    gunichar base = 0;
    p->spelling.len = 0;
    p->spelling.cut = p->has_digit = p->letter_last = false;
    p->start = r->start;
    p->end = r->end;
    for (; !r->over; read_letter(r)) {
        if (r->letter.class_of == LETTER_PLAIN) {
            base = r->letter.c;
            p->letter_last = base > '9';
            p->has_digit |= !p->letter_last;
            spell(&p->spelling, base);
            p->end = r->end;
            if (base < 0x80 && r->next >= r->count)
                read_ascii(r, p);
        } else if (r->letter.class_of == LETTER_MARK) {
            if (!words_drop_marks(base))
                spell(&p->spelling, r->letter.c);
            p->end = r->end;
        } else if (r->letter.class_of != LETTER_SKIP) {
            break;
        }
    }
}

static bool is_hyphen(gunichar c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2013);
}

/* Between two pieces of a chain: moves on to the second. */
static bool cross_hyphen(struct reader *r)
{
    if (r->over || !is_hyphen(r->letter.c))
        return false;
    struct reader behind = *r;
    read_letter(&behind);
    if (!is_at(&behind, LETTER_PLAIN))
        return false;
    *r = behind;
    return true;
}

/* How many bytes of `++`, `+` or `#` belong to the letters before them. */
static uint32_t suffix_length(const struct reader *r)
{
    if (r->over || r->start >= r->text.len)
        return 0;
    struct str rest = str_skip(r->text, r->start);
    char c = rest.ptr[0];
    if (c != '+' && c != '#')
        return 0;
    uint32_t length = 1;
    while (length < rest.len && rest.ptr[length] == c)
        length++;
    if (c == '+' && length == 2)
        return 2;
    bool goes_on = length < rest.len && letter_of_ascii[(unsigned char)rest.ptr[length]];
    return length == 1 && !goes_on ? 1 : 0;
}

/* A word by itself, with its suffix. */
static bool emit_piece(struct walk *w, struct piece *p)
{
    uint32_t more = p->letter_last ? suffix_length(&w->reader) : 0;
    bool go_on = (more && w->of == WORDS_OF_QUERY) || emit(w, &p->spelling, WORD_LETTERS, p->start, p->end);
    if (more) {
        spell_bytes(&p->spelling, w->reader.text.ptr + w->reader.start, more);
        go_on = go_on && emit(w, &p->spelling, WORD_LETTERS, p->start, w->reader.start + more);
    }
    w->place++;
    return go_on;
}

static bool chain_has_digit(struct reader r, struct piece *scratch)
{
    bool has_digit = false;
    while (!has_digit && cross_hyphen(&r)) {
        read_piece(&r, scratch);
        has_digit = scratch->has_digit;
    }
    return has_digit;
}

/* Pieces and their joined form at one place. `p` holds the first piece. */
static bool emit_joined(struct walk *w, struct piece *p)
{
    struct spelling joined = {0};
    uint32_t start = p->start;
    bool go_on = true, more;
    do {
        spell_bytes(&joined, p->spelling.bytes, p->spelling.len);
        go_on = go_on && (w->of == WORDS_OF_QUERY || emit(w, &p->spelling, WORD_LETTERS, p->start, p->end));
        more = go_on && cross_hyphen(&w->reader);
        if (more)
            read_piece(&w->reader, p);
    } while (more);
    go_on = go_on && emit(w, &joined, WORD_LETTERS, start, p->end);
    w->place++;
    return go_on;
}

static bool walk_letters(struct walk *w)
{
    struct piece p, scratch;
    read_piece(&w->reader, &p);
    if (w->reader.over || !is_hyphen(w->reader.letter.c))
        return emit_piece(w, &p);
    struct reader behind = w->reader;
    bool is_chain = cross_hyphen(&behind);
    if (is_chain && (p.has_digit || chain_has_digit(w->reader, &scratch)))
        return emit_joined(w, &p);
    bool go_on = emit_piece(w, &p);
    while (go_on && is_chain && cross_hyphen(&w->reader)) {
        read_piece(&w->reader, &p);
        go_on = emit_piece(w, &p);
    }
    return go_on;
}

/* Nearly all text: words of ASCII, not cut, each ended by ASCII that cannot belong to it. Stops at what is none. */
static bool walk_ascii(struct walk *w)
{
    struct reader *r = &w->reader;
    const unsigned char *text = (const unsigned char *)r->text.ptr;
    size_t len = r->text.len, at = r->start;
    bool go_on = true;
    if (text[at] >= 0x80)
        return true;
    while (go_on) {
        char bytes[LIMIT_WORD];
        size_t start = at, end = MIN(len, start + LIMIT_WORD);
        for (unsigned char c; at < end && (c = letter_of_ascii[text[at]]); at++)
            bytes[at - start] = (char)c;
        if (at == start || (at < len && (text[at] >= 0x80 || letter_of_ascii[text[at]] || text[at] == '-' ||
                                         text[at] == '+' || text[at] == '#'))) {
            at = start;
            break;
        }
        go_on = w->each(w->data, &(struct word){str_from(bytes, at - start), WORD_LETTERS, w->place++, (uint32_t)start,
                                                (uint32_t)at});
        while (at < len && text[at] < 0x80 && !letter_of_ascii[text[at]])
            at++;
    }
    r->end = (uint32_t)at;
    read_character(r);
    return go_on;
}

/* ---- scripts without spaces ---- */

struct character {
    gunichar c;
    uint32_t start, end;
};

static bool emit_characters(struct walk *w, const struct character *first, const struct character *second)
{
    struct spelling s = {0};
    spell(&s, first->c);
    if (second)
        spell(&s, second->c);
    return emit(w, &s, second ? WORD_PAIR : WORD_CHARACTER, first->start, second ? second->end : first->end);
}

static bool walk_run(struct walk *w)
{
    struct reader *r = &w->reader;
    struct character before = {0}, now = {r->letter.c, r->start, r->end};
    bool go_on = true, is_pair = false;
    for (read_letter(r); go_on && (is_at(r, LETTER_RUN) || is_at(r, LETTER_MARK) || is_at(r, LETTER_SKIP));
         read_letter(r)) {
        if (r->letter.class_of == LETTER_SKIP)
            continue;
        if (words_compose(now.c, r->letter.c, &now.c)) {
            now.end = r->end;
            continue;
        }
        if (is_pair) {
            go_on = emit_characters(w, &before, &now);
            w->place++;
        }
        before = now;
        now = (struct character){r->letter.c, r->start, r->end};
        is_pair = true;
    }
    if (is_pair)
        go_on = go_on && emit_characters(w, &before, &now);
    if (!is_pair || w->of == WORDS_OF_TEXT)
        go_on = go_on && emit_characters(w, &now, NULL);
    w->place++;
    return go_on;
}

/* ---- emoji ---- */

static bool is_tag(gunichar c)
{
    return c >= 0xe0020 && c <= 0xe007f;
}

static bool is_regional(gunichar c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* Symbols that are emoji only inside a sequence. */
static bool goes_on_as_picture(const struct reader *r)
{
    return is_at(r, LETTER_PICTURE) || (!r->over && (r->letter.c == 0x2194 || r->letter.c == 0x2195));
}

static bool walk_picture(struct walk *w)
{
    struct reader *r = &w->reader;
    struct spelling s = {0};
    uint32_t start = r->start, end = r->end;
    bool flag = is_regional(r->letter.c), joined = false;
    spell(&s, r->letter.c);
    for (read_letter(r); !r->over; read_letter(r)) {
        gunichar c = r->letter.c;
        if ((joined && goes_on_as_picture(r)) || (flag && is_regional(c))) {
            if (joined)
                spell(&s, ZERO_WIDTH_JOINER);
            spell(&s, c);
            flag = joined = false;
        } else if (is_at(r, LETTER_SKIP) || is_at(r, LETTER_MARK)) {
            if (is_tag(c))
                spell(&s, c);
            joined = c == ZERO_WIDTH_JOINER;
        } else {
            break;
        }
        end = r->end;
    }
    bool go_on = emit(w, &s, WORD_PICTURE, start, end);
    w->place++;
    return go_on;
}

bool words_split(struct str text, enum words_of of, words_each *each, void *data)
{
    struct walk w;
    w.reader.text = text;
    w.reader.end = 0;
    w.reader.over = false;
    w.reader.next = w.reader.count = 0;
    w.of = of;
    w.each = each;
    w.data = data;
    w.place = 0;
    read_letter(&w.reader);
    bool go_on = true;
    while (go_on && !w.reader.over) {
        switch (w.reader.letter.class_of) {
        case LETTER_PLAIN:
            go_on = walk_ascii(&w);
            if (go_on && is_at(&w.reader, LETTER_PLAIN))
                go_on = walk_letters(&w);
            break;
        case LETTER_RUN:
            go_on = walk_run(&w);
            break;
        case LETTER_PICTURE:
            go_on = walk_picture(&w);
            break;
        default:
            read_letter(&w.reader);
        }
    }
    return go_on;
}

/* ---- the rules' name ---- */

/* GLib does not say its Unicode version; which code points are what tells it. */
static uint64_t unicode_hash(void)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (gunichar c = 0; c <= 0x10ffff; c++)
        hash = (hash ^ (uint64_t)g_unichar_type(c)) * UINT64_C(0x100000001b3);
    return hash;
}

const char *words_rules(void)
{
    static char *rules;
    static gsize once;
    if (g_once_init_enter(&once)) {
        rules = g_strdup_printf("%d unicode %016" G_GINT64_MODIFIER "x", RULES, unicode_hash());
        g_once_init_leave(&once, 1);
    }
    return rules;
}
