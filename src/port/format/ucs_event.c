#include "port/format/ucs.h"

/* Of the user data that contact attributes are made of. */
#define FIRST_NAME "FirstName"
#define LAST_NAME "LastName"
#define EMAIL "EmailAddress"
#define PHONE "PhoneNumber"

/* The head's user data: the interaction's columns come beside them. */
enum { HEAD_DATA_MAX_BYTES = LIMIT_EVENT_DATA / 2 };

void ucs_events_init(struct ucs_events *events, struct build *b)
{
    *events = (struct ucs_events){
        .build = b,
        .start_ms = NO_TIME,
        .parties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
}

void ucs_events_clear(struct ucs_events *events)
{
    g_hash_table_unref(events->parties);
}

/* ---- people ---- */

static bool is_bot(const struct ucs_element *element)
{
    const struct ucs_item *system = ucs_item(&element->event_attributes, "GCTI_SYSTEM");
    const struct ucs_item *info = ucs_item(system, "party-info");
    return str_equal_nocase(ucs_item_text(&element->user_data, "GCTI_Chat_PartyStyle"), STR("BOT")) ||
           str_equal_nocase(ucs_item_text(info, "style"), STR("BOT"));
}

/* Bots are agents to some releases. */
static enum participant_type type_of(const struct ucs_element *element)
{
    struct str type = ucs_attribute(element->children[UCS_USER_INFO], "userType");
    return is_bot(element)                             ? PARTICIPANT_EXTERNAL
           : str_equal_nocase(type, STR("CLIENT"))     ? PARTICIPANT_CLIENT
           : str_equal_nocase(type, STR("AGENT"))      ? PARTICIPANT_AGENT
           : str_equal_nocase(type, STR("SUPERVISOR")) ? PARTICIPANT_SUPERVISOR
                                                       : PARTICIPANT_EXTERNAL;
}

/* Who a userId is; one that never joined is somebody from outside. */
static uint32_t party(struct ucs_events *events, struct str user_id)
{
    g_autofree char *key = str_to_heap(user_id);
    uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(events->parties, key));
    if (known)
        return known;
    g_autofree char *name = g_strdup_printf("user %s", key);
    known = build_participant(events->build, str_from_c(name), PARTICIPANT_EXTERNAL, STR_NULL, STR_NULL);
    g_hash_table_insert(events->parties, g_steal_pointer(&key), GUINT_TO_POINTER(known));
    return known;
}

static void learn_visitor(struct ucs_events *events, const struct ucs_element *element, struct str nick, int64_t at_ms)
{
    struct build *b = events->build;
    struct head *head = &b->line->head;
    const struct ucs_item *data = &element->user_data;
    struct str first = ucs_item_text(data, FIRST_NAME), last = ucs_item_text(data, LAST_NAME),
               email = ucs_item_text(data, EMAIL);
    struct str names = str_trim(arena_printf(b->arena, "%.*s %.*s", STR_ARG(first), STR_ARG(last)));
    build_visitor(b, at_ms, arena_str(b->arena, nick.len ? nick : names), arena_str(b->arena, email),
                  arena_str(b->arena, ucs_item_text(data, PHONE)));
    if (head->user_data.ptr || head->visitor.id.ptr)
        return;
    struct str person = ucs_attribute(element->children[UCS_USER_INFO], "personId");
    head->visitor.id = arena_str(b->arena, person.len ? person : email.len ? email : STR_NULL);
    struct buf out;
    struct json w;
    buf_init(&out, HEAD_DATA_MAX_BYTES);
    json_init(&w, &out);
    ucs_list_write(&w, data);
    if (element->has_user_data && !out.overflow)
        head->user_data = arena_str(b->arena, buf_str(&out));
    buf_clear(&out);
}

/* A person comes with a new userId each time; clients have no personId, as a rule. */
static uint32_t join(struct ucs_events *events, const struct ucs_element *element, int64_t at_ms, bool *rejoins)
{
    struct build *b = events->build;
    const struct ucs_attribute *info = element->children[UCS_USER_INFO];
    struct str user_id = ucs_attribute(element->attributes, "userId"), person = ucs_attribute(info, "personId");
    struct str nick = ucs_attribute(info, "userNick");
    enum participant_type type = type_of(element);
    guint known = b->participants->len;
    if (type == PARTICIPANT_CLIENT)
        learn_visitor(events, element, nick, at_ms);
    g_autofree char *key =
        person.len ? g_strdup_printf("person %.*s", STR_ARG(person)) : g_strdup_printf("user %.*s", STR_ARG(user_id));
    uint32_t by = build_participant(b, str_from_c(key), type, nick, person);
    *rejoins = b->participants->len == known;
    g_hash_table_replace(events->parties, str_to_heap(user_id), GUINT_TO_POINTER(by));
    if (type == PARTICIPANT_AGENT || type == PARTICIPANT_SUPERVISOR)
        events->agent_id = arena_str(b->arena, user_id);
    return by;
}

/* As the session's fold will see it, to which internal comings and goings are none. */
static void note_presence(struct ucs_events *events, enum event_kind kind, uint32_t by, uint32_t asker)
{
    enum participant_type type = g_array_index(events->build->participants, struct participant, by - 1).type;
    if (kind != EVENT_LEFT)
        events->closing = 0;
    else if (!events->closing)
        events->closing = asker ? asker : by;
    if (kind == EVENT_JOINED || kind == EVENT_LEFT)
        events->present[by] = kind == EVENT_JOINED;
    events->anybody |= kind == EVENT_JOINED && type != PARTICIPANT_EXTERNAL;
}

/* ---- events ---- */

static enum event_kind kind_of(const struct ucs_element *element)
{
    struct str name = element->name;
    struct str type = ucs_attribute(element->children[UCS_NOTICE_TEXT], "noticeType");
    bool is_notice = str_equal(name, STR("notice"));
    return str_equal(name, STR("newParty"))                                     ? EVENT_JOINED
           : str_equal(name, STR("partyLeft"))                                  ? EVENT_LEFT
           : str_equal(name, STR("message"))                                    ? EVENT_MESSAGE
           : is_notice && str_equal(type, STR("TYPING_STARTED"))                ? EVENT_TYPING_STARTED
           : is_notice && str_equal(type, STR("TYPING_STOPPED"))                ? EVENT_TYPING_STOPPED
           : is_notice && str_equal(type, STR("PUSH_URL")) && element->text.len ? EVENT_URL
                                                                                : EVENT_NOTICE;
}

/* Notices of a kind that has no event of its own, and elements that nobody has described. */
static bool count_notice(struct ucs_events *events, const struct ucs_element *element, enum event_kind kind)
{
    struct str type = ucs_attribute(element->children[UCS_NOTICE_TEXT], "noticeType");
    bool is_known = kind != EVENT_NOTICE || str_equal(element->name, STR("notice"));
    if (!is_known)
        conversion_notice(events->build->conversion, element->name);
    else if (kind == EVENT_NOTICE && type.len && !str_equal(type, STR("USER_CUSTOM")))
        conversion_notice(events->build->conversion, type);
    return is_known;
}

static bool read_time(struct ucs_events *events, const struct ucs_element *element, int64_t *at_ms, GError **error)
{
    int64_t shift;
    struct str text = ucs_attribute(element->attributes, "timeShift");
    if (str_to_int64(text, &shift) && shift >= -LIMIT_TIME_MS / 1000 && shift <= LIMIT_TIME_MS / 1000) {
        *at_ms = events->start_ms + shift * 1000;
        if (*at_ms >= 0 && *at_ms <= LIMIT_TIME_MS)
            return true;
    }
    reason_set_field(error, text.len ? REASON_FIELD_VALUE : REASON_FIELD_MISSING, STR("timeShift"),
                     "timeShift must be seconds since startAt");
    return false;
}

static uint32_t asker_of(const struct ucs_events *events, const struct ucs_element *element)
{
    g_autofree char *asker = str_to_heap(ucs_attribute(element->attributes, "askerId"));
    return GPOINTER_TO_UINT(g_hash_table_lookup(events->parties, asker));
}

bool ucs_event_add(struct ucs_events *events, const struct ucs_element *element, GError **error)
{
    struct build *b = events->build;
    struct str user_id = ucs_attribute(element->attributes, "userId");
    enum event_kind kind = kind_of(element);
    int64_t at_ms;
    bool rejoins = false, is_known = count_notice(events, element, kind);
    if (!read_time(events, element, &at_ms, error))
        return false;
    if (!user_id.len) {
        reason_set_field(error, REASON_FIELD_MISSING, STR("userId"), "nothing says whose event it is");
        return false;
    }
    uint32_t by = kind == EVENT_JOINED ? join(events, element, at_ms, &rejoins) : party(events, user_id);
    bool has_text = kind != EVENT_JOINED && kind != EVENT_LEFT;
    struct str text = is_known ? element->text : element->rest;
    struct str data = ucs_data(b, element, is_known, rejoins, error);
    if (!data.ptr)
        return false;
    struct event *e = build_event(b, kind, at_ms, by, has_text ? arena_str(b->arena, text) : STR_NULL);
    e->data = data;
    if (!event_is_internal(e))
        note_presence(events, kind, by, asker_of(events, element));
    events->last_ms = at_ms;
    events->bytes += strlen("{\"type\":\"message\",\"at\":1700000000000,\"by\":1}") + e->text.len + e->data.len;
    if (events->bytes <= LIMIT_IMPORT_LINE)
        return true;
    reason_set(error, REASON_LINE_INVALID, "the conversation is longer than %d bytes", LIMIT_IMPORT_LINE);
    return false;
}

static struct str closer_of(const struct ucs_events *events)
{
    if (!events->closing)
        return STR("system");
    enum participant_type type =
        g_array_index(events->build->participants, struct participant, events->closing - 1).type;
    return type == PARTICIPANT_CLIENT ? STR("visitor") : type == PARTICIPANT_EXTERNAL ? STR("system") : STR("operator");
}

static bool is_over(const struct ucs_events *events, struct str closed)
{
    const GArray *participants = events->build->participants;
    if (closed.len)
        return str_equal(closed, STR("true"));
    for (guint i = 0; i < participants->len; i++)
        if (g_array_index(participants, struct participant, i).type != PARTICIPANT_EXTERNAL && events->present[i + 1])
            return false;
    return events->anybody;
}

/* As if it stood in the transcript, as it does when it comes back from an export. */
static bool add_comment(struct ucs_events *events, struct str comment, GError **error)
{
    g_autofree char *shift = g_strdup_printf("%" G_GINT64_FORMAT, (events->last_ms - events->start_ms) / 1000);
    struct ucs_attribute visibility = {STR("visibility"), STR("INT"), NULL};
    struct ucs_attribute time = {STR("timeShift"), str_from_c(shift), &visibility};
    struct ucs_attribute user = {STR("userId"), events->agent_id.ptr ? events->agent_id : STR("0"), &time};
    struct ucs_attribute type = {STR("noticeType"), STR("THECOMMENT"), NULL};
    struct ucs_element element = {.name = STR("notice"), .attributes = &user, .text = comment};
    element.children[UCS_NOTICE_TEXT] = &type;
    return ucs_event_add(events, &element, error);
}

bool ucs_events_end(struct ucs_events *events, struct str closed, struct str comment, GError **error)
{
    struct build *b = events->build;
    if (!is_over(events, closed))
        return true;
    if (comment.len && !add_comment(events, comment, error))
        return false;
    build_event(b, EVENT_CLOSED, events->last_ms, 0, STR_NULL)->data =
        arena_printf(b->arena, "{\"closer\":\"%.*s\"}", STR_ARG(closer_of(events)));
    return true;
}
