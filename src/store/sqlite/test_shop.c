#include "store/sqlite/test_shop.h"

#include <glib/gstdio.h>
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;

struct store *shop_try(const char *directory, bool create, GError **error)
{
    struct store_options options = {.create = create, .full_text = true};
    return store_open(directory, &options, error);
}

/* Sessions need a company, number 1. */
static bool put_company(struct store_job *job, struct store_txn *txn, GError **error)
{
    (void)job;
    struct arena a;
    arena_init(&a);
    struct company *companies, company = {.name = STR("Shop"), .time_zone = STR("UTC")};
    size_t count;
    bool ok = store_companies(txn, &a, &companies, &count, error) && (count || store_company_put(txn, &company, error));
    arena_clear(&a);
    return ok;
}

void shop_reopen(struct shop *shop)
{
    GError *error = NULL;
    if (shop->store)
        store_close(shop->store);
    shop->store = shop_try(shop->directory, true, &error);
    g_assert_no_error(error);
    struct store_job job = {.run = put_company};
    store_write(shop->store, &job, &error);
    g_assert_no_error(error);
}

void shop_open(struct shop *shop)
{
    *shop = (struct shop){.directory = g_dir_make_tmp("parley-sqlite-XXXXXX", NULL)};
    shop_reopen(shop);
}

void shop_close(struct shop *shop)
{
    if (shop->store)
        store_close(shop->store);
    GDir *directory = g_dir_open(shop->directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(directory));) {
        g_autofree char *path = g_build_filename(shop->directory, name, NULL);
        g_unlink(path);
    }
    g_dir_close(directory);
    g_rmdir(shop->directory);
    g_free(shop->directory);
}

/* The session's head and visitor, as an append that is yet to get its message. */
static bool open_session(struct store_txn *txn, struct str id, struct arena *a, struct session_view *view,
                         struct visitor *visitor, struct event *opened, GError **error)
{
    static const uint8_t nothing[EVENT_CHAIN_SIZE];
    struct participant people[] = {
        {.id = 1, .type = PARTICIPANT_CLIENT, .name = STR("Ann")},
        {.id = 2, .type = PARTICIPANT_AGENT, .name = STR("Bob"), .operator_ref = {STR("o1"), STR("bob"), STR("Bob")}},
    };
    struct head head = {
        .dialect = DIALECT_GENESYS,
        .visitor.id = arena_printf(a, "v-%.*s", STR_ARG(id)),
        .participants = people,
        .participant_count = G_N_ELEMENTS(people),
    };
    *opened = (struct event){.kind = EVENT_OPENED, .time_ms = 1700000000000, .data = head_write(&head, a)};
    event_salt(opened, 1);
    event_seal(opened, nothing);
    *view = (struct session_view){0};
    session_open(view, opened, &head, a);
    memcpy(view->session.chain, opened->chain, sizeof opened->chain);
    view->session.company = visitor->company = 1;
    view->session.id = id;
    visitor->id = head.visitor.id;
    visitor_apply(visitor, opened, a);
    if (!store_visitor_number(txn, 1, visitor->id, &visitor->number, error) ||
        !store_session_number(txn, 1, visitor->number, &view->session.number, error))
        return false;
    view->session.visitor = visitor->number;
    /* `people` goes away with this call. */
    struct participant *kept = arena_array(a, view->participant_count, sizeof *kept);
    memcpy(kept, view->participants, view->participant_count * sizeof *kept);
    view->participants = kept;
    return true;
}

static bool write_message(struct store_txn *txn, struct str session, struct str id, struct str text, struct arena *a,
                          GError **error)
{
    struct session_view before, after;
    struct visitor visitor = {0};
    struct event events[2];
    size_t count = 0;
    bool found;
    if (!store_session_get(txn, 1, session, a, &before, &found, error))
        return false;
    struct store_append append = {.after = &after, .events = events};
    if (found) {
        append.before = &before;
        after = before;
        after.participants = arena_array(a, before.participant_count, sizeof *after.participants);
        memcpy(after.participants, before.participants, before.participant_count * sizeof *after.participants);
    } else {
        if (!open_session(txn, session, a, &after, &visitor, &events[count++], error))
            return false;
        append.visitor_after = &visitor;
    }
    struct event *message = &events[count++];
    *message = (struct event){
        .index = after.session.last_index + 1,
        .kind = EVENT_MESSAGE,
        .time_ms = after.session.last_time_ms + 1000,
        .participant = 1,
        .id = id,
        .text = text,
    };
    event_salt(message, 1);
    event_seal(message, after.session.chain);
    session_apply(&after, message, a);
    memcpy(after.session.chain, message->chain, sizeof message->chain);
    append.event_count = count;
    return store_append(txn, &append, error);
}

bool shop_message(struct store_txn *txn, const char *session, const char *id, const char *text, GError **error)
{
    struct arena a;
    arena_init(&a);
    bool ok = write_message(txn, str_from_c(session), str_from_c(id), str_from_c(text), &a, error);
    arena_clear(&a);
    return ok;
}

static bool job_run(struct store_job *base, struct store_txn *txn, GError **error)
{
    struct shop_job *job = (struct shop_job *)base;
    job->runs++;
    return (!job->before || job->before(job, txn, error)) &&
           shop_message(txn, job->session, job->id, "hello there", error) &&
           (!job->after || job->after(job, txn, error));
}

static void job_done(struct store_job *base, GError *error)
{
    struct shop_job *job = (struct shop_job *)base;
    pthread_mutex_lock(&mutex);
    g_assert_false(job->done);
    job->error = error;
    job->done = true;
    pthread_cond_broadcast(&finished);
    pthread_mutex_unlock(&mutex);
}

void shop_job_init(struct shop_job *job, const char *session, const char *id)
{
    *job = (struct shop_job){.job = {.run = job_run, .done = job_done}};
    g_strlcpy(job->session, session, sizeof job->session);
    g_strlcpy(job->id, id, sizeof job->id);
}

bool shop_job_wait(struct shop_job *job, enum reason *reason)
{
    pthread_mutex_lock(&mutex);
    while (!job->done)
        pthread_cond_wait(&finished, &mutex);
    pthread_mutex_unlock(&mutex);
    bool ok = !job->error;
    if (!ok && reason)
        *reason = reason_of(job->error);
    g_clear_error(&job->error);
    return ok;
}

bool shop_write(struct shop *shop, const char *session, const char *id, enum reason *reason)
{
    struct shop_job job;
    shop_job_init(&job, session, id);
    store_submit(shop->store, &job.job);
    return shop_job_wait(&job, reason);
}

uint32_t shop_count(struct shop *shop, const char *session)
{
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(shop->store, &error);
    g_assert_no_error(error);
    struct store_txn *txn = store_read_begin(reader, &error);
    g_assert_no_error(error);
    struct arena a;
    arena_init(&a);
    struct session_view view;
    bool found;
    store_session_get(txn, 1, str_from_c(session), &a, &view, &found, &error);
    g_assert_no_error(error);
    uint32_t messages = found ? view.session.messages : 0;
    arena_clear(&a);
    store_read_end(txn);
    store_reader_close(reader);
    return messages;
}

static void found_something(void *data, const char *text)
{
    (void)data;
    g_test_message("check: %s", text);
    g_test_fail();
}

void shop_check(struct shop *shop)
{
    GError *error = NULL;
    struct store_reader *reader = store_reader_open(shop->store, &error);
    g_assert_no_error(error);
    store_check(reader, found_something, NULL, NULL, &error);
    g_assert_no_error(error);
    store_reader_close(reader);
}
