#include "core/feed.h"

#include "model/head.h"

static const struct str kind_names[FEED_KIND_COUNT] = {
    [FEED_OPEN] = {"open", 4},           [FEED_APPEND] = {"append", 6}, [FEED_EDIT] = {"edit", 4},
    [FEED_DELETE] = {"delete", 6},       [FEED_TAKE] = {"take", 4},     [FEED_CLOSE] = {"close", 5},
    [FEED_VISITOR] = {"visitor", 7},     [FEED_ERASE] = {"erase", 5},   [FEED_REDACT] = {"redact", 6},
    [FEED_RETENTION] = {"retention", 9}, [FEED_HOLD] = {"hold", 4},
};

struct str feed_kind_name(enum feed_kind kind)
{
    return kind_names[kind];
}

static enum feed_kind kind_of(const struct event *e)
{
    switch (e->kind) {
    case EVENT_OPENED:
        return FEED_OPEN;
    case EVENT_EDIT:
        return FEED_EDIT;
    case EVENT_DELETE:
        return FEED_DELETE;
    case EVENT_TAKE:
        return FEED_TAKE;
    case EVENT_CLOSED:
        return FEED_CLOSE;
    case EVENT_USER_DATA:
        return FEED_VISITOR;
    case EVENT_ERASED:
        return FEED_ERASE;
    default:
        return FEED_APPEND;
    }
}

int feed_place_compare(struct feed_place a, struct feed_place b)
{
    if (a.number != b.number)
        return a.number < b.number ? -1 : 1;
    return (a.events > b.events) - (a.events < b.events);
}

bool feed_sees(const struct caller *viewer, const struct feed_change *change)
{
    return (!change->is_internal || (viewer->rights & RIGHT_NOTES)) && access_sees(viewer, &change->view->session);
}

/* ---- reading ---- */

struct reading {
    struct store_txn *txn;
    const struct feed_filter *filter;
    struct arena *arena;
    GHashTable *views; /* by session number: entries of a session often stand near each other */
    struct feed_page *page;
    size_t left; /* events to look at */
};

static const struct session_view *view_of(struct reading *r, int64_t session, GError **error)
{
    struct session_view *view = g_hash_table_lookup(r->views, &session);
    bool found = view;
    if (view)
        return view;
    view = arena_new(r->arena, struct session_view);
    if (!store_session_by_number(r->txn, session, r->arena, view, &found, error))
        return NULL;
    if (!found) {
        reason_set(error, REASON_DATABASE_CORRUPT, "a session of the feed is missing");
        return NULL;
    }
    g_hash_table_insert(r->views, &view->session.number, view);
    return view;
}

/* The token opens the visitor's chats, and another system's documents repeat what the events say. */
static bool show_head(struct event *head, struct arena *a, GError **error)
{
    struct head h;
    if (!head->data.ptr)
        return true;
    if (!head_read(head->data, &h, a, error))
        return false;
    h.visitor.token = h.recorded = STR_NULL;
    head->data = head_write(&h, a);
    return true;
}

/* A revision belongs to its target: internal where that is, and without its text once another one came after it. */
static bool show_revision(struct reading *r, struct feed_change *change, GError **error)
{
    struct event *e = &change->event, *target;
    size_t count;
    if (!store_events(r->txn, &change->view->session, e->target, e->target, 1, r->arena, &target, &count, error))
        return false;
    change->is_internal |= count && event_is_internal(target);
    if (!count || target->revised_by != e->index)
        e->text = e->data = STR_NULL;
    return true;
}

static bool show(struct reading *r, struct feed_change *change, GError **error)
{
    struct event *e = &change->event;
    change->is_internal = event_is_internal(e);
    if (e->kind == EVENT_OPENED)
        return show_head(e, r->arena, error);
    if (event_is_deleted(e)) /* its text is gone already */
        e->data = STR_NULL;
    return !event_is_revision(e) || show_revision(r, change, error);
}

static bool add_change(struct reading *r, const struct store_change *entry, const struct session_view *view,
                       const struct event *e, GError **error)
{
    struct feed_page *page = r->page;
    struct feed_change *change = &page->changes[page->count];
    enum feed_kind kind = kind_of(e);
    if (!(r->filter->kinds >> kind & 1))
        return true;
    *change = (struct feed_change){.place = {entry->number, e->index - entry->first + 1},
                                   .kind = kind,
                                   .time_ms = entry->at_ms,
                                   .view = view,
                                   .event = *e};
    if (!show(r, change, error))
        return false;
    page->count += !r->filter->viewer || feed_sees(r->filter->viewer, change);
    return true;
}

/* The entry's events behind the place; `passed` of them are. */
static bool read_entry(struct reading *r, const struct store_change *entry, uint32_t passed, GError **error)
{
    uint32_t in_all = entry->last - entry->first + 1;
    struct event *events = NULL;
    size_t count = 0;
    if (entry->kind != STORE_CHANGE_APPEND || passed >= in_all) {
        r->page->next = (struct feed_place){entry->number, in_all};
        return true;
    }
    const struct session_view *view = view_of(r, entry->session, error);
    if (!view || !store_events(r->txn, &view->session, entry->first + passed, entry->last, r->left, r->arena, &events,
                               &count, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_change(r, entry, view, &events[i], error))
            return false;
    if (!count) {
        reason_set(error, REASON_DATABASE_CORRUPT, "events of the feed are missing");
        return false;
    }
    r->left -= count;
    r->page->next = (struct feed_place){entry->number, passed + (uint32_t)count};
    r->page->complete &= passed + count == in_all;
    return true;
}

bool feed_read(struct store_txn *txn, const struct feed_filter *filter, struct feed_place after, size_t limit,
               struct arena *a, struct feed_page *page, GError **error)
{
    const struct store_change_filter of = {.company = filter->company, .session = filter->session};
    struct store_change *entries;
    size_t count;
    *page = (struct feed_page){.next = after};
    /* The entry of the place itself may have more; one more than can be taken says that there is more. */
    if (!store_changes(txn, &of, after.number ? after.number - 1 : 0, limit + 2, a, &entries, &count, error))
        return false;
    struct reading r = {.txn = txn, .filter = filter, .arena = a, .page = page, .left = limit};
    r.views = g_hash_table_new(g_int64_hash, g_int64_equal);
    page->changes = arena_array(a, limit, sizeof *page->changes);
    page->complete = true;
    bool read = true;
    size_t i = 0;
    for (; read && i < count && r.left; i++)
        read = read_entry(&r, &entries[i], entries[i].number == after.number ? after.events : 0, error);
    page->complete &= i == count && count < limit + 2;
    g_hash_table_unref(r.views);
    return read;
}
