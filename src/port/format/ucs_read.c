#include "port/format/csv.h"
#include "port/format/decode.h"
#include "port/format/fields.h"
#include "port/format/items.h"
#include "port/format/ucs.h"
#include "port/format/ucs_cut.h"

/* The beginning of a file without zeros, so that UTF-16 reads like ASCII. */
static struct str plain_head(struct str head, char plain[INPUT_PEEK])
{
    size_t length = 0;
    for (size_t i = 0; i < head.len && length < INPUT_PEEK; i++)
        if (head.ptr[i] && (i > 1 || (unsigned char)head.ptr[i] < 0xfe))
            plain[length++] = head.ptr[i];
    struct str text = str_from(plain, length);
    return str_trim(str_skip(text, str_starts_with(text, STR("\xef\xbb\xbf")) ? 3 : 0));
}

static bool bears(struct str text, const char *word)
{
    for (size_t length = strlen(word); text.len >= length; text = str_skip(text, 1))
        if (g_ascii_strncasecmp(text.ptr, word, length) == 0)
            return true;
    return false;
}

bool ucs_recognises(struct str head, const char *name)
{
    char plain[INPUT_PEEK];
    struct str text = plain_head(head, plain);
    (void)name;
    return bears(text, "<chatTranscript") || bears(text, "structuredtext") ||
           (str_starts_with(text, STR("<")) && bears(text, "<interactions"));
}

/* ---- files of XML ---- */

struct xml_file {
    struct conversion *c;
    bool any;
};

static bool take_transcript(void *data, struct str text, const struct item_place *place, const GError *why,
                            GError **error)
{
    struct xml_file *file = data;
    struct record record = {.kind = UCS_XML, .body = text, .place = *place};
    file->any = true;
    if (!why)
        return conversion_record(file->c, &record, error);
    conversion_refuse(file->c, place, why);
    return true;
}

/* What the XML declaration says, unless the bytes say that it cannot be. */
static struct str encoding_of(struct str head, struct str plain)
{
    struct str declaration, encoding = STR_NULL;
    if (head.len > 1 && (!head.ptr[0] || !head.ptr[1]))
        return head.ptr[0] ? STR("UTF-16LE") : STR("UTF-16BE");
    str_split(plain, '>', &declaration);
    const char *at = g_strstr_len(declaration.ptr, (gssize)declaration.len, "encoding");
    if (!at || !str_starts_with(declaration, STR("<?xml")))
        return STR_NULL;
    struct str value = str_skip(declaration, (size_t)(at - declaration.ptr) + strlen("encoding"));
    while (value.len && *value.ptr != '"' && *value.ptr != '\'')
        value = str_skip(value, 1);
    if (value.len)
        str_split(str_skip(value, 1), *value.ptr, &encoding);
    return str_starts_with(encoding, STR("UTF-16")) || str_starts_with(encoding, STR("utf-16")) ? STR_NULL : encoding;
}

static bool feed_file(struct ucs_cut *cut, struct decode *decode, struct input *input, GError **error)
{
    char piece[DECODE_PIECE];
    struct str text;
    int count;
    bool ok = true;
    while (ok && (count = input_read(input, piece, sizeof piece, error)) > 0)
        ok = decode_feed(decode, str_from(piece, (size_t)count), &text, error) && ucs_cut_feed(cut, text, error);
    return ok && count == 0 && decode_end(decode, &text, error) && ucs_cut_feed(cut, text, error) &&
           ucs_cut_end(cut, error);
}

static void refuse_file(struct conversion *c, struct str name, const char *why)
{
    g_autoptr(GError) error = NULL;
    struct item_place first = {.line = 1};
    reason_set(&error, REASON_LINE_INVALID, "%s%.*s", why, STR_ARG(name));
    conversion_refuse(c, &first, error);
}

static bool read_xml(struct conversion *c, struct input *input, struct str plain, GError **error)
{
    struct str head = input_peek(input, INPUT_PEEK, NULL);
    struct str encoding = encoding_of(head, plain);
    struct xml_file file = {.c = c};
    struct decode decode;
    g_autofree char *name = str_to_heap(encoding);
    GIConv known = encoding.len ? g_iconv_open("UTF-8", name) : NULL;
    if (known == (GIConv)-1) {
        refuse_file(c, encoding, "there is no encoding ");
        return true;
    }
    if (known)
        g_iconv_close(known);
    struct ucs_cut *cut = ucs_cut_new(take_transcript, &file);
    decode_init(&decode, encoding);
    bool ok = feed_file(cut, &decode, input, error);
    if (ok && !file.any && !bears(plain, "<interactions"))
        refuse_file(c, STR(""), "there is no chatTranscript in this file");
    decode_clear(&decode);
    ucs_cut_free(cut);
    return ok;
}

/* ---- rows ---- */

static bool take_item(void *data, struct str text, const struct item_place *place, GError **error)
{
    struct record record = {.kind = UCS_ROW, .body = text, .place = *place};
    if (text.ptr)
        return conversion_record(data, &record, error);
    conversion_refuse_long(data, place);
    return true;
}

/* As the object that a line of JSON would have. */
static bool take_row(void *data, const struct csv_row *row, GError **error)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_IMPORT_LINE);
    json_init(&w, &out);
    json_object_begin(&w);
    for (size_t i = 0; i < row->count; i++)
        if (row->names[i].len) {
            json_key(&w, row->names[i]);
            json_add_string(&w, row->cells[i]);
        }
    json_object_end(&w);
    bool ok = take_item(data, out.overflow ? STR_NULL : buf_str(&out), &row->place, error);
    buf_clear(&out);
    return ok;
}

static void take_bad_row(void *data, const struct item_place *place, const GError *why)
{
    conversion_refuse(data, place, why);
}

bool ucs_read(struct conversion *c, struct input *input, GError **error)
{
    char bytes[INPUT_PEEK];
    struct str head = input_peek(input, INPUT_PEEK, error);
    if (!head.ptr)
        return false;
    struct str plain = plain_head(head, bytes);
    if (str_starts_with(plain, STR("<")))
        return read_xml(c, input, plain, error);
    if (fields_are_json(head))
        return items_read(input, NULL, take_item, c, error);
    struct csv_options options = {.name = input_path(input), .row = take_row, .bad = take_bad_row, .data = c};
    return csv_read(input, &options, error);
}
