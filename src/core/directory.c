#include "core/directory.h"

#include "base/buf.h"
#include "base/hash.h"
#include "core/internal.h"
#include "text/json_write.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

struct directory {
    atomic_uint references;
    uint64_t epoch; /* read before its rows were */
    struct arena arena;
    struct company *companies;
    size_t company_count;
    struct operator_account *operators;
    size_t operator_count;
    GHashTable *operators_by_id, *operators_by_username;
    GHashTable *departments_by_id, *departments_by_name, *buttons; /* keys: "number id" */
};

struct directories {
    pthread_mutex_t lock;
    struct directory *current;
    _Atomic uint64_t dirty; /* epoch + 1 at which an uncommitted account change was made; 0 = never */
};

struct directories *directories_new(void)
{
    struct directories *directories = g_new0(struct directories, 1);
    pthread_mutex_init(&directories->lock, NULL);
    return directories;
}

void directories_free(struct directories *directories)
{
    if (directories->current)
        directory_unref(directories->current);
    pthread_mutex_destroy(&directories->lock);
    g_free(directories);
}

void directories_dirty(struct core *core)
{
    atomic_store(&core->directories->dirty, store_account_epoch(core->store) + 1);
}

void directory_unref(struct directory *d)
{
    if (atomic_fetch_sub(&d->references, 1) > 1)
        return;
    g_hash_table_unref(d->operators_by_id);
    g_hash_table_unref(d->operators_by_username);
    g_hash_table_unref(d->departments_by_id);
    g_hash_table_unref(d->departments_by_name);
    g_hash_table_unref(d->buttons);
    arena_clear(&d->arena);
    g_free(d);
}

/* ---- loading ---- */

/* Ids of departments and buttons are unique in their company only. */
static struct str company_key(int64_t company, struct str id, struct arena *a)
{
    struct buf key;
    buf_init(&key, id.len + 32);
    buf_add_int(&key, company);
    buf_add_byte(&key, ' ');
    buf_add(&key, id);
    struct str copy = arena_str(a, buf_str(&key));
    buf_clear(&key);
    return copy;
}

static void add_entry(GHashTable *table, struct str key, void *row, struct arena *a)
{
    struct str *place = arena_new(a, struct str);
    *place = key;
    if (!g_hash_table_contains(table, place)) /* the first of equal names wins */
        g_hash_table_insert(table, place, row);
}

static bool load_operators(struct directory *d, struct store_txn *txn, GError **error)
{
    if (!store_operators(txn, 0, &d->arena, &d->operators, &d->operator_count, error))
        return false;
    for (size_t i = 0; i < d->operator_count; i++) {
        struct operator_account *o = &d->operators[i];
        add_entry(d->operators_by_id, o->id, o, &d->arena);
        add_entry(d->operators_by_username, o->username, o, &d->arena);
    }
    return true;
}

static bool load_company(struct directory *d, struct store_txn *txn, int64_t company, GError **error)
{
    struct department *departments;
    struct button *buttons;
    size_t department_count, button_count;
    struct arena *a = &d->arena;
    if (!store_departments(txn, company, a, &departments, &department_count, error) ||
        !store_buttons(txn, company, a, &buttons, &button_count, error))
        return false;
    for (size_t i = 0; i < department_count; i++) {
        add_entry(d->departments_by_id, company_key(company, departments[i].id, a), &departments[i], a);
        add_entry(d->departments_by_name, company_key(company, departments[i].name, a), &departments[i], a);
    }
    for (size_t i = 0; i < button_count; i++)
        add_entry(d->buttons, company_key(company, buttons[i].id, a), &buttons[i], a);
    return true;
}

static struct directory *load(struct store_txn *txn, uint64_t epoch, GError **error)
{
    struct directory *d = g_new0(struct directory, 1);
    atomic_init(&d->references, 1);
    d->epoch = epoch;
    arena_init(&d->arena);
    d->operators_by_id = g_hash_table_new(hash_str, hash_str_equal);
    d->operators_by_username = g_hash_table_new(hash_str, hash_str_equal);
    d->departments_by_id = g_hash_table_new(hash_str, hash_str_equal);
    d->departments_by_name = g_hash_table_new(hash_str, hash_str_equal);
    d->buttons = g_hash_table_new(hash_str, hash_str_equal);
    bool loaded =
        store_companies(txn, &d->arena, &d->companies, &d->company_count, error) && load_operators(d, txn, error);
    for (size_t i = 0; i < d->company_count && loaded; i++)
        loaded = load_company(d, txn, d->companies[i].number, error);
    if (loaded)
        return d;
    directory_unref(d);
    return NULL;
}

static struct directory *ref_current(struct directories *directories, uint64_t epoch)
{
    pthread_mutex_lock(&directories->lock);
    struct directory *d = directories->current;
    if (d && d->epoch == epoch)
        atomic_fetch_add(&d->references, 1);
    else
        d = NULL;
    pthread_mutex_unlock(&directories->lock);
    return d;
}

/* Keeps `d` for the next ones too, unless somebody loaded a later one meanwhile. */
static void keep(struct directories *directories, struct directory *d)
{
    pthread_mutex_lock(&directories->lock);
    struct directory *old = directories->current;
    bool later = !old || old->epoch < d->epoch;
    if (later) {
        directories->current = d;
        atomic_fetch_add(&d->references, 1);
    }
    pthread_mutex_unlock(&directories->lock);
    if (later && old)
        directory_unref(old);
}

struct directory *directory_ref(struct core *core, struct store_reader *reader, GError **error)
{
    uint64_t epoch = store_account_epoch(core->store);
    struct directory *d = ref_current(core->directories, epoch);
    if (d)
        return d;
    struct store_txn *txn = store_read_begin(reader, error);
    if (!txn)
        return NULL;
    d = load(txn, epoch, error);
    store_read_end(txn);
    if (d)
        keep(core->directories, d);
    return d;
}

struct directory *directory_ref_in(struct core *core, struct store_txn *txn, GError **error)
{
    uint64_t epoch = store_account_epoch(core->store);
    if (atomic_load(&core->directories->dirty) == epoch + 1)
        return load(txn, epoch, error); /* sees what is not committed yet, and must not be seen by others */
    struct directory *d = ref_current(core->directories, epoch);
    if (d)
        return d;
    d = load(txn, epoch, error);
    if (d)
        keep(core->directories, d);
    return d;
}

/* ---- looking up ---- */

const struct company *directory_companies(const struct directory *d, size_t *count)
{
    *count = d->company_count;
    return d->companies;
}

const struct company *directory_company(const struct directory *d, int64_t number)
{
    for (size_t i = 0; i < d->company_count; i++)
        if (d->companies[i].number == number)
            return &d->companies[i];
    return NULL;
}

const struct zone *directory_zone(const struct directory *d, int64_t company)
{
    const struct company *c = directory_company(d, company);
    const struct zone *zone = c ? zone_get(c->time_zone, NULL) : NULL;
    return zone ? zone : zone_utc();
}

const struct company *directory_company_by_name(const struct directory *d, struct str name)
{
    for (size_t i = 0; i < d->company_count; i++)
        if (str_equal(d->companies[i].name, name))
            return &d->companies[i];
    return NULL;
}

/* "[::1]:80" -> "[::1]", "example.org:80" -> "example.org". */
static struct str without_port(struct str host)
{
    size_t i = host.len;
    while (i > 0 && host.ptr[i - 1] >= '0' && host.ptr[i - 1] <= '9')
        i--;
    return i > 0 && host.ptr[i - 1] == ':' ? str_from(host.ptr, i - 1) : host;
}

const struct company *directory_company_by_host(const struct directory *d, struct str host)
{
    const struct company *usual = NULL;
    struct str name = without_port(host);
    for (size_t i = 0; i < d->company_count; i++) {
        const struct company *company = &d->companies[i];
        if (company->host.len && str_equal_nocase(company->host, name))
            return company;
        if (company->is_default)
            usual = company;
    }
    return usual;
}

const struct operator_account *directory_operator(const struct directory *d, struct str id)
{
    return g_hash_table_lookup(d->operators_by_id, &id);
}

const struct operator_account *directory_operator_by_username(const struct directory *d, struct str username)
{
    return g_hash_table_lookup(d->operators_by_username, &username);
}

const struct operator_account *directory_operator_like(const struct directory *d, struct str username)
{
    const struct operator_account *like = directory_operator_by_username(d, username);
    if (like)
        return like;
    g_autofree char *wanted = g_utf8_casefold(username.ptr, (gssize)username.len);
    for (size_t i = 0; i < d->operator_count; i++) {
        const struct operator_account *o = &d->operators[i];
        g_autofree char *folded = g_utf8_casefold(o->username.ptr, (gssize)o->username.len);
        if (strcmp(folded, wanted) != 0)
            continue;
        if (like)
            return NULL;
        like = o;
    }
    return like;
}

const struct operator_account *directory_operator_by_email(const struct directory *d, int64_t company, struct str email)
{
    for (size_t i = 0; i < d->operator_count; i++)
        if (email.len && str_equal_nocase(d->operators[i].email, email) &&
            (!company || d->operators[i].company == company))
            return &d->operators[i];
    return NULL;
}

static void *look_up(GHashTable *table, int64_t company, struct str id)
{
    char key[32 + LIMIT_NAME];
    int prefix = g_snprintf(key, sizeof key, "%" PRId64 " ", company);
    if (id.len > sizeof key - (size_t)prefix)
        return NULL;
    if (id.len)
        memcpy(key + prefix, id.ptr, id.len);
    struct str whole = str_from(key, (size_t)prefix + id.len);
    return g_hash_table_lookup(table, &whole);
}

const struct department *directory_department(const struct directory *d, int64_t company, struct str id_or_name)
{
    const struct department *department = look_up(d->departments_by_id, company, id_or_name);
    return department ? department : look_up(d->departments_by_name, company, id_or_name);
}

const struct button *directory_button(const struct directory *d, int64_t company, struct str id)
{
    return look_up(d->buttons, company, id);
}

enum { DEEPEST = 64 }; /* units above units; also what ends a cycle that the ids do not show */

struct str directory_ancestors(const struct directory *d, int64_t company, struct str department_id, struct arena *a)
{
    struct str above[DEEPEST];
    size_t count = 0;
    const struct department *department = look_up(d->departments_by_id, company, department_id);
    while (department && department->parent.ptr && count < DEEPEST) {
        bool seen = str_equal(department->parent, department_id);
        for (size_t i = 0; i < count && !seen; i++)
            seen = str_equal(above[i], department->parent);
        if (seen)
            break;
        above[count++] = department->parent;
        department = look_up(d->departments_by_id, company, department->parent);
    }
    if (count == 0)
        return STR_NULL;
    struct buf out;
    buf_init(&out, (size_t)DEEPEST * (6 * LIMIT_ID + 3) + 2);
    struct json w;
    json_init(&w, &out);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        json_add_string(&w, above[i]);
    json_array_end(&w);
    struct str ancestors = arena_str(a, buf_str(&out));
    buf_clear(&out);
    return ancestors;
}
