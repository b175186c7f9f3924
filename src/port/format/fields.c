#include "port/format/fields.h"

#include "port/format/build.h"
#include "port/format/csv.h"
#include "text/json_read.h"

enum { SAMPLES_MAX = 200, DEPTH_MAX = 3, FIELDS_MAX = 500, ARRAYS_MAX = 20, VALUE_MAX_BYTES = 100 };

static void field_free(void *data)
{
    struct field *field = data;
    g_ptr_array_unref(field->values);
    g_free(field->path);
    g_free(field->first);
    g_free(field);
}

static struct field *field_of(GPtrArray *fields, const char *path)
{
    for (guint i = 0; i < fields->len; i++)
        if (!strcmp(((struct field *)fields->pdata[i])->path, path))
            return fields->pdata[i];
    if (fields->len == FIELDS_MAX)
        return NULL;
    struct field *field = g_new0(struct field, 1);
    field->path = g_strdup(path);
    field->values = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(fields, field);
    return field;
}

static void note_value(GPtrArray *fields, const char *path, struct str value)
{
    struct field *field = field_of(fields, path);
    g_autofree char *text = str_to_heap(str_from(value.ptr, MIN(value.len, (size_t)VALUE_MAX_BYTES)));
    if (!field || !value.len)
        return;
    const char *end;
    if (!g_utf8_validate(text, -1, &end)) /* cut within a character */
        text[end - text] = 0;
    field->seen++;
    if (!field->first)
        field->first = g_strdup(text);
    for (guint i = 0; i < field->values->len; i++)
        if (!strcmp(field->values->pdata[i], text)) {
            field->repeats = true;
            return;
        }
    if (field->values->len <= FIELD_VALUES_MAX)
        g_ptr_array_add(field->values, g_steal_pointer(&text));
}

static void note_members(struct fields *g, GPtrArray *fields, const struct json_node *object, const char *prefix,
                         int depth, struct arena *a);

static struct field_array *array_of(struct fields *g, const char *path)
{
    for (guint i = 0; i < g->arrays->len; i++) {
        struct field_array *array = g->arrays->pdata[i];
        if (!strcmp(array->path, path))
            return array;
    }
    if (g->arrays->len == ARRAYS_MAX)
        return NULL;
    struct field_array *array = g_new0(struct field_array, 1);
    array->path = g_strdup(path);
    array->fields = g_ptr_array_new_with_free_func(field_free);
    g_ptr_array_add(g->arrays, array);
    return array;
}

static void note_array(struct fields *g, const struct json_node *array, const char *path, struct arena *a)
{
    if (!json_is(json_first(array), JSON_OBJECT))
        return;
    struct field_array *found = array_of(g, path);
    for (const struct json_node *element = json_first(array); found && element; element = element->next)
        note_members(g, found->fields, element, "", 1, a);
}

static void note_members(struct fields *g, GPtrArray *fields, const struct json_node *object, const char *prefix,
                         int depth, struct arena *a)
{
    for (const struct json_node *member = json_first(object); member; member = member->next) {
        g_autofree char *path = g_strdup_printf("%s%.*s", prefix, STR_ARG(member->name));
        g_autofree char *below = g_strconcat(path, ".", NULL);
        if (json_is(member, JSON_OBJECT) && depth < DEPTH_MAX)
            note_members(g, fields, member, below, depth + 1, a);
        else if (json_is(member, JSON_ARRAY) && fields == g->top)
            note_array(g, member, path, a);
        else
            note_value(fields, path, build_word(member, a));
    }
}

/* ---- reading the head ---- */

static bool note_row(void *data, const struct csv_row *row, GError **error)
{
    struct fields *g = data;
    (void)error;
    for (size_t i = 0; i < row->count; i++) {
        g_autofree char *name = str_to_heap(row->names[i]);
        note_value(g->top, name, row->cells[i]);
    }
    return ++g->samples < SAMPLES_MAX;
}

static void ignore_bad(void *data, const struct item_place *place, const GError *why)
{
    (void)data;
    (void)place;
    (void)why;
}

static void read_rows(struct fields *g, struct str head)
{
    struct csv_options options = {
        .name = "", .encoding = str_from_c(g->encoding), .row = note_row, .bad = ignore_bad, .data = g};
    struct csv *csv = csv_new(&options);
    if (csv_feed(csv, head, NULL))
        csv_end(csv, NULL);
    csv_free(csv);
}

/* The object at the front by its brackets; what is behind it. */
static struct str cut_object(struct str text, struct str *object)
{
    int depth = 0;
    bool in_string = false;
    *object = STR_NULL;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            in_string = c != '"';
            i += c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            *object = str_from(text.ptr, i + 1);
            return str_skip(text, i + 1);
        }
    }
    return STR_NULL;
}

static struct str to_brace(struct str text)
{
    const char *brace = text.len ? memchr(text.ptr, '{', text.len) : NULL;
    return brace ? str_skip(text, (size_t)(brace - text.ptr)) : STR_NULL;
}

/* A page of an API: an object whose array holds the items. */
static struct str enter_page(struct fields *g, struct str head)
{
    static const char *const names[] = {"chats", "conversations", "tickets", "sessions",
                                        "items", "data",          "results", "payload"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = g_strdup_printf("\"%s\"", names[i]);
        const char *at = g_strstr_len(head.ptr, (gssize)MIN(head.len, (size_t)200), name);
        const char *next = at ? at + strlen(name) : NULL;
        while (next && next < head.ptr + head.len && strchr(": \t\r\n", *next) && *next)
            next++;
        if (next && next < head.ptr + head.len && *next == '[') {
            g->items = names[i];
            return str_skip(head, (size_t)(next - head.ptr));
        }
    }
    return head;
}

static void read_objects(struct fields *g, struct str head)
{
    struct str object;
    struct arena a;
    arena_init(&a);
    head = to_brace(enter_page(g, head));
    while (head.ptr && g->samples < SAMPLES_MAX) {
        head = to_brace(cut_object(head, &object));
        arena_reset(&a);
        const struct json_node *tree = object.ptr ? json_read(object, JSON_TOP_OBJECT, &a, NULL) : NULL;
        if (tree)
            note_members(g, g->top, tree, "", 1, &a);
        g->samples += tree != NULL;
    }
    arena_clear(&a);
}

/* ---- the whole ---- */

static void array_free(void *data)
{
    struct field_array *array = data;
    g_ptr_array_unref(array->fields);
    g_free(array->path);
    g_free(array);
}

bool fields_are_json(struct str head)
{
    if (str_starts_with(head, STR("\xef\xbb\xbf")))
        head = str_skip(head, 3);
    head = str_trim(head);
    return head.len && (head.ptr[0] == '{' || head.ptr[0] == '[');
}

/* The last character may be cut. */
static bool is_utf(struct str head)
{
    const char *end;
    bool is_marked = str_starts_with(head, STR("\xff\xfe")) || str_starts_with(head, STR("\xfe\xff"));
    return is_marked || g_utf8_validate(head.ptr ? head.ptr : "", (gssize)head.len, &end) ||
           head.len - (size_t)(end - head.ptr) < 4;
}

void fields_read(struct fields *fields, struct str head)
{
    *fields = (struct fields){.is_json = fields_are_json(head),
                              .top = g_ptr_array_new_with_free_func(field_free),
                              .arrays = g_ptr_array_new_with_free_func(array_free)};
    fields->encoding = is_utf(head) ? NULL : "windows-1252";
    if (fields->is_json)
        read_objects(fields, head);
    else
        read_rows(fields, head);
}

void fields_clear(struct fields *fields)
{
    g_ptr_array_unref(fields->top);
    g_ptr_array_unref(fields->arrays);
}
