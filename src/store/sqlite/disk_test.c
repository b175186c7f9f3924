/* Every write, sync, open and truncate of SQLite fails in turn, once and for a while, through whole scenarios: nothing
 * acknowledged is lost, and the store serves again when the cause is gone. */
#include "store/contract_world.h"
#include "store/sqlite/disk_fault.h"

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

/* With `-m thorough` each call; else every fifth, beginning elsewhere in each scenario. */
static void at_every_call(gconstpointer data)
{
    void (*scenario)(struct world * w) = *(void (*const *)(struct world *))data;
    struct world w;
    int calls = 1, stride = g_test_thorough() ? 1 : 5;
    for (int more = 0; more <= 12; more += 12)
        for (int n = 0; n <= calls; n += n ? stride * (1 + more / 6) : 1 + calls % stride) {
            world_open(&w, false);
            w.disk_fails = true;
            disk_fault_arm(n, more);
            scenario(&w);
            if (n == 0)
                calls = disk_fault_calls();
            disk_fault_arm(0, 0);
            w.disk_fails = false;
            world_reopen(&w);
            world_verify(&w);
            world_append(&w, world_session(&w, 1, "v3", w.now_ms), EVENT_MESSAGE, w.now_ms, 0, "blue again");
            world_verify(&w);
            world_close(&w);
        }
    g_assert_cmpint(calls, >, 10);
}

int main(int argc, char **argv)
{
    static void (*const scenarios[])(struct world *) = {scenario_talk, scenario_erase, scenario_backup, scenario_open};
    g_test_init(&argc, &argv, NULL);
    disk_fault_install();
    g_test_add_data_func("/disk/talk", &scenarios[0], at_every_call);
    g_test_add_data_func("/disk/erase", &scenarios[1], at_every_call);
    g_test_add_data_func("/disk/backup", &scenarios[2], at_every_call);
    g_test_add_data_func("/disk/open", &scenarios[3], at_every_call);
    return g_test_run();
}
