/* Extended JSON, versions 1 and 2, as plain JSON: objects whose first member begins with `$` are values. */
#include "port/format/mongo.h"
#include "port/format/mongo_inside.h"

#include "text/json_read.h"
#include "text/time.h"

static bool refuse_value(struct str name, GError **error)
{
    reason_set(error, REASON_LINE_INVALID, "%.*s holds no such value", STR_ARG(name));
    return false;
}

/* A whole number in whatever form: 5, "5", {"$numberLong":"5"}. */
static bool read_integer(const struct json_node *value, int64_t *integer)
{
    if (json_is(value, JSON_OBJECT) && value->count == 1)
        value = json_first(value);
    if (json_is(value, JSON_STRING))
        return str_to_int64(value->string, integer);
    if (json_is(value, JSON_INTEGER))
        *integer = value->integer;
    return json_is(value, JSON_INTEGER);
}

static bool add_date(struct json *w, const struct json_node *value, GError **error)
{
    struct time_point point;
    int64_t ms;
    if (json_is(value, JSON_STRING) && time_parse(value->string, STR_NULL, &point, NULL))
        json_add_time(w, point.ms);
    else if (!json_is(value, JSON_STRING) && read_integer(value, &ms))
        json_add_time(w, ms);
    else
        return refuse_value(value->name, error);
    return true;
}

void mongo_add_double(struct json *w, double value)
{
    bool is_whole = value >= -9007199254740992.0 && value <= 9007199254740992.0 && value == (double)(int64_t)value;
    const struct json_node real = {.kind = JSON_REAL, .real = value};
    if (is_whole)
        json_add_int(w, (int64_t)value);
    else if (!(value - value == 0)) /* no number, or infinite: the product prints null */
        json_add_null(w);
    else
        json_add_tree(w, &real);
}

static bool add_number(struct json *w, const struct json_node *value, GError **error)
{
    char text[64], *end;
    int64_t integer;
    if (read_integer(value, &integer)) {
        json_add_int(w, integer);
        return true;
    }
    struct str digits = json_str(value);
    if (!digits.len || digits.len >= sizeof text)
        return refuse_value(value->name, error);
    memcpy(text, digits.ptr, digits.len);
    text[digits.len] = 0;
    double real = g_ascii_strtod(text, &end);
    if (*end)
        return refuse_value(value->name, error);
    mongo_add_double(w, real);
    return true;
}

static bool add_plain(struct json *w, const struct json_node *value, GError **error);

/* A value that JSON has no word for; false without an error when it is a plain object. */
static bool add_special(struct json *w, const struct json_node *value, GError **error)
{
    const struct json_node *first = json_first(value);
    struct str name = first->name;
    bool is_number = str_equal(name, STR("$numberInt")) || str_equal(name, STR("$numberLong")) ||
                     str_equal(name, STR("$numberDouble"));
    if (str_equal(name, STR("$date")))
        return add_date(w, first, error);
    if (is_number)
        return add_number(w, first, error);
    if (str_equal(name, STR("$undefined"))) {
        json_add_null(w);
        return true;
    }
    bool is_text = str_equal(name, STR("$oid")) || str_equal(name, STR("$symbol")) || str_equal(name, STR("$code")) ||
                   str_equal(name, STR("$uuid")) || str_equal(name, STR("$binary"));
    if (!is_text)
        return false;
    if (json_is(first, JSON_OBJECT))
        first = json_get(first, "base64");
    if (!json_is(first, JSON_STRING))
        return refuse_value(name, error);
    json_add_string(w, first->string);
    return true;
}

static bool is_undefined(const struct json_node *value)
{
    const struct json_node *first = json_first(value);
    return json_is(value, JSON_OBJECT) && first && str_equal(first->name, STR("$undefined"));
}

static bool add_object(struct json *w, const struct json_node *object, GError **error)
{
    bool ok = true;
    json_object_begin(w);
    for (const struct json_node *m = json_first(object); ok && m; m = m->next) {
        if (is_undefined(m))
            continue;
        json_key(w, m->name);
        ok = add_plain(w, m, error);
    }
    json_object_end(w);
    return ok;
}

static bool add_plain(struct json *w, const struct json_node *value, GError **error)
{
    GError *bad = NULL;
    bool ok = true;
    if (json_is(value, JSON_REAL)) {
        mongo_add_double(w, value->real);
    } else if (json_is(value, JSON_ARRAY)) {
        json_array_begin(w);
        for (const struct json_node *e = json_first(value); ok && e; e = e->next)
            ok = add_plain(w, e, error);
        json_array_end(w);
    } else if (json_is(value, JSON_OBJECT)) {
        bool special = json_first(value) && json_first(value)->name.len && json_first(value)->name.ptr[0] == '$';
        if (special && add_special(w, value, &bad))
            return true;
        if (bad)
            g_propagate_error(error, bad);
        return !bad && add_object(w, value, error);
    } else {
        json_add_tree(w, value);
    }
    return ok;
}

bool mongo_json_plain(struct str text, struct buf *out, GError **error)
{
    struct arena a;
    struct json w;
    arena_init(&a);
    json_init(&w, out);
    const struct json_node *document = json_read(text, JSON_TOP_OBJECT, &a, error);
    bool ok = document && add_object(&w, document, error);
    arena_clear(&a);
    if (ok && out->overflow)
        reason_set(error, REASON_LINE_INVALID, "the document is longer than %zu bytes", out->max);
    return ok && !out->overflow;
}
