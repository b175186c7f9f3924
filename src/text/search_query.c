#include "text/search_query.h"

#include "base/reason.h"

/* What a tokenizer would take for part of a word: letters, digits, and private use characters. */
static bool is_word_character(gunichar c)
{
    return g_unichar_isalnum(c) || g_unichar_type(c) == G_UNICODE_PRIVATE_USE;
}

/* The first character of a text that is not empty, as a slice. */
static struct str first_character(struct str s)
{
    return str_from(s.ptr, (size_t)(g_utf8_next_char(s.ptr) - s.ptr));
}

static struct str last_character(struct str s)
{
    const char *at = g_utf8_find_prev_char(s.ptr, s.ptr + s.len);
    return str_from(at, (size_t)(s.ptr + s.len - at));
}

static bool starts_with_blank(struct str s)
{
    return g_unichar_isspace(g_utf8_get_char(s.ptr));
}

/* Without what is no part of a word, at both ends. Marks that combine with a letter stay behind it. */
static struct str trim_to_words(struct str s)
{
    while (s.len && !is_word_character(g_utf8_get_char(s.ptr)))
        s = str_skip(s, first_character(s).len);
    while (s.len) {
        struct str last = last_character(s);
        gunichar c = g_utf8_get_char(last.ptr);
        if (is_word_character(c) || g_unichar_ismark(c))
            break;
        s.len -= last.len;
    }
    return s;
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

/* Takes the next term off the front of `*rest`, which is not empty. Its text is empty when it is no term. */
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
        term.text = trim_to_words(take_phrase(rest));
        term.is_prefix = rest->len && rest->ptr[0] == '*';
        if (term.is_prefix)
            *rest = str_skip(*rest, 1);
    } else {
        struct str word = take_word(rest);
        term.is_prefix = word.len && word.ptr[word.len - 1] == '*';
        term.text = trim_to_words(word);
    }
    return term;
}

static bool refuse(const char *why, GError **error)
{
    reason_set_field(error, REASON_QUERY_INVALID, STR("q"), "%s", why);
    return false;
}

bool search_query_parse(struct str text, struct search_query *query, GError **error)
{
    query->count = 0;
    if (text.len > LIMIT_QUERY)
        return refuse("the search is longer than 1024 bytes; use fewer words", error);
    if (!str_is_utf8(text) || (text.len && memchr(text.ptr, '\0', text.len)))
        return refuse("the search must be UTF-8 text without U+0000", error);
    bool any_positive = false;
    while (text.len) {
        if (starts_with_blank(text)) {
            text = str_skip(text, first_character(text).len);
            continue;
        }
        struct search_term term = take_term(&text);
        if (term.text.len == 0)
            continue;
        if (query->count == LIMIT_QUERY_TERMS)
            return refuse("the search has more than 32 words; put some of them in quotes as one phrase", error);
        query->terms[query->count++] = term;
        any_positive |= !term.is_negative;
    }
    if (query->count == 0)
        return refuse("nothing to search for; give at least one word", error);
    if (!any_positive)
        return refuse("only excluded words; add at least one word that must occur", error);
    return true;
}
