/* GET changes: a page of the feed, held with `wait` until there is something on it.
 *
 *     decode --> page --> something, or the time is over --> answered
 *                 ^ |
 *          woken  | | nothing yet: the page goes, the asker and its watch stay
 *                 held
 *
 * A page ends at `limit`, at the end of the feed, or once enough was looked at that the filter did not let through. */
#include "wire/parley/changes.h"

#include "base/clock.h"

#include <stdatomic.h>

enum {
    STEP = 32,          /* events that are looked at in one go */
    LOOKED_MAX = 32768, /* for one page */
    SHORT = 50,         /* changes that are told on the loop */
};

/* ---- who asks ---- */

static void refuse_gone(struct http_request *request, const struct asker *asker, const GError *error)
{
    struct feed_place none = {0};
    bool shares = feed_place_compare(asker->place, none);
    parley_refuse_cursor(request, error,
                         shares ? feed_cursor(asker->core, asker->filter.company, asker->place, &request->arena)
                                : STR_NULL);
}

static bool read_place(struct http_request *request, struct asker *asker, struct str cursor, GError **error)
{
    return !cursor.ptr ||
           feed_cursor_read(asker->core, asker->filter.company, cursor, &asker->place, &request->arena, error);
}

/* The session that is followed must be one that they see. */
static bool read_session(struct http_request *request, const struct call *call, struct asker *asker,
                         struct feed_watch *watch, GError **error)
{
    struct str id = query_get(&call->query, STR("session"));
    struct store_reader *reader = http_loop_data(request->loop);
    struct session_view view;
    if (id.ptr && !access_sees_all(&call->caller)) {
        struct store_txn *txn = core_read_begin(reader, error);
        bool seen = txn && session_of_id(id, call, txn, &request->arena, &view, error);
        if (txn)
            core_read_end(txn);
        if (!seen)
            return false;
    }
    return feed_watch_init(watch, asker->core, reader, call->caller.company, id, &asker->filter.session, error);
}

struct asker *asker_new(struct http_request *request, const struct call *call, struct str cursor,
                        struct feed_watch *watch)
{
    struct asker *asker = g_new0(struct asker, 1);
    g_autoptr(GError) error = NULL;
    asker->core = call->parley->core;
    asker->filter =
        (struct feed_filter){.company = call->caller.company,
                             .kinds = parameter_list(&call->query, STR("kinds"), FEED_KIND_WORDS, FEED_ALL_KINDS)};
    standing_init(&asker->standing, request, call);
    if (read_place(request, asker, cursor, &error) && read_session(request, call, asker, watch, &error))
        return asker;
    if (reason_of(error) == REASON_CURSOR_GONE)
        refuse_gone(request, asker, error);
    else
        parley_refuse(request, error);
    asker_free(asker);
    return NULL;
}

void asker_free(struct asker *asker)
{
    standing_clear(&asker->standing);
    g_free(asker);
}

bool asker_caller(const struct asker *asker, struct store_reader *reader, struct caller *caller, struct arena *a,
                  GError **error)
{
    return standing_caller(&asker->standing, asker->core, reader, caller, a, error) &&
           credential_allows(caller, RIGHT_READ, error);
}

void change_write(struct json *w, struct str cursor, const struct feed_change *change, struct arena *scratch)
{
    json_object_begin(w);
    json_member_string(w, "cursor", cursor);
    json_member_string(w, "kind", feed_kind_name(change->kind));
    json_member_string(w, "session", change->view->session.id);
    MEMBER_TIME_OR_NULL(w, "time", change->time_ms);
    json_member_int(w, "index", change->event.index);
    json_key_literal(w, "event");
    document_event(w, &change->event, change->view, NULL, scratch);
    json_object_end(w);
}

/* ---- a page ---- */

struct changes {
    struct page page;
    struct asker *asker; /* NULL once they are held */
    struct feed_filter filter;
    struct caller viewer;
    struct feed_watch watch;
    struct feed_place place; /* behind what was told or passed over */
    int64_t until_ms;        /* monotonic: how long to wait */
    size_t limit, told, looked;
    bool complete;
};

static void clear_changes(struct page *page)
{
    struct changes *changes = (struct changes *)page;
    if (changes->asker)
        asker_free(changes->asker);
    feed_watch_clear(&changes->watch);
}

/* Behind what was told or passed over. */
static struct str cursor_of(const struct changes *changes, struct arena *a)
{
    return feed_cursor(changes->asker->core, changes->asker->filter.company, changes->place, a);
}

/* Those of a step; false when there was more than the page takes. */
static bool tell_changes(struct changes *changes, struct json *w, const struct feed_page *found, struct arena *scratch)
{
    for (size_t i = 0; i < found->count; i++) {
        if (changes->told == changes->limit || page_is_full(&changes->page))
            return false;
        changes->place = found->changes[i].place;
        change_write(w, cursor_of(changes, scratch), &found->changes[i], scratch);
        changes->told++;
    }
    changes->place = found->next;
    return true;
}

static void end_page(struct changes *changes, struct json *w, struct arena *scratch)
{
    json_array_end(w);
    json_member_string(w, "next", cursor_of(changes, scratch));
    json_member_bool(w, "complete", changes->complete);
    json_object_end(w);
}

static bool changes_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    struct changes *changes = (struct changes *)page;
    struct feed_page found;
    if (!page->parts) {
        json_object_begin(w);
        json_member_array_begin(w, "changes");
    }
    if (!feed_read(txn, &changes->filter, changes->place, STEP, scratch, &found, error))
        return false;
    bool all = tell_changes(changes, w, &found, scratch);
    changes->looked += STEP;
    changes->complete = all && found.complete;
    page->last = changes->complete || (!all && changes->told == changes->limit) || changes->looked >= LOOKED_MAX;
    if (page->last)
        end_page(changes, w, scratch);
    return true;
}

static bool hold_changes(struct http_request *request, struct page *page);

static void answer(struct http_request *request, struct asker *asker, const struct caller *viewer,
                   const struct feed_watch *watch, size_t limit, int64_t until_ms)
{
    struct changes *changes = (struct changes *)page_new(asker->core, sizeof *changes);
    changes->page.part = changes_part;
    changes->page.hold = hold_changes;
    changes->page.clear = clear_changes;
    changes->page.row_max = CHANGE_MAX;
    changes->page.is_long = limit > SHORT || asker->filter.kinds != FEED_ALL_KINDS || !access_sees_all(viewer);
    changes->asker = asker;
    changes->viewer = caller_copy(viewer, &changes->page.op.arena);
    changes->filter = asker->filter;
    changes->filter.viewer = &changes->viewer;
    changes->watch = *watch;
    changes->place = asker->place;
    changes->until_ms = until_ms;
    changes->limit = limit;
    feed_watch_mark(&changes->watch);
    parley_reply_page(request, &changes->page);
}

void parley_changes(struct http_request *request, const struct call *call)
{
    struct feed_watch watch;
    struct asker *asker = asker_new(request, call, query_get(&call->query, STR("after")), &watch);
    if (asker)
        answer(request, asker, &call->caller, &watch, parameters_limit(call),
               clock_monotonic_ms() + 1000 * parameter_number(&call->query, STR("wait"), 0));
}

/* ---- held ---- */

struct held {
    struct waiter waiter; /* first */
    struct http_post post;
    struct http_request *request;
    struct asker *asker;
    struct feed_watch watch;
    size_t limit;
    int64_t until_ms;
    atomic_bool woken; /* the post is under way and will finish it */
};

static void free_held(struct held *held)
{
    asker_free(held->asker);
    feed_watch_clear(&held->watch);
    g_free(held);
}

static void finish_held(struct held *held)
{
    struct http_request *request = held->request;
    struct caller viewer;
    g_autoptr(GError) error = NULL;
    http_request_timeout(request, 0, NULL);
    http_request_on_gone(request, NULL);
    if (request->gone) {
        http_drop(request);
        free_held(held);
    } else if (!asker_caller(held->asker, http_loop_data(request->loop), &viewer, &request->arena, &error)) {
        parley_refuse(request, error);
        free_held(held);
    } else {
        answer(request, held->asker, &viewer, &held->watch, held->limit, held->until_ms);
        g_free(held);
    }
}

static void held_woken(struct http_post *post)
{
    finish_held((struct held *)((char *)post - offsetof(struct held, post)));
}

static void wake_held(struct waiter *waiter)
{
    struct held *held = (struct held *)waiter;
    atomic_store(&held->woken, true);
    http_post(held->request->loop, &held->post);
}

/* The time is up, or the client is gone. */
static void give_up(struct http_request *request)
{
    struct held *held = request->user;
    feed_watch_unwait(&held->watch, &held->waiter);
    held->until_ms = 0;
    if (!atomic_load(&held->woken))
        finish_held(held);
}

static bool hold_changes(struct http_request *request, struct page *page)
{
    struct changes *changes = (struct changes *)page;
    int64_t wait_ms = changes->until_ms - clock_monotonic_ms();
    if (changes->told || !changes->complete || wait_ms <= 0 || request->gone)
        return false;
    struct held *held = g_new0(struct held, 1);
    *held = (struct held){.waiter.wake = wake_held,
                          .post.run = held_woken,
                          .request = request,
                          .asker = g_steal_pointer(&changes->asker),
                          .watch = changes->watch,
                          .limit = changes->limit,
                          .until_ms = changes->until_ms};
    changes->watch = (struct feed_watch){0};
    held->asker->place = changes->place;
    request->user = held;
    http_hold(request);
    http_request_timeout(request, wait_ms, give_up);
    http_request_on_gone(request, give_up);
    feed_watch_wait(&held->watch, &held->waiter);
    return true;
}
