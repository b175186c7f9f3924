/* Every write, sync, open and truncate of SQLite fails in turn, once and for a while, through whole scenarios, and so
 * do its allocations: nothing acknowledged is lost, and the store serves again when the cause is gone. */
#include "store/contract_world.h"
#include "store/sqlite/disk_fault.h"
#include "store/sqlite/memory_fault.h"

static bool try_backup(struct world *w, void *data, GError **error)
{
    return store_backup(w->store, data, NULL, error);
}

static void scenario_talk(struct world *w)
{
    struct told_session *one = world_session(w, 1, "v1", w->now_ms), *two = world_session(w, 1, "v2", w->now_ms);
    world_append(w, one, EVENT_MESSAGE, w->now_ms + 1, 0, "red order");
    world_append(w, two, EVENT_MESSAGE, w->now_ms + 2, 0, "blue phone");
    world_append(w, one, EVENT_EDIT, w->now_ms + 3, 1, "green paper");
    world_append(w, two, EVENT_DELETE, w->now_ms + 4, 1, NULL);
    world_append(w, one, EVENT_CLOSED, w->now_ms + 5, 0, NULL);
}

static bool erase_begin(struct store_job *job, struct store_txn *txn, GError **error)
{
    struct visitor v;
    struct arena a;
    bool found;
    (void)job;
    arena_init(&a);
    bool ok =
        store_visitor_get(txn, 1, STR("v1"), &a, &v, &found, error) && (!found || store_erase_begin(txn, &v, error));
    arena_clear(&a);
    return ok;
}

static bool erase_step(struct store_job *job, struct store_txn *txn, GError **error)
{
    bool finished;
    (void)job;
    return store_erase_step(txn, 1000, &finished, error);
}

static bool try_erase(struct world *w, void *data, GError **error)
{
    struct store_job begin = {.run = erase_begin}, step = {.run = erase_step};
    (void)data;
    return store_write(w->store, &begin, error) && store_write(w->store, &step, error) &&
           store_scrub(w->store, NULL, NULL, error) && store_rebuild(w->store, NULL, error);
}

static void scenario_erase(struct world *w)
{
    struct told_session *s = world_session(w, 1, "v1", w->now_ms);
    world_append(w, s, EVENT_MESSAGE, w->now_ms, 0, "red order");
    world_insist(w, try_erase, NULL);
    s->erased = true;
}

static void scenario_backup(struct world *w)
{
    struct told_session *s = world_session(w, 1, "v1", w->now_ms);
    world_append(w, s, EVENT_MESSAGE, w->now_ms, 0, "red order");
    char *copy = g_build_filename(w->directory, "copy", NULL);
    world_insist(w, try_backup, copy);
    g_free(copy);
}

/* Opens and closes too: the store starts while the disk fails. */
static void scenario_open(struct world *w)
{
    struct told_session *s = world_session(w, 1, "v1", w->now_ms);
    store_reader_close(w->reader);
    store_close(w->store);
    w->store = NULL;
    w->reader = NULL;
    const struct store_options options = {.full_text = true};
    for (int i = 0; i < 100 && !w->reader; i++) {
        GError *error = NULL;
        if (!w->store)
            w->store = store_open(w->directory, &options, &error);
        if (w->store)
            w->reader = store_reader_open(w->store, &error);
        world_is_fine(w, error);
    }
    g_assert_nonnull(w->reader);
    world_append(w, s, EVENT_MESSAGE, w->now_ms, 0, "red order");
}

typedef void scenario(struct world *w);

static void at_call(scenario *play, void (*arm)(int n, int more), int n, int more, int *calls, int (*count)(void))
{
    struct world w;
    world_open(&w, false);
    w.disk_fails = true;
    arm(n, more);
    play(&w);
    if (n == 0)
        *calls = count();
    arm(0, 0);
    w.disk_fails = false;
    world_reopen(&w);
    world_verify(&w);
    world_append(&w, world_session(&w, 1, "v3", w.now_ms), EVENT_MESSAGE, w.now_ms, 0, "blue again");
    world_verify(&w);
    world_close(&w);
}

/* With `-m thorough` each call; else every fifth, beginning elsewhere in each scenario. */
static void at_every_disk_call(gconstpointer data)
{
    scenario *play = *(scenario *const *)data;
    int calls = 1, stride = g_test_thorough() ? 1 : 5;
    for (int more = 0; more <= 12; more += 12)
        for (int n = 0; n <= calls; n += n ? stride * (1 + more / 6) : 1 + calls % stride)
            at_call(play, disk_fault_arm, n, more, &calls, disk_fault_calls);
    g_assert_cmpint(calls, >, 10);
}

/* There are thousands: with `-m thorough` 600 of them spread over the scenario, else 30. */
static void at_many_allocations(gconstpointer data)
{
    scenario *play = *(scenario *const *)data;
    int calls = 0, samples = g_test_thorough() ? 600 : 30;
    at_call(play, memory_fault_arm, 0, 0, &calls, memory_fault_calls);
    g_assert_cmpint(calls, >, samples);
    for (int i = 0; i < samples; i++)
        at_call(play, memory_fault_arm, 1 + (int)((int64_t)calls * i / samples), i % 2 ? 12 : 0, &calls,
                memory_fault_calls);
}

int main(int argc, char **argv)
{
    static scenario *const scenarios[] = {scenario_talk, scenario_erase, scenario_backup, scenario_open};
    g_test_init(&argc, &argv, NULL);
    memory_fault_install();
    disk_fault_install();
    g_test_add_data_func("/disk/talk", &scenarios[0], at_every_disk_call);
    g_test_add_data_func("/disk/erase", &scenarios[1], at_every_disk_call);
    g_test_add_data_func("/disk/backup", &scenarios[2], at_every_disk_call);
    g_test_add_data_func("/disk/open", &scenarios[3], at_every_disk_call);
    g_test_add_data_func("/memory/talk", &scenarios[0], at_many_allocations);
    g_test_add_data_func("/memory/erase", &scenarios[1], at_many_allocations);
    g_test_add_data_func("/memory/backup", &scenarios[2], at_many_allocations);
    g_test_add_data_func("/memory/open", &scenarios[3], at_many_allocations);
    return g_test_run();
}
