/* One BSON document as plain JSON. libbson walks it and checks lengths and types; depth and text are ours to check. */
#include "port/format/mongo.h"
#include "port/format/mongo_inside.h"

#include <bson/bson.h>

struct bson_writer {
    struct json w;
    int depth;
};

static bool add_members(struct bson_writer *b, bson_iter_t *iter, bool in_array, GError **error);

static bool refuse_bson(const char *why, GError **error)
{
    reason_set(error, REASON_LINE_INVALID, "%s", why);
    return false;
}

static bool is_text(struct str text)
{
    return str_is_utf8(text) && !(text.len && memchr(text.ptr, 0, text.len));
}

static bool add_text(struct bson_writer *b, struct str text, GError **error)
{
    if (!is_text(text))
        return refuse_bson("a text is no UTF-8, or holds U+0000", error);
    json_add_string(&b->w, text);
    return true;
}

static bool add_inside(struct bson_writer *b, const bson_iter_t *iter, bool is_array, GError **error)
{
    bson_iter_t inside;
    if (b->depth == LIMIT_JSON_DEPTH)
        return refuse_bson("the document is nested too deep", error);
    if (!bson_iter_recurse(iter, &inside))
        return refuse_bson("a document inside it is damaged", error);
    b->depth++;
    if (is_array)
        json_array_begin(&b->w);
    else
        json_object_begin(&b->w);
    bool ok = add_members(b, &inside, is_array, error);
    if (is_array)
        json_array_end(&b->w);
    else
        json_object_end(&b->w);
    b->depth--;
    return ok;
}

static void add_object_id(struct bson_writer *b, const bson_oid_t *oid)
{
    char hex[25];
    bson_oid_to_string(oid, hex);
    json_add_string(&b->w, str_from_c(hex));
}

static void add_binary(struct bson_writer *b, const bson_iter_t *iter)
{
    const uint8_t *bytes;
    uint32_t size;
    bson_subtype_t subtype;
    bson_iter_binary(iter, &subtype, &size, &bytes);
    g_autofree char *text = g_base64_encode(bytes, size);
    json_add_string(&b->w, str_from_c(text));
}

static void add_decimal(struct bson_writer *b, const bson_iter_t *iter)
{
    char text[BSON_DECIMAL128_STRING];
    bson_decimal128_t decimal;
    bson_iter_decimal128(iter, &decimal);
    bson_decimal128_to_string(&decimal, text);
    json_object_begin(&b->w);
    json_member_string(&b->w, "$numberDecimal", str_from_c(text));
    json_object_end(&b->w);
}

static bool add_value(struct bson_writer *b, const bson_iter_t *iter, GError **error)
{
    uint32_t size = 0;
    const char *text;
    switch (bson_iter_type(iter)) {
    case BSON_TYPE_DOUBLE:
        mongo_add_double(&b->w, bson_iter_double(iter));
        return true;
    case BSON_TYPE_UTF8:
        text = bson_iter_utf8(iter, &size);
        return add_text(b, str_from(text, size), error);
    case BSON_TYPE_SYMBOL:
        text = bson_iter_symbol(iter, &size);
        return add_text(b, str_from(text, size), error);
    case BSON_TYPE_CODE:
        text = bson_iter_code(iter, &size);
        return add_text(b, str_from(text, size), error);
    case BSON_TYPE_DOCUMENT:
        return add_inside(b, iter, false, error);
    case BSON_TYPE_ARRAY:
        return add_inside(b, iter, true, error);
    case BSON_TYPE_BINARY:
        add_binary(b, iter);
        return true;
    case BSON_TYPE_OID:
        add_object_id(b, bson_iter_oid(iter));
        return true;
    case BSON_TYPE_BOOL:
        json_add_bool(&b->w, bson_iter_bool(iter));
        return true;
    case BSON_TYPE_DATE_TIME:
        json_add_time(&b->w, bson_iter_date_time(iter));
        return true;
    case BSON_TYPE_INT32:
        json_add_int(&b->w, bson_iter_int32(iter));
        return true;
    case BSON_TYPE_INT64:
        json_add_int(&b->w, bson_iter_int64(iter));
        return true;
    case BSON_TYPE_DECIMAL128:
        add_decimal(b, iter);
        return true;
    default: /* null, and what no document of an application holds: timestamps, patterns, least and greatest keys */
        json_add_null(&b->w);
        return true;
    }
}

static bool add_members(struct bson_writer *b, bson_iter_t *iter, bool in_array, GError **error)
{
    while (bson_iter_next(iter)) {
        struct str key = str_from(bson_iter_key(iter), bson_iter_key_len(iter));
        if (bson_iter_type(iter) == BSON_TYPE_UNDEFINED && !in_array)
            continue;
        if (!in_array) {
            if (!is_text(key))
                return refuse_bson("a name is no UTF-8", error);
            json_key(&b->w, key);
        }
        if (!add_value(b, iter, error))
            return false;
        if (b->w.out->overflow)
            return refuse_bson("the document is longer than it may be", error);
    }
    return iter->err_off == 0 || refuse_bson("the document is damaged", error);
}

bool mongo_bson_plain(struct str bytes, struct buf *out, GError **error)
{
    bson_t document;
    bson_iter_t iter;
    struct bson_writer b = {.depth = 1};
    if (!bson_init_static(&document, (const uint8_t *)bytes.ptr, bytes.len) || !bson_iter_init(&iter, &document))
        return refuse_bson("this is no BSON document", error);
    json_init(&b.w, out);
    json_object_begin(&b.w);
    bool ok = add_members(&b, &iter, false, error);
    json_object_end(&b.w);
    return ok && (!out->overflow || refuse_bson("the document is longer than it may be", error));
}
