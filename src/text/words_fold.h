/* Characters as words.h takes them: decomposed, folded, and sorted by what they do to a word. For words.c alone. */
#pragma once

#include "base/str.h"

enum letter_class {
    LETTER_NONE,    /* stands between words */
    LETTER_PLAIN,   /* a letter or digit of a word between spaces */
    LETTER_RUN,     /* a character of a script without spaces, or Hangul */
    LETTER_PICTURE, /* begins an emoji */
    LETTER_MARK,    /* combines with what stands before it */
    LETTER_SKIP,    /* is not looked at: invisible, or says only how the one before it looks */
};

enum { LETTERS_MAX = G_UNICHAR_MAX_DECOMPOSITION_LENGTH + 1 };

struct letter {
    gunichar c;
    enum letter_class class_of;
};

/* What one character of a text is to words; how many letters that are (at least one). */
int words_fold(gunichar c, struct letter letters[LETTERS_MAX]);

/* Do words ignore what combines with this letter? */
bool words_drop_marks(gunichar base);

/* Whether `c` melts into the character of a run before it, as kana's voice marks and the parts of a Hangul syllable do;
 * *both gets the result. */
bool words_compose(gunichar before, gunichar c, gunichar *both);

/* Letters and digits of ASCII, folded; 0 = no such byte. */
extern const unsigned char letter_of_ascii[256];
