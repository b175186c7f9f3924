/* Messages whose documents the original recorded: they came with an import, in their event's data under `rocketchat`,
 * without what the event itself says (`_id`, `rid`, `ts`, and `msg` where it is the text). They are shown member for
 * member, those that Parley does not know included. An edit that came with an import brings the whole document as it
 * was then; one that was made here changes what an edit changes. */
#include "text/json_read.h"
#include "text/markup/markup.h"
#include "wire/rocketchat/internal.h"

static const struct json_node *document_in(struct str data, struct arena *a)
{
    static const char member[] = "\"rocketchat\":{";
    if (!data.len || !memmem(data.ptr, data.len, member, sizeof member - 1))
        return NULL;
    const struct json_node *document = json_get(json_read(data, JSON_STORED, a, NULL), "rocketchat");
    return json_is(document, JSON_OBJECT) ? document : NULL;
}

struct recorded_message recorded_message_of(const struct event *e, struct arena *a)
{
    bool is_edited = e->revised_by && e->revision == EVENT_EDIT;
    struct recorded_message recorded = {.document = is_edited ? document_in(e->revised_data, a) : NULL};
    if (recorded.document)
        return recorded;
    recorded.document = document_in(e->data, a);
    recorded.edited_here = recorded.document && is_edited;
    return recorded;
}

static bool is_changed_by_edit(struct str name)
{
    static const struct str names[] = {STR("msg"),      STR("urls"),     STR("mentions"),   STR("channels"),
                                       STR("editedAt"), STR("editedBy"), STR("_updatedAt"), STR("md")};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

static bool is_of_event(struct str name)
{
    return str_equal(name, STR("_id")) || str_equal(name, STR("rid")) || str_equal(name, STR("ts"));
}

bool recorded_message_speaks(const struct recorded_message *recorded, struct str name)
{
    if (!recorded->document || is_of_event(name) || (recorded->edited_here && is_changed_by_edit(name)))
        return false;
    return !str_equal(name, STR("msg")) || json_get(recorded->document, "msg");
}

void recorded_message_write(struct json *w, const struct recorded_message *recorded)
{
    for (const struct json_node *m = json_first(recorded->document); m; m = m->next)
        if (recorded_message_speaks(recorded, m->name))
            json_add_member(w, m);
}
