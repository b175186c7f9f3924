/* What the desk's operations come to, where a black box cannot tell: races, rollbacks, participants. */
#include "core/desk.h"
#include "core/fixture.h"

#include <pthread.h>

static const char chat[] = "{'id':'s','visitor':{'id':'v'},'participants':[{'id':1,'type':'Client','name':'Vera'}],"
                           "'events':[]}";

static struct caller agent(struct fixture *f, const char *id, unsigned roles)
{
    return (struct caller){.kind = CALLER_OPERATOR,
                           .company = f->company,
                           .rights = access_rights(roles),
                           .roles = roles,
                           .operator_id = str_from_c(id),
                           .username = str_from_c(id),
                           .name = str_from_c(id)};
}

/* REASON_COUNT = done. */
static enum reason act(struct fixture *f, const struct caller *caller, enum desk_act what, const char *text)
{
    GError *error = NULL;
    struct desk_op op;
    desk_op_init(&op, f->core, what, caller, STR("s"));
    op.text = str_from_c(text);
    op.operator_name = what == DESK_TRANSFER ? str_from_c(text) : STR_NULL;
    core_run(&op.append.op, &error);
    enum reason reason = error ? reason_of(error) : REASON_COUNT;
    g_clear_error(&error);
    op_clear(&op.append.op);
    return reason;
}

static void open_desk(struct fixture *f)
{
    fixture_open(f, 0);
    fixture_add_operator(f, f->company, "ann", "ann", "Ann");
    fixture_add_operator(f, f->company, "ben", "ben", "Ben");
    g_assert_true(fixture_live(f, chat, NULL));
}

static void test_run_of_a_day(void)
{
    struct fixture f;
    open_desk(&f);
    struct caller ann = agent(&f, "ann", ROLE_AGENT), ben = agent(&f, "ben", ROLE_AGENT);
    g_assert_cmpint(act(&f, &ann, DESK_MESSAGE, "hi"), ==, REASON_NOT_SERVED_BY_CALLER);
    g_assert_cmpint(act(&f, &ann, DESK_TAKE, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ann, DESK_TAKE, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ben, DESK_TAKE, NULL), ==, REASON_SESSION_TAKEN);
    g_assert_cmpint(act(&f, &ann, DESK_MESSAGE, "hi"), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ann, DESK_TRANSFER, "ben"), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ben, DESK_HOLD, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ben, DESK_RELEASE, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ann, DESK_TAKE, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &ann, DESK_CLOSE, NULL), ==, REASON_COUNT);
    g_assert_cmpstr(fixture_transcript(&f, "s"), ==,
                    "joined:2: take:2: message:2:hi transfer:2: left:2: joined:3: hold:3: transfer:3: left:3: "
                    "joined:2: take:2: left:2: closed:2:");
    fixture_close(&f);
}

/* A manager who hands it to themselves is one participant, not two. */
static void test_newcomers(void)
{
    struct fixture f;
    open_desk(&f);
    fixture_add_operator(&f, f.company, "mia", "mia", "Mia");
    struct caller ann = agent(&f, "ann", ROLE_AGENT), mia = agent(&f, "mia", ROLE_MANAGER);
    g_assert_cmpint(act(&f, &ann, DESK_TAKE, NULL), ==, REASON_COUNT);
    g_assert_cmpint(act(&f, &mia, DESK_TRANSFER, "mia"), ==, REASON_COUNT);
    struct session_view view = fixture_session(&f, "s");
    g_assert_cmpuint(view.participant_count, ==, 3);
    g_assert_true(str_equal(view.session.served_by.id, STR("mia")));
    /* Both new: who acts and who gets it. */
    struct caller root = agent(&f, "root", ROLE_ADMIN);
    g_assert_cmpint(act(&f, &root, DESK_TRANSFER, "ben"), ==, REASON_COUNT);
    view = fixture_session(&f, "s");
    g_assert_cmpuint(view.participant_count, ==, 5);
    g_assert_cmpint(view.participants[3].type, ==, PARTICIPANT_SUPERVISOR);
    g_assert_true(view.participants[4].present && str_equal(view.session.served_by.id, STR("ben")));
    fixture_close(&f);
}

struct race {
    struct desk_op op;
    pthread_mutex_t *lock;
    pthread_cond_t *over;
    int *left;
};

static void race_done(struct op *op)
{
    struct race *race = op->user;
    pthread_mutex_lock(race->lock);
    if (--*race->left == 0)
        pthread_cond_signal(race->over);
    pthread_mutex_unlock(race->lock);
}

/* In one group of the writer as well as in several. */
static void test_one_winner(void)
{
    enum { RACERS = 20 };
    struct fixture f;
    open_desk(&f);
    struct race races[RACERS];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t over = PTHREAD_COND_INITIALIZER;
    int left = RACERS, winners = 0;
    for (int i = 0; i < RACERS; i++) {
        g_autofree char *name = g_strdup_printf("o%d", i);
        struct caller caller = agent(&f, name, ROLE_AGENT);
        races[i] = (struct race){.lock = &lock, .over = &over, .left = &left};
        desk_op_init(&races[i].op, f.core, DESK_TAKE, &caller, STR("s"));
        races[i].op.append.op.done = race_done;
        races[i].op.append.op.user = &races[i];
    }
    for (int i = 0; i < RACERS; i++)
        core_submit(&races[i].op.append.op);
    pthread_mutex_lock(&lock);
    while (left > 0)
        pthread_cond_wait(&over, &lock);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < RACERS; i++) {
        GError *error = races[i].op.append.op.error;
        winners += !error;
        g_assert_true(!error || reason_of(error) == REASON_SESSION_TAKEN);
        op_clear(&races[i].op.append.op);
    }
    g_assert_cmpint(winners, ==, 1);
    g_assert_cmpuint(fixture_session(&f, "s").participant_count, ==, 2);
    pthread_mutex_destroy(&lock);
    pthread_cond_destroy(&over);
    fixture_close(&f);
}

/* Whatever call of the store fails, the operation is whole or not there, and may be done again. */
static void test_faults(void)
{
    bool done = false;
    for (int n = 1; !done; n++) {
        struct fixture f;
        struct fault *fault;
        open_desk(&f);
        struct caller ann = agent(&f, "ann", ROLE_AGENT);
        fixture_stop(&f);
        if (fixture_start_faulty(&f, n, REASON_DISK_FULL, &fault)) {
            act(&f, &ann, DESK_TAKE, NULL);
            done = !fault_fired(fault);
            fixture_reopen(&f);
        } else {
            fixture_reopen(&f);
        }
        const char *transcript = fixture_transcript(&f, "s");
        g_assert_true(!*transcript || !strcmp(transcript, "joined:2: take:2:"));
        g_assert_cmpint(act(&f, &ann, DESK_TAKE, NULL), ==, REASON_COUNT);
        g_assert_cmpstr(fixture_transcript(&f, "s"), ==, "joined:2: take:2:");
        fixture_close(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/desk/run_of_a_day", test_run_of_a_day);
    g_test_add_func("/desk/newcomers", test_newcomers);
    g_test_add_func("/desk/one_winner", test_one_winner);
    g_test_add_func("/desk/faults", test_faults);
    return g_test_run();
}
