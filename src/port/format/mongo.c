#include "port/format/mongo.h"

#include "port/format/items.h"

enum {
    PIECE = 64 * 1024,
    BSON_LEAST = 5,                       /* a length and the zero behind it */
    BSON_MOST = 16 * 1024 * 1024 + 16384, /* what MongoDB itself takes for one document, and its own members */
    NAME_LENGTH = 256,
};

static const unsigned char archive_magic[] = {0x6d, 0xe2, 0x99, 0x81};

/* Text has no zero among its first bytes, and no document of BSON is so long that its length has none at the end. */
bool mongo_is_bson(struct str head)
{
    return head.len >= 4 && (unsigned char)head.ptr[3] <= 1;
}

bool mongo_is_archive(struct str head)
{
    return head.len >= sizeof archive_magic && !memcmp(head.ptr, archive_magic, sizeof archive_magic);
}

/* ---- bytes ---- */

struct stream {
    struct input *input;
    const struct mongo_reader *reader;
    struct buf bytes; /* read, from `start` on not yet used */
    size_t start;
    int64_t offset; /* of the byte at `start` */
    struct buf json;
};

static bool refuse_stream(const struct stream *s, const char *why, GError **error)
{
    reason_set(error, REASON_LINE_INVALID, "%s: byte %" G_GINT64_FORMAT ": %s", input_path(s->input), s->offset, why);
    return false;
}

/* The next `size` bytes, borrowed until the next call, or as many as there are. STR_NULL with the input's reason. */
static struct str stream_look(struct stream *s, size_t size, GError **error)
{
    while (s->bytes.len - s->start < size) {
        buf_consume(&s->bytes, s->start);
        s->start = 0;
        char *place = buf_reserve(&s->bytes, PIECE);
        int count = input_read(s->input, place, PIECE, error);
        if (count < 0)
            return STR_NULL;
        if (count == 0)
            break;
        s->bytes.len += (size_t)count;
    }
    size_t left = s->bytes.len - s->start;
    return str_from(s->bytes.ptr ? s->bytes.ptr + s->start : "", MIN(size, left));
}

static void stream_use(struct stream *s, size_t size)
{
    s->start += size;
    s->offset += (int64_t)size;
}

static uint32_t number_at(struct str bytes)
{
    const unsigned char *b = (const unsigned char *)bytes.ptr;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* ---- documents ---- */

/* The next document, whole; an empty one at the end of the file, or at the mark that ends a part of an archive, which
 * is used up. It is borrowed and not yet used. */
static bool next_document(struct stream *s, bool in_archive, struct str *document, GError **error)
{
    struct str head = stream_look(s, 4, error);
    *document = str_from("", 0);
    if (!head.ptr)
        return false;
    if (head.len == 0 && !in_archive)
        return true;
    if (head.len < 4)
        return refuse_stream(s, "the file ends in the middle of a document", error);
    uint32_t length = number_at(head);
    if (in_archive && length == UINT32_MAX) {
        stream_use(s, 4);
        return true;
    }
    if (length < BSON_LEAST || length > BSON_MOST)
        return refuse_stream(s, "a document has a length that no document has", error);
    *document = stream_look(s, length, error);
    if (document->ptr && document->len < length)
        return refuse_stream(s, "a document ends beyond the end of the file", error);
    return document->ptr != NULL;
}

static bool give_document(struct stream *s, struct str name, struct str bytes, GError **error)
{
    const struct item_place place = {.offset = s->offset};
    GError *bad = NULL;
    buf_reset(&s->json);
    if (mongo_bson_plain(bytes, &s->json, &bad))
        return s->reader->document(s->reader->data, name, buf_str(&s->json), &place, error);
    s->reader->refused(s->reader->data, &place, bad);
    g_error_free(bad);
    return true;
}

/* Documents of one collection up to the end of the file, or of the part. */
static bool read_documents(struct stream *s, struct str name, bool in_archive, GError **error)
{
    bool wanted = s->reader->wants(s->reader->data, name);
    for (;;) {
        struct str document;
        if (!next_document(s, in_archive, &document, error))
            return false;
        if (!document.len)
            return true;
        if (wanted && !give_document(s, name, document, error))
            return false;
        stream_use(s, document.len);
    }
}

/* ---- archives: a head, then parts: {"db","collection","EOF",...}, documents of that collection, a mark ---- */

static bool read_part(struct stream *s, bool *last, GError **error)
{
    struct arena a;
    struct str head;
    *last = stream_look(s, 1, error).len == 0;
    if (*last)
        return !*error;
    if (!next_document(s, true, &head, error))
        return false;
    if (!head.len)
        return refuse_stream(s, "a part of the archive has no head", error);
    buf_reset(&s->json);
    if (!mongo_bson_plain(head, &s->json, NULL))
        return refuse_stream(s, "the head of a part of the archive is damaged", error);
    stream_use(s, head.len);
    arena_init(&a);
    struct str name = json_str(json_get(json_read(buf_str(&s->json), JSON_TOP_OBJECT, &a, NULL), "collection"));
    name = arena_str(&a, name); /* the next document takes the place of this one */
    bool ok = read_documents(s, name.len && name.len < NAME_LENGTH ? name : STR("-"), true, error);
    arena_clear(&a);
    return ok;
}

static bool read_archive(struct stream *s, GError **error)
{
    GError *bad = NULL;
    bool last = false, ok;
    stream_use(s, stream_look(s, sizeof archive_magic, &bad).len);
    ok = !bad;
    for (bool head = true; ok && head;) { /* what it says of itself and of its collections */
        struct str document;
        ok = next_document(s, true, &document, &bad);
        head = document.len > 0;
        stream_use(s, ok ? document.len : 0);
    }
    while (ok && !last)
        ok = read_part(s, &last, &bad);
    if (bad)
        g_propagate_error(error, bad);
    return ok;
}

/* ---- Extended JSON ---- */

struct items {
    const struct mongo_reader *reader;
    struct str name;
    struct buf json;
};

static bool take_item(void *data, struct str text, const struct item_place *place, GError **error)
{
    struct items *items = data;
    GError *bad = NULL;
    buf_reset(&items->json);
    if (!text.ptr)
        reason_set(&bad, REASON_LINE_INVALID, "this is longer than %d bytes", LIMIT_IMPORT_LINE);
    else if (mongo_json_plain(text, &items->json, &bad))
        return items->reader->document(items->reader->data, items->name, buf_str(&items->json), place, error);
    items->reader->refused(items->reader->data, place, bad);
    g_error_free(bad);
    return true;
}

static bool read_json(struct input *input, const struct mongo_reader *reader, struct str name, GError **error)
{
    struct items items = {.reader = reader, .name = name};
    if (!reader->wants(reader->data, name))
        return true;
    buf_init(&items.json, MONGO_DOCUMENT_MAX);
    bool ok = items_read(input, NULL, take_item, &items, error);
    buf_clear(&items.json);
    return ok;
}

/* ---- files ---- */

/* "dump/shop/rocketchat_room.bson.gz" is "rocketchat_room". */
static char *name_of_file(const char *path)
{
    static const char *const suffixes[] = {".gz", ".bson", ".json", ".ndjson", ".jsonl"};
    char *name = g_path_get_basename(path);
    for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
        if (g_str_has_suffix(name, suffixes[i]))
            name[strlen(name) - strlen(suffixes[i])] = 0;
    return name;
}

static bool read_bson(struct input *input, const struct mongo_reader *reader, struct str head, struct str name,
                      GError **error)
{
    struct stream s = {.input = input, .reader = reader};
    buf_init(&s.bytes, BSON_MOST + 2 * PIECE);
    buf_init(&s.json, MONGO_DOCUMENT_MAX);
    bool ok = mongo_is_archive(head) ? read_archive(&s, error) : read_documents(&s, name, false, error);
    buf_clear(&s.bytes);
    buf_clear(&s.json);
    return ok;
}

bool mongo_read(struct input *input, const struct mongo_reader *reader, GError **error)
{
    struct str head = input_peek(input, 16, error);
    if (!head.ptr)
        return false;
    g_autofree char *name = name_of_file(input_path(input));
    return mongo_is_archive(head) || mongo_is_bson(head) ? read_bson(input, reader, head, str_from_c(name), error)
                                                         : read_json(input, reader, str_from_c(name), error);
}
