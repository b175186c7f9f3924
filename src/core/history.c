#include "core/history.h"

#include "base/limits.h"
#include "text/zone.h"

enum { MAX_BUCKETS = 5000 };

bool history_session(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct session_view *view,
                     GError **error)
{
    bool found;
    if (!store_session_get(txn, company, id, a, view, &found, error))
        return false;
    if (!found)
        reason_set(error, REASON_SESSION_UNKNOWN, "there is no such session");
    return found;
}

/* What the row keeps of an erased session. */
static struct head head_of_row(const struct session *s)
{
    return (struct head){
        .dialect = s->dialect,
        .time_zone = s->time_zone,
        .served_by = s->served_by,
        .department = {.id = s->department_id, .ancestors = s->department_ancestors},
        .button = {.id = s->button_id, .name = s->button_name},
    };
}

bool history_head(struct store_txn *txn, const struct session *s, struct arena *a, struct head *head, GError **error)
{
    struct event *events;
    size_t count;
    if (s->erased) {
        *head = head_of_row(s);
        return true;
    }
    if (!store_events(txn, s, 0, 0, 1, a, &events, &count, error))
        return false;
    if (count == 0 || !events[0].data.ptr) {
        reason_set(error, REASON_DATABASE_CORRUPT, "session %.*s has no head", STR_ARG(s->id));
        return false;
    }
    return head_read(events[0].data, head, a, error);
}

struct history_range history_range(const struct session *s, enum history_anchor anchor, uint32_t index, size_t limit)
{
    uint64_t from = 1, to = s->last_index, n = MIN(limit, LIMIT_EVENTS_PER_SESSION);
    switch (anchor) {
    case HISTORY_FROM:
    case HISTORY_AFTER:
        from = MAX((uint64_t)index + (anchor == HISTORY_AFTER), 1);
        to = MIN(to, from + n - 1);
        break;
    case HISTORY_BEFORE:
        to = MIN(to, index > 0 ? (uint64_t)index - 1 : 0);
        from = to >= n ? to - n + 1 : 1;
        break;
    case HISTORY_AROUND:
        from = index > n / 2 ? index - n / 2 : 1;
        if (from + n > to + 1) /* near the end: show more before it */
            from = to + 1 > n ? to + 1 - n : 1;
        to = MIN(to, from + n - 1);
        break;
    }
    bool at_start = from <= 1 || s->last_index == 0, at_end = to >= s->last_index;
    return (struct history_range){
        .first = (uint32_t)MIN(from, UINT32_MAX),
        .last = (uint32_t)to,
        .complete = anchor == HISTORY_BEFORE   ? at_start
                    : anchor == HISTORY_AROUND ? at_start && at_end
                                               : at_end || from > s->last_index,
    };
}

bool history_events(struct store_txn *txn, const struct session *s, enum history_anchor anchor, uint32_t index,
                    size_t limit, struct arena *a, struct history_page *page, GError **error)
{
    struct history_range range = history_range(s, anchor, index, limit);
    *page = (struct history_page){.complete = range.complete};
    return range.first > range.last ||
           store_events(txn, s, range.first, range.last, limit, a, &page->events, &page->count, error);
}

static int compare_time(const struct event *a, const struct event *b)
{
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* The one close among what is shown belongs to this page when it lies between `behind` and the page's far end. */
static bool add_close(struct store_txn *txn, const struct session *s, const struct event *behind, bool ascending,
                      struct arena *a, struct history_page *page, GError **error)
{
    const struct event key = {.index = s->close_index, .time_ms = s->end_ms};
    int sign = ascending ? 1 : -1;
    const struct event *far = !page->count ? NULL : ascending ? &page->events[page->count - 1] : &page->events[0];
    if (!s->close_index || (behind && compare_time(&key, behind) * sign <= 0) ||
        (!page->complete && compare_time(&key, far) * sign > 0))
        return true;
    struct event *close;
    size_t count, at = page->count;
    if (!store_events(txn, s, key.index, key.index, 1, a, &close, &count, error))
        return false;
    for (; at > 0 && compare_time(&page->events[at - 1], &key) > 0; at--)
        page->events[at] = page->events[at - 1];
    page->events[at] = *close;
    page->count++;
    return true;
}

bool history_shown(struct store_txn *txn, const struct session *s, const struct event *behind, bool ascending,
                   size_t limit, struct arena *a, struct history_page *page, GError **error)
{
    struct event *events;
    size_t count;
    if (!store_shown(txn, s, behind, ascending, limit, a, &events, &count, error))
        return false;
    *page = (struct history_page){.count = count, .complete = count < limit};
    page->events = arena_array(a, count + 1, sizeof *page->events);
    for (size_t i = 0; i < count; i++)
        page->events[i] = events[ascending ? i : count - 1 - i];
    return add_close(txn, s, behind, ascending, a, page, error);
}

bool history_event(struct store_txn *txn, const struct session *s, struct str id, struct arena *a, struct event *event,
                   GError **error)
{
    bool found;
    uint32_t index;
    if (!store_event_by_id(txn, s, id, a, event, &found, error))
        return false;
    if (!found && event_index_from_id(id, s->id, &index)) {
        struct event *events;
        size_t count;
        if (!store_events(txn, s, index, index, 1, a, &events, &count, error))
            return false;
        found = count == 1 && !events[0].id.ptr; /* one with an id of its own is not known by its place */
        if (found)
            *event = events[0];
    }
    if (!found)
        reason_set(error, REASON_EVENT_UNKNOWN, "there is no such message");
    return found;
}

/* ---- lists ---- */

static bool fill_visitors(struct store_txn *txn, struct history_item *items, size_t count, struct arena *a,
                          GError **error)
{
    for (size_t i = 0; i < count; i++) {
        bool found = i > 0 && items[i - 1].visitor.number == items[i].session.visitor;
        if (found) /* sessions of one visitor often stand together */
            items[i].visitor = items[i - 1].visitor;
        else if (!store_visitor_by_number(txn, items[i].session.visitor, a, &items[i].visitor, &found, error))
            return false;
    }
    return true;
}

/* Who edited the last message: mostly its author, who is known already. */
static bool fill_editor(struct store_txn *txn, struct history_item *item, struct arena *a, GError **error)
{
    uint32_t id = item->last_message.revised_participant;
    struct session_view view;
    bool found;
    if (id == 0 || id == item->author.id) {
        item->editor = id ? item->author : (struct participant){0};
        return true;
    }
    if (!store_session_by_number(txn, item->session.number, a, &view, &found, error))
        return false;
    const struct participant *editor = found ? session_participant(&view, id) : NULL;
    if (editor)
        item->editor = *editor;
    return true;
}

/* Each session with the event that `newest` names. */
static bool make_items(struct store_txn *txn, const struct session *sessions, size_t count,
                       uint32_t (*newest)(const struct session *), struct arena *a, struct history_item **items,
                       GError **error)
{
    struct event *events;
    struct participant *authors;
    uint32_t *indices = arena_array(a, count, sizeof *indices);
    for (size_t i = 0; i < count; i++)
        indices[i] = newest(&sessions[i]);
    if (!store_event_of_each(txn, sessions, indices, count, a, &events, &authors, error))
        return false;
    *items = arena_array(a, count, sizeof **items);
    bool filled = true;
    for (size_t i = 0; i < count && filled; i++) {
        (*items)[i] = (struct history_item){.session = sessions[i], .last_message = events[i], .author = authors[i]};
        filled = fill_editor(txn, &(*items)[i], a, error);
    }
    return filled;
}

static uint32_t last_message(const struct session *s)
{
    return s->last_message;
}

bool history_list(struct store_txn *txn, const struct store_session_filter *filter,
                  const struct store_session_key *after, bool ascending, size_t limit, struct arena *a,
                  struct history_item **items, size_t *count, GError **error)
{
    struct session *sessions;
    return store_session_list(txn, filter, after, ascending, limit, a, &sessions, count, error) &&
           history_items(txn, sessions, *count, a, items, error);
}

bool history_items(struct store_txn *txn, const struct session *sessions, size_t count, struct arena *a,
                   struct history_item **items, GError **error)
{
    return make_items(txn, sessions, count, last_message, a, items, error) &&
           fill_visitors(txn, *items, count, a, error);
}

bool history_one(struct store_txn *txn, const struct session *s, struct arena *a, struct history_item *item,
                 GError **error)
{
    struct history_item *items;
    if (!history_items(txn, s, 1, a, &items, error))
        return false;
    *item = items[0];
    return true;
}

bool history_visitor_sessions(struct store_txn *txn, const struct visitor *v, const struct store_session_key *after,
                              size_t limit, struct arena *a, struct session **sessions, size_t *count, GError **error)
{
    const struct store_session_filter filter = {.company = v->company,
                                                .visitor = v->number,
                                                .state = -1,
                                                .dialect = -1,
                                                .by = STORE_BY_START,
                                                .from_ms = NO_TIME,
                                                .to_ms = NO_TIME};
    return store_session_list(txn, &filter, after, false, limit, a, sessions, count, error);
}

bool history_room_items(struct store_txn *txn, const struct visitor *v, const struct session *sessions, size_t count,
                        struct arena *a, struct history_item **items, GError **error)
{
    if (!make_items(txn, sessions, count, session_rocketchat_last, a, items, error))
        return false;
    for (size_t i = 0; i < count; i++)
        (*items)[i].visitor = *v;
    return true;
}

bool history_rooms(struct store_txn *txn, const struct visitor *v, enum store_room_order order, size_t offset,
                   size_t limit, struct arena *a, struct history_item **items, size_t *count, GError **error)
{
    struct session *sessions;
    return store_visitor_rooms(txn, v->company, v->number, order, offset, limit, a, &sessions, count, error) &&
           history_room_items(txn, v, sessions, *count, a, items, error);
}

bool history_rooms_by_number(struct store_txn *txn, const struct visitor *v, const int64_t *numbers, size_t count,
                             struct arena *a, struct history_item **items, GError **error)
{
    struct session *sessions = arena_array(a, count, sizeof *sessions);
    for (size_t i = 0; i < count; i++) {
        struct session_view view;
        bool found;
        if (!store_session_by_number(txn, numbers[i], a, &view, &found, error))
            return false;
        if (!found) {
            reason_set(error, REASON_DATABASE_CORRUPT, "a session of a visitor is missing");
            return false;
        }
        sessions[i] = view.session;
    }
    return history_room_items(txn, v, sessions, count, a, items, error);
}

/* ---- visitors ---- */

static bool visitor_found(bool found, GError **error)
{
    if (!found)
        reason_set(error, REASON_VISITOR_UNKNOWN, "there is no such visitor");
    return found;
}

bool history_visitor(struct store_txn *txn, int64_t company, struct str id, struct arena *a, struct visitor *v,
                     GError **error)
{
    bool found;
    return store_visitor_get(txn, company, id, a, v, &found, error) &&
           visitor_found(found && v->state == VISITOR_KNOWN, error);
}

bool history_visitor_of(struct store_txn *txn, const struct session *s, struct arena *a, struct visitor *v,
                        GError **error)
{
    bool found;
    return store_visitor_by_number(txn, s->visitor, a, v, &found, error) && visitor_found(found, error);
}

bool history_visitors(struct store_txn *txn, int64_t company, struct str text, int64_t before, size_t limit,
                      struct arena *a, struct visitor **visitors, size_t *count, GError **error)
{
    return store_visitor_list(txn, company, text, before, limit, a, visitors, count, error);
}

/* ---- charts ---- */

static enum zone_span span_of(enum history_unit unit)
{
    switch (unit) {
    case HISTORY_HOUR:
        return ZONE_HOUR;
    case HISTORY_DAY:
        return ZONE_DAY;
    case HISTORY_WEEK:
        return ZONE_WEEK;
    default:
        return ZONE_MONTH;
    }
}

/* Replaces unbounded sides by the spans that hold the first and the last message. `any` false: there is nothing. */
static bool close_bounds(struct store_txn *txn, int64_t company, const struct zone *zone, enum zone_span span,
                         int64_t *from_ms, int64_t *to_ms, bool *any, GError **error)
{
    *any = true;
    if (*from_ms == NO_TIME || *to_ms == NO_TIME) {
        int64_t least, greatest, unused;
        if (!store_summary_bounds(txn, company, &least, &greatest, any, error))
            return false;
        if (*any && *from_ms == NO_TIME)
            zone_span(zone, span, least, from_ms, &unused);
        if (*any && *to_ms == NO_TIME)
            zone_span(zone, span, greatest, &unused, to_ms);
    }
    *from_ms = MAX(*from_ms, 0);
    *to_ms = MIN(*to_ms, LIMIT_TIME_MS + 1);
    *any = *any && *from_ms < *to_ms;
    return true;
}

bool history_summary_by(struct store_txn *txn, int64_t company, int64_t from_ms, int64_t to_ms, enum history_unit unit,
                        struct str zone_name, struct arena *a, struct history_bucket **buckets, size_t *count,
                        GError **error)
{
    const struct zone *zone = zone_get(zone_name, error);
    bool any;
    *count = 0;
    *buckets = NULL;
    if (!zone || !close_bounds(txn, company, zone, span_of(unit), &from_ms, &to_ms, &any, error))
        return false;
    GArray *found = g_array_new(FALSE, TRUE, sizeof(struct history_bucket));
    for (int64_t at = from_ms, start, next; any && at < to_ms && found->len <= MAX_BUCKETS; at = next) {
        zone_span(zone, span_of(unit), at, &start, &next);
        struct history_bucket bucket = {.start_ms = at, .end_ms = MIN(next, to_ms)};
        g_array_append_val(found, bucket);
    }
    *count = found->len;
    bool done = found->len <= MAX_BUCKETS;
    if (!done)
        reason_set_field(error, REASON_FIELD_VALUE, STR("by"), "this would give more than %d rows", MAX_BUCKETS);
    *buckets = arena_array(a, *count, sizeof **buckets);
    for (size_t i = 0; i < *count && done; i++) {
        (*buckets)[i] = g_array_index(found, struct history_bucket, i);
        done = store_summary(txn, company, (*buckets)[i].start_ms, (*buckets)[i].end_ms, &(*buckets)[i].sum, error);
    }
    g_array_unref(found);
    return done;
}
