#include "port/format/path.h"

#include "port/format/build.h"
#include "text/json_read.h"

enum { ALTERNATIVES_MAX = 8, PARTS_MAX = 4 };

struct part {
    struct str literal; /* STR_NULL = a place */
    bool from_top;
    struct str whole; /* "a.b.c" */
};

struct alternative {
    struct part parts[PARTS_MAX];
    size_t count;
};

struct path {
    struct alternative alternatives[ALTERNATIVES_MAX];
    size_t count;
};

/* ---- parsing ---- */

static bool parse_part(struct str text, struct part *part)
{
    text = str_trim(text);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"') {
        part->literal = str_from(text.ptr + 1, text.len - 2);
        return true;
    }
    part->from_top = text.len && text.ptr[0] == '/';
    part->whole = str_skip(text, part->from_top);
    return part->whole.len > 0;
}

/* `+` and `|` join only with blanks around them, so that columns may have them in their names. */
static struct str split_at(struct str text, const char *separator, struct str *head)
{
    const char *at = text.len ? g_strstr_len(text.ptr, (gssize)text.len, separator) : NULL;
    if (!at) {
        *head = text;
        return STR_NULL;
    }
    *head = str_from(text.ptr, (size_t)(at - text.ptr));
    return str_skip(text, head->len + strlen(separator));
}

static bool parse_alternative(struct str text, struct alternative *alternative)
{
    while (text.ptr) {
        struct str part;
        text = split_at(text, " + ", &part);
        if (alternative->count == PARTS_MAX || !parse_part(part, &alternative->parts[alternative->count++]))
            return false;
    }
    return true;
}

const struct path *path_parse(struct str text, struct arena *a)
{
    struct path *path = arena_new(a, struct path);
    struct str rest = arena_str(a, text);
    while (rest.ptr) {
        struct str alternative;
        rest = split_at(rest, " | ", &alternative);
        if (path->count == ALTERNATIVES_MAX || !parse_alternative(alternative, &path->alternatives[path->count++]))
            return NULL;
    }
    return path->count ? path : NULL;
}

/* ---- looking ---- */

static const struct json_node *opened(const struct json_node *node, struct arena *a)
{
    struct str text = str_trim(json_str(node));
    if (!text.len || (text.ptr[0] != '{' && text.ptr[0] != '['))
        return node;
    return json_read(text, JSON_TOP_ANY, a, NULL);
}

static const struct json_node *find(const struct part *part, const struct scope *scope, struct arena *a)
{
    const struct json_node *node = part->from_top ? scope->top : scope->here;
    const struct json_node *child = build_child(node, part->whole);
    struct str rest = part->whole, name;
    if (child || !memchr(rest.ptr, '.', rest.len))
        return child;
    while (node && rest.ptr) {
        rest = str_split(rest, '.', &name);
        node = build_child(node, name);
        if (node && rest.ptr)
            node = opened(node, a);
    }
    return node;
}

static struct str part_word(const struct part *part, const struct scope *scope, struct arena *a)
{
    return part->literal.ptr ? part->literal : build_word(find(part, scope, a), a);
}

static struct str alternative_word(const struct alternative *alternative, const struct scope *scope, struct arena *a)
{
    struct str word = part_word(&alternative->parts[0], scope, a);
    for (size_t i = 1; i < alternative->count && word.len; i++) {
        struct str more = part_word(&alternative->parts[i], scope, a);
        word = more.len ? arena_printf(a, "%.*s %.*s", STR_ARG(word), STR_ARG(more)) : STR_NULL;
    }
    return word;
}

struct str path_word(const struct path *path, const struct scope *scope, struct arena *a)
{
    for (size_t i = 0; path && i < path->count; i++) {
        struct str word = alternative_word(&path->alternatives[i], scope, a);
        if (word.len)
            return word;
    }
    return STR_NULL;
}

const struct json_node *path_node(const struct path *path, const struct scope *scope, struct arena *a)
{
    for (size_t i = 0; path && i < path->count; i++) {
        const struct json_node *node = find(&path->alternatives[i].parts[0], scope, a);
        if (node && node->kind != JSON_NULL)
            return opened(node, a);
    }
    return NULL;
}

bool path_exists(const struct path *path, const struct scope *scope, struct arena *a)
{
    for (size_t i = 0; path && i < path->count; i++)
        if (path->alternatives[i].parts[0].literal.ptr || find(&path->alternatives[i].parts[0], scope, a))
            return true;
    return false;
}

void path_each_name(const struct path *path, void (*name)(void *data, struct str whole, struct str first), void *data)
{
    for (size_t i = 0; path && i < path->count; i++)
        for (size_t j = 0; j < path->alternatives[i].count; j++) {
            const struct part *part = &path->alternatives[i].parts[j];
            struct str first;
            if (part->literal.ptr)
                continue;
            str_split(part->whole, '.', &first);
            name(data, part->whole, first);
        }
}
