#include "port/export/said.h"

#include "text/json_read.h"

/* ---- names and times ---- */

static struct str operator_name(const struct operator_ref *o)
{
    return str_or(o->name, str_or(o->username, o->id));
}

static struct str participant_shown(const struct participant *p)
{
    if (!p)
        return STR("System");
    struct str word = p->type == PARTICIPANT_CLIENT ? STR("Visitor") : participant_type_name(p->type);
    return str_or(p->name, str_or(operator_name(&p->operator_ref), word));
}

struct str said_title(const struct export_session *s)
{
    return str_or(s->visitor.name, str_or(s->head.visitor.name, s->visitor.id));
}

struct str said_time(const struct export_writer *x, int64_t ms)
{
    char zoned[TIME_ZONED_SIZE];
    time_format_zoned(ms, x->zone, zoned);
    return arena_printf(x->scratch, "%.10s %.8s %.6s", zoned, zoned + 11, zoned + 23);
}

/* ---- facts ---- */

static void add_fact(struct said_fact *facts, size_t *count, const char *label, struct str value)
{
    if (!str_is_empty(value))
        facts[(*count)++] = (struct said_fact){label, value};
}

static void add_time(const struct export_writer *x, struct said_fact *facts, size_t *count, const char *label,
                     int64_t ms)
{
    if (ms != NO_TIME)
        add_fact(facts, count, label, said_time(x, ms));
}

size_t said_facts(const struct export_writer *x, const struct export_session *s, struct said_fact facts[SAID_FACTS])
{
    const struct session *session = &s->view.session;
    const struct head *h = &s->head;
    size_t count = 0;
    add_fact(facts, &count, "E-mail", s->visitor.email);
    add_fact(facts, &count, "Phone", s->visitor.phone);
    add_fact(facts, &count, "Operator", operator_name(&session->served_by));
    add_fact(facts, &count, "Department", str_or(h->department.name, session->department_id));
    add_fact(facts, &count, "Button", str_or(session->button_name, session->button_id));
    add_fact(facts, &count, "Subject", h->subject);
    add_fact(facts, &count, "Page", h->start_page);
    add_time(x, facts, &count, "Begun", session->start_ms);
    add_time(x, facts, &count, "Ended", session->end_ms);
    add_fact(facts, &count, "Messages", arena_printf(x->scratch, "%u", session->messages));
    add_fact(facts, &count, "Session", session->id);
    return count;
}

/* ---- events ---- */

static struct str member(const struct json_node *data, const char *name)
{
    return json_str(json_get(data, name));
}

static struct str with_comment(struct str words, struct str comment, struct arena *a)
{
    return comment.len ? arena_printf(a, "%.*s: %.*s", STR_ARG(words), STR_ARG(comment)) : words;
}

static struct str size_words(int64_t bytes, struct arena *a)
{
    if (bytes < 1000)
        return arena_printf(a, "%d bytes", (int)bytes);
    return bytes < 1000000 ? arena_printf(a, "%d KB", (int)(bytes / 1000))
                           : arena_printf(a, "%lld MB", (long long)(bytes / 1000000));
}

static struct str file_words(const struct event *e, const struct json_node *data, struct arena *a)
{
    struct str type = member(data, "type"), name = str_or(e->text, member(data, "name"));
    bool has_size = json_is(json_get(data, "size"), JSON_INTEGER);
    int64_t size = json_int64(json_get(data, "size"));
    struct str about = has_size && size >= 0 ? size_words(size, a) : STR_NULL;
    if (type.len && about.len)
        about = arena_printf(a, "%.*s, %.*s", STR_ARG(type), STR_ARG(about));
    about = str_or(about, type);
    struct str words = arena_printf(a, "sent the file %.*s", STR_ARG(name));
    return about.len ? arena_printf(a, "%.*s (%.*s)", STR_ARG(words), STR_ARG(about)) : words;
}

static struct str transfer_words(const struct json_node *data, struct arena *a)
{
    const struct json_node *department = json_get(data, "department");
    struct operator_ref o = operator_ref_read(json_get(data, "operator"), a);
    struct str unit = str_or(member(department, "name"), member(department, "id")), to = operator_name(&o);
    if (unit.len && to.len)
        to = arena_printf(a, "%.*s, %.*s", STR_ARG(to), STR_ARG(unit));
    to = str_or(to, unit);
    struct str words =
        to.len ? arena_printf(a, "forwarded the conversation to %.*s", STR_ARG(to)) : STR("forwarded the conversation");
    return with_comment(words, member(data, "comment"), a);
}

/* The words of an action; STR_NULL = it is not for readers. */
static struct str action_words(const struct event *e, const struct json_node *data, struct arena *a)
{
    struct str reason = member(data, "reason"), comment = member(data, "comment");
    switch (e->kind) {
    case EVENT_JOINED:
        return json_get(data, "rejoined") ? STR("came back") : STR("joined");
    case EVENT_LEFT:
        if (str_equal(reason, STR("closed"))) /* the close says so */
            return STR_NULL;
        return str_equal(reason, STR("timeout")) ? STR("left without a word") : STR("left");
    case EVENT_NOTICE:
        return e->text.len ? arena_printf(a, "gave notice: %.*s", STR_ARG(e->text)) : STR_NULL;
    case EVENT_URL:
        return STR("sent a link");
    case EVENT_FILE:
        return file_words(e, data, a);
    case EVENT_TAKE:
        return STR("took the conversation");
    case EVENT_TRANSFER:
        return transfer_words(data, a);
    case EVENT_HOLD:
        return with_comment(STR("put the conversation on hold"), comment, a);
    case EVENT_RESUME:
        return with_comment(STR("resumed the conversation"), comment, a);
    case EVENT_NICKNAME:
        return arena_printf(a, "is now called %.*s", STR_ARG(e->text));
    case EVENT_SURVEY:
        return STR("answered a survey");
    case EVENT_CLOSED:
        return with_comment(STR("closed the conversation"), comment, a);
    default:
        return STR_NULL;
    }
}

struct said said_of(const struct export_writer *x, const struct export_session *s, const struct event *e)
{
    const struct participant *p = session_participant(&s->view, e->participant);
    struct said said = {
        .who = participant_shown(p),
        .is_visitor = p && p->type == PARTICIPANT_CLIENT,
        .is_internal = event_is_internal(e),
        .is_deleted = event_is_deleted(e),
        .is_edited = e->revised_by && !event_is_deleted(e),
    };
    if (e->kind == EVENT_MESSAGE) {
        said.how = SAID_MESSAGE;
        said.words = event_current_text(e);
        return said;
    }
    const struct json_node *data = e->data.ptr ? json_read(e->data, JSON_STORED, x->scratch, NULL) : NULL;
    said.words = action_words(e, data, x->scratch);
    said.how = said.words.ptr ? SAID_ACTION : SAID_NOTHING;
    if (e->kind == EVENT_URL || e->kind == EVENT_FILE)
        said.address = e->kind == EVENT_URL ? e->text : member(data, "url");
    return said;
}
