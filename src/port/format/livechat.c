/* LiveChat (text.com): what list_archives and its older sisters answer, pages of `chats`, one chat with one thread each
 * (doc/imports.md 3). A conversation is a thread: a chat's id comes again with every thread it has. */
#include "base/hash.h"
#include "port/format/build.h"
#include "port/format/conversion.h"
#include "port/format/follow.h"
#include "port/format/formats.h"
#include "port/format/items.h"

static bool livechat_recognises(struct str head, const char *name)
{
    (void)name;
    return g_strstr_len(head.ptr, (gssize)head.len, "\"chats\"") &&
           (g_strstr_len(head.ptr, (gssize)head.len, "\"thread\"") ||
            g_strstr_len(head.ptr, (gssize)head.len, "\"users\"")); /* who may fill all that is looked at */
}

static bool take_chat(void *data, struct str text, const struct item_place *place, GError **error)
{
    struct record record = {.body = text, .place = *place};
    if (text.ptr)
        return conversion_record(data, &record, error);
    conversion_refuse_long(data, place);
    return true;
}

static bool livechat_read(struct conversion *c, struct input *input, GError **error)
{
    static const char *const arrays[] = {"chats", NULL};
    return items_read(input, arrays, take_chat, c, error);
}

/* ---- people ---- */

/* By their ids, struct str *; of several with one id the first. */
static GHashTable *users_of(const struct json_node *chat)
{
    GHashTable *users = g_hash_table_new(hash_str, hash_str_equal);
    for (const struct json_node *user = json_first(json_get(chat, "users")); user; user = user->next) {
        const struct json_node *id = json_get(user, "id");
        if (json_is(id, JSON_STRING) && !g_hash_table_contains(users, &id->string))
            g_hash_table_insert(users, (gpointer)&id->string, (gpointer)user);
    }
    return users;
}

/* Who is not among the users, as those of old threads may be, is told by the look of the id: agents' are addresses. */
static uint32_t author(struct build *b, GHashTable *users, struct str id)
{
    const struct json_node *user = g_hash_table_lookup(users, &id);
    struct str type = json_str(json_get(user, "type")), name = json_str(json_get(user, "name"));
    bool is_agent = user ? str_equal(type, STR("agent")) : memchr(id.ptr ? id.ptr : "", '@', id.len) != NULL;
    return build_participant(b, id, is_agent ? PARTICIPANT_AGENT : PARTICIPANT_CLIENT, name.len ? name : STR_NULL,
                             is_agent ? id : STR_NULL);
}

static void read_customer(struct build *b, const struct json_node *chat, const struct json_node *thread)
{
    struct head *head = &b->line->head;
    const struct json_node *customer = json_first(json_get(chat, "users"));
    while (customer && !str_equal(json_str(json_get(customer, "type")), STR("customer")))
        customer = customer->next;
    const struct json_node *visit = json_get(customer, "last_visit");
    if (!visit)
        visit = json_get(customer, "visit");
    if (!visit)
        visit = json_get(thread, "customer_visit");
    head->visitor.id = json_str(json_get(customer, "id"));
    build_visitor(b, NO_TIME, json_str(json_get(customer, "name")), json_str(json_get(customer, "email")), STR_NULL);
    head->visitor.ip = build_text(b, json_str(json_get(visit, "ip")), LIMIT_NAME);
    head->visitor.user_agent = build_text(b, json_str(json_get(visit, "user_agent")), LIMIT_URL);
    head->visitor.country = build_text(b, json_str(build_get(visit, "geolocation.country")), LIMIT_NAME);
    head->visitor.city = build_text(b, json_str(build_get(visit, "geolocation.city")), LIMIT_NAME);
    head->start_page = build_text(b, json_str(build_get(visit, "last_pages.0.url")), LIMIT_URL);
}

/* ---- events ---- */

static bool is_internal(const struct json_node *event)
{
    return str_equal(json_str(json_get(event, "visibility")), STR("agents")) ||
           str_equal(json_str(json_get(event, "recipients")), STR("agents"));
}

/* "Label: answer", a line each. */
static struct str form_text(const struct json_node *event, struct arena *a)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (const struct json_node *field = json_first(json_get(event, "fields")); field; field = field->next) {
        struct str label = build_word(json_get(field, "label"), a), answer = build_word(json_get(field, "answer"), a);
        if (!answer.ptr)
            answer = build_word(build_get(field, "answer.label"), a);
        if (answer.len)
            g_string_append_printf(text, "%s%.*s %.*s", text->len ? "\n" : "", STR_ARG(label), STR_ARG(answer));
    }
    return arena_str(a, str_from(text->str, text->len));
}

/* Who is not among the users any more may have said it in the form before the chat. */
static void learn_from_form(struct build *b, const struct json_node *event, int64_t at_ms)
{
    for (const struct json_node *field = json_first(json_get(event, "fields")); field; field = field->next) {
        struct str type = json_str(json_get(field, "type")), answer = json_str(json_get(field, "answer"));
        build_visitor(b, at_ms, str_equal(type, STR("name")) ? answer : STR_NULL,
                      str_equal(type, STR("email")) ? answer : STR_NULL, STR_NULL);
    }
}

static void read_event(struct build *b, GHashTable *users, const struct json_node *event, int64_t at_ms)
{
    struct str type = json_str(json_get(event, "type")), text = json_str(json_get(event, "text"));
    struct str id = json_str(json_get(event, "author_id"));
    uint32_t by = id.len ? author(b, users, id) : 0;
    if (str_equal(type, STR("message")) && by) {
        build_event(b, EVENT_MESSAGE, at_ms, by, text)->id = json_str(json_get(event, "id"));
        if (is_internal(event))
            build_hide(b);
        build_source_time(b, json_str(json_get(event, "created_at")));
    } else if (str_equal(type, STR("file")) && by) {
        build_file(b, at_ms, by, json_str(json_get(event, "name")), json_str(json_get(event, "content_type")),
                   json_get(event, "size") ? json_int64(json_get(event, "size")) : -1,
                   json_str(json_get(event, "url")));
    } else if (str_equal(type, STR("filled_form"))) {
        learn_from_form(b, event, at_ms);
        build_notice(b, STR("filled_form"), at_ms, by, form_text(event, b->arena));
    } else {
        build_notice(b, type.len ? type : STR("event without type"), at_ms, by, text);
    }
}

/* Tags go with the close; the rating is a property: {"score":1,"comment":"..."}, {"score":{"value":1}} of old ones. */
static void end_thread(struct build *b, const struct json_node *thread, int64_t at_ms)
{
    const struct json_node *tags = json_get(thread, "tags"), *rating = build_get(thread, "properties.rating");
    struct event *closed = build_event(b, EVENT_CLOSED, at_ms, 0, STR_NULL);
    if (json_first(tags))
        closed->data = arena_printf(b->arena, "{\"tags\":%.*s}", STR_ARG(model_json_text(tags, b->arena)));
    if (json_get(rating, "score"))
        build_event(b, EVENT_SURVEY, at_ms, build_client(b), STR_NULL)->data =
            arena_printf(b->arena, "{\"survey\":%.*s}", STR_ARG(model_json_text(rating, b->arena)));
}

static bool read_events(struct build *b, const struct json_node *chat, const struct json_node *thread, GError **error)
{
    const struct conversion_hints *hints = conversion_hints(b->conversion);
    g_autoptr(GHashTable) users = users_of(chat);
    int64_t last_ms = b->line->start_ms;
    for (const struct json_node *event = json_first(json_get(thread, "events")); event; event = event->next) {
        GError *bad = NULL;
        int64_t at_ms = build_time_of(hints, json_get(event, "created_at"), &bad);
        if (at_ms == NO_TIME && !bad)
            at_ms = build_time_of(hints, json_get(event, "timestamp"), &bad);
        if (bad) {
            g_propagate_error(error, bad);
            return false;
        }
        last_ms = at_ms == NO_TIME ? last_ms : at_ms;
        read_event(b, users, event, last_ms);
    }
    if (json_is(json_get(thread, "active"), JSON_BOOL) && !json_get(thread, "active")->truth && last_ms != NO_TIME)
        end_thread(b, thread, last_ms);
    if (json_is(json_get(thread, "restricted_access"), JSON_STRING))
        conversion_lost(b->conversion, STR("events of a thread with restricted access"));
    return true;
}

static bool read_thread(struct build *b, const struct json_node *chat, const struct json_node *thread, GError **error)
{
    GError *bad = NULL;
    const struct json_node *created = json_get(thread, "created_at"), *started = json_get(thread, "timestamp");
    b->line->start_ms = build_time_of(conversion_hints(b->conversion), created ? created : started, &bad);
    if (bad) {
        g_propagate_error(error, bad);
        return false;
    }
    read_customer(b, chat, thread);
    if (!b->line->head.visitor.id.len) /* nobody of the customers is left in it */
        b->line->head.visitor.id = b->line->id;
    return read_events(b, chat, thread, error) && build_end(b, error);
}

static bool livechat_convert(struct conversion *c, const struct record *records, size_t count, struct line *line,
                             struct arena *a, GError **error)
{
    (void)count;
    const struct json_node *chat = json_read(records[0].body, JSON_TOP_OBJECT, a, error);
    const struct json_node *thread = json_get(chat, "thread");
    struct str chat_id = json_str(json_get(chat, "id")), thread_id = json_str(json_get(thread, "id"));
    if (!chat)
        return false;
    if (!chat_id.len || !thread_id.len) {
        reason_set(error, REASON_FIELD_MISSING, "a chat needs an id, and a thread with an id");
        return false;
    }
    struct build b;
    build_init(&b, c, line, conversion_id(c, thread_id, a), a);
    bool made = read_thread(&b, chat, thread, error);
    build_clear(&b);
    return made;
}

const struct format format_livechat = {
    .name = "livechat",
    .about = "LiveChat (text.com): answers of list_archives, or chats a line",
    .recognises = livechat_recognises,
    .read = livechat_read,
    .convert = livechat_convert,
    .follow = follow_export,
};
