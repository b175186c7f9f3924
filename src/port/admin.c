#include "port/admin.h"

#include "port/admin_internal.h"

enum { REPLY_MAX = 64 * 1024 * 1024 };

/* ---- what is asked -------------------------------------------------------------------------------------- */

bool admin_text(struct admin *admin, const char *member, enum json_presence presence, size_t max, struct str *value,
                GError **error)
{
    return json_get_string(admin->request, member, presence, max, value, error);
}

/* By its name, or the default one for STR_NULL. */
static const struct company *find_company(const struct directory *directory, struct str name, const char *field,
                                          GError **error)
{
    const struct company *company =
        name.ptr ? directory_company_by_name(directory, name) : directory_company_by_host(directory, STR_NULL);
    if (!company && name.ptr)
        reason_set_field(error, REASON_COMPANY_UNKNOWN, str_from_c(field),
                         "there is no company %.*s; `parley company list` shows all", STR_ARG(name));
    else if (!company)
        reason_set_field(error, REASON_COMPANY_UNKNOWN, str_from_c(field),
                         "there is no company yet; `parley company add` makes one");
    return company;
}

const struct company *admin_company_of(struct admin *admin, const char *member, GError **error)
{
    struct str name = STR_NULL;
    if (!admin_text(admin, member, JSON_OPTIONAL, LIMIT_NAME, &name, error))
        return NULL;
    return find_company(admin->directory, name, member, error);
}

/* An array of words, each turned to its bits by `from_name`; absent leaves *bits. */
bool admin_bits(struct admin *admin, const char *member, unsigned (*from_name)(struct str name), const char *words,
                unsigned *bits, GError **error)
{
    const struct json_node *array = NULL;
    if (!json_get_array(admin->request, member, JSON_OPTIONAL, &array, error))
        return false;
    if (array)
        *bits = 0;
    for (const struct json_node *word = json_first(array); word; word = word->next) {
        unsigned bit = from_name(json_str(word));
        if (!bit) {
            reason_set_field(error, REASON_FIELD_VALUE, str_from_c(member), "must be of: %s", words);
            return false;
        }
        *bits |= bit;
    }
    return true;
}

bool admin_account_put(struct admin *admin, struct account_op row, GError **error)
{
    struct account_op op;
    account_op_init(&op, admin->core);
    op.company = row.company;
    op.account = row.account;
    op.department = row.department;
    op.button = row.button;
    op.token = row.token;
    op.revoke = row.revoke;
    op.drop_tokens_of = row.drop_tokens_of;
    bool ok = core_run(&op.op, error);
    /* Folded to lower case by the op, in the op's arena. */
    if (ok && row.company)
        row.company->host = arena_str(admin->arena, row.company->host);
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
    {"company.add", admin_company_add, {"name", "timeZone", "host"}},
    {"company.set", admin_company_set, {"name", "newName", "timeZone", "host"}},
    {"company.list", admin_company_list, {NULL}},
    {"company.token", admin_company_token, {"name", "rights", "agendize"}},
    {"company.tokens", admin_company_tokens, {"name"}},
    {"company.revoke", admin_company_revoke, {"name", "id"}},
    {"operator.add",
     admin_operator_add,
     {"username", "company", "id", "name", "email", "roles", "departments", "password"}},
    {"operator.set", admin_operator_set, {"username", "name", "email", "roles", "departments", "disabled"}},
    {"operator.passwd", admin_operator_passwd, {"username", "password"}},
    {"operator.list", admin_operator_list, {"company"}},
    {"operator.token", admin_operator_token, {"username"}},
    {"operator.tokens", admin_operator_tokens, {"username"}},
    {"operator.revoke", admin_operator_revoke, {"username", "id"}},
    {"department.add", admin_department_add, {"company", "id", "name", "parent", "enabled"}},
    {"department.set", admin_department_set, {"company", "id", "name", "parent", "enabled"}},
    {"department.list", admin_department_list, {"company"}},
    {"button.add", admin_button_add, {"company", "id", "name"}},
    {"button.set", admin_button_set, {"company", "id", "name"}},
    {"button.list", admin_button_list, {"company"}},
    {"search", admin_search, {"company", "query", "limit"}},
    {"check", admin_check, {"repair"}},
    {"backup", admin_backup, {"path"}},
    {"erase", admin_erase, {"company", "visitor"}},
    {"scrub", admin_scrub, {NULL}},
};

static const struct command *command_of(const struct json_node *request, GError **error)
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

static bool run_request(struct admin_op *op, struct json *w, const struct json_node *request, GError **error)
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
    struct buf reply;
    struct json w;
    (void)txn;
    const struct json_node *request = json_read(op->request, JSON_TOP_OBJECT, &op->op.arena, error);
    if (!request)
        return false;
    buf_init(&reply, REPLY_MAX);
    json_init(&w, &reply);
    json_object_begin(&w);
    bool ok = run_request(op, &w, request, error);
    json_object_end(&w);
    op->reply = arena_str(&op->op.arena, buf_str(&reply));
    buf_clear(&reply);
    return ok;
}

void admin_op_init(struct admin_op *op, struct core *core)
{
    *op = (struct admin_op){0};
    op_init(&op->op, core, OP_SLOW, admin_run);
}

bool admin_company(struct core *core, struct store_reader *reader, struct str name, int64_t *company, GError **error)
{
    struct directory *directory = directory_ref(core, reader, error);
    if (!directory)
        return false;
    const struct company *c = find_company(directory, name, "company", error);
    if (c)
        *company = c->number;
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
