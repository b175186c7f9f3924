/* GET sessions/{id}/events: a page of a session's events around an anchor, all or those of some types and times.
 *
 * Without a filter a page is a range of indices. With one it counts what is told, so the range is looked for:
 *
 *     SEEK   back from the anchor until enough is counted behind it (before, around)
 *     TELL   what is wanted of the range, in ascending order
 *     LOOK   forward for one more, which only says that the page is not complete
 *
 * each in steps of EVENTS_BATCH, so that no step is long, however much lies between. */
#include "port/filter.h"
#include "wire/parley/internal.h"

enum { EVENTS_BATCH = 64, EVENT_MAX = 6 * LIMIT_TEXT + MARKUP_MD_MAX + LIMIT_EVENT_DATA + 24 * LIMIT_NAME };

struct anchor {
    enum history_anchor anchor;
    uint32_t index;
};

/* Which events: a set of kinds, and half-open bounds of time. */
struct wanted {
    uint32_t kinds; /* 1 << kind */
    int64_t from_ms, to_ms;
    bool all;
    unsigned rights; /* the caller's */
};

enum phase { SEEK, TELL, LOOK };

struct events {
    struct page page;
    const struct call *call; /* for the first part */
    struct anchor anchor;
    struct wanted wanted;
    size_t limit;
    const struct markup_options *markup; /* include=markup; else NULL */
    struct session_view view;
    enum phase phase;
    uint32_t first, last; /* the range; what is behind `first` is told or passed */
    size_t left;          /* to count (SEEK), to tell (TELL) */
    bool complete;
};

G_STATIC_ASSERT(EVENT_KIND_COUNT <= 32);

/* A revision belongs to its target: internal where that is, and without its text once that is deleted. */
static bool look_at_target(struct events *events, struct store_txn *txn, struct event *e, struct arena *scratch,
                           bool *shown, GError **error)
{
    struct history_page found;
    if (!history_events(txn, &events->view.session, HISTORY_FROM, e->target, 1, scratch, &found, error))
        return false;
    const struct event *target = found.count && found.events[0].index == e->target ? &found.events[0] : NULL;
    *shown = target && document_shows(events->wanted.rights, target);
    if (!target || event_is_deleted(target))
        e->text = e->data = STR_NULL;
    return true;
}

static bool is_wanted(struct events *events, struct store_txn *txn, struct event *e, struct arena *scratch, bool *is,
                      GError **error)
{
    const struct wanted *wanted = &events->wanted;
    *is = (wanted->kinds >> e->kind & 1) && (wanted->from_ms == NO_TIME || e->time_ms >= wanted->from_ms) &&
          (wanted->to_ms == NO_TIME || e->time_ms < wanted->to_ms) && document_shows(wanted->rights, e);
    return !*is || !e->target || look_at_target(events, txn, e, scratch, is, error);
}

/* ---- the phases ---- */

static void begin_range(struct events *events)
{
    const struct session *s = &events->view.session;
    struct history_range range = history_range(s, events->anchor.anchor, events->anchor.index, events->limit);
    events->phase = TELL;
    events->first = range.first;
    events->last = range.last;
    events->left = events->limit;
    events->complete = range.complete;
}

static void begin_wanted(struct events *events)
{
    const struct session *s = &events->view.session;
    enum history_anchor anchor = events->anchor.anchor;
    uint32_t index = events->anchor.index;
    bool seeks = anchor == HISTORY_BEFORE || anchor == HISTORY_AROUND;
    events->complete = true;
    events->last = anchor == HISTORY_BEFORE ? MIN(index ? index - 1 : 0, s->last_index) : s->last_index;
    events->first = anchor == HISTORY_AFTER && index < UINT32_MAX ? index + 1 : index;
    if (seeks)
        events->first = MIN(MAX(index, 1), s->last_index + 1);
    events->phase = seeks ? SEEK : TELL;
    events->left = anchor == HISTORY_AROUND ? events->limit / 2 : events->limit;
}

static void begin_telling(struct events *events)
{
    events->phase = TELL;
    events->left = events->limit;
}

/* Looks at the batch before `first`. One more than wanted says that there is more. */
static bool seek(struct events *events, struct store_txn *txn, struct arena *scratch, GError **error)
{
    struct history_page found;
    if (!history_events(txn, &events->view.session, HISTORY_BEFORE, events->first, EVENTS_BATCH, scratch, &found,
                        error))
        return false;
    for (size_t i = found.count; i-- > 0;) {
        bool wanted;
        if (!is_wanted(events, txn, &found.events[i], scratch, &wanted, error))
            return false;
        if (wanted && events->left-- == 0) {
            events->complete = false;
            begin_telling(events);
            return true;
        }
        events->first = found.events[i].index;
    }
    if (found.complete)
        begin_telling(events);
    return true;
}

/* Tells, or looks at, the batch from `first` on. */
static bool tell_events(struct events *events, struct store_txn *txn, struct json *w, struct arena *scratch,
                        GError **error)
{
    struct page *page = &events->page;
    struct history_page found = {0};
    if (events->first <= events->last &&
        !history_events(txn, &events->view.session, HISTORY_FROM, events->first,
                        MIN((size_t)(events->last - events->first) + 1, EVENTS_BATCH), scratch, &found, error))
        return false;
    for (size_t i = 0; i < found.count && !page_is_full(page); i++) {
        struct event *e = &found.events[i];
        events->first = e->index + 1;
        bool wanted;
        if (!is_wanted(events, txn, e, scratch, &wanted, error))
            return false;
        if (!wanted)
            continue;
        if (events->phase == LOOK) {
            events->complete = false;
            page->last = true;
            return true;
        }
        document_event(w, e, &events->view, events->markup, scratch);
        if (--events->left == 0)
            events->phase = LOOK;
    }
    page->last = !found.count || events->first > events->last;
    return true;
}

static bool begin_events(struct events *events, struct store_txn *txn, struct json *w, GError **error)
{
    struct page *page = &events->page;
    if (!session_of_path(page->request, events->call, txn, &page->op.arena, &events->view, error))
        return false;
    kept_shows(page->draft, events->view.session.visitor);
    if (events->wanted.all)
        begin_range(events);
    else
        begin_wanted(events);
    json_object_begin(w);
    json_member_array_begin(w, "events");
    return true;
}

static bool events_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    struct events *events = (struct events *)page;
    if (!page->parts && !begin_events(events, txn, w, error))
        return false;
    if (!(events->phase == SEEK ? seek(events, txn, scratch, error) : tell_events(events, txn, w, scratch, error)))
        return false;
    if (page->last) {
        json_array_end(w);
        json_member_bool(w, "complete", events->complete);
        json_object_end(w);
    }
    return true;
}

/* ---- the parameters ---- */

/* At most one of before, after, around; none = from the first event on. */
static bool read_anchor(const struct call *call, struct anchor *anchor, GError **error)
{
    static const struct {
        struct str name;
        enum history_anchor anchor;
    } anchors[] = {{{"before", 6}, HISTORY_BEFORE}, {{"after", 5}, HISTORY_AFTER}, {{"around", 6}, HISTORY_AROUND}};
    *anchor = (struct anchor){HISTORY_FROM, 1};
    bool given = false;
    for (size_t i = 0; i < G_N_ELEMENTS(anchors); i++) {
        struct str value = query_get(&call->query, anchors[i].name);
        if (!value.ptr)
            continue;
        if (given) {
            reason_set_field(error, REASON_PARAMETER_VALUE, anchors[i].name, "give one of before, after and around");
            return false;
        }
        given = true;
        *anchor = (struct anchor){anchors[i].anchor, (uint32_t)parameter_number(&call->query, anchors[i].name, 0)};
    }
    return true;
}

static void read_wanted(const struct call *call, struct wanted *wanted)
{
    wanted->rights = call->caller.rights;
    wanted->kinds = parameter_list(&call->query, STR("type"), EVENT_KIND_WORDS, UINT32_MAX);
    filter_bounds(&call->query, call->zone, &wanted->from_ms, &wanted->to_ms);
    wanted->all = wanted->kinds == UINT32_MAX && wanted->from_ms == NO_TIME && wanted->to_ms == NO_TIME;
}

void parley_events(struct http_request *request, const struct call *call)
{
    struct kept_draft *draft = arena_new(&request->arena, struct kept_draft);
    if (parley_reply_kept(request, call, draft))
        return;
    struct events *events = (struct events *)page_new(call->parley->core, sizeof *events);
    events->page.part = events_part;
    events->page.row_max = EVENT_MAX;
    events->page.draft = draft;
    events->call = call;
    if (query_get(&call->query, STR("include")).ptr)
        events->markup = call->parley->settings.markup;
    events->limit = parameters_limit(call);
    read_wanted(call, &events->wanted);
    read_anchor(call, &events->anchor, &events->page.op.error);
    parley_reply_page(request, &events->page);
}
