/* GET changes/stream: the feed as server-sent events.
 *
 * A stream belongs to a river: what is read once for everybody on a loop who follows the same, all of a company or one
 * session. A change is rendered once for all of them and its bytes are shared; kinds and rights choose among them.
 *
 *     opened ──> a river of its own, from the client's cursor ──> at the end of the feed ──> joins the loop's river for
 *                step by step, as fast as the client takes it                                 the same, or becomes it
 *
 *     river:  READING ── there is more, or it was woken <──┐        STOPPED: its only client has to take what was sent
 *                │ deliver                                 │
 *                └── at the end ──> WAITING ── a commit ───┘        no streams left: freed, once no thread has it
 *
 * The first step after a wake is read on the loop, so that a single append is told without another thread; whatever is
 * more than one step is read on a reader's thread. A river that is behind another one reads on before it joins; a
 * stream that is ahead of the river it joined skips what it has (`place`). Everything here but `wake` and `run` happens
 * on the loop. Clients that take too little are cut (http/events.h) and come back with Last-Event-ID. */
#include "wire/parley/changes.h"

#include "http/events.h"

#include <stdatomic.h>

enum {
    STEP = 32,              /* events that are read in one go, */
    STEP_BYTES = 32 * 1024, /* fewer when they are long: a client that takes what it gets must not be cut for it */
};

struct stream {
    struct http_events events; /* first */
    struct river *river;
    struct stream *previous, *next;
    struct asker *asker; /* its place: what the client has had before it came to this river */
};

struct told {
    struct http_bytes *event;
    struct feed_change change;
};

/* What a river is found by. */
struct course {
    struct http_loop *loop;
    int64_t company, session; /* 0 = all of the company */
};

enum state { READING, WAITING, STOPPED };

struct river {
    struct op op; /* first; of the step under way */
    struct waiter waiter;
    struct http_post post; /* woken, or the step is read */
    struct course course;
    struct rivers *rivers;
    struct core *core;
    struct feed_watch watch;
    struct feed_place place; /* behind what was told */
    struct stream *streams;
    enum state state;
    atomic_bool posted; /* while WAITING: a wake is on its way */
    bool is_shared;     /* in the table */
    /* The step that was read; in the op's arena. */
    struct told *told;
    size_t count;
    struct feed_place next;
    bool complete;
};

/* Those that others may join, of all loops; each is touched by its own loop only. */
struct rivers {
    pthread_mutex_t lock;
    GHashTable *shared;
};

static guint hash_course(gconstpointer data)
{
    const struct course *course = data;
    return g_direct_hash(course->loop) ^ g_int64_hash(&course->company) ^ (g_int64_hash(&course->session) << 1);
}

static gboolean equal_courses(gconstpointer x, gconstpointer y)
{
    const struct course *a = x, *b = y;
    return a->loop == b->loop && a->company == b->company && a->session == b->session;
}

struct rivers *rivers_new(void)
{
    struct rivers *rivers = g_new0(struct rivers, 1);
    pthread_mutex_init(&rivers->lock, NULL);
    rivers->shared = g_hash_table_new(hash_course, equal_courses);
    return rivers;
}

void rivers_free(struct rivers *rivers)
{
    g_hash_table_unref(rivers->shared);
    pthread_mutex_destroy(&rivers->lock);
    g_free(rivers);
}

/* The one that others are on; when there is none it is this one from now on. */
static struct river *find_shared(struct river *river)
{
    struct rivers *rivers = river->rivers;
    pthread_mutex_lock(&rivers->lock);
    struct river *shared = g_hash_table_lookup(rivers->shared, &river->course);
    if (!shared) {
        g_hash_table_insert(rivers->shared, &river->course, river);
        river->is_shared = true;
        shared = river;
    }
    pthread_mutex_unlock(&rivers->lock);
    return shared;
}

static void free_river(struct river *river)
{
    op_clear(&river->op);
    feed_watch_clear(&river->watch);
    g_free(river);
}

/* ---- streams on a river ---- */

static void join(struct river *river, struct stream *stream)
{
    stream->river = river;
    stream->previous = NULL;
    stream->next = river->streams;
    if (stream->next)
        stream->next->previous = stream;
    river->streams = stream;
}

static void leave(struct stream *stream)
{
    if (stream->previous)
        stream->previous->next = stream->next;
    else
        stream->river->streams = stream->next;
    if (stream->next)
        stream->next->previous = stream->previous;
}

/* Nobody joins it any more. */
static void withdraw(struct river *river)
{
    if (!river->is_shared)
        return;
    pthread_mutex_lock(&river->rivers->lock);
    g_hash_table_remove(river->rivers->shared, &river->course);
    pthread_mutex_unlock(&river->rivers->lock);
    river->is_shared = false;
}

/* Nobody is on it any more. Whoever has it on another thread, or is about to post it, gives it back first. */
static void dry_up(struct river *river)
{
    withdraw(river);
    if (river->state == READING) {
        core_abandon(&river->op); /* arrive frees it */
        return;
    }
    if (river->state == WAITING)
        feed_watch_unwait(&river->watch, &river->waiter);
    if (river->state == STOPPED || !atomic_load(&river->posted))
        free_river(river);
}

static void closed(struct http_events *events)
{
    struct stream *stream = (struct stream *)events;
    struct river *river = stream->river;
    leave(stream);
    asker_free(stream->asker);
    g_free(stream);
    if (!river->streams)
        dry_up(river);
}

/* ---- reading a step ---- */

static struct http_bytes *render(struct river *river, const struct feed_change *change, struct buf *out,
                                 struct arena *a)
{
    struct str cursor = feed_cursor(river->core, river->course.company, change->place, a);
    struct json w;
    buf_reset(out);
    json_init(&w, out);
    change_write(&w, cursor, change, a);
    return http_event_new(cursor, feed_kind_name(change->kind), buf_str(out));
}

static bool run(struct op *op, struct store_txn *txn, GError **error)
{
    struct river *river = (struct river *)op;
    const struct feed_filter all = {
        .company = river->course.company, .session = river->course.session, .kinds = FEED_ALL_KINDS};
    struct feed_page page;
    struct buf out;
    if (!feed_read(txn, &all, river->place, STEP, &op->arena, &page, error))
        return false;
    buf_init(&out, CHANGE_MAX);
    river->told = arena_array(&op->arena, page.count, sizeof *river->told);
    river->next = page.next;
    river->complete = page.complete;
    size_t bytes = 0;
    for (river->count = 0; river->count < page.count && bytes < STEP_BYTES; river->count++) {
        struct told *told = &river->told[river->count];
        *told = (struct told){render(river, &page.changes[river->count], &out, &op->arena), page.changes[river->count]};
        bytes += http_bytes_str(told->event).len;
    }
    if (river->count < page.count) {
        river->next = river->told[river->count - 1].change.place;
        river->complete = false;
    }
    buf_clear(&out);
    return true;
}

static void done(struct op *op)
{
    struct river *river = (struct river *)op;
    http_post(river->course.loop, &river->post);
}

static void arrive(struct river *river);

static void read_step(struct river *river, bool in_place)
{
    river->state = READING;
    feed_watch_mark(&river->watch);
    op_init(&river->op, river->core, OP_READ, run);
    river->op.done = done;
    if (in_place) {
        core_read(&river->op, http_loop_data(river->course.loop));
        arrive(river);
    } else {
        core_submit(&river->op);
    }
}

static void wake(struct waiter *waiter)
{
    struct river *river = (struct river *)((char *)waiter - offsetof(struct river, waiter));
    atomic_store(&river->posted, true);
    http_post(river->course.loop, &river->post);
}

static void posted(struct http_post *post)
{
    struct river *river = (struct river *)((char *)post - offsetof(struct river, post));
    if (river->state == READING) {
        arrive(river);
        return;
    }
    atomic_store(&river->posted, false);
    if (river->streams)
        read_step(river, true);
    else
        free_river(river);
}

/* ---- telling it ---- */

static void tell_stream(const struct river *river, struct stream *stream)
{
    const struct asker *asker = stream->asker;
    struct caller viewer;
    struct arena scratch;
    arena_init(&scratch);
    if (!asker_caller(asker, http_loop_data(river->course.loop), &viewer, &scratch, NULL))
        http_events_close(&stream->events); /* whoever comes back is told why */
    else
        for (size_t i = 0; i < river->count; i++) {
            const struct feed_change *change = &river->told[i].change;
            if (feed_place_compare(change->place, asker->place) > 0 && (asker->filter.kinds >> change->kind & 1) &&
                feed_sees(&viewer, change))
                http_events_send(&stream->events, http_bytes_ref(river->told[i].event));
        }
    arena_clear(&scratch);
}

static void deliver(struct river *river)
{
    for (struct stream *stream = river->streams; stream && river->count; stream = stream->next)
        tell_stream(river, stream);
    for (size_t i = 0; i < river->count; i++)
        http_bytes_unref(river->told[i].event);
    river->count = 0;
    river->place = river->next;
}

/* At the end of the feed. */
static void settle(struct river *river)
{
    struct river *shared = find_shared(river);
    if (shared == river) {
        river->state = WAITING;
        feed_watch_wait(&river->watch, &river->waiter);
    } else if (feed_place_compare(shared->place, river->place) > 0) {
        read_step(river, true); /* what that one has seen is there to be read */
    } else {
        struct stream *stream = river->streams;
        leave(stream);
        stream->asker->place = river->place;
        join(shared, stream);
        free_river(river);
    }
}

static void taken(struct http_events *events)
{
    read_step(((struct stream *)events)->river, false);
}

/* More than a step: one client may make the river wait, many do not wait for each other. */
static void go_on(struct river *river)
{
    struct stream *stream = river->streams;
    if (!river->is_shared && http_events_unsent(&stream->events)) {
        river->state = STOPPED;
        http_events_when_taken(&stream->events);
    } else {
        read_step(river, false);
    }
}

/* They come back. */
static void close_streams(struct river *river)
{
    withdraw(river);
    river->state = STOPPED;
    for (struct stream *stream = river->streams; stream; stream = stream->next)
        http_events_close(&stream->events);
}

/* The step was read. */
static void arrive(struct river *river)
{
    bool failed = river->op.error;
    if (!failed)
        deliver(river);
    op_clear(&river->op);
    if (!river->streams)
        free_river(river);
    else if (failed)
        close_streams(river);
    else if (river->complete)
        settle(river);
    else
        go_on(river);
}

/* ---- opening ---- */

void parley_changes_stream(struct http_request *request, const struct call *call)
{
    struct http_loop *loop = request->loop; /* the request is over once the stream is open */
    struct rivers *rivers = call->parley->rivers;
    struct feed_watch watch;
    struct str last = http_events_last_id(request);
    struct asker *asker = asker_new(request, call, last.ptr ? last : query_get(&call->query, STR("after")), &watch);
    if (!asker)
        return;
    struct stream *stream = g_new0(struct stream, 1);
    stream->events.closed = closed;
    stream->events.taken = taken;
    stream->asker = asker;
    if (!http_events_open(request, STR_NULL, &stream->events)) {
        feed_watch_clear(&watch);
        asker_free(asker);
        g_free(stream);
        return;
    }
    struct river *river = g_new0(struct river, 1);
    river->waiter.wake = wake;
    river->post.run = posted;
    river->course = (struct course){loop, asker->filter.company, asker->filter.session};
    river->rivers = rivers;
    river->core = asker->core;
    river->watch = watch;
    river->place = asker->place;
    join(river, stream);
    read_step(river, true);
}
