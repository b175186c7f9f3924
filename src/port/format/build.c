#include "port/format/build.h"

#include "base/utf8.h"
#include "text/time.h"

enum { TIME_TEXT_MAX_BYTES = 64 };

void build_init(struct build *b, struct conversion *c, struct line *line, struct str id, struct arena *a)
{
    *line = (struct line){.id = id, .start_ms = NO_TIME};
    *b = (struct build){
        .conversion = c,
        .line = line,
        .arena = a,
        .events = g_array_new(FALSE, TRUE, sizeof(struct event)),
        .participants = g_array_new(FALSE, TRUE, sizeof(struct participant)),
        .keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
}

void build_clear(struct build *b)
{
    g_array_unref(b->events);
    g_array_unref(b->participants);
    g_hash_table_unref(b->keys);
}

void build_line_events(struct line *line, const GArray *events, struct arena *a)
{
    line->event_count = events->len;
    line->events = arena_array(a, MAX(events->len, 1), sizeof(struct event));
    if (events->len)
        memcpy(line->events, events->data, events->len * sizeof(struct event));
}

/* `data` with the member "participant" before the others. */
static struct str introduction(const struct participant *p, struct str data, struct arena *a)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_IMPORT_LINE);
    json_init(&w, &out);
    json_object_begin(&w);
    json_key_literal(&w, "participant");
    participant_write(&w, p);
    json_object_end(&w);
    if (data.len > strlen("{}")) {
        out.ptr[out.len - 1] = ',';
        buf_add(&out, str_skip(data, 1));
    }
    data = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return data;
}

/* Whom the head names must be known when the conversation begins; a longer archive may bring more people. */
static void introduce_participants(struct build *b)
{
    bool known[LIMIT_PARTICIPANTS + 1] = {true};
    for (guint i = 0; i < b->events->len; i++) {
        struct event *e = &g_array_index(b->events, struct event, i);
        if (!known[e->participant])
            e->data = introduction(&g_array_index(b->participants, struct participant, e->participant - 1), e->data,
                                   b->arena);
        known[e->participant] = true;
    }
}

bool build_end(struct build *b, GError **error)
{
    struct line *line = b->line;
    introduce_participants(b);
    build_line_events(line, b->events, b->arena);
    if (line->start_ms == NO_TIME && line->event_count)
        line->start_ms = line->events[0].time_ms;
    if (line->start_ms != NO_TIME)
        return true;
    reason_set(error, REASON_FIELD_MISSING, "nothing says when this conversation began");
    return false;
}

uint32_t build_participant(struct build *b, struct str key, enum participant_type type, struct str name,
                           struct str username)
{
    g_autofree char *known = str_to_heap(key);
    uint32_t id = GPOINTER_TO_UINT(g_hash_table_lookup(b->keys, known));
    if (id)
        return id;
    if (b->participants->len == LIMIT_PARTICIPANTS) { /* the last place stands for all that came behind it */
        conversion_lost(b->conversion, STR("participant"));
        return LIMIT_PARTICIPANTS;
    }
    id = b->participants->len + 1;
    struct participant p = {
        .id = id, .type = type, .name = name.len ? arena_str(b->arena, build_text(b, name, LIMIT_NAME)) : STR_NULL};
    struct str account = username.len ? username : name;
    if (account.len && (type == PARTICIPANT_AGENT || type == PARTICIPANT_SUPERVISOR))
        p.operator_ref.username = arena_str(b->arena, build_text(b, account, LIMIT_ID));
    g_array_append_val(b->participants, p);
    g_hash_table_insert(b->keys, g_steal_pointer(&known), GUINT_TO_POINTER(id));
    return id;
}

uint32_t build_client(const struct build *b)
{
    for (guint i = 0; i < b->participants->len; i++)
        if (g_array_index(b->participants, struct participant, i).type == PARTICIPANT_CLIENT)
            return i + 1;
    return 0;
}

struct event *build_event(struct build *b, enum event_kind kind, int64_t time_ms, uint32_t participant, struct str text)
{
    struct event e = {
        .index = b->events->len + 1,
        .kind = kind,
        .time_ms = time_ms,
        .participant = participant,
        .text = build_text(b, text, event_facts[kind].text_max),
    };
    if (kind == EVENT_MESSAGE && !e.text.ptr)
        e.text = STR("");
    g_array_append_val(b->events, e);
    return &g_array_index(b->events, struct event, b->events->len - 1);
}

/* `member` is one as JSON, of the newest event's data. */
static void add_member(struct build *b, struct str member)
{
    struct event *e = &g_array_index(b->events, struct event, b->events->len - 1);
    e->data = e->data.len > strlen("{}")
                  ? arena_printf(b->arena, "{%.*s,%.*s", STR_ARG(member), STR_ARG(str_skip(e->data, 1)))
                  : arena_printf(b->arena, "{%.*s}", STR_ARG(member));
}

void build_hide(struct build *b)
{
    add_member(b, STR("\"visibility\":\"internal\""));
}

/* Digits other than 0 behind the third of a fraction of seconds, or microseconds since 1970. */
static bool is_finer(struct str text)
{
    int64_t number;
    struct str whole;
    const char *point = memchr(text.ptr, '.', text.len);
    str_split(text, '.', &whole);
    if (!point)
        return text.len >= strlen("1000000000000000") && str_to_int64(text, &number) && number % 1000;
    if (!memchr(whole.ptr, ':', whole.len) && !str_to_int64(whole, &number))
        return false;
    if (str_to_int64(whole, &number) && number < 100000000) /* the day of a date, or of a spreadsheet */
        return false;
    for (const char *digit = point + 4; digit < text.ptr + text.len && g_ascii_isdigit(*digit); digit++)
        if (*digit != '0')
            return true;
    return false;
}

void build_source_time(struct build *b, struct str text)
{
    text = str_trim(text);
    if (!text.len || text.len > TIME_TEXT_MAX_BYTES || !b->events->len || !is_finer(text))
        return;
    struct json_node value = {.kind = JSON_STRING, .string = text};
    add_member(b, arena_printf(b->arena, "\"time\":%.*s", STR_ARG(model_json_text(&value, b->arena))));
}

/* One JSON object of strings, in the arena. */
static struct str data_of(struct build *b, const char *const *names, const struct str *values, size_t count)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_object_begin(&w);
    for (size_t i = 0; i < count; i++)
        if (values[i].ptr) {
            json_key(&w, str_from_c(names[i]));
            json_add_string(&w, values[i]);
        }
    json_object_end(&w);
    struct str data = arena_str(b->arena, buf_str(&out));
    buf_clear(&out);
    return data;
}

void build_notice(struct build *b, struct str what, int64_t time_ms, uint32_t participant, struct str text)
{
    static const char *const names[] = {"was"};
    conversion_notice(b->conversion, what);
    if (!participant) /* a notice needs somebody: the product itself */
        participant = build_participant(b, STR("\x01system"), PARTICIPANT_EXTERNAL, STR("system"), STR_NULL);
    struct event *e = build_event(b, EVENT_NOTICE, time_ms, participant, text.ptr ? text : STR(""));
    e->data = data_of(b, names, &what, 1);
}

void build_file(struct build *b, int64_t time_ms, uint32_t participant, struct str name, struct str type, int64_t size,
                struct str url)
{
    struct buf out;
    struct json w;
    buf_init(&out, LIMIT_EVENT_DATA);
    json_init(&w, &out);
    json_object_begin(&w);
    json_member_string_if(&w, "name", build_text(b, name, LIMIT_NAME));
    json_member_string_if(&w, "type", build_text(b, type, LIMIT_NAME));
    if (size >= 0)
        json_member_int(&w, "size", size);
    json_member_string_if(&w, "url", build_text(b, url, LIMIT_URL));
    json_object_end(&w);
    build_event(b, EVENT_FILE, time_ms, participant, name.len ? name : url)->data = arena_str(b->arena, buf_str(&out));
    buf_clear(&out);
}

static bool learn(struct build *b, struct str *known, struct str value)
{
    value = build_text(b, value, LIMIT_NAME);
    if (known->len || !value.len)
        return false;
    *known = value;
    return true;
}

void build_visitor(struct build *b, int64_t time_ms, struct str name, struct str email, struct str phone)
{
    static const char *const names[] = {"name", "email", "phone"};
    struct str *known[] = {&b->name, &b->email, &b->phone}, news[] = {name, email, phone};
    bool any = false;
    for (size_t i = 0; i < G_N_ELEMENTS(news); i++)
        if (learn(b, known[i], news[i]))
            any = true;
        else
            news[i] = STR_NULL;
    if (b->events->len == 0) {
        b->line->head.visitor.name = b->name;
        b->line->head.visitor.email = b->email;
        b->line->head.visitor.phone = b->phone;
    } else if (any) {
        struct str visitor = data_of(b, names, news, G_N_ELEMENTS(news));
        build_event(b, EVENT_USER_DATA, time_ms, 0, STR_NULL)->data =
            arena_printf(b->arena, "{\"visitor\":%.*s}", STR_ARG(visitor));
    }
}

struct str build_text(struct build *b, struct str text, size_t max)
{
    if (!text.ptr)
        return STR_NULL;
    bool is_clean = str_is_utf8(text) && !memchr(text.ptr, 0, text.len);
    if (!is_clean) {
        g_autofree char *valid = g_utf8_make_valid(text.ptr, (gssize)text.len);
        char *copy = (char *)arena_str(b->arena, str_from_c(valid)).ptr;
        text = str_from_c(copy);
    }
    if (text.len <= max)
        return text;
    conversion_lost(b->conversion, STR("text beyond the limit"));
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xc0) == 0x80)
        max--;
    return str_from(text.ptr, max);
}

static int64_t time_of_number(int64_t n)
{
    if (n >= INT64_C(100000000000000)) /* microseconds from 1973 on */
        return n / 1000;
    return n >= INT64_C(100000000000) ? n : n * 1000; /* milliseconds from 1973 on, else seconds */
}

int64_t build_time(const struct conversion_hints *hints, struct str text, GError **error)
{
    struct time_point point;
    int64_t number;
    text = str_trim(text);
    if (str_to_int64(text, &number) && number >= 0)
        return time_of_number(number);
    if (time_parse(text, STR_NULL, &point, NULL))
        return point.ms;
    if (time_parse_bound(text, STR_NULL, hints->zone ? hints->zone : zone_utc(), &point, NULL)) {
        if (hints->zone)
            return point.ms;
        reason_set(error, REASON_TIME_INVALID,
                   "\"%.*s\" has no time zone: say with --time-zone which one the archive's times are in",
                   STR_ARG(text));
    } else {
        reason_set(error, REASON_TIME_INVALID, "\"%.*s\" is no time", STR_ARG(text));
    }
    return NO_TIME;
}

int64_t build_time_of(const struct conversion_hints *hints, const struct json_node *value, GError **error)
{
    if (json_is(value, JSON_INTEGER))
        return time_of_number(value->integer);
    if (json_is(value, JSON_REAL))
        return value->real < 1e11 ? (int64_t)(value->real * 1000) : time_of_number((int64_t)value->real);
    if (json_is(value, JSON_STRING) && value->string.len)
        return build_time(hints, value->string, error);
    return NO_TIME;
}

/* Without printf, which takes a tenth of what reading a mapped conversation takes. */
static struct str digits_of(int64_t value, struct arena *a)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10));
    if (value < 0)
        *--at = '-';
    return arena_str(a, str_from(at, (size_t)(digits + sizeof digits - at)));
}

struct str build_word(const struct json_node *value, struct arena *a)
{
    if (json_is(value, JSON_STRING))
        return value->string;
    if (json_is(value, JSON_INTEGER))
        return digits_of(value->integer, a);
    if (json_is(value, JSON_BOOL))
        return value->truth ? STR("true") : STR("false");
    if (json_is(value, JSON_REAL))
        return model_json_text(value, a);
    return STR_NULL;
}

const struct json_node *build_child(const struct json_node *tree, struct str name)
{
    int64_t number;
    const struct json_node *child = json_first(tree);
    if (json_is(tree, JSON_ARRAY)) {
        if (!str_to_int64(name, &number) || number < 0)
            return NULL;
        for (; child && number > 0; number--)
            child = child->next;
        return child;
    }
    while (child && !str_equal(child->name, name))
        child = child->next;
    return child;
}

const struct json_node *build_get(const struct json_node *tree, const char *path)
{
    struct str rest = str_from_c(path), name;
    while (tree && rest.ptr) {
        rest = str_split(rest, '.', &name);
        tree = build_child(tree, name);
    }
    return tree;
}
