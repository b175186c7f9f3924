#include "text/json_tree.h"

#include "base/reason.h"

/* ---- looking ---- */

/* Byte by byte, for most names differ at the first. No name holds a zero, so `c` is not read past its end. */
static bool is_called(const struct json_node *member, const char *c)
{
    size_t i = 0;
    while (i < member->name.len && member->name.ptr[i] == c[i])
        i++;
    return i == member->name.len && c[i] == 0;
}

const struct json_node *json_get(const struct json_node *object, const char *name)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (const struct json_node *m = object->first; m; m = m->next)
        if (is_called(m, name))
            return m;
    return NULL;
}

/* The member when it is there and of `kind`, else NULL with `*absent` telling whether that is fine. */
static const struct json_node *get_member(const struct json_node *object, const char *name, enum json_presence presence,
                                          enum json_kind kind, const char *kind_name, bool *absent, GError **error)
{
    const struct json_node *member = json_get(object, name);
    *absent = !member || (presence == JSON_NULLABLE && member->kind == JSON_NULL);
    if (*absent) {
        if (presence == JSON_REQUIRED) {
            *absent = false;
            reason_set_field(error, REASON_FIELD_MISSING, str_from_c(name), "%s is required", name);
        }
        return NULL;
    }
    if (member->kind != kind) {
        reason_set_field(error, REASON_FIELD_TYPE, str_from_c(name), "%s must be %s", name, kind_name);
        return NULL;
    }
    return member;
}

bool json_get_string(const struct json_node *object, const char *name, enum json_presence presence, size_t max_len,
                     struct str *value, GError **error)
{
    bool absent;
    const struct json_node *member = get_member(object, name, presence, JSON_STRING, "a string", &absent, error);
    if (!member)
        return absent;
    if (member->string.len > max_len) {
        reason_set_field(error, REASON_FIELD_TOO_LONG, str_from_c(name), "%s is longer than %zu bytes", name, max_len);
        return false;
    }
    *value = member->string;
    return true;
}

bool json_get_int64(const struct json_node *object, const char *name, enum json_presence presence, int64_t min,
                    int64_t max, int64_t *value, GError **error)
{
    bool absent;
    const struct json_node *member = get_member(object, name, presence, JSON_INTEGER, "an integer", &absent, error);
    if (!member)
        return absent;
    if (member->integer < min || member->integer > max) {
        reason_set_field(error, REASON_FIELD_VALUE, str_from_c(name),
                         "%s must be between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, name, min, max);
        return false;
    }
    *value = member->integer;
    return true;
}

bool json_get_bool(const struct json_node *object, const char *name, enum json_presence presence, bool *value,
                   GError **error)
{
    bool absent;
    const struct json_node *member = get_member(object, name, presence, JSON_BOOL, "true or false", &absent, error);
    if (member)
        *value = member->truth;
    return member || absent;
}

bool json_get_object(const struct json_node *object, const char *name, enum json_presence presence,
                     const struct json_node **value, GError **error)
{
    bool absent;
    const struct json_node *member = get_member(object, name, presence, JSON_OBJECT, "an object", &absent, error);
    if (member)
        *value = member;
    return member || absent;
}

bool json_get_array(const struct json_node *object, const char *name, enum json_presence presence,
                    const struct json_node **value, GError **error)
{
    bool absent;
    const struct json_node *member = get_member(object, name, presence, JSON_ARRAY, "an array", &absent, error);
    if (member)
        *value = member;
    return member || absent;
}

bool json_refuse_unknown(const struct json_node *object, const char *const *names, size_t count, GError **error)
{
    for (const struct json_node *m = json_first(object); m; m = m->next) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = is_called(m, names[i]);
        if (!known) {
            /* A key can be as long as the body; the start of it says enough. */
            g_autofree char *start = g_utf8_make_valid(m->name.ptr, (gssize)MIN(m->name.len, 128));
            reason_set_field(error, REASON_FIELD_UNKNOWN, str_from_c(start), "%s is not a known member", start);
            return false;
        }
    }
    return true;
}

/* ---- writing back ---- */

static void add_real(struct json *w, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE + 2];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, formats[i], value);
        if (g_ascii_strtod(text, NULL) == value)
            break;
    }
    if (!strpbrk(text, ".e"))
        strcat(text, ".0");
    json_add_raw(w, str_from_c(text));
}

void json_add_tree(struct json *w, const struct json_node *tree)
{
    switch (tree->kind) {
    case JSON_OBJECT:
        json_object_begin(w);
        for (const struct json_node *m = tree->first; m; m = m->next)
            json_add_member(w, m);
        json_object_end(w);
        return;
    case JSON_ARRAY:
        json_array_begin(w);
        for (const struct json_node *element = tree->first; element; element = element->next)
            json_add_tree(w, element);
        json_array_end(w);
        return;
    case JSON_STRING:
        json_add_string(w, tree->string);
        return;
    case JSON_INTEGER:
        json_add_int(w, tree->integer);
        return;
    case JSON_REAL:
        add_real(w, tree->real);
        return;
    case JSON_BOOL:
        json_add_bool(w, tree->truth);
        return;
    case JSON_NULL:
        json_add_null(w);
        return;
    }
}
