#include "text/search_query.h"

#include "base/reason.h"
#include "text/words.h"

/* The first character of a text that is not empty, as a slice. */
static struct str first_character(struct str s)
{
    return str_from(s.ptr, (size_t)(g_utf8_next_char(s.ptr) - s.ptr));
}

static bool starts_with_blank(struct str s)
{
    return g_unichar_isspace(g_utf8_get_char(s.ptr));
}

/* Takes a quoted phrase, the quote already gone, up to its end. */
static struct str take_phrase(struct str *rest)
{
    struct str phrase;
    *rest = str_split(*rest, '"', &phrase);
    if (!rest->ptr)
        *rest = STR("");
    return phrase;
}

static struct str take_word(struct str *rest)
{
    struct str word = *rest;
    while (rest->len && !starts_with_blank(*rest))
        *rest = str_skip(*rest, first_character(*rest).len);
    word.len -= rest->len;
    return word;
}

/* Takes the next term off the front of `*rest`, which is not empty, as it stands there. */
static struct search_term take_term(struct str *rest)
{
    struct search_term term = {0};
    if (rest->ptr[0] == '-') {
        term.is_negative = true;
        *rest = str_skip(*rest, 1);
    }
    if (rest->len && rest->ptr[0] == '"') {
        *rest = str_skip(*rest, 1);
        term.is_phrase = true;
        term.text = take_phrase(rest);
        term.is_prefix = rest->len && rest->ptr[0] == '*';
        if (term.is_prefix)
            *rest = str_skip(*rest, 1);
    } else {
        term.text = take_word(rest);
        term.is_prefix = term.text.len && term.text.ptr[term.text.len - 1] == '*';
    }
    return term;
}

/* What the words of a term are, for counting them. */
struct term_words {
    size_t count;
    uint32_t start, end;
    enum word_kind last;
    long last_letters;
};

static bool note_word(void *data, const struct word *word)
{
    struct term_words *words = data;
    if (words->count++ == 0)
        words->start = word->start;
    words->end = word->end;
    words->last = word->kind;
    words->last_letters = g_utf8_strlen(word->folded.ptr, (gssize)word->folded.len);
    return true;
}

static bool refuse_words(const char *why, GError **error)
{
    reason_set_field(error, REASON_QUERY_INVALID, STR("q"), "%s", why);
    return false;
}

struct counts {
    size_t words, prefixes;
    bool any_positive;
};

/* Adds the term if it is one, down to its words. */
static bool add_term(struct search_query *query, struct search_term term, struct counts *counts, GError **error)
{
    struct term_words words = {0};
    words_split(term.text, WORDS_OF_QUERY, note_word, &words);
    if (!words.count)
        return true;
    term.text = str_from(term.text.ptr + words.start, words.end - words.start);
    if (words.last == WORD_LETTERS && term.is_prefix && words.last_letters < LIMIT_QUERY_PREFIX_LETTERS)
        return refuse_words("a * needs at least 3 letters before it", error);
    if (words.last != WORD_LETTERS)
        term.is_prefix = words.last == WORD_CHARACTER;
    counts->words += words.count;
    counts->prefixes += term.is_prefix;
    counts->any_positive |= !term.is_negative;
    if (counts->words > LIMIT_QUERY_WORDS)
        return refuse_words("the search has more than 32 words, those of phrases included; use fewer", error);
    if (counts->prefixes > LIMIT_QUERY_PREFIXES)
        return refuse_words("the search has more than 4 words with a *, or single characters; write some of them out",
                            error);
    query->terms[query->count++] = term;
    return true;
}

bool search_query_parse(struct str text, struct search_query *query, GError **error)
{
    query->count = 0;
    if (text.len > LIMIT_QUERY)
        return refuse_words("the search is longer than 1024 bytes; use fewer words", error);
    if (!str_is_utf8(text) || (text.len && memchr(text.ptr, '\0', text.len)))
        return refuse_words("the search must be UTF-8 text without U+0000", error);
    struct counts counts = {0};
    while (text.len) {
        if (starts_with_blank(text)) {
            text = str_skip(text, first_character(text).len);
            continue;
        }
        if (!add_term(query, take_term(&text), &counts, error))
            return false;
    }
    if (query->count == 0)
        return refuse_words("nothing to search for; give at least one word", error);
    if (!counts.any_positive)
        return refuse_words("only excluded words; add at least one word that must occur", error);
    return true;
}
