#include "world.h"

#include "core/conversation.h"
#include "port/admin.h"
#include "port/check.h"
#include "port/export/export.h"
#include "port/import.h"

#include <inttypes.h>

bool world_try(struct world *w, const char *directory, GError **error)
{
    const struct store_options options = {.create = true, .full_text = true};
    *w = (struct world){0};
    struct store *store = store_open(directory, &options, error);
    w->core = store ? core_open(store, &(struct core_options){0}, error) : NULL;
    w->reader = w->core ? core_reader_open(w->core, error) : NULL;
    bool ok = w->reader && admin_ensure_company(w->core, w->reader, error) &&
              admin_company(w->core, w->reader, STR_NULL, &w->company, error);
    if (!ok)
        world_close(w);
    return ok;
}

void world_open(struct world *w, const char *directory)
{
    GError *error = NULL;
    world_try(w, directory, &error);
    g_assert_no_error(error);
}

void world_close(struct world *w)
{
    if (w->reader)
        store_reader_close(w->reader);
    if (w->core)
        core_close(w->core);
    *w = (struct world){0};
}

bool world_open_session(struct world *w, const char *session, const char *visitor, GError **error)
{
    struct open_op op;
    open_op_init(&op, w->core);
    op.company = w->company;
    struct str text =
        arena_printf(&op.op.arena,
                     "{\"id\":\"%s\",\"visitor\":{\"id\":\"%s\",\"token\":\"token-of-%s\",\"username\":\"user-%s\","
                     "\"name\":\"Name-%s\"},"
                     "\"participants\":[{\"id\":1,\"type\":\"Client\",\"name\":\"Ann\"},{\"id\":2,\"type\":\"Agent\","
                     "\"name\":\"Bob\"}],"
                     "\"events\":[{\"type\":\"joined\",\"at\":1,\"by\":1},{\"type\":\"joined\",\"at\":1,\"by\":2}]}",
                     session, visitor, visitor, visitor, visitor);
    bool ok = line_parse(text, &op.line, &op.op.arena, error) && core_run(&op.op, error);
    op_clear(&op.op);
    return ok;
}

struct str world_text(const char *session, const char *id, struct arena *a)
{
    guint hash = g_str_hash(id);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "Marker%s says %s:", session, id);
    for (guint i = 0; i < hash % 60; i++)
        g_string_append_printf(text, " word%u", (hash >> (i % 16)) % 1000);
    struct str copy = arena_str(a, str_from(text->str, text->len));
    g_string_free(text, TRUE);
    return copy;
}

bool world_append(struct world *w, const char *session, const char *id, size_t count, GError **error)
{
    struct append_op op;
    append_op_init(&op, w->core);
    op.company = w->company;
    op.session_id = str_from_c(session);
    op.events = arena_array(&op.op.arena, count, sizeof *op.events);
    op.event_count = count;
    for (size_t i = 0; i < count; i++) {
        struct str event_id = arena_printf(&op.op.arena, "%s.%zu", id, i);
        op.events[i] = (struct event){.kind = EVENT_MESSAGE,
                                      .time_ms = NO_TIME,
                                      .participant = 1 + (uint32_t)i % 2,
                                      .id = event_id,
                                      .text = world_text(session, event_id.ptr, &op.op.arena)};
    }
    bool ok = core_run(&op.op, error);
    op_clear(&op.op);
    return ok;
}

void world_write_lines(const char *path, int lines)
{
    GString *out = g_string_new(NULL);
    struct arena a;
    arena_init(&a);
    for (int i = 0; i < lines; i++) {
        int visitor = i % 50, events = 3 + i % 17;
        int64_t at = INT64_C(1700000000000) + i * INT64_C(600000);
        g_string_append_printf(out,
                               "{\"id\":\"line-%d\",\"visitor\":{\"id\":\"v%d\",\"token\":\"token-%d\",\"username\":"
                               "\"user-%d\"},\"participants\":[{\"id\":1,\"type\":\"Client\",\"name\":\"Ann\"},"
                               "{\"id\":2,\"type\":\"Agent\",\"name\":\"Bob\"}],\"events\":["
                               "{\"type\":\"joined\",\"at\":%" PRId64 ",\"by\":1}",
                               i, visitor, visitor, visitor, at);
        for (int k = 0; k < events; k++) {
            struct str id = arena_printf(&a, "line-%d-m%d", i, k);
            struct str text = world_text("Import", id.ptr, &a);
            g_string_append_printf(
                out, ",{\"type\":\"message\",\"at\":%" PRId64 ",\"by\":%d,\"id\":\"%.*s\",\"text\":\"%.*s\"}",
                at + k * 1000, 1 + k % 2, STR_ARG(id), STR_ARG(text));
        }
        g_string_append(out, "]}\n");
    }
    g_assert_true(g_file_set_contents(path, out->str, (gssize)out->len, NULL));
    g_string_free(out, TRUE);
    arena_clear(&a);
}

bool world_import(struct world *w, const char *path, void (*progress)(int64_t lines), GError **error)
{
    char *bytes;
    gsize length;
    g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    struct arena a;
    arena_init(&a);
    struct import_place place;
    bool found = false;
    struct str name = import_place_name(w->company, str_from(bytes, MIN(length, 64 * 1024)), &a);
    struct store_txn *txn = core_read_begin(w->reader, error);
    bool ok = txn && import_place_get(txn, name, &place, &found, error);
    if (txn)
        core_read_end(txn);
    if (ok) {
        const struct import_options options = {
            .core = w->core, .company = w->company, .place_name = name, .place = found ? &place : NULL};
        struct import *import = import_new(&options, NULL);
        bool room = true;
        for (gsize at = 0; at < length && room; at += 4096) {
            room = import_feed(import, str_from(bytes + at, MIN(length - at, 4096))) || import_wait(import);
            if (progress)
                progress(import_lines(import));
        }
        import_end(import);
        struct import_result result;
        import_finish(import, &result);
        ok = !result.error;
        if (!ok && error)
            *error = g_error_copy(result.error);
        import_result_clear(&result);
    }
    arena_clear(&a);
    g_free(bytes);
    return ok;
}

char *world_export(struct world *w, size_t *length)
{
    struct buf piece;
    GString *all = g_string_new(NULL);
    struct exporter *exporter = export_new_of_all(w->company);
    GError *error = NULL;
    buf_init(&piece, 1 << 18);
    for (bool finished = false; !finished; buf_reset(&piece)) {
        struct store_txn *txn = store_read_begin(w->reader, &error);
        g_assert_no_error(error);
        export_next(exporter, txn, 1 << 16, &piece, &finished, &error);
        g_assert_no_error(error);
        store_read_end(txn);
        if (piece.len)
            g_string_append_len(all, piece.ptr, (gssize)piece.len);
    }
    export_free(exporter);
    buf_clear(&piece);
    *length = all->len;
    return g_string_free(all, FALSE);
}

static void print_finding(void *data, const char *text)
{
    (void)data;
    g_test_message("check: %s", text);
}

int64_t world_check(struct world *w)
{
    struct check_result result = {0};
    GError *error = NULL;
    check_run(w->core, false, print_finding, NULL, NULL, &result, &error);
    if (error) {
        g_test_message("check failed: %s", error->message);
        g_error_free(error);
        return -1;
    }
    return result.findings;
}
