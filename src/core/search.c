#include "core/search.h"

#include "text/cursor.h"

enum { ROUNDS = 8 }; /* searches for one page whose hits the viewer may not see */

static void digest_of(const struct store_search *search, struct arena *a, uint8_t digest[CURSOR_DIGEST_SIZE])
{
    struct str parts[] = {
        STR("search"),
        search->query,
        search->operator_id,
        search->department_id,
        search->button_id,
        arena_printf(a, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d %d %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                     search->company, search->visitor, search->state, search->dialect, search->best_first,
                     search->from_ms, search->to_ms),
    };
    cursor_digest(parts, G_N_ELEMENTS(parts), digest);
}

/* Where a search goes on: below a key, and best first behind so many. */
static bool read_place(struct str payload, struct store_search *search, GError **error)
{
    struct str below, skip = str_split(payload, ' ', &below);
    int64_t count;
    if (str_to_int64(below, &search->below) && str_to_int64(skip, &count) && count >= 0) {
        search->skip = (size_t)count;
        return true;
    }
    reason_set_field(error, REASON_CURSOR_INVALID, STR("cursor"), "this is no cursor of a search");
    return false;
}

/* Behind so many of the hits that it gave. */
static void step(struct store_search *search, const struct store_found *found, size_t hits)
{
    if (search->best_first)
        search->skip += hits;
    else if (hits)
        search->below = found->hits[hits - 1].key;
}

static bool sees(struct store_txn *txn, const struct caller *viewer, const struct store_hit *hit, bool *seen,
                 GError **error)
{
    struct session_view view;
    struct arena scratch;
    *seen = access_sees_all(viewer);
    if (*seen)
        return true;
    arena_init(&scratch);
    bool found, read = store_session_by_number(txn, hit->session, &scratch, &view, &found, error);
    *seen = read && found && access_sees(viewer, &view.session);
    arena_clear(&scratch);
    return read;
}

/* Takes over the hits that the viewer sees, up to the limit; `*more`: something lies behind where `search` then stands.
 */
static bool take_hits(struct store_txn *txn, struct store_search *search, const struct store_found *found,
                      const struct caller *viewer, size_t limit, struct search_page *page, bool *more, GError **error)
{
    size_t i = 0;
    for (; i < found->count && page->count < limit; i++) {
        bool seen;
        if (!sees(txn, viewer, &found->hits[i], &seen, error))
            return false;
        if (seen)
            page->hits[page->count++] = found->hits[i];
    }
    *more = i < found->count || found->count == search->limit;
    step(search, found, i);
    if (*more || !found->partial)
        return true;
    page->partial = true;
    search->below = found->edge;
    search->skip = 0;
    return true;
}

static bool fill(struct store_txn *txn, struct store_search *search, const struct caller *viewer, size_t limit,
                 struct arena *a, struct search_page *page, bool *more, GError **error)
{
    page->hits = arena_array(a, limit, sizeof *page->hits);
    *more = true;
    for (int round = 0; *more && page->count < limit && !page->partial; round++) {
        struct store_found found;
        if (round == ROUNDS) {
            page->partial = true;
            return true;
        }
        if (!store_search(txn, search, a, &found, error) ||
            !take_hits(txn, search, &found, viewer, limit, page, more, error))
            return false;
        page->indexed_from_ms = found.indexed_from_ms;
    }
    return true;
}

bool search_messages(struct core *core, struct store_txn *txn, const struct search_query *query,
                     const struct caller *viewer, struct arena *a, struct search_page *page, GError **error)
{
    uint8_t digest[CURSOR_DIGEST_SIZE];
    struct store_search search = query->search;
    struct str payload = STR("0 0");
    bool more;
    *page = (struct search_page){.indexed_from_ms = NO_TIME};
    digest_of(&search, a, digest);
    if ((query->cursor.len && !cursor_read(core_cursor_key(core), digest, query->cursor, a, &payload, error)) ||
        !read_place(payload, &search, error))
        return false;
    search.limit = query->limit + 1; /* one more than asked tells whether there is more */
    search.time_ms = core_search_time_ms(core);
    if (!fill(txn, &search, viewer, query->limit, a, page, &more, error))
        return false;
    if (more || page->partial) {
        struct str place = arena_printf(a, "%" G_GINT64_FORMAT " %zu", search.below, search.skip);
        page->next = cursor_write(core_cursor_key(core), digest, place, a);
    }
    return true;
}
