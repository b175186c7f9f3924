#include "text/query.h"

#include "base/limits.h"
#include "base/reason.h"

bool query_decode(struct str text, bool plus_is_blank, struct arena *a, struct str *decoded)
{
    bool encoded = false;
    for (size_t i = 0; i < text.len && !encoded; i++)
        encoded = text.ptr[i] == '%' || (plus_is_blank && text.ptr[i] == '+');
    *decoded = text.ptr ? text : STR("");
    if (encoded) {
        char *out = arena_alloc(a, text.len);
        size_t length = 0;
        for (size_t i = 0; i < text.len; i++) {
            char c = text.ptr[i];
            if (c == '%') {
                if (text.len - i < 3)
                    return false;
                int high = g_ascii_xdigit_value(text.ptr[i + 1]), low = g_ascii_xdigit_value(text.ptr[i + 2]);
                if (high < 0 || low < 0)
                    return false;
                c = (char)(high << 4 | low);
                i += 2;
            } else if (c == '+' && plus_is_blank) {
                c = ' ';
            }
            out[length++] = c;
        }
        *decoded = str_from(out, length);
    }
    return str_is_utf8(*decoded) && (decoded->len == 0 || !memchr(decoded->ptr, '\0', decoded->len));
}

/* A name for an error message, where its bytes may be anything. */
static bool refuse_query(struct str raw_name, const char *what, GError **error)
{
    g_autofree char *name = g_utf8_make_valid(raw_name.ptr ? raw_name.ptr : "", (gssize)MIN(raw_name.len, 128));
    reason_set_field(error, REASON_PARAMETER_VALUE, str_from_c(name), "parameter %s %s", name, what);
    return false;
}

bool query_parse(struct str text, struct arena *a, struct query *q, GError **error)
{
    size_t pieces = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        pieces += text.ptr[i] == '&';
    *q = (struct query){.pairs = arena_array(a, MIN(pieces, LIMIT_QUERY_PARAMETERS), sizeof(struct query_pair))};
    while (text.len) {
        struct str piece, raw_name, name, value;
        text = str_split(text, '&', &piece);
        if (piece.len == 0)
            continue;
        struct str raw_value = str_split(piece, '=', &raw_name);
        if (!query_decode(raw_name, true, a, &name))
            return refuse_query(raw_name, "has a name that is no percent-encoded UTF-8 text", error);
        if (name.len > LIMIT_ID)
            return refuse_query(name, "has a name that is too long", error);
        if (q->count == LIMIT_QUERY_PARAMETERS)
            return refuse_query(name, "is one too many", error);
        if (!query_decode(raw_value, true, a, &value))
            return refuse_query(name, "is no percent-encoded UTF-8 text; a % itself is written %25", error);
        q->pairs[q->count++] = (struct query_pair){name, value};
    }
    return true;
}

struct str query_get(const struct query *q, struct str name)
{
    for (size_t i = 0; i < q->count; i++)
        if (str_equal(q->pairs[i].name, name))
            return q->pairs[i].value;
    return STR_NULL;
}
