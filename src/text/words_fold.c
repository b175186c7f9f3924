#include "text/words_fold.h"

enum { SHARP_S = 0xdf, CAPITAL_SHARP_S = 0x1e9e, TATWEEL = 0x640, TRADE_MARK = 0x2122, SERVICE_MARK = 0x2120 };

#define LETTER(c) [c] = c, [c - 'a' + 'A'] = c
#define DIGIT(c) [c] = c
/* clang-format off */
const unsigned char letter_of_ascii[256] = {
    DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'), DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'),
    DIGIT('9'), LETTER('a'), LETTER('b'), LETTER('c'), LETTER('d'), LETTER('e'), LETTER('f'), LETTER('g'), LETTER('h'),
    LETTER('i'), LETTER('j'), LETTER('k'), LETTER('l'), LETTER('m'), LETTER('n'), LETTER('o'), LETTER('p'), LETTER('q'),
    LETTER('r'), LETTER('s'), LETTER('t'), LETTER('u'), LETTER('v'), LETTER('w'), LETTER('x'), LETTER('y'), LETTER('z'),
};
/* clang-format on */

static bool is_between(gunichar c, gunichar first, gunichar last)
{
    return c >= first && c <= last;
}

/* The scripts written without spaces that fill whole blocks, and Hangul. */
static bool is_in_run_block(gunichar c)
{
    return is_between(c, 0x3041, 0x31ff) || is_between(c, 0x3400, 0x9fff) || is_between(c, 0xac00, 0xd7a3);
}

static bool is_of_run(gunichar c)
{
    if (c < 0xe00)
        return false;
    if (is_in_run_block(c))
        return true;
    switch (g_unichar_get_script(c)) {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HANGUL:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_BOPOMOFO:
    case G_UNICODE_SCRIPT_YI:
    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
    case G_UNICODE_SCRIPT_TAI_LE:
    case G_UNICODE_SCRIPT_NEW_TAI_LUE:
    case G_UNICODE_SCRIPT_TAI_THAM:
    case G_UNICODE_SCRIPT_TAI_VIET:
    case G_UNICODE_SCRIPT_JAVANESE:
    case G_UNICODE_SCRIPT_BALINESE:
    case G_UNICODE_SCRIPT_TANGUT:
    case G_UNICODE_SCRIPT_NUSHU:
        return true;
    default:
        return false;
    }
}

/* Marks that only choose a glyph, and letters without a shape. */
static bool is_invisible(gunichar c)
{
    return c == 0x34f || is_between(c, 0x17b4, 0x17b5) || is_between(c, 0x180b, 0x180f) ||
           is_between(c, 0xfe00, 0xfe0f) || is_between(c, 0xe0100, 0xe01ef) || /* variation selectors */
           is_between(c, 0x115f, 0x1160) || c == 0x3164 || c == 0xffa0;        /* Hangul fillers */
}

/* GLib has no Emoji property. Symbols that are no lines, dots or signs of a line of text; in their planes also what
 * GLib does not know yet. */
static bool is_picture(gunichar c, GUnicodeType type)
{
    if (type == G_UNICODE_UNASSIGNED)
        return is_between(c, 0x1f000, 0x1faff);
    return type == G_UNICODE_OTHER_SYMBOL && c > SERVICE_MARK && c != TRADE_MARK && c != 0xfffd &&
           !is_between(c, 0x2500, 0x259f) && !is_between(c, 0x2800, 0x28ff);
}

static enum letter_class class_of(gunichar c, GUnicodeType type)
{
    switch (type) {
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
        return is_invisible(c) ? LETTER_SKIP : LETTER_MARK;
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER:
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_PRIVATE_USE:
        if (c == TATWEEL || is_invisible(c))
            return LETTER_SKIP;
        return is_of_run(c) ? LETTER_RUN : LETTER_PLAIN;
    case G_UNICODE_FORMAT:
        return LETTER_SKIP;
    case G_UNICODE_MODIFIER_SYMBOL:
        return is_between(c, 0x1f3fb, 0x1f3ff) ? LETTER_SKIP : LETTER_NONE; /* skin tones */
    default:
        return is_picture(c, type) ? LETTER_PICTURE : LETTER_NONE;
    }
}

/* Case, and the digits of all scripts. Twice, there and back, as several small letters share one capital: the Greek
 * sigmas, the Turkish i. */
static int fold_case(gunichar c, GUnicodeType type, struct letter *letters)
{
    letters[0] = (struct letter){c, class_of(c, type)};
    if (letters[0].class_of != LETTER_PLAIN)
        return 1;
    if (type == G_UNICODE_DECIMAL_NUMBER)
        letters[0].c = (gunichar)('0' + g_unichar_digit_value(c));
    else if (c != SHARP_S && c != CAPITAL_SHARP_S)
        letters[0].c = g_unichar_tolower(g_unichar_toupper(c));
    else {
        letters[0].c = 's';
        letters[1] = letters[0];
        return 2;
    }
    return 1;
}

int words_fold(gunichar c, struct letter letters[LETTERS_MAX])
{
    GUnicodeType type = g_unichar_type(c);
    bool whole = is_in_run_block(c) || (type != G_UNICODE_OTHER_SYMBOL && !g_unichar_isalnum(c)) || c == TRADE_MARK ||
                 c == SERVICE_MARK;
    gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH] = {c};
    gsize count = whole ? 1 : g_unichar_fully_decompose(c, TRUE, parts, G_N_ELEMENTS(parts));
    int used = 0;
    for (gsize i = 0; i < count && used < LETTERS_MAX - 1; i++)
        used += fold_case(parts[i], parts[i] == c ? type : g_unichar_type(parts[i]), letters + used);
    return used;
}

bool words_drop_marks(gunichar base)
{
    if (base < 0x80)
        return true;
    switch (g_unichar_get_script(base)) {
    case G_UNICODE_SCRIPT_COMMON:
    case G_UNICODE_SCRIPT_LATIN:
    case G_UNICODE_SCRIPT_GREEK:
    case G_UNICODE_SCRIPT_CYRILLIC:
    case G_UNICODE_SCRIPT_ARABIC:
    case G_UNICODE_SCRIPT_HEBREW:
        return true;
    default:
        return false;
    }
}

bool words_compose(gunichar before, gunichar c, gunichar *both)
{
    bool may = is_between(c, 0x3099, 0x309a) || is_between(c, 0x1161, 0x11ff);
    return may && g_unichar_compose(before, c, both);
}
