#include "core/viewers.h"

#include "base/clock.h"
#include "core/internal.h"

#include <pthread.h>

/* Each view stands in the list of its session and in one list of all, in the order in which they were last said: who
 * fell silent is at the front of that. */
struct view {
    GList by_silence, by_session; /* data: this */
    int64_t session;
    struct viewer viewer;
    int64_t heard_ms; /* monotonic */
};

struct viewers {
    int64_t time_ms; /* until who said nothing is gone */
    pthread_mutex_t lock;
    GQueue all;
    GHashTable *sessions; /* number -> GQueue of views; none is empty */
};

static void free_queue(void *queue)
{
    g_free(queue); /* its links are the views' own */
}

struct viewers *viewers_new(int64_t time_ms)
{
    struct viewers *viewers = g_new0(struct viewers, 1);
    viewers->time_ms = time_ms;
    pthread_mutex_init(&viewers->lock, NULL);
    viewers->sessions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_queue);
    return viewers;
}

static GQueue *queue_of(struct viewers *viewers, int64_t session)
{
    return g_hash_table_lookup(viewers->sessions, &session);
}

static void drop_view(struct viewers *viewers, struct view *view)
{
    GQueue *queue = queue_of(viewers, view->session);
    g_queue_unlink(&viewers->all, &view->by_silence);
    g_queue_unlink(queue, &view->by_session);
    if (g_queue_is_empty(queue))
        g_hash_table_remove(viewers->sessions, &view->session);
    g_free((char *)view->viewer.operator_id.ptr);
    g_free(view);
}

void viewers_free(struct viewers *viewers)
{
    while (viewers->all.head)
        drop_view(viewers, viewers->all.head->data);
    g_hash_table_unref(viewers->sessions);
    pthread_mutex_destroy(&viewers->lock);
    g_free(viewers);
}

static void drop_silent(struct viewers *viewers)
{
    int64_t until_ms = clock_monotonic_ms() - viewers->time_ms;
    while (viewers->all.head && ((struct view *)viewers->all.head->data)->heard_ms <= until_ms)
        drop_view(viewers, viewers->all.head->data);
}

static struct view *find_view(struct viewers *viewers, int64_t session, struct str operator_id)
{
    GQueue *queue = queue_of(viewers, session);
    for (GList *link = queue ? queue->head : NULL; link; link = link->next) {
        struct view *view = link->data;
        if (str_equal(view->viewer.operator_id, operator_id))
            return view;
    }
    return NULL;
}

static struct view *add_view(struct viewers *viewers, int64_t session, const struct caller *caller)
{
    struct view *view = g_new0(struct view, 1);
    GQueue *queue = queue_of(viewers, session);
    if (!queue) {
        queue = g_new0(GQueue, 1);
        g_hash_table_insert(viewers->sessions, g_memdup2(&session, sizeof session), queue);
    }
    view->by_silence.data = view->by_session.data = view;
    view->session = session;
    view->viewer = (struct viewer){.operator_id = {str_to_heap(caller->operator_id), caller->operator_id.len},
                                   .since_ms = clock_now_ms()};
    g_queue_push_tail_link(queue, &view->by_session);
    return view;
}

void viewers_open(struct core *core, int64_t session, const struct caller *caller)
{
    struct viewers *viewers = core->viewers;
    pthread_mutex_lock(&viewers->lock);
    drop_silent(viewers);
    struct view *view = find_view(viewers, session, caller->operator_id);
    if (view)
        g_queue_unlink(&viewers->all, &view->by_silence);
    else
        view = add_view(viewers, session, caller);
    view->heard_ms = clock_monotonic_ms();
    g_queue_push_tail_link(&viewers->all, &view->by_silence);
    if (viewers->all.length > LIMIT_VIEWS)
        drop_view(viewers, viewers->all.head->data);
    pthread_mutex_unlock(&viewers->lock);
}

void viewers_close(struct core *core, int64_t session, const struct caller *caller)
{
    struct viewers *viewers = core->viewers;
    pthread_mutex_lock(&viewers->lock);
    struct view *view = find_view(viewers, session, caller->operator_id);
    if (view)
        drop_view(viewers, view);
    pthread_mutex_unlock(&viewers->lock);
}

void viewers_list(struct core *core, int64_t session, struct arena *a, struct viewer **list, size_t *count)
{
    struct viewers *viewers = core->viewers;
    *count = 0;
    pthread_mutex_lock(&viewers->lock);
    drop_silent(viewers);
    GQueue *queue = queue_of(viewers, session);
    *list = arena_array(a, queue ? queue->length : 1, sizeof **list);
    for (GList *link = queue ? queue->head : NULL; link; link = link->next) {
        const struct viewer *viewer = &((struct view *)link->data)->viewer;
        (*list)[(*count)++] =
            (struct viewer){.operator_id = arena_str(a, viewer->operator_id), .since_ms = viewer->since_ms};
    }
    pthread_mutex_unlock(&viewers->lock);
}
