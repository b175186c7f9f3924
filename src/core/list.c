#include "core/list.h"

#include "text/cursor.h"

enum { LOOKED_AT_ONCE = 50 };

/* Where a page begins: behind `key`, towards older sessions or (ascending) newer ones. */
struct place {
    bool given, ascending;
    struct store_session_key key;
};

static void digest_of(const struct list_query *query, struct arena *a, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    const struct store_session_filter *filter = &query->filter;
    struct str parts[] = {
        query->order == LIST_OLDEST_FIRST ? STR("sessions, oldest first") : STR("sessions"),
        filter->operator_id,
        filter->department_id,
        filter->button_id,
        arena_printf(a,
                     "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                     " %" G_GINT64_FORMAT,
                     filter->company, filter->visitor, filter->state, filter->dialect, (int)filter->by, filter->from_ms,
                     filter->to_ms, filter->changed_since_ms),
    };
    cursor_digest(parts, G_N_ELEMENTS(parts), digest);
}

static bool read_place(struct core *core, const uint8_t *digest, const struct list_query *query, struct arena *a,
                       struct place *place, GError **error)
{
    *place = (struct place){.ascending = query->order == LIST_OLDEST_FIRST};
    if (!query->cursor.len)
        return true;
    struct str payload, time;
    if (!cursor_read(core_cursor_key(core), digest, query->cursor, a, &payload, error))
        return false;
    place->given = true;
    place->ascending = payload.ptr[0] == 'a';
    place->key.id = str_split(str_skip(payload, 1), ':', &time);
    return str_to_int64(time, &place->key.time_ms); /* sealed by us: always a number */
}

static struct store_session_key key_of(const struct session *s, enum store_time by)
{
    const int64_t times[] = {s->start_ms, s->first_message_ms, s->queued_ms};
    return (struct store_session_key){.time_ms = times[by], .id = s->id};
}

static struct str cursor_at(struct core *core, const uint8_t *digest, const struct session *s, enum store_time by,
                            bool ascending, struct arena *a)
{
    struct store_session_key key = key_of(s, by);
    struct str payload =
        arena_printf(a, "%c%" G_GINT64_FORMAT ":%.*s", ascending ? 'a' : 'd', key.time_ms, STR_ARG(key.id));
    return cursor_write(core_cursor_key(core), digest, payload, a);
}

static void reverse(struct history_item *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct history_item item = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = item;
    }
}

/* Those among the next sessions that the viewer may see, until there are `wanted` of them or enough were looked at.
 * `edge`: the last one looked at. */
static bool look(struct store_txn *txn, const struct list_query *query, const struct caller *viewer,
                 const struct place *place, size_t wanted, struct arena *a, struct list_page *page,
                 struct session *edge, GError **error)
{
    struct session *seen = arena_array(a, wanted, sizeof *seen), *sessions;
    struct store_session_key key = place->key;
    size_t looked = 0, count = LOOKED_AT_ONCE;
    while (page->count < wanted && looked < LIST_LOOKED && count == LOOKED_AT_ONCE) {
        if (!store_session_list(txn, &query->filter, looked || place->given ? &key : NULL, place->ascending,
                                LOOKED_AT_ONCE, a, &sessions, &count, error))
            return false;
        for (size_t i = 0; i < count && page->count < wanted; i++) {
            if (access_sees(viewer, &sessions[i]))
                seen[page->count++] = sessions[i];
            *edge = sessions[i];
            key = key_of(edge, query->filter.by);
            looked++;
        }
    }
    page->partial = page->count < wanted && count == LOOKED_AT_ONCE;
    return history_items(txn, seen, page->count, a, &page->items, error);
}

bool list_sessions(struct core *core, struct store_txn *txn, const struct list_query *query,
                   const struct caller *viewer, struct arena *a, struct list_page *page, GError **error)
{
    const struct store_session_filter *filter = &query->filter;
    uint8_t digest[CURSOR_DIGEST_SIZE];
    struct place place;
    struct session edge = {0};
    *page = (struct list_page){0};
    digest_of(query, a, digest);
    if (!read_place(core, digest, query, a, &place, error))
        return false;
    /* One more than asked tells whether there is more. */
    if (viewer && !access_sees_all(viewer)
            ? !look(txn, query, viewer, &place, query->limit + 1, a, page, &edge, error)
            : !history_list(txn, filter, place.given ? &place.key : NULL, place.ascending, query->limit + 1, a,
                            &page->items, &page->count, error))
        return false;
    bool upwards = query->order == LIST_OLDEST_FIRST, forward = place.ascending == upwards;
    bool goes_on = page->count > query->limit || page->partial;
    page->count = MIN(page->count, query->limit);
    if (!forward)
        reverse(page->items, page->count);
    if (!page->count && !page->partial)
        return true;
    const struct session *first = page->count ? &page->items[0].session : &edge;
    const struct session *last = page->count ? &page->items[page->count - 1].session : &edge;
    if (page->partial && forward)
        last = &edge;
    else if (page->partial)
        first = &edge;
    if (!forward || goes_on)
        page->next = cursor_at(core, digest, last, filter->by, upwards, a);
    if (forward ? place.given : goes_on)
        page->previous = cursor_at(core, digest, first, filter->by, !upwards, a);
    return true;
}
