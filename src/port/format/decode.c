#include "port/format/decode.h"

#include "base/reason.h"

#include <errno.h>

enum { BROKEN = 0xff };

void decode_init(struct decode *d, struct str encoding)
{
    *d = (struct decode){.encoding = encoding.len ? str_to_heap(encoding) : NULL, .converter = (GIConv)-1};
    buf_init(&d->pending, 2 * DECODE_PIECE);
    buf_init(&d->text, 16 * DECODE_PIECE);
}

void decode_clear(struct decode *d)
{
    if (d->converter != (GIConv)-1)
        g_iconv_close(d->converter);
    buf_clear(&d->pending);
    buf_clear(&d->text);
    g_free(d->encoding);
}

static bool open_converter(struct decode *d, GError **error)
{
    if (!d->encoding || !g_ascii_strcasecmp(d->encoding, "utf-8") || !g_ascii_strcasecmp(d->encoding, "utf8"))
        return true;
    d->converter = g_iconv_open("UTF-8", d->encoding);
    d->unit = !g_ascii_strncasecmp(d->encoding, "utf-16", 6) ? 2 : 1;
    if (d->converter != (GIConv)-1)
        return true;
    reason_set(error, REASON_USAGE, "there is no encoding %s; `iconv --list` has those that there are", d->encoding);
    return false;
}

static struct str take_mark(struct decode *d, struct str bytes)
{
    static const struct {
        struct str mark;
        const char *encoding;
    } marks[] = {{STR("\xef\xbb\xbf"), NULL}, {STR("\xff\xfe"), "UTF-16LE"}, {STR("\xfe\xff"), "UTF-16BE"}};
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
        if (str_starts_with(bytes, marks[i].mark)) {
            g_free(d->encoding);
            d->encoding = g_strdup(marks[i].encoding);
            return str_skip(bytes, marks[i].mark.len);
        }
    return bytes;
}

/* Appends to `text`; what is left of `bytes` is the beginning of a character. */
static size_t convert(struct decode *d, struct str bytes)
{
    gchar *in = (gchar *)bytes.ptr;
    gsize left = bytes.len;
    while (left > 0) {
        gsize room = 4 * left + 16;
        gchar *out = buf_reserve(&d->text, room);
        if (!out)
            break;
        gchar *begin = out;
        gsize done = g_iconv(d->converter, &in, &left, &out, &room);
        d->text.len += (size_t)(out - begin);
        if (done != (gsize)-1 || errno == EINVAL)
            break;
        if (errno == EILSEQ) {
            buf_add_byte(&d->text, (char)BROKEN);
            gsize skip = MIN(d->unit, left);
            in += skip;
            left -= skip;
        }
    }
    return left;
}

static bool decode_pending(struct decode *d, GError **error)
{
    struct str bytes = buf_str(&d->pending);
    size_t left = 0;
    buf_reset(&d->text);
    if (!d->begun) {
        d->begun = true;
        bytes = take_mark(d, bytes);
        if (!open_converter(d, error))
            return false;
    }
    if (d->converter == (GIConv)-1)
        buf_add(&d->text, bytes);
    else
        left = convert(d, bytes);
    buf_consume(&d->pending, d->pending.len - left);
    return true;
}

bool decode_feed(struct decode *d, struct str bytes, struct str *text, GError **error)
{
    *text = STR("");
    buf_add(&d->pending, bytes);
    if (!d->begun && d->pending.len < DECODE_HEAD)
        return true;
    bool ok = decode_pending(d, error);
    *text = buf_str(&d->text);
    return ok;
}

bool decode_end(struct decode *d, struct str *text, GError **error)
{
    bool ok = decode_pending(d, error);
    if (d->pending.len) /* in the middle of a character */
        buf_add_byte(&d->text, (char)BROKEN);
    *text = buf_str(&d->text);
    return ok;
}
