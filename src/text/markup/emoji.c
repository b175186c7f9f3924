/* Emoji: short codes (:smile:), emoticons (:) and the like) and the characters
 * themselves. */
#include "text/markup/inside.h"
#include "text/markup/write.h"

struct emoticon {
    const char *written, *code;
};

/* Found by writing every short text of signs and seeing which became an emoji.
 * For each first character the longer ones stand first. */
static const struct emoticon emoticons[] = {
    {"#-)", "dizzy_face"},
    {"#)", "dizzy_face"},
    {"%-)", "dizzy_face"},
    {"%)", "dizzy_face"},
    {"':-(", "sweat"},
    {"':-)", "sweat_smile"},
    {"':-D", "sweat_smile"},
    {"':(", "sweat"},
    {"':)", "sweat_smile"},
    {"':D", "sweat_smile"},
    {"'=(", "sweat"},
    {"'=)", "sweat_smile"},
    {"'=D", "sweat_smile"},
    {"(y)", "thumbsup"},
    {"*\\0/*", "person_gesturing_ok"},
    {"*\\O/*", "person_gesturing_ok"},
    {"*-)", "wink"},
    {"*)", "wink"},
    {"-___-", "expressionless"},
    {"-__-", "expressionless"},
    {"-_-", "expressionless"},
    {"0:-)", "innocent"},
    {"0:-3", "innocent"},
    {"0;-)", "innocent"},
    {"0;^)", "innocent"},
    {"0:)", "innocent"},
    {"0:3", "innocent"},
    {"8-)", "sunglasses"},
    {"8-D", "sunglasses"},
    {"8)", "sunglasses"},
    {":'-)", "joy"},
    {":'(", "cry"},
    {":')", "joy"},
    {":-#", "no_mouth"},
    {":-(", "disappointed"},
    {":-)", "slight_smile"},
    {":-*", "kissing_heart"},
    {":-.", "confused"},
    {":-/", "confused"},
    {":-D", "smiley"},
    {":-O", "open_mouth"},
    {":-P", "stuck_out_tongue"},
    {":-X", "no_mouth"},
    {":-[", "disappointed"},
    {":-b", "stuck_out_tongue"},
    {":^*", "kissing_heart"},
    {":#", "no_mouth"},
    {":$", "flushed"},
    {":(", "disappointed"},
    {":)", "slight_smile"},
    {":*", "kissing_heart"},
    {":/", "confused"},
    {":@", "angry"},
    {":D", "smiley"},
    {":L", "confused"},
    {":O", "open_mouth"},
    {":P", "stuck_out_tongue"},
    {":X", "no_mouth"},
    {":[", "disappointed"},
    {":\\", "confused"},
    {":]", "slight_smile"},
    {":b", "stuck_out_tongue"},
    {";-(", "cry"},
    {";-)", "wink"},
    {";-]", "wink"},
    {";^)", "wink"},
    {";(", "cry"},
    {";)", "wink"},
    {";D", "wink"},
    {";]", "wink"},
    {"</3", "broken_heart"},
    {"<3", "heart"},
    {"=#", "no_mouth"},
    {"=$", "flushed"},
    {"=(", "disappointed"},
    {"=)", "slight_smile"},
    {"=*", "kissing_heart"},
    {"=/", "confused"},
    {"=D", "smiley"},
    {"=L", "confused"},
    {"=P", "stuck_out_tongue"},
    {"=X", "no_mouth"},
    {"=\\", "confused"},
    {"=]", "slight_smile"},
    {">:-(", "angry"},
    {">:-)", "laughing"},
    {">.<", "persevere"},
    {">:(", "angry"},
    {">:)", "laughing"},
    {">:O", "open_mouth"},
    {">:P", "stuck_out_tongue_winking_eye"},
    {">:[", "disappointed"},
    {">:\\", "confused"},
    {">;)", "laughing"},
    {">;/", "confused"},
    {">=)", "laughing"},
    {"B-)", "sunglasses"},
    {"B-D", "sunglasses"},
    {"B)", "sunglasses"},
    {"D:", "fearful"},
    {"O:-)", "innocent"},
    {"O:-3", "innocent"},
    {"O;-)", "innocent"},
    {"O:)", "innocent"},
    {"O:3", "innocent"},
    {"O=)", "innocent"},
    {"O_O", "open_mouth"},
    {"X-)", "dizzy_face"},
    {"X-P", "stuck_out_tongue_winking_eye"},
    {"X)", "dizzy_face"},
    {"\\0\\/", "person_gesturing_ok"},
    {"\\O\\/", "person_gesturing_ok"},
};

/* Where those that begin with a character begin, and one more; 0 = there is
 * none. */
static const uint8_t first_emoticon[128] = {
    ['#'] = 1,  ['%'] = 3,  ['\''] = 5, ['('] = 14, ['*'] = 15, ['-'] = 19,  ['0'] = 22,  ['8'] = 28,  [':'] = 31,
    [';'] = 63, ['<'] = 71, ['='] = 73, ['>'] = 85, ['B'] = 97, ['D'] = 100, ['O'] = 101, ['X'] = 108, ['\\'] = 111};

static const char *read_emoticon(struct parser *p, const char *at, struct markup_node **node)
{
    size_t first = (uint8_t)*at < 0x80 ? first_emoticon[(uint8_t)*at] : 0;
    if (!first || !p->options->emoticons || p->end - at < 2)
        return NULL;
    for (size_t i = first - 1; i < G_N_ELEMENTS(emoticons) && *emoticons[i].written == *at; i++) {
        const char *written = emoticons[i].written;
        size_t length = written[1] == at[1] ? strlen(written) : 0;
        if (!length || !parser_sees(p, at, written, length))
            continue;
        *node = markup_node_new(p, MARKUP_EMOJI, str_from_c(emoticons[i].code));
        (*node)->more = str_from(at, length);
        return at + length;
    }
    return NULL;
}

static bool is_code(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '+' || c == '.';
}

static const char *read_code(struct parser *p, const char *at, struct markup_node **node)
{
    const char *place = at + 1;
    while (place < p->end && is_code(*place))
        place++;
    if (place == p->end || *place != ':' || place == at + 1)
        return NULL;
    *node = markup_node_new(p, MARKUP_EMOJI, str_from(at + 1, (size_t)(place - at - 1)));
    (*node)->more = (*node)->text;
    return place + 1;
}

/* ---- characters: what the original takes for emoji is a little less and a
 * little more than Unicode says -------------
 */

enum { JOINER = 0x200d };

static bool is_selector(uint32_t c)
{
    return c == 0xfe0e || c == 0xfe0f;
}

static bool is_tone(uint32_t c)
{
    return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool is_pictograph(uint32_t c)
{
    return c >= 0x1f300 && c <= 0x1f5ff;
}

static bool is_regional(uint32_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static bool take_letter(const char **at, const char *end, bool (*is)(uint32_t))
{
    int length;
    if (*at == end || !is(letter_decode(*at, end, &length)))
        return false;
    *at += length;
    return true;
}

static bool take_joiner(const char **at, const char *end)
{
    int length;
    if (*at == end || letter_decode(*at, end, &length) != JOINER)
        return false;
    *at += length;
    return true;
}

/* Pictographs, each with selector and tone, joined; a joiner behind the last
 * makes all of it text. */
static const char *read_joined(const char *at, const char *end)
{
    do {
        if (!take_letter(&at, end, is_pictograph))
            return NULL;
        take_letter(&at, end, is_selector);
        take_letter(&at, end, is_tone);
    } while (take_joiner(&at, end));
    return at;
}

/* One of the newer people and things, with a pictograph behind it (a tone is
 * one) and more of them joined to that. */
static const char *read_newer(const char *at, const char *end)
{
    if (!take_letter(&at, end, is_pictograph))
        return at;
    take_letter(&at, end, is_selector);
    const char *joined = at;
    while (take_joiner(&joined, end) && take_letter(&joined, end, is_pictograph)) {
        take_letter(&joined, end, is_selector);
        at = joined;
    }
    return at;
}

struct str markup_emoji_written(const struct markup_node *emoji)
{
    if (emoji->type == MARKUP_UNICODE_EMOJI)
        return emoji->text;
    bool is_code = emoji->text.ptr == emoji->more.ptr;
    return is_code ? str_from(emoji->more.ptr - 1, emoji->more.len + 2) : emoji->more;
}

const char *emoji_read_unicode(const char *at, const char *end)
{
    if (at == end || (*at != '\xe2' && *at != '\xf0'))
        return NULL;
    int length;
    uint32_t c = letter_decode(at, end, &length);
    const char *place = at + length;
    if ((c >= 0x2300 && c <= 0x23ff) || (c >= 0x2600 && c <= 0x27bf)) {
        take_letter(&place, end, is_selector);
        return place;
    }
    if (is_pictograph(c))
        return read_joined(at, end);
    if ((c >= 0x1f600 && c <= 0x1f64f) || (c >= 0x1f680 && c <= 0x1f6fa))
        return place;
    if (c >= 0x1f900 && c <= 0x1f9ff)
        return read_newer(place, end);
    if (is_regional(c) && take_letter(&place, end, is_regional))
        return place;
    return NULL;
}

const char *emoji_read(struct parser *p, const char *at, struct markup_node **node)
{
    const char *after = *at == ':' ? read_code(p, at, node) : NULL;
    if (!after)
        after = read_emoticon(p, at, node);
    if (after)
        return after;
    after = emoji_read_unicode(at, p->end);
    if (after)
        *node = markup_node_new(p, MARKUP_UNICODE_EMOJI, str_from(at, (size_t)(after - at)));
    return after;
}
