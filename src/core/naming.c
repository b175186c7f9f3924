#include "core/naming.h"

#include "base/buf.h"
#include "text/json_write.h"

static const struct operator_account *account_of(const struct directory *d, int64_t company, struct str username,
                                                 struct str id)
{
    const struct operator_account *o = username.ptr ? directory_operator_by_username(d, username) : NULL;
    if (!o || o->company != company)
        o = id.ptr ? directory_operator(d, id) : NULL;
    return o && o->company == company ? o : NULL;
}

struct operator_ref naming_of_line(const struct directory *d, int64_t company, struct operator_ref given,
                                   struct arena *a)
{
    if (given.id.ptr || !given.username.ptr)
        return given;
    const struct operator_account *o = account_of(d, company, given.username, given.username);
    if (!o)
        return (struct operator_ref){.id = given.username, .username = given.username};
    return (struct operator_ref){
        .id = arena_str(a, o->id), .username = arena_str(a, o->username), .name = arena_str(a, o->name)};
}

/* ---- data of events ---- */

struct naming {
    const struct directory *directory;
    int64_t company;
    bool changed;
};

/* The account of one who is named by half; NULL when there is none, or nothing to add. */
static const struct operator_account *named_by_half(const struct naming *n, const struct json_node *object)
{
    struct str username = json_str(json_get(object, "username")), id = json_str(json_get(object, "id"));
    bool half = !json_get(object, "username") != !json_get(object, "id");
    return half ? account_of(n->directory, n->company, username, id) : NULL;
}

static void write_operator(struct naming *n, struct json *w, const struct json_node *object)
{
    const struct operator_account *o = named_by_half(n, object);
    if (!o) {
        json_add_tree(w, object);
        return;
    }
    n->changed = true;
    json_object_begin(w);
    json_member_string(w, "id", o->id);
    json_member_string(w, "username", o->username);
    if (!json_get(object, "name"))
        json_member_string_if(w, "name", o->name);
    for (const struct json_node *m = json_first(object); m; m = m->next)
        if (!str_equal(m->name, STR("id")) && !str_equal(m->name, STR("username")))
            json_add_member(w, m);
    json_object_end(w);
}

/* The members of data, or of the participant that it introduces. */
static void write_members(struct naming *n, struct json *w, const struct json_node *object, bool is_data)
{
    json_object_begin(w);
    for (const struct json_node *m = json_first(object); m; m = m->next) {
        json_key(w, m->name);
        if (str_equal(m->name, STR("operator")) && json_is(m, JSON_OBJECT))
            write_operator(n, w, m);
        else if (is_data && str_equal(m->name, STR("participant")) && json_is(m, JSON_OBJECT))
            write_members(n, w, m, false);
        else
            json_add_tree(w, m);
    }
    json_object_end(w);
}

static struct str complete(const struct directory *d, int64_t company, struct str data, struct arena *a)
{
    const struct json_node *tree = json_read(data, JSON_TOP_OBJECT, a, NULL);
    if (!tree)
        return data;
    struct naming n = {d, company, false};
    struct buf text;
    struct json w;
    buf_init(&text, LIMIT_IMPORT_LINE);
    json_init(&w, &text);
    write_members(&n, &w, tree, true);
    bool fits = !text.overflow && text.len <= LIMIT_EVENT_DATA;
    struct str named = n.changed && fits ? arena_str(a, buf_str(&text)) : data;
    buf_clear(&text);
    return named;
}

bool naming_of_event(struct core *core, struct store_txn *txn, int64_t company, struct event *e, struct arena *a,
                     GError **error)
{
    static const char member[] = "\"operator\":{";
    if (!e->data.len || !memmem(e->data.ptr, e->data.len, member, strlen(member)))
        return true;
    struct directory *d = directory_ref_in(core, txn, error);
    if (!d)
        return false;
    e->data = complete(d, company, e->data, a);
    directory_unref(d);
    return true;
}
