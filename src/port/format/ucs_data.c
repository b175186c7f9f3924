#include "port/format/ucs.h"

#include "base/hash.h"

/* Whom an event introduces comes into its data, too. */
enum { INTRODUCTION_MAX_BYTES = 2 * 6 * LIMIT_NAME + 6 * LIMIT_ID + 256 };

/* ---- user data ---- */

const struct ucs_item *ucs_item(const struct ucs_item *list, const char *key)
{
    const struct ucs_item *item = list ? list->first : NULL;
    while (item && !str_equal(item->key, str_from_c(key)))
        item = item->next;
    return item;
}

struct str ucs_item_text(const struct ucs_item *list, const char *key)
{
    const struct ucs_item *item = ucs_item(list, key);
    return item && !item->is_list ? item->text : STR_NULL;
}

static void write_value(struct json *w, const struct ucs_item *item)
{
    if (item->is_list)
        ucs_list_write(w, item);
    else
        json_add_string(w, item->text);
}

/* Items by their key, in the order of each key's first. */
void ucs_list_write(struct json *w, const struct ucs_item *list)
{
    g_autoptr(GHashTable) by_key =
        g_hash_table_new_full(hash_str, hash_str_equal, NULL, (GDestroyNotify)(void (*)(void))g_ptr_array_unref);
    g_autoptr(GPtrArray) keys = g_ptr_array_new(); /* GPtrArray *, one a key */
    for (const struct ucs_item *item = list->first; item; item = item->next) {
        GPtrArray *same = g_hash_table_lookup(by_key, &item->key);
        if (!same) {
            same = g_ptr_array_new();
            g_hash_table_insert(by_key, (gpointer)&item->key, same);
            g_ptr_array_add(keys, same);
        }
        g_ptr_array_add(same, (gpointer)item);
    }
    json_object_begin(w);
    for (guint i = 0; i < keys->len; i++) {
        const GPtrArray *same = keys->pdata[i];
        json_key(w, ((const struct ucs_item *)same->pdata[0])->key);
        if (same->len > 1)
            json_array_begin(w);
        for (guint j = 0; j < same->len; j++)
            write_value(w, same->pdata[j]);
        if (same->len > 1)
            json_array_end(w);
    }
    json_object_end(w);
}

/* ---- the data of an event ---- */

static bool is_public(struct str visibility)
{
    return !visibility.len || str_equal_nocase(visibility, STR("ALL"));
}

bool ucs_is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!g_ascii_isalpha(name.ptr[i]) && name.ptr[i] != '_' &&
            (i == 0 || (!g_ascii_isdigit(name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '.')))
            return false;
    return name.len && g_ascii_strncasecmp(name.ptr, "xml", MIN(name.len, 3)) != 0;
}

/* Members of `genesys` that are not attributes. */
static bool is_ours(struct str name)
{
    static const struct str ours[] = {STR("element"), STR("rest"), STR("eventAttributes")};
    for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
        if (str_equal(name, ours[i]))
            return true;
    for (int child = 0; child < UCS_CHILD_COUNT; child++)
        if (str_equal(name, str_from_c(ucs_child_names[child])))
            return true;
    return false;
}

/* Those that the log has no place for. A name that comes again under another prefix is the first's. */
static bool is_kept(const struct ucs_attribute *first, const struct ucs_attribute *at, const char *elsewhere)
{
    while (!str_equal(first->name, at->name))
        first = first->next;
    bool is_default = str_equal(at->name, STR("visibility")) && is_public(at->value);
    return first == at && ucs_is_name(at->name) && !is_ours(at->name) && !is_default &&
           !str_equal(at->name, str_from_c(elsewhere));
}

static void write_attributes(struct json *w, const struct ucs_attribute *first, const char *elsewhere)
{
    for (const struct ucs_attribute *at = first; at; at = at->next)
        if (is_kept(first, at, elsewhere)) {
            json_key(w, at->name);
            json_add_string(w, at->value);
        }
}

static void write_child(struct json *w, const struct ucs_element *element, enum ucs_child child)
{
    const struct ucs_attribute *first = element->children[child], *at = first;
    const char *elsewhere = child == UCS_MESSAGE_TEXT ? "msgType" : child == UCS_REASON ? "text" : "";
    bool has_text = child == UCS_REASON && element->has_child[child] && element->text.len;
    while (at && !is_kept(first, at, elsewhere))
        at = at->next;
    if (!at && !has_text)
        return;
    json_key(w, str_from_c(ucs_child_names[child]));
    json_object_begin(w);
    write_attributes(w, first, elsewhere);
    if (has_text)
        json_member_string(w, "text", element->text);
    json_object_end(w);
}

static void write_data(struct json *w, const struct ucs_element *element, bool is_known, bool rejoins)
{
    struct str visibility = ucs_attribute(element->attributes, "visibility");
    struct str type = ucs_attribute(element->children[UCS_MESSAGE_TEXT], "msgType");
    json_object_begin(w);
    if (!is_public(visibility))
        json_member_string(w, "visibility", STR("internal"));
    if (rejoins)
        json_member_bool(w, "rejoined", true);
    json_member_string_if(w, "messageType", type);
    if (element->has_user_data) {
        json_key_literal(w, "userData");
        ucs_list_write(w, &element->user_data);
    }
    json_member_object_begin(w, "genesys");
    if (!is_known)
        json_member_string(w, "element", element->name);
    write_attributes(w, element->attributes, "timeShift");
    for (int child = 0; child < UCS_CHILD_COUNT; child++)
        write_child(w, element, child);
    if (element->has_event_attributes) {
        json_key_literal(w, "eventAttributes");
        ucs_list_write(w, &element->event_attributes);
    }
    if (is_known && element->rest.len)
        json_member_string(w, "rest", element->rest);
    json_object_end(w);
    json_object_end(w);
}

/* Without its user data where it would be more than an event may hold. */
struct str ucs_data(struct build *b, const struct ucs_element *element, bool is_known, bool rejoins, GError **error)
{
    struct buf out;
    struct json w;
    struct ucs_element copy = *element;
    buf_init(&out, LIMIT_EVENT_DATA - INTRODUCTION_MAX_BYTES);
    json_init(&w, &out);
    write_data(&w, element, is_known, rejoins);
    if (out.overflow) {
        conversion_lost(b->conversion, STR("user data beyond the limit"));
        copy.has_user_data = copy.has_event_attributes = false;
        copy.rest = STR_NULL;
        buf_reset(&out);
        json_init(&w, &out);
        write_data(&w, &copy, is_known, rejoins);
    }
    struct str data = out.overflow ? STR_NULL : arena_str(b->arena, buf_str(&out));
    if (out.overflow)
        reason_set(error, REASON_FIELD_TOO_LONG, "an event's attributes are longer than they may be");
    buf_clear(&out);
    return data;
}
