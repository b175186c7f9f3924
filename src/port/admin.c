#include "port/admin.h"

#include "base/clock.h"
#include "core/account.h"
#include "core/directory.h"
#include "core/erase.h"
#include "core/history.h"
#include "port/check.h"
#include "text/json_read.h"
#include "text/search_query.h"
#include "text/zone.h"

enum {
    REPLY_MAX = 64 * 1024 * 1024,
    FINDINGS_SHOWN = 1000,
    HITS_DEFAULT = 20,
};

/* One command under way. */
struct admin {
    struct core *core;
    struct store_reader *reader;
    struct directory *directory;
    const json_t *request;
    const struct store_progress *progress;
    struct arena *arena;
    struct json *reply; /* inside its object */
};

/* ---- what is asked -------------------------------------------------------------------------------------- */

static bool text_of(struct admin *admin, const char *member, enum json_presence presence, size_t max, struct str *value,
                    GError **error)
{
    return json_get_string(admin->request, member, presence, max, value, error);
}

/* Member "company", else the default one. */
static const struct company *company_of(struct admin *admin, const char *member, GError **error)
{
    struct str name = STR_NULL;
    if (!text_of(admin, member, JSON_OPTIONAL, LIMIT_NAME, &name, error))
        return NULL;
    const struct company *company = name.ptr ? directory_company_by_name(admin->directory, name)
                                             : directory_company_by_host(admin->directory, STR_NULL);
    if (!company && name.ptr)
        reason_set_field(error, REASON_COMPANY_UNKNOWN, str_from_c(member),
                         "there is no company %.*s; `parley company list` shows all", STR_ARG(name));
    else if (!company)
        reason_set_field(error, REASON_COMPANY_UNKNOWN, str_from_c(member),
                         "there is no company yet; `parley company add` makes one");
    return company;
}

static const struct operator* operator_of(struct admin *admin, GError **error)
{
    struct str username;
    if (!text_of(admin, "username", JSON_REQUIRED, LIMIT_NAME, &username, error))
        return NULL;
    const struct operator* o = directory_operator_by_username(admin->directory, username);
    if (!o)
        reason_set_field(error, REASON_OPERATOR_UNKNOWN, STR("username"), "there is no operator %.*s",
                         STR_ARG(username));
    return o;
}

/* An array of words, each turned to its bits by `from_name`; absent leaves *bits. */
static bool bits_of(struct admin *admin, const char *member, unsigned (*from_name)(struct str name), const char *words,
                    unsigned *bits, GError **error)
{
    json_t *array = NULL, *word;
    size_t i;
    if (!json_get_array(admin->request, member, JSON_OPTIONAL, &array, error))
        return false;
    if (array)
        *bits = 0;
    json_array_foreach(array, i, word)
    {
        unsigned bit = from_name(json_str(word));
        if (!bit) {
            reason_set_field(error, REASON_FIELD_VALUE, str_from_c(member), "must be of: %s", words);
            return false;
        }
        *bits |= bit;
    }
    return true;
}

static bool check_zone(struct str zone, GError **error)
{
    return zone_get(zone, error) != NULL;
}

/* ---- accounts ------------------------------------------------------------------------------------------- */

static bool account_put(struct admin *admin, struct account_op row, GError **error)
{
    struct account_op op;
    account_op_init(&op, admin->core);
    op.company = row.company;
    op.operator= row.operator;
    op.department = row.department;
    op.button = row.button;
    op.token = row.token;
    op.drop_tokens_of = row.drop_tokens_of;
    bool ok = core_run(&op.op, error);
    /* Folded to lower case by the op, in the op's arena. */
    if (ok && row.company)
        row.company->host = arena_str(admin->arena, row.company->host);
    op_clear(&op.op);
    return ok;
}

static void write_company(struct json *w, const struct company *c)
{
    json_member_string(w, "name", c->name);
    json_member_string(w, "timeZone", c->time_zone);
    json_member_string_if(w, "host", c->host);
    json_member_bool(w, "default", c->is_default);
    json_member_bool(w, "sample", c->is_sample);
}

static bool company_put(struct admin *admin, struct company *c, enum json_presence zone, GError **error)
{
    struct str host = STR_NULL;
    if (!text_of(admin, "timeZone", zone, LIMIT_NAME, &c->time_zone, error) || !check_zone(c->time_zone, error) ||
        !text_of(admin, "host", JSON_OPTIONAL, LIMIT_NAME, &host, error))
        return false;
    if (host.ptr)
        c->host = host.len ? host : STR_NULL;
    if (!account_put(admin, (struct account_op){.company = c}, error))
        return false;
    write_company(admin->reply, c);
    return true;
}

static bool company_add(struct admin *admin, GError **error)
{
    struct company c = {0};
    return text_of(admin, "name", JSON_REQUIRED, LIMIT_NAME, &c.name, error) &&
           company_put(admin, &c, JSON_REQUIRED, error);
}

static bool company_set(struct admin *admin, GError **error)
{
    const struct company *known = company_of(admin, "name", error);
    if (!known)
        return false;
    struct company c = *known;
    return text_of(admin, "newName", JSON_OPTIONAL, LIMIT_NAME, &c.name, error) &&
           company_put(admin, &c, JSON_OPTIONAL, error);
}

static bool company_list(struct admin *admin, GError **error)
{
    (void)error;
    size_t count;
    const struct company *companies = directory_companies(admin->directory, &count);
    json_member_array_begin(admin->reply, "companies");
    for (size_t i = 0; i < count; i++) {
        json_object_begin(admin->reply);
        write_company(admin->reply, &companies[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return true;
}

static bool company_token(struct admin *admin, GError **error)
{
    struct token agendize, bearer;
    struct str token, api_key, secret, none;
    unsigned rights = RIGHT_ALL;
    const struct company *c = company_of(admin, "name", error);
    if (!c || !bits_of(admin, "rights", right_from_name, "read write import admin", &rights, error))
        return false;
    account_token_make(&agendize, TOKEN_AGENDIZE, admin->arena, &token, &api_key);
    account_token_make(&bearer, TOKEN_BEARER, admin->arena, &secret, &none);
    agendize.company = bearer.company = c->number;
    bearer.rights = rights;
    if (!account_put(admin, (struct account_op){.token = &agendize}, error) ||
        !account_put(admin, (struct account_op){.token = &bearer}, error))
        return false;
    json_member_string(admin->reply, "apiKey", api_key);
    json_member_string(admin->reply, "token", token);
    json_member_string(admin->reply, "bearer", secret);
    return true;
}

static void write_operator(struct admin *admin, const struct operator* o)
{
    struct json *w = admin->reply;
    const struct company *c = directory_company(admin->directory, o->company);
    json_member_string(w, "userId", o->id);
    json_member_string(w, "username", o->username);
    json_member_string(w, "company", c ? c->name : STR(""));
    json_member_string_if(w, "name", o->name);
    json_member_string_if(w, "email", o->email);
    json_member_array_begin(w, "roles");
    for (unsigned role = 1; role <= ROLE_USER; role <<= 1)
        if (o->roles & role)
            json_add_string(w, role_name(role));
    json_array_end(w);
    if (o->departments.ptr)
        json_member_raw(w, "departments", o->departments);
    json_member_bool(w, "disabled", o->disabled);
}

/* Members "departments" (ids or names) as a JSON array of ids. */
static bool departments_of(struct admin *admin, struct operator* o, GError **error)
{
    json_t *array = NULL, *word;
    size_t i;
    if (!json_get_array(admin->request, "departments", JSON_OPTIONAL, &array, error))
        return false;
    if (!array)
        return true;
    struct buf ids;
    struct json w;
    buf_init(&ids, LIMIT_EVENT_DATA);
    json_init(&w, &ids);
    json_array_begin(&w);
    bool ok = true;
    json_array_foreach(array, i, word)
    {
        const struct department *d = directory_department(admin->directory, o->company, json_str(word));
        ok = ok && d;
        if (d)
            json_add_string(&w, d->id);
    }
    json_array_end(&w);
    o->departments = arena_str(admin->arena, buf_str(&ids));
    buf_clear(&ids);
    if (!ok)
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("departments"), "there is no such department");
    return ok;
}

static bool operator_put(struct admin *admin, struct operator* o, GError **error)
{
    struct str password = STR_NULL;
    if (!text_of(admin, "name", JSON_OPTIONAL, LIMIT_NAME, &o->name, error) ||
        !text_of(admin, "email", JSON_OPTIONAL, LIMIT_NAME, &o->email, error) ||
        !text_of(admin, "password", JSON_OPTIONAL, LIMIT_NAME, &password, error) ||
        !json_get_bool(admin->request, "disabled", JSON_OPTIONAL, &o->disabled, error) ||
        !bits_of(admin, "roles", role_from_name, "admin livechat-manager livechat-monitor livechat-agent user",
                 &o->roles, error) ||
        !departments_of(admin, o, error))
        return false;
    if (password.ptr && !account_hash_password(o, password, admin->arena, error))
        return false;
    if (!account_put(admin, (struct account_op){.operator= o}, error))
        return false;
    write_operator(admin, o);
    return true;
}

static bool operator_add(struct admin *admin, GError **error)
{
    struct operator o = {0};
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "username", JSON_REQUIRED, LIMIT_NAME, &o.username, error) ||
        !text_of(admin, "id", JSON_OPTIONAL, LIMIT_ID, &o.id, error))
        return false;
    if (directory_operator_by_username(admin->directory, o.username) ||
        (o.id.ptr && directory_operator(admin->directory, o.id))) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("username"), "there is an operator of that name or id");
        return false;
    }
    if (!o.id.ptr)
        o.id = id_random(admin->arena);
    o.company = c->number;
    o.name = o.username;
    o.created_ms = clock_now_ms();
    return operator_put(admin, &o, error);
}

static bool operator_set(struct admin *admin, GError **error)
{
    const struct operator* known = operator_of(admin, error);
    if (!known)
        return false;
    struct operator o = * known;
    return operator_put(admin, &o, error) &&
           (!o.disabled || account_put(admin, (struct account_op){.drop_tokens_of = o.id}, error));
}

static bool operator_passwd(struct admin *admin, GError **error)
{
    struct str password;
    const struct operator* known = operator_of(admin, error);
    if (!known || !text_of(admin, "password", JSON_REQUIRED, LIMIT_NAME, &password, error))
        return false;
    struct operator o = * known;
    return operator_put(admin, &o, error) && account_put(admin, (struct account_op){.drop_tokens_of = o.id}, error);
}

static bool operator_list(struct admin *admin, GError **error)
{
    const struct company *c = NULL;
    struct operator* operators;
    size_t count;
    if (json_object_get(admin->request, "company") && !(c = company_of(admin, "company", error)))
        return false;
    struct store_txn *txn = core_read_begin(admin->reader, error);
    if (!txn)
        return false;
    bool ok = store_operators(txn, c ? c->number : 0, admin->arena, &operators, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "operators");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_operator(admin, &operators[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}

static bool operator_token(struct admin *admin, GError **error)
{
    struct token t;
    struct str secret, none;
    const struct operator* o = operator_of(admin, error);
    if (!o)
        return false;
    account_token_make(&t, TOKEN_OPERATOR, admin->arena, &secret, &none);
    t.company = o->company;
    t.operator_id = o->id;
    if (!account_put(admin, (struct account_op){.token = &t}, error))
        return false;
    json_member_string(admin->reply, "userId", o->id);
    json_member_string(admin->reply, "authToken", secret);
    return true;
}

static void write_department(struct json *w, const struct department *d)
{
    json_member_string(w, "id", d->id);
    json_member_string(w, "name", d->name);
    json_member_string_if(w, "parent", d->parent);
    json_member_bool(w, "enabled", d->enabled);
}

static bool department_put(struct admin *admin, struct department *d, GError **error)
{
    struct str parent = STR_NULL;
    if (!text_of(admin, "parent", JSON_OPTIONAL, LIMIT_NAME, &parent, error) ||
        !json_get_bool(admin->request, "enabled", JSON_OPTIONAL, &d->enabled, error))
        return false;
    if (parent.ptr) {
        const struct department *above = directory_department(admin->directory, d->company, parent);
        if (parent.len && !above) {
            reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("parent"), "there is no department %.*s",
                             STR_ARG(parent));
            return false;
        }
        d->parent = above ? above->id : STR_NULL;
    }
    if (!account_put(admin, (struct account_op){.department = d}, error))
        return false;
    write_department(admin->reply, d);
    return true;
}

static bool department_add(struct admin *admin, GError **error)
{
    struct department d = {.enabled = true};
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "name", JSON_REQUIRED, LIMIT_NAME, &d.name, error) ||
        !text_of(admin, "id", JSON_OPTIONAL, LIMIT_ID, &d.id, error))
        return false;
    d.company = c->number;
    if (!d.id.ptr)
        d.id = id_random(admin->arena);
    if (directory_department(admin->directory, c->number, d.id)) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("id"), "there is a department %.*s", STR_ARG(d.id));
        return false;
    }
    return model_check_id(d.id, "id", error) && department_put(admin, &d, error);
}

static bool department_set(struct admin *admin, GError **error)
{
    struct str id;
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "id", JSON_REQUIRED, LIMIT_NAME, &id, error))
        return false;
    const struct department *known = directory_department(admin->directory, c->number, id);
    if (!known) {
        reason_set_field(error, REASON_DEPARTMENT_UNKNOWN, STR("id"), "there is no department %.*s", STR_ARG(id));
        return false;
    }
    struct department d = *known;
    return text_of(admin, "name", JSON_OPTIONAL, LIMIT_NAME, &d.name, error) && department_put(admin, &d, error);
}

static bool department_list(struct admin *admin, GError **error)
{
    struct department *departments;
    size_t count;
    const struct company *c = company_of(admin, "company", error);
    struct store_txn *txn = c ? core_read_begin(admin->reader, error) : NULL;
    if (!txn)
        return false;
    bool ok = store_departments(txn, c->number, admin->arena, &departments, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "departments");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_department(admin->reply, &departments[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}

static void write_button(struct json *w, const struct button *b)
{
    json_member_string(w, "id", b->id);
    json_member_string(w, "name", b->name);
}

static bool button_put(struct admin *admin, struct button *b, GError **error)
{
    if (!text_of(admin, "name", JSON_REQUIRED, LIMIT_NAME, &b->name, error) || !model_check_id(b->id, "id", error) ||
        !account_put(admin, (struct account_op){.button = b}, error))
        return false;
    write_button(admin->reply, b);
    return true;
}

static bool button_add(struct admin *admin, GError **error)
{
    struct button b = {0};
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "id", JSON_OPTIONAL, LIMIT_ID, &b.id, error))
        return false;
    b.company = c->number;
    if (!b.id.ptr)
        b.id = id_random(admin->arena);
    if (directory_button(admin->directory, c->number, b.id)) {
        reason_set_field(error, REASON_NAME_TAKEN, STR("id"), "there is a button %.*s", STR_ARG(b.id));
        return false;
    }
    return button_put(admin, &b, error);
}

static bool button_set(struct admin *admin, GError **error)
{
    struct str id;
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "id", JSON_REQUIRED, LIMIT_ID, &id, error))
        return false;
    const struct button *known = directory_button(admin->directory, c->number, id);
    if (!known) {
        reason_set_field(error, REASON_BUTTON_UNKNOWN, STR("id"), "there is no button %.*s", STR_ARG(id));
        return false;
    }
    struct button b = *known;
    return button_put(admin, &b, error);
}

static bool button_list(struct admin *admin, GError **error)
{
    struct button *buttons;
    size_t count;
    const struct company *c = company_of(admin, "company", error);
    struct store_txn *txn = c ? core_read_begin(admin->reader, error) : NULL;
    if (!txn)
        return false;
    bool ok = store_buttons(txn, c->number, admin->arena, &buttons, &count, error);
    core_read_end(txn);
    json_member_array_begin(admin->reply, "buttons");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        write_button(admin->reply, &buttons[i]);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    return ok;
}

/* ---- data ----------------------------------------------------------------------------------------------- */

static bool search(struct admin *admin, GError **error)
{
    struct search_query query;
    struct store_search s = {.state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct store_hit *hits;
    size_t count;
    int64_t limit = HITS_DEFAULT;
    const struct company *c = company_of(admin, "company", error);
    if (!c || !text_of(admin, "query", JSON_REQUIRED, LIMIT_QUERY, &s.query, error) ||
        !json_get_int64(admin->request, "limit", JSON_OPTIONAL, 1, LIMIT_PAGE, &limit, error) ||
        !search_query_parse(s.query, &query, error))
        return false;
    s.company = c->number;
    s.limit = (size_t)limit;
    struct store_txn *txn = core_read_begin(admin->reader, error);
    if (!txn)
        return false;
    bool ok = history_search(txn, &s, admin->arena, &hits, &count, error);
    json_member_array_begin(admin->reply, "hits");
    for (size_t i = 0; ok && i < count; i++) {
        json_object_begin(admin->reply);
        json_member_string(admin->reply, "session", hits[i].session_id);
        json_member_int(admin->reply, "index", hits[i].event.index);
        json_member_time(admin->reply, "time", hits[i].event.time_ms);
        json_member_string(admin->reply, "snippet", hits[i].snippet);
        json_object_end(admin->reply);
    }
    json_array_end(admin->reply);
    core_read_end(txn);
    return ok;
}

struct findings {
    struct json *reply;
    int64_t shown;
};

static void show_finding(void *data, const char *text)
{
    struct findings *findings = data;
    if (findings->shown++ < FINDINGS_SHOWN)
        json_add_string(findings->reply, str_from_c(text));
}

static bool check(struct admin *admin, GError **error)
{
    bool repair = false;
    struct findings findings = {.reply = admin->reply};
    struct check_result result;
    if (!json_get_bool(admin->request, "repair", JSON_OPTIONAL, &repair, error))
        return false;
    json_member_array_begin(admin->reply, "findings");
    bool ok = check_run(admin->core, repair, show_finding, &findings, admin->progress, &result, error);
    json_array_end(admin->reply);
    json_member_int(admin->reply, "found", result.findings);
    json_member_int(admin->reply, "repaired", result.repaired);
    json_member_int(admin->reply, "sessions", result.sessions);
    json_member_int(admin->reply, "visitors", result.visitors);
    json_member_int(admin->reply, "events", result.events);
    return ok;
}

static bool backup(struct admin *admin, GError **error)
{
    struct str path;
    if (!text_of(admin, "path", JSON_REQUIRED, LIMIT_SETTING, &path, error))
        return false;
    g_autofree char *file = str_to_heap(path);
    if (!g_path_is_absolute(file)) {
        reason_set_field(error, REASON_FIELD_VALUE, STR("path"), "must be an absolute path");
        return false;
    }
    if (!store_backup(core_store(admin->core), file, admin->progress, error))
        return false;
    json_member_string(admin->reply, "path", path);
    return true;
}

static bool erase(struct admin *admin, GError **error)
{
    struct erase_op op;
    const struct company *c = company_of(admin, "company", error);
    erase_op_init(&op, admin->core);
    bool ok = c && text_of(admin, "visitor", JSON_REQUIRED, LIMIT_ID, &op.visitor_id, error);
    if (ok) {
        op.company = c->number;
        ok = core_run(&op.op, error) && erase_finish(admin->core, admin->progress, error);
        json_member_int(admin->reply, "sessions", op.sessions);
    }
    op_clear(&op.op);
    return ok;
}

/* ---- the table ------------------------------------------------------------------------------------------ */

struct command {
    const char *name;
    bool (*run)(struct admin *admin, GError **error);
    const char *members[9];
};

static const struct command commands[] = {
    {"company.add", company_add, {"name", "timeZone", "host"}},
    {"company.set", company_set, {"name", "newName", "timeZone", "host"}},
    {"company.list", company_list, {NULL}},
    {"company.token", company_token, {"name", "rights"}},
    {"operator.add", operator_add, {"username", "company", "id", "name", "email", "roles", "departments", "password"}},
    {"operator.set", operator_set, {"username", "name", "email", "roles", "departments", "disabled"}},
    {"operator.passwd", operator_passwd, {"username", "password"}},
    {"operator.list", operator_list, {"company"}},
    {"operator.token", operator_token, {"username"}},
    {"department.add", department_add, {"company", "id", "name", "parent", "enabled"}},
    {"department.set", department_set, {"company", "id", "name", "parent", "enabled"}},
    {"department.list", department_list, {"company"}},
    {"button.add", button_add, {"company", "id", "name"}},
    {"button.set", button_set, {"company", "id", "name"}},
    {"button.list", button_list, {"company"}},
    {"search", search, {"company", "query", "limit"}},
    {"check", check, {"repair"}},
    {"backup", backup, {"path"}},
    {"erase", erase, {"company", "visitor"}},
};

static const struct command *command_of(const json_t *request, GError **error)
{
    struct str name;
    if (!json_get_string(request, "command", JSON_REQUIRED, LIMIT_NAME, &name, error))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (str_equal(name, str_from_c(commands[i].name))) {
            const char *members[G_N_ELEMENTS(commands[i].members) + 1] = {"command"};
            size_t count = 1;
            for (; commands[i].members[count - 1]; count++)
                members[count] = commands[i].members[count - 1];
            return json_refuse_unknown(request, members, count, error) ? &commands[i] : NULL;
        }
    reason_set_field(error, REASON_USAGE, STR("command"), "there is no such command");
    return NULL;
}

static bool run_request(struct admin_op *op, struct json *w, const json_t *request, GError **error)
{
    const struct command *command = command_of(request, error);
    struct admin admin = {
        .core = op->op.core, .request = request, .progress = op->progress, .arena = &op->op.arena, .reply = w};
    if (!command || !(admin.reader = core_reader_open(admin.core, error)))
        return false;
    admin.directory = directory_ref(admin.core, admin.reader, error);
    bool ok = admin.directory && command->run(&admin, error);
    if (admin.directory)
        directory_unref(admin.directory);
    store_reader_close(admin.reader);
    return ok;
}

static bool admin_run(struct op *base, struct store_txn *txn, GError **error)
{
    struct admin_op *op = (struct admin_op *)base;
    struct json w;
    (void)txn;
    buf_reset(&op->reply);
    json_t *request = json_read(op->request, JSON_TOP_OBJECT, error);
    if (!request)
        return false;
    json_init(&w, &op->reply);
    json_object_begin(&w);
    bool ok = run_request(op, &w, request, error);
    json_object_end(&w);
    json_decref(request);
    return ok;
}

void admin_op_init(struct admin_op *op, struct core *core)
{
    op_init(&op->op, core, OP_SLOW, admin_run);
    op->request = STR_NULL;
    op->progress = NULL;
    buf_init(&op->reply, REPLY_MAX);
}

void admin_op_clear(struct admin_op *op)
{
    buf_clear(&op->reply);
    op_clear(&op->op);
}

bool admin_company(struct core *core, struct store_reader *reader, struct str name, int64_t *company, GError **error)
{
    struct directory *directory = directory_ref(core, reader, error);
    if (!directory)
        return false;
    const struct company *c =
        name.ptr ? directory_company_by_name(directory, name) : directory_company_by_host(directory, STR_NULL);
    if (c)
        *company = c->number;
    else if (name.ptr)
        reason_set_field(error, REASON_COMPANY_UNKNOWN, STR("company"), "there is no company %.*s", STR_ARG(name));
    else
        reason_set_field(error, REASON_COMPANY_UNKNOWN, STR("company"),
                         "there is no company yet; `parley company add` makes one");
    directory_unref(directory);
    return c != NULL;
}

bool admin_ensure_company(struct core *core, struct store_reader *reader, GError **error)
{
    struct directory *directory = directory_ref(core, reader, error);
    if (!directory)
        return false;
    size_t count;
    directory_companies(directory, &count);
    directory_unref(directory);
    if (count > 0)
        return true;
    struct company c = {.name = STR("Environment"), .time_zone = STR("UTC")};
    struct account_op op;
    account_op_init(&op, core);
    op.company = &c;
    bool ok = core_run(&op.op, error);
    op_clear(&op.op);
    return ok;
}
