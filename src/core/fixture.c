#include "core/fixture.h"

#include <glib/gstdio.h>

static const char *json(struct fixture *f, const char *text)
{
    char *copy = (char *)arena_str(&f->arena, str_from_c(text)).ptr;
    return g_strdelimit(copy, "'", '"');
}

static struct store *open_store(struct fixture *f)
{
    GError *error = NULL;
    struct store_options options = {.create = true, .full_text = true};
    struct store *store = store_open(f->directory, &options, &error);
    g_assert_no_error(error);
    return store;
}

static void open_core(struct fixture *f)
{
    GError *error = NULL;
    f->core = core_open(open_store(f), &f->options, &error);
    g_assert_no_error(error);
    f->reader = core_reader_open(f->core, &error);
    g_assert_no_error(error);
}

bool fixture_start_faulty(struct fixture *f, int n, enum reason reason, struct fault **fault)
{
    GError *error = NULL;
    struct store *store = open_store(f);
    *fault = fault_wrap(store);
    fault_arm(*fault, n, reason);
    f->core = core_open(store, &f->options, &error);
    f->reader = f->core ? core_reader_open(f->core, &error) : NULL;
    if (f->reader)
        return true;
    g_assert_nonnull(error);
    g_clear_error(&error);
    if (f->core)
        core_close(f->core);
    f->core = NULL;
    return false;
}

void fixture_stop(struct fixture *f)
{
    fixture_read_end(f);
    if (!f->core)
        return;
    store_reader_close(f->reader);
    core_close(f->core);
    f->core = NULL;
}

void fixture_open_empty(struct fixture *f)
{
    *f = (struct fixture){.options = {.samples = SAMPLE_LOCALLY, .scrub_minute = -1}};
    arena_init(&f->arena);
    f->directory = g_strdup("/dev/shm/parley-XXXXXX");
    if (!g_mkdtemp(f->directory)) {
        g_free(f->directory);
        f->directory = g_dir_make_tmp("parley-XXXXXX", NULL);
        g_assert_nonnull(f->directory);
    }
}

void fixture_open(struct fixture *f, int64_t chat_timeout_ms)
{
    fixture_open_empty(f);
    f->options.chat_timeout_ms = chat_timeout_ms;
    open_core(f);
    f->company = fixture_add_company(f, "Test", "UTC");
}

void fixture_close(struct fixture *f)
{
    fixture_stop(f);
    GDir *dir = g_dir_open(f->directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(f->directory, name, NULL);
        g_remove(path);
        g_free(path);
    }
    g_dir_close(dir);
    g_rmdir(f->directory);
    g_free(f->directory);
    arena_clear(&f->arena);
}

void fixture_reopen(struct fixture *f)
{
    fixture_stop(f);
    open_core(f);
}

void fixture_put(struct fixture *f, const struct account_op *changes)
{
    GError *error = NULL;
    struct account_op op;
    account_op_init(&op, f->core);
    op.company = changes->company;
    op.account = changes->account;
    op.department = changes->department;
    op.button = changes->button;
    op.token = changes->token;
    op.drop_tokens_of = changes->drop_tokens_of;
    core_run(&op.op, &error);
    g_assert_no_error(error);
    op_clear(&op.op);
}

int64_t fixture_add_company(struct fixture *f, const char *name, const char *zone)
{
    struct company company = {.name = str_from_c(name), .time_zone = str_from_c(zone)};
    fixture_put(f, &(struct account_op){.company = &company});
    g_assert_cmpint(company.number, >=, 1);
    return company.number;
}

void fixture_add_operator(struct fixture *f, int64_t company, const char *id, const char *username, const char *name)
{
    struct operator_account o = {.company = company,
                                 .id = str_from_c(id),
                                 .username = str_from_c(username),
                                 .name = str_from_c(name),
                                 .roles = ROLE_AGENT};
    fixture_put(f, &(struct account_op){.account = &o});
}

void fixture_read_end(struct fixture *f)
{
    if (f->txn)
        core_read_end(f->txn);
    f->txn = NULL;
}

struct store_txn *fixture_read(struct fixture *f)
{
    GError *error = NULL;
    fixture_read_end(f);
    f->txn = core_read_begin(f->reader, &error);
    g_assert_no_error(error);
    return f->txn;
}

struct line fixture_line(struct fixture *f, const char *text)
{
    GError *error = NULL;
    struct line line;
    line_parse(str_from_c(json(f, text)), &line, &f->arena, &error);
    g_assert_no_error(error);
    return line;
}

int fixture_import(struct fixture *f, const char *text, enum reason *reason)
{
    GError *error = NULL;
    struct open_op op;
    open_op_init(&op, f->core);
    op.company = f->company;
    op.line = fixture_line(f, text);
    op.import = true;
    int outcome = core_run(&op.op, &error) ? (int)op.opened.outcome : -1;
    op_clear(&op.op);
    if (!reason)
        g_assert_no_error(error);
    else if (error)
        *reason = reason_of(error);
    g_clear_error(&error);
    return outcome;
}

bool fixture_live(struct fixture *f, const char *text, GError **error)
{
    struct open_op op;
    open_op_init(&op, f->core);
    op.company = f->company;
    op.line = fixture_line(f, text);
    bool done = core_run(&op.op, error);
    op_clear(&op.op);
    return done;
}

struct event fixture_message(uint32_t by, const char *text)
{
    return (struct event){.kind = EVENT_MESSAGE, .participant = by, .text = str_from_c(text), .time_ms = NO_TIME};
}

bool fixture_append(struct fixture *f, const char *session, struct event event, enum reason *reason)
{
    GError *error = NULL;
    struct append_op op;
    append_op_init(&op, f->core);
    op.company = f->company;
    op.session_id = str_from_c(session);
    op.events = &event;
    op.event_count = 1;
    bool done = core_run(&op.op, &error);
    op_clear(&op.op);
    if (!reason)
        g_assert_no_error(error);
    else if (error)
        *reason = reason_of(error);
    g_clear_error(&error);
    return done;
}

struct session_view fixture_session(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct session_view view;
    bool found;
    store_session_get(fixture_read(f), f->company, str_from_c(id), &f->arena, &view, &found, &error);
    g_assert_no_error(error);
    g_assert_true(found);
    fixture_read_end(f);
    return view;
}

struct event fixture_event(struct fixture *f, const char *id, uint32_t index)
{
    GError *error = NULL;
    struct session_view view = fixture_session(f, id);
    struct event *events;
    size_t count;
    store_events(fixture_read(f), &view.session, index, index, 1, &f->arena, &events, &count, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count, ==, 1);
    fixture_read_end(f);
    return events[0];
}

const char *fixture_transcript(struct fixture *f, const char *id)
{
    GError *error = NULL;
    struct session_view view = fixture_session(f, id);
    struct event *events;
    size_t count;
    store_events(fixture_read(f), &view.session, 1, UINT32_MAX, SIZE_MAX, &f->arena, &events, &count, &error);
    g_assert_no_error(error);
    fixture_read_end(f);
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        struct str kind = event_kind_name(events[i].kind), current = event_current_text(&events[i]);
        g_assert_cmpuint(events[i].index, ==, i + 1);
        g_string_append_printf(text, "%s%.*s:%u:%.*s", i ? " " : "", STR_ARG(kind), events[i].participant,
                               STR_ARG(current));
    }
    const char *copy = arena_str(&f->arena, str_from_c(text->str)).ptr;
    g_string_free(text, TRUE);
    return copy;
}
