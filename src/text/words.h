/* What search takes for a word, in any language: text in, folded words out. One rule for the index, the query and the
 * check.
 *
 *   letters and digits     are a word up to the next character that is neither (as in English, Russian, Arabic, Hindi)
 *   scripts without spaces (Han, kana, Thai, Lao, Khmer, Burmese, ...) and Hangul: each two neighbours of a run are a
 *                          word, so that any part of a run is found. A text has the last character as a word of its
 *                          own too, at the place of the last pair; a query of one character is meant as a prefix
 *   emoji                  each sequence (flag, family, profession) is a word
 *   C++ C# Disney+         letters with `++`, or with one `+` or `#` that nothing else follows: in a text the letters
 *                          and, at the same place, all of it; in a query all of it
 *   2345-6789 covid-19     letters and digits joined by hyphens, a digit among them: in a text all the pieces and, at
 *                          the same place, the joined form (23456789); in a query the joined form
 *
 * Folded are: compatibility forms (ligatures, full and half width, circled and squared letters, superscripts), digits
 * of all scripts, case (ß is ss; the Turkish i, with a dot or without, is i), combining marks of Latin, Greek,
 * Cyrillic, Arabic and Hebrew letters, the Arabic tatweel, variation selectors, skin tones, invisible format
 * characters. A word is cut at LIMIT_WORD bytes, between characters.
 *
 * Unicode's data are GLib's; words_rules names both. Pure; any thread. O(length). */
#pragma once

#include "base/limits.h"
#include "base/str.h"

#include <stdint.h>

enum words_of { WORDS_OF_TEXT, WORDS_OF_QUERY };

enum word_kind {
    WORD_LETTERS,
    WORD_PAIR,      /* two neighbours of a run */
    WORD_CHARACTER, /* one character of a run */
    WORD_PICTURE,   /* emoji */
};

struct word {
    struct str folded; /* 1 to LIMIT_WORD bytes; valid during the call */
    enum word_kind kind;
    uint32_t place;      /* 0, 1, 2...; words at the same place come one after the other */
    uint32_t start, end; /* the bytes of the text that it stands for */
};

/* FALSE ends the walk. */
typedef bool words_each(void *data, const struct word *word);

/* Calls `each` for the words of `text` in order. What is no UTF-8 stands between words. FALSE when `each` ended it. */
bool words_split(struct str text, enum words_of of, words_each *each, void *data);

/* Names the rules above and the Unicode version that GLib knows: equal names, equal words. Static; made at the first
 * call, 1 ms. */
const char *words_rules(void);
