#include "port/format/conversion.h"

#include "base/clock.h"
#include "base/id.h"
#include "core/account.h"
#include "core/directory.h"
#include "core/history.h"
#include "port/format/map.h"
#include "port/format/scratch.h"

#include <pthread.h>
#include <sodium.h>
#include <sys/stat.h>

enum {
    PROGRESS_EVERY_MS = 100,
    PLACES = 1 << 16, /* lines under way to the import, at most: it takes a few megabytes at a time */
    SCRATCH_ID = 8,
    PREVIEW_RECORDS = 10000,
};

struct conversion {
    const struct conversion_options *options;
    struct conversion_report *report;
    struct scratch *scratch; /* of a scattered format */
    struct import *import;
    struct store_reader *reader;
    pthread_mutex_t lock; /* the import refuses lines on a thread of its own: places, and telling of refusals */
    struct item_place places[PLACES]; /* of line n of the import, at n % PLACES */
    int64_t lines;
    struct buf line;
    struct input *input; /* being read */
    GPtrArray *names;    /* char *, of the files; where they come one by one of those so far */
    unsigned begun;      /* so many of them */
    unsigned file;       /* the one being read, or 0 */
    int64_t records;     /* of a preview */
    int64_t shown_ms;
};

/* ---- the report ---- */

static void count(GHashTable *table, struct str what)
{
    g_autofree char *key = str_to_heap(what);
    int64_t *n = g_hash_table_lookup(table, key);
    if (!n) {
        n = g_new0(int64_t, 1);
        g_hash_table_insert(table, g_steal_pointer(&key), n);
    }
    ++*n;
}

void conversion_notice(struct conversion *c, struct str what)
{
    count(c->report->notices, what);
}

void conversion_lost(struct conversion *c, struct str what)
{
    count(c->report->lost, what);
}

static const char *name_of_file(const struct conversion *c, unsigned file)
{
    return file < c->names->len ? c->names->pdata[file] : "";
}

static void tell_refused(struct conversion *c, const struct item_place *place, const GError *why)
{
    c->report->refused++;
    if (c->options->refused)
        c->options->refused(c->options->data, name_of_file(c, place->file), place, why);
}

static void refuse(struct conversion *c, const struct item_place *place, const GError *why)
{
    pthread_mutex_lock(&c->lock);
    tell_refused(c, place, why);
    pthread_mutex_unlock(&c->lock);
}

void conversion_refuse(struct conversion *c, const struct item_place *place, const GError *why)
{
    struct item_place here = *place;
    here.file = c->file;
    c->report->read++;
    refuse(c, &here, why);
}

void conversion_refuse_long(struct conversion *c, const struct item_place *place)
{
    g_autoptr(GError) why = NULL;
    reason_set(&why, REASON_LINE_INVALID, "this is longer than %d bytes", LIMIT_IMPORT_LINE);
    conversion_refuse(c, place, why);
}

static void write_counts(struct json *w, GHashTable *table)
{
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(table), (GCompareFunc)(void (*)(void))strcmp);
    json_object_begin(w);
    for (GList *key = keys; key; key = key->next) {
        json_key(w, str_from_c(key->data));
        json_add_int(w, *(int64_t *)g_hash_table_lookup(table, key->data));
    }
    json_object_end(w);
}

void conversion_report_write(const struct conversion_report *report, struct json *w)
{
    json_member_int(w, "read", report->read);
    json_member_int(w, "created", report->created);
    json_member_int(w, "extended", report->extended);
    json_member_int(w, "unchanged", report->unchanged);
    json_member_int(w, "refused", report->refused);
    json_key_literal(w, "notices");
    write_counts(w, report->notices);
    json_key_literal(w, "lost");
    write_counts(w, report->lost);
}

void conversion_report_init(struct conversion_report *report)
{
    *report = (struct conversion_report){.notices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                                         .lost = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void conversion_report_add(struct conversion_report *report, const struct import_result *lines)
{
    report->created += lines->counts.created;
    report->extended += lines->counts.appended;
    report->unchanged += lines->counts.unchanged;
    report->refused += lines->counts.refused;
    report->events += lines->counts.events;
    report->read += lines->counts.created + lines->counts.appended + lines->counts.unchanged + lines->counts.refused;
}

void conversion_report_clear(struct conversion_report *report)
{
    g_clear_pointer(&report->notices, g_hash_table_unref);
    g_clear_pointer(&report->lost, g_hash_table_unref);
}

/* ---- one conversation ---- */

const struct conversion_hints *conversion_hints(const struct conversion *c)
{
    return &c->options->hints;
}

const struct map *conversion_map(const struct conversion *c)
{
    return c->options->map;
}

static struct str id_of(const struct conversion *c, const struct str *parts, size_t count_of, struct arena *a)
{
    uint8_t hash[12];
    char hex[2 * sizeof hash + 1];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    for (size_t i = 0; i < count_of; i++) {
        uint64_t length = parts[i].len;
        crypto_generichash_update(&state, (const uint8_t *)&length, sizeof length);
        crypto_generichash_update(&state, (const uint8_t *)parts[i].ptr, parts[i].len);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    return arena_printf(a, "%s-%s", c->options->format->name, hex);
}

static bool keeps_ids(const struct conversion *c)
{
    return c->options->format->ids_are_ours || (c->options->map && c->options->map->keeps_ids);
}

struct str conversion_id(const struct conversion *c, struct str origin, struct arena *a)
{
    struct str parts[] = {str_from_c(c->options->format->name), c->options->hints.account, origin};
    return keeps_ids(c) ? origin : id_of(c, parts, G_N_ELEMENTS(parts), a);
}

struct str conversion_visitor_id(const struct conversion *c, struct str origin, struct arena *a)
{
    struct str parts[] = {str_from_c(c->options->format->name), c->options->hints.account, origin, STR("visitor")};
    return keeps_ids(c) ? origin : id_of(c, parts, G_N_ELEMENTS(parts), a);
}

/* Nothing begins before 0, which means no bound there. */
void conversion_hints_bound(const struct conversion_hints *hints, struct import_options *lines)
{
    lines->from_ms = hints->from_ms == NO_TIME ? 0 : hints->from_ms;
    lines->to_ms = hints->to_ms == NO_TIME ? 0 : MAX(hints->to_ms, 1);
}

static bool is_wanted(const struct conversion *c, const struct line *line)
{
    const struct conversion_hints *hints = &c->options->hints;
    return (hints->from_ms == NO_TIME || line->start_ms >= hints->from_ms) &&
           (hints->to_ms == NO_TIME || line->start_ms < hints->to_ms);
}

static bool feed(struct conversion *c, const struct line *line, const struct item_place *place, GError **error)
{
    buf_reset(&c->line);
    line_write(line, &c->line);
    buf_add_byte(&c->line, '\n');
    if (c->line.overflow) {
        g_autoptr(GError) why = NULL;
        reason_set(&why, REASON_LINE_INVALID, "the conversation is longer than %d bytes", LIMIT_IMPORT_LINE);
        refuse(c, place, why);
        return true;
    }
    pthread_mutex_lock(&c->lock);
    c->lines++;
    c->places[c->lines % PLACES] = *place;
    pthread_mutex_unlock(&c->lock);
    struct str left = buf_str(&c->line);
    while (left.len) {
        struct str piece = str_from(left.ptr, MIN(left.len, (size_t)1 << 18));
        left = str_skip(left, piece.len);
        if (!import_feed(c->import, piece) && !import_wait(c->import)) {
            reason_set(error, REASON_CANCELLED, "the import ended");
            return false;
        }
    }
    return true;
}

/* ---- what is known already ---- */

static bool read_known(struct store_txn *txn, const struct conversion *c, struct str id, struct format_known *known,
                       bool *found, struct arena *a, GError **error)
{
    const struct session *s = &known->view.session;
    return store_session_get(txn, c->options->company, id, a, &known->view, found, error) &&
           (!*found || s->erased ||
            (history_head(txn, s, a, &known->head, error) &&
             store_events(txn, s, 1, s->last_index, LIMIT_EVENTS_PER_SESSION, a, &known->events, &known->count,
                          error)));
}

/* What is erased is left to the import to refuse. */
static bool follow_known(struct conversion *c, struct line *line, struct arena *a, GError **error)
{
    struct format_known known;
    bool found = false;
    if (!c->options->format->follow || !c->reader)
        return true;
    struct store_txn *txn = core_read_begin(c->reader, error);
    bool ok = txn && read_known(txn, c, line->id, &known, &found, a, error);
    if (txn)
        core_read_end(txn);
    return ok && (!found || known.view.session.erased || c->options->format->follow(&known, line, a, error));
}

/* ---- accounts ---- */

static bool run_account_op(struct account_op *op, GError **error)
{
    bool ok = core_run(&op->op, error);
    op_clear(&op->op);
    return ok;
}

bool conversion_add_operator(struct conversion *c, struct operator_account *o, GError **error)
{
    struct directory *d = directory_ref(c->options->core, c->reader, error);
    if (!d)
        return false;
    bool known = directory_operator(d, o->id) || directory_operator_like(d, o->username);
    directory_unref(d);
    if (known || c->options->dry_run)
        return true;
    struct account_op op;
    account_op_init(&op, c->options->core);
    o->company = c->options->company;
    op.account = o;
    return run_account_op(&op, error);
}

bool conversion_add_department(struct conversion *c, struct department *department, GError **error)
{
    struct directory *d = directory_ref(c->options->core, c->reader, error);
    if (!d)
        return false;
    bool known = directory_department(d, c->options->company, department->id);
    directory_unref(d);
    if (known || c->options->dry_run)
        return true;
    struct account_op op;
    account_op_init(&op, c->options->core);
    department->company = c->options->company;
    op.department = department;
    return run_account_op(&op, error);
}

/* ---- one conversation, from records to the import ---- */

static bool convert(struct conversion *c, const struct record *records, size_t count_of, GError **error)
{
    struct arena a;
    struct line line;
    g_autoptr(GError) why = NULL;
    bool ok = true;
    arena_init(&a);
    bool made = c->options->format->convert(c, records, count_of, &line, &a, &why) && follow_known(c, &line, &a, &why);
    if (made && is_wanted(c, &line)) {
        c->report->read++;
        ok = c->import ? feed(c, &line, &records[0].place, error) : c->options->preview(c->options->data, &line);
    } else if (why) {
        c->report->read++;
        refuse(c, &records[0].place, why);
    }
    arena_clear(&a);
    return ok;
}

static bool tell_progress(struct conversion *c, GError **error)
{
    const struct conversion_options *options = c->options;
    int64_t done = 0, size = 0, now = clock_monotonic_ms();
    if (!options->progress || now - c->shown_ms < PROGRESS_EVERY_MS)
        return true;
    c->shown_ms = now;
    if (c->input)
        input_progress(c->input, &done, &size);
    if (options->progress(options->data, name_of_file(c, c->file), done, size))
        return true;
    reason_set(error, REASON_CANCELLED, "interrupted");
    return false;
}

bool conversion_record(struct conversion *c, const struct record *record, GError **error)
{
    struct record placed = *record;
    placed.place.file = c->file;
    if (c->options->preview && c->scratch && ++c->records > PREVIEW_RECORDS)
        return false;
    return tell_progress(c, error) &&
           (c->scratch ? scratch_add(c->scratch, &placed, error) : convert(c, &placed, 1, error));
}

static bool convert_sorted(void *data, const struct record *records, size_t count_of, bool cut, GError **error)
{
    struct conversion *c = data;
    if (cut)
        conversion_lost(c, STR("messages beyond the limit of one conversation"));
    return tell_progress(c, error) && convert(c, records, count_of, error);
}

bool conversion_refer(struct conversion *c, char kind, struct str key, struct str body, GError **error)
{
    return tell_progress(c, error) && scratch_refer(c->scratch, kind, key, body, error);
}

bool conversion_referred(struct conversion *c, char kind, struct str key, struct arena *a, struct str *body,
                         GError **error)
{
    return scratch_find(c->scratch, kind, key, a, body, error);
}

bool conversion_references(struct conversion *c, char kind, bool (*each)(void *data, struct str body, GError **error),
                           void *data, GError **error)
{
    return scratch_references(c->scratch, kind, each, data, error);
}

/* ---- the run ---- */

static void refused_line(void *data, int64_t line, const GError *why)
{
    struct conversion *c = data;
    pthread_mutex_lock(&c->lock);
    tell_refused(c, &c->places[line % PLACES], why);
    pthread_mutex_unlock(&c->lock);
}

static struct input *next_file(struct conversion *c, GError **error)
{
    const struct conversion_options *options = c->options;
    struct input *input = options->next_file                 ? options->next_file(options->data, error)
                          : options->files[c->begun] != NULL ? input_open(options->files[c->begun], error)
                                                             : NULL;
    if (input && options->next_file) {
        pthread_mutex_lock(&c->lock); /* who refuses looks names up */
        g_ptr_array_add(c->names, g_strdup(input_path(input)));
        pthread_mutex_unlock(&c->lock);
    }
    c->begun += input != NULL;
    return input;
}

static bool read_files(struct conversion *c, GError **error)
{
    GError *why = NULL;
    bool ok = true;
    while (ok && (c->input = next_file(c, &why))) {
        c->file = c->begun - 1;
        ok = c->options->format->read(c, c->input, &why);
        input_close(g_steal_pointer(&c->input));
    }
    c->file = 0;
    ok = ok && !why;
    if (why)
        g_propagate_error(error, why);
    return ok;
}

/* A tenth and less of what it becomes, where it is text. */
enum { COMPRESSED_TO = 10 };

static bool is_compressed(const char *path)
{
    struct input *input = input_open(path, NULL);
    struct str head = input ? input_head(input) : STR_NULL;
    bool compressed = input_is_gzip(head);
    if (input)
        input_close(input);
    return compressed;
}

/* The files by name, size and time, and what was said about them. `bytes`: what they hold, about. */
static void name_scratch(const struct conversion_options *options, char hex[2 * SCRATCH_ID + 1], int64_t *bytes)
{
    crypto_generichash_state state;
    uint8_t hash[SCRATCH_ID > 16 ? SCRATCH_ID : 16];
    *bytes = 0;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    crypto_generichash_update(&state, (const uint8_t *)options->format->name, strlen(options->format->name));
    if (options->map && options->map->source.len)
        crypto_generichash_update(&state, (const uint8_t *)options->map->source.ptr, options->map->source.len);
    if (options->hints.zone)
        crypto_generichash_update(&state, (const uint8_t *)zone_id(options->hints.zone).ptr,
                                  zone_id(options->hints.zone).len);
    if (options->next_file) { /* nobody can bring them again */
        randombytes_buf(hash, sizeof hash);
        crypto_generichash_update(&state, hash, sizeof hash);
    }
    for (char *const *file = options->files; file && *file; file++) {
        struct stat about = {0};
        if (stat(*file, &about) != 0 || !S_ISREG(about.st_mode)) /* a pipe is another one each time */
            randombytes_buf(&about.st_mtim, sizeof about.st_mtim);
        int64_t facts[] = {(int64_t)about.st_size, (int64_t)about.st_mtim.tv_sec, (int64_t)about.st_mtim.tv_nsec};
        crypto_generichash_update(&state, (const uint8_t *)*file, strlen(*file) + 1);
        crypto_generichash_update(&state, (const uint8_t *)facts, sizeof facts);
        *bytes += (int64_t)about.st_size * (about.st_size && is_compressed(*file) ? COMPRESSED_TO : 1);
    }
    crypto_generichash_final(&state, hash, sizeof hash);
    sodium_bin2hex(hex, 2 * SCRATCH_ID + 1, hash, SCRATCH_ID);
}

static bool run_scattered(struct conversion *c, GError **error)
{
    char name[2 * SCRATCH_ID + 1];
    int64_t bytes;
    bool complete;
    name_scratch(c->options, name, &bytes);
    c->scratch = scratch_open(c->options->scratch_directory, name, bytes, &complete, error);
    if (!c->scratch)
        return false;
    if (c->options->next_file)
        scratch_hide(c->scratch);
    bool ok = complete || (read_files(c, error) && scratch_complete(c->scratch, error));
    complete |= ok;
    ok = ok && (!c->options->format->begin || c->options->format->begin(c, error)) &&
         scratch_each(c->scratch, convert_sorted, c, error);
    scratch_close(c->scratch, complete && !ok && !c->options->next_file);
    return ok;
}

/* Reading ends where enough was read, or nobody wants more: neither is a failure. */
static bool run_preview(struct conversion *c, bool scattered, GError **error)
{
    bool complete;
    GError *failed = NULL;
    if (scattered)
        c->scratch = scratch_open(NULL, "preview", 0, &complete, error);
    if (scattered && !c->scratch)
        return false;
    bool ok = read_files(c, &failed);
    if (scattered && !failed)
        ok = scratch_complete(c->scratch, &failed) && scratch_each(c->scratch, convert_sorted, c, &failed);
    if (scattered)
        scratch_close(c->scratch, false);
    if (failed)
        g_propagate_error(error, failed);
    return ok || !failed;
}

static bool run(struct conversion *c, GError **error)
{
    const struct conversion_options *options = c->options;
    bool scattered = options->map ? options->map->is_scattered : options->format->scattered;
    return options->preview ? run_preview(c, scattered, error)
           : scattered      ? run_scattered(c, error)
                            : read_files(c, error);
}

static bool finish(struct conversion *c, bool ok, GError **error)
{
    struct import_result result;
    if (ok)
        import_end(c->import);
    else
        import_cancel(c->import);
    import_finish(c->import, &result);
    c->report->created = result.counts.created;
    c->report->extended = result.counts.appended;
    c->report->unchanged = result.counts.unchanged;
    c->report->events = result.counts.events;
    if (ok && result.error) {
        g_propagate_error(error, g_steal_pointer(&result.error));
        ok = false;
    }
    import_result_clear(&result);
    return ok;
}

bool conversion_run(const struct conversion_options *options, struct conversion_report *report, GError **error)
{
    struct conversion *c = g_new0(struct conversion, 1);
    struct import_options import = {.core = options->core,
                                    .company = options->company,
                                    .skip_bad = true,
                                    .dry_run = options->dry_run,
                                    .refused = refused_line,
                                    .data = c};
    conversion_report_init(report);
    c->options = options;
    c->report = report;
    pthread_mutex_init(&c->lock, NULL);
    buf_init(&c->line, LIMIT_IMPORT_LINE);
    c->names = g_ptr_array_new_with_free_func(g_free);
    for (char *const *file = options->files; file && *file; file++)
        g_ptr_array_add(c->names, g_strdup(*file));
    c->reader = options->preview ? NULL : core_reader_open(options->core, error);
    c->import = c->reader ? import_new(&import, error) : NULL;
    bool ok = (c->import || options->preview) && run(c, error);
    if (c->import)
        ok = finish(c, ok, error);
    g_clear_pointer(&c->reader, core_reader_close);
    buf_clear(&c->line);
    g_ptr_array_unref(c->names);
    pthread_mutex_destroy(&c->lock);
    g_free(c);
    return ok;
}
