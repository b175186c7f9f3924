/* What a message points to: addresses, users, channels. */
#include "text/markup/markup.h"

struct found {
    enum markup_type type;
    struct str all[LIMIT_MARKUP_FOUND];
    size_t count;
};

/* Has it a scheme and a host? */
static bool is_address(struct str text)
{
    const char *place = memmem(text.ptr, text.len, "://", 3);
    return place && place > text.ptr;
}

static void note(struct found *found, struct str text)
{
    if (found->count == LIMIT_MARKUP_FOUND || (found->type == MARKUP_LINK && !is_address(text)))
        return;
    for (size_t i = 0; i < found->count; i++)
        if (str_equal(found->all[i], text))
            return;
    found->all[found->count++] = text;
}

/* Recursion is as deep as marks nest. */
static void collect(struct found *found, const struct markup_node *first)
{
    for (const struct markup_node *node = first; node; node = node->next) {
        if (node->type == found->type)
            note(found, node->text);
        collect(found, node->first);
    }
}

static void find_all(struct found *found, enum markup_type type, const struct markup_node *tree)
{
    found->type = type;
    found->count = 0;
    collect(found, tree);
}

void markup_write_urls(struct json *w, const struct markup_node *tree)
{
    struct found found;
    find_all(&found, MARKUP_LINK, tree);
    json_array_begin(w);
    for (size_t i = 0; i < found.count; i++) {
        json_object_begin(w);
        json_member_string(w, "url", found.all[i]);
        json_member_raw(w, "meta", STR("{}"));
        json_object_end(w);
    }
    json_array_end(w);
}

static bool is_everybody(struct str name)
{
    return str_equal(name, STR("all")) || str_equal(name, STR("here"));
}

void markup_write_mentions(struct json *w, const struct markup_node *tree)
{
    struct found found;
    find_all(&found, MARKUP_MENTION_USER, tree);
    json_array_begin(w);
    for (size_t i = 0; i < found.count; i++) {
        json_object_begin(w);
        json_member_string(w, "_id", found.all[i]);
        json_member_string(w, "username", found.all[i]);
        if (!is_everybody(found.all[i]))
            json_member_string(w, "type", STR("user"));
        json_object_end(w);
    }
    json_array_end(w);
}

void markup_write_channels(struct json *w, const struct markup_node *tree)
{
    struct found found;
    find_all(&found, MARKUP_MENTION_CHANNEL, tree);
    json_array_begin(w);
    for (size_t i = 0; i < found.count; i++) {
        json_object_begin(w);
        json_member_string(w, "_id", found.all[i]);
        json_member_string(w, "name", found.all[i]);
        json_object_end(w);
    }
    json_array_end(w);
}
