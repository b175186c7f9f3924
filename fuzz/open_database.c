/* Opening a database that something damaged: it works, or there is a reason; never a crash. The input is laid over a
 * sound database: its first byte says where the file is cut off, in 256ths (0 = nowhere); each 4 further bytes are an
 * offset in the file (3 bytes, big-endian) and the byte to put there. An input that begins like SQLite's files is the
 * file itself. */
#include "core/account.h"
#include "core/conversation.h"
#include "core/history.h"
#include "port/check.h"

#include <glib/gstdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *directory, *database;
static char *sound;
static size_t sound_size;

static void remove_files(void)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        g_remove(path);
    }
}

static struct core *open_core(bool create, GError **error)
{
    struct store_options options = {.create = create, .full_text = true};
    struct core_options core_options = {0};
    struct store *store = store_open(directory, &options, error);
    return store ? core_open(store, &core_options, error) : NULL;
}

static void import_session(struct core *core, int number)
{
    GError *error = NULL;
    struct open_op op;
    open_op_init(&op, core);
    op.company = 1;
    struct str text = arena_printf(&op.op.arena,
                                   "{\"id\":\"s%d\",\"visitor\":{\"id\":\"v%d\",\"name\":\"Ann\"},"
                                   "\"participants\":[{\"id\":1,\"type\":\"Client\",\"name\":\"Ann\"}],\"events\":["
                                   "{\"type\":\"joined\",\"at\":1000,\"by\":1},"
                                   "{\"type\":\"message\",\"at\":2000,\"by\":1,\"id\":\"m\",\"text\":\"hello words\"},"
                                   "{\"type\":\"message\",\"at\":3000,\"by\":1,\"text\":\"a second one\"}]}",
                                   number, number / 2);
    op.import = true;
    if (!line_parse(text, &op.line, &op.op.arena, &error) || !core_run(&op.op, &error))
        g_error("%s", error->message);
    op_clear(&op.op);
}

static void remove_directory(void)
{
    remove_files();
    g_rmdir(directory);
}

static void make_sound(void)
{
    GError *error = NULL;
    struct account_op company_op;
    id_library_init();
    directory = g_strdup("/dev/shm/parley-fuzz-XXXXXX");
    if (!g_mkdtemp(directory)) {
        g_free(directory);
        directory = g_dir_make_tmp("parley-fuzz-XXXXXX", &error);
    }
    atexit(remove_directory);
    database = g_build_filename(directory, "parley.db", NULL);
    struct core *core = open_core(true, &error);
    struct company company = {.name = STR("Fuzz"), .time_zone = STR("UTC")};
    account_op_init(&company_op, core);
    company_op.company = &company;
    if (!core_run(&company_op.op, &error))
        g_error("%s", error->message);
    op_clear(&company_op.op);
    for (int i = 0; i < 8; i++)
        import_session(core, i);
    core_close(core);
    if (!g_file_get_contents(database, &sound, &sound_size, &error))
        g_error("%s", error->message);
}

static void write_database(const uint8_t *data, size_t size)
{
    static const char magic[] = "SQLite format 3";
    remove_files();
    if (size >= sizeof magic && !memcmp(data, magic, sizeof magic)) {
        g_file_set_contents(database, (const char *)data, (gssize)size, NULL);
        return;
    }
    size_t length = sound_size;
    if (size > 0) {
        length = data[0] ? sound_size * data[0] / 256 : sound_size;
        data++, size--;
    }
    g_autofree char *bytes = g_memdup2(sound, sound_size);
    for (; size >= 4; data += 4, size -= 4)
        bytes[((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % sound_size] = (char)data[3];
    g_file_set_contents(database, bytes, (gssize)length, NULL);
}

static void ignore_finding(void *data, const char *text)
{
    (void)data;
    g_assert(g_utf8_validate(text, -1, NULL));
}

static void read_all(struct core *core, struct store_reader *reader)
{
    struct store_session_filter filter = {
        .company = 1, .state = -1, .dialect = -1, .from_ms = NO_TIME, .to_ms = NO_TIME};
    struct store_search search = {.company = 1,
                                  .query = STR("hello"),
                                  .state = -1,
                                  .dialect = -1,
                                  .from_ms = NO_TIME,
                                  .to_ms = NO_TIME,
                                  .limit = 20};
    struct check_result result = {0};
    struct history_item *items;
    struct store_found found;
    struct arena a;
    size_t count;
    arena_init(&a);
    struct store_txn *txn = core_read_begin(reader, NULL);
    if (txn) {
        history_list(txn, &filter, NULL, false, 50, &a, &items, &count, NULL);
        history_search(txn, &search, &a, &found, NULL);
        core_read_end(txn);
    }
    check_run(core, false, ignore_finding, NULL, NULL, &result, NULL);
    arena_clear(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!sound)
        make_sound();
    write_database(data, size);
    GError *error = NULL;
    struct core *core = open_core(false, &error);
    struct store_reader *reader = core ? core_reader_open(core, &error) : NULL;
    if (reader) {
        read_all(core, reader);
        store_reader_close(reader);
    } else {
        g_assert(error && error->message[0]);
    }
    if (core)
        core_close(core);
    g_clear_error(&error);
    remove_files();
    return 0;
}
