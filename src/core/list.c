#include "core/list.h"

#include "text/cursor.h"

/* Where a page begins: behind `key`, towards older sessions or (ascending) newer ones. */
struct place {
    bool given, ascending;
    struct store_session_key key;
};

static void digest_of(const struct store_session_filter *filter, struct arena *a, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    struct str parts[] = {
        STR("sessions"),
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

static bool read_place(struct core *core, const uint8_t *digest, struct str cursor, struct arena *a,
                       struct place *place, GError **error)
{
    *place = (struct place){0};
    if (!cursor.len)
        return true;
    struct str payload, time;
    if (!cursor_read(core_cursor_key(core), digest, cursor, a, &payload, error))
        return false;
    place->given = true;
    place->ascending = payload.ptr[0] == 'a';
    place->key.id = str_split(str_skip(payload, 1), ':', &time);
    return str_to_int64(time, &place->key.time_ms); /* sealed by us: always a number */
}

static struct str cursor_at(struct core *core, const uint8_t *digest, const struct session *s, enum store_time by,
                            bool ascending, struct arena *a)
{
    int64_t time_ms = by == STORE_BY_START ? s->start_ms : s->first_message_ms;
    struct str payload = arena_printf(a, "%c%" G_GINT64_FORMAT ":%.*s", ascending ? 'a' : 'd', time_ms, STR_ARG(s->id));
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

bool list_sessions(struct core *core, struct store_txn *txn, const struct store_session_filter *filter,
                   struct str cursor, size_t limit, struct arena *a, struct list_page *page, GError **error)
{
    uint8_t digest[CURSOR_DIGEST_SIZE];
    struct place place;
    *page = (struct list_page){0};
    digest_of(filter, a, digest);
    if (!read_place(core, digest, cursor, a, &place, error))
        return false;
    /* One more than asked tells whether there is more. */
    if (!history_list(txn, filter, place.given ? &place.key : NULL, place.ascending, limit + 1, a, &page->items,
                      &page->count, error))
        return false;
    bool more = page->count > limit;
    page->count = MIN(page->count, limit);
    if (place.ascending)
        reverse(page->items, page->count);
    if (!page->count)
        return true;
    if (place.ascending || more)
        page->next = cursor_at(core, digest, &page->items[page->count - 1].session, filter->by, false, a);
    if (place.ascending ? more : place.given)
        page->previous = cursor_at(core, digest, &page->items[0].session, filter->by, true, a);
    return true;
}
