#include "text/json_read.h"

#include "base/limits.h"
#include "base/reason.h"

/* jansson's own limit of depth is fixed when it is compiled, so ours is checked before: brackets outside of strings.
 * Returns the byte at which the text goes too deep, or its length. */
static size_t too_deep_at(struct str text)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > LIMIT_JSON_DEPTH)
                return i;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return text.len;
}

/* What jansson says, without the piece of the text that it repeats: that may be a credential. */
static struct str plain_words(const json_error_t *problem)
{
    struct str words = str_from_c(problem->text);
    const char *near = g_strstr_len(words.ptr, (gssize)words.len, " near ");
    if (near)
        words.len = (size_t)(near - words.ptr);
    return words;
}

static void set_parse_error(const json_error_t *problem, enum json_top top, GError **error)
{
    int line = MAX(problem->line, 1), column = MAX(problem->column, 0);
    switch (json_error_code(problem)) {
    case json_error_null_character:
    case json_error_null_byte_in_key:
        reason_set(error, REASON_TEXT_INVALID, "line %d column %d: text must not hold U+0000", line, column);
        return;
    case json_error_duplicate_key:
        reason_set(error, REASON_BODY_MALFORMED, "line %d column %d: a member comes twice in one object", line, column);
        return;
    case json_error_end_of_input_expected:
        reason_set(error, REASON_BODY_MALFORMED, "line %d column %d: something stands behind the JSON %s", line, column,
                   top == JSON_TOP_ANY ? "value" : "object");
        return;
    case json_error_premature_end_of_input:
        reason_set(error, REASON_BODY_MALFORMED, "line %d column %d: the JSON ends too early", line, column);
        return;
    case json_error_numeric_overflow:
        reason_set(error, REASON_BODY_MALFORMED, "line %d column %d: a number is too large", line, column);
        return;
    default:;
        struct str words = plain_words(problem);
        reason_set(error, REASON_BODY_MALFORMED, "line %d column %d: not valid JSON: %.*s", line, column,
                   STR_ARG(words));
    }
}

json_t *json_read(struct str text, enum json_top top, GError **error)
{
    if (str_is_empty(str_trim(text))) {
        reason_set(error, REASON_BODY_MALFORMED, "empty, where JSON is expected");
        return NULL;
    }
    if (!str_is_utf8(text)) {
        reason_set(error, REASON_BODY_NOT_UTF8, "not valid UTF-8");
        return NULL;
    }
    size_t deep = too_deep_at(text);
    if (deep < text.len) {
        reason_set(error, REASON_BODY_MALFORMED, "byte %zu: nested deeper than %d levels", deep, LIMIT_JSON_DEPTH);
        return NULL;
    }
    json_error_t problem;
    json_t *tree = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!tree) {
        set_parse_error(&problem, top, error);
        return NULL;
    }
    if (top == JSON_TOP_OBJECT && !json_is_object(tree)) {
        json_decref(tree);
        reason_set(error, REASON_BODY_MALFORMED, "a JSON object is expected: {...}");
        return NULL;
    }
    return tree;
}

/* The member when it is there and of `type`, else NULL with `*absent` telling whether that is fine. JSON_TRUE stands
 * for both truth values. */
static json_t *get_member(const json_t *object, const char *name, enum json_presence presence, json_type type,
                          const char *type_name, bool *absent, GError **error)
{
    json_t *member = json_object_get(object, name);
    *absent = !member || (presence == JSON_NULLABLE && json_is_null(member));
    if (*absent) {
        if (presence == JSON_REQUIRED) {
            *absent = false;
            reason_set_field(error, REASON_FIELD_MISSING, str_from_c(name), "%s is required", name);
        }
        return NULL;
    }
    json_type is = json_is_boolean(member) ? JSON_TRUE : json_typeof(member);
    if (is != type) {
        reason_set_field(error, REASON_FIELD_TYPE, str_from_c(name), "%s must be %s", name, type_name);
        return NULL;
    }
    return member;
}

bool json_get_string(const json_t *object, const char *name, enum json_presence presence, size_t max_len,
                     struct str *value, GError **error)
{
    bool absent;
    json_t *member = get_member(object, name, presence, JSON_STRING, "a string", &absent, error);
    if (!member)
        return absent;
    if (json_string_length(member) > max_len) {
        reason_set_field(error, REASON_FIELD_TOO_LONG, str_from_c(name), "%s is longer than %zu bytes", name, max_len);
        return false;
    }
    *value = json_str(member);
    return true;
}

bool json_get_int64(const json_t *object, const char *name, enum json_presence presence, int64_t min, int64_t max,
                    int64_t *value, GError **error)
{
    bool absent;
    json_t *member = get_member(object, name, presence, JSON_INTEGER, "an integer", &absent, error);
    if (!member)
        return absent;
    int64_t number = json_integer_value(member);
    if (number < min || number > max) {
        reason_set_field(error, REASON_FIELD_VALUE, str_from_c(name),
                         "%s must be between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, name, min, max);
        return false;
    }
    *value = number;
    return true;
}

bool json_get_bool(const json_t *object, const char *name, enum json_presence presence, bool *value, GError **error)
{
    bool absent;
    json_t *member = get_member(object, name, presence, JSON_TRUE, "true or false", &absent, error);
    if (!member)
        return absent;
    *value = json_is_true(member);
    return true;
}

bool json_get_object(const json_t *object, const char *name, enum json_presence presence, json_t **value,
                     GError **error)
{
    bool absent;
    json_t *member = get_member(object, name, presence, JSON_OBJECT, "an object", &absent, error);
    if (!member)
        return absent;
    *value = member;
    return true;
}

bool json_get_array(const json_t *object, const char *name, enum json_presence presence, json_t **value, GError **error)
{
    bool absent;
    json_t *member = get_member(object, name, presence, JSON_ARRAY, "an array", &absent, error);
    if (!member)
        return absent;
    *value = member;
    return true;
}

/* jansson iterates only over a json_t that is not const, though it changes nothing. */
static json_t *iterable(const json_t *tree)
{
    return (json_t *)tree;
}

bool json_refuse_unknown(const json_t *object, const char *const *names, size_t count, GError **error)
{
    const char *key;
    json_t *member;
    json_object_foreach(iterable(object), key, member)
    {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = strcmp(key, names[i]) == 0;
        if (!known) {
            /* A key can be as long as the body; the start of it says enough. */
            g_autofree char *start = g_utf8_make_valid(key, (gssize)MIN(strlen(key), 128));
            reason_set_field(error, REASON_FIELD_UNKNOWN, str_from_c(start), "%s is not a known member", start);
            return false;
        }
    }
    return true;
}

struct str json_str(const json_t *node)
{
    return json_is_string(node) ? str_from(json_string_value(node), json_string_length(node)) : STR_NULL;
}

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

void json_add_tree(struct json *w, const json_t *tree)
{
    switch (json_typeof(tree)) {
    case JSON_OBJECT:
        json_object_begin(w);
        const char *key;
        json_t *member;
        json_object_foreach(iterable(tree), key, member)
        {
            json_key(w, str_from_c(key));
            json_add_tree(w, member);
        }
        json_object_end(w);
        return;
    case JSON_ARRAY:
        json_array_begin(w);
        for (size_t i = 0; i < json_array_size(tree); i++)
            json_add_tree(w, json_array_get(tree, i));
        json_array_end(w);
        return;
    case JSON_STRING:
        json_add_string(w, json_str(tree));
        return;
    case JSON_INTEGER:
        json_add_int(w, json_integer_value(tree));
        return;
    case JSON_REAL:
        add_real(w, json_real_value(tree));
        return;
    case JSON_TRUE:
    case JSON_FALSE:
        json_add_bool(w, json_is_true(tree));
        return;
    case JSON_NULL:
        json_add_null(w);
        return;
    }
}
