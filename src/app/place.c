#include "app/place.h"

#include "app/client.h"
#include "port/admin.h"

#include <fcntl.h>
#include <sys/un.h>

struct store *place_store(const struct settings *settings, bool create, GError **error)
{
    struct store_options options = {.create = create, .full_text = true};
    g_autoptr(GError) cause = NULL;
    if (!*settings->data) {
        reason_set(error, REASON_USAGE, "which data directory? Give --data DIR, or set PARLEY_DATA");
        return NULL;
    }
    struct store *store = store_open(settings->data, &options, &cause);
    if (!store)
        reason_set(error, reason_of(cause), "%s: %s%s", settings->data, cause->message,
                   reason_of(cause) == REASON_FILE_UNREADABLE
                       ? "; `parley company add`, `parley import` or `parley demo` makes a data directory"
                       : "");
    return store;
}

static char *socket_path(const char *data)
{
    return g_build_filename(data, "parley.sock", NULL);
}

char *place_socket(const char *data)
{
    char *path = socket_path(data);
    bool fits = strlen(path) < sizeof((struct sockaddr_un *)NULL)->sun_path;
    int directory = fits ? -1 : open(data, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return path;
    g_free(path);
    return g_strdup_printf("/proc/self/fd/%d/parley.sock", directory); /* as long as the directory is open: always */
}

bool place_open(struct place *place, const struct settings *settings, bool create, GError **error)
{
    struct core_options core_options = {.samples = SAMPLE_EVERYWHERE, .scrub_minute = -1};
    g_autoptr(GError) cause = NULL;
    *place = (struct place){0};
    struct store *store = place_store(settings, create, &cause);
    if (!store && reason_of(cause) == REASON_DIRECTORY_IN_USE) {
        place->socket = socket_path(settings->data);
        if (g_file_test(place->socket, G_FILE_TEST_EXISTS))
            return true;
        g_clear_pointer(&place->socket, g_free);
    }
    if (!store) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    place->core = core_open(store, &core_options, error);
    if (!place->core)
        return false;
    place->reader = core_reader_open(place->core, error);
    if (!place->reader)
        g_clear_pointer(&place->core, core_close);
    return place->reader != NULL;
}

void place_close(struct place *place)
{
    if (place->reader)
        store_reader_close(place->reader);
    if (place->core)
        core_close(place->core);
    g_free(place->socket);
    *place = (struct place){0};
}

static bool command_here(struct place *place, struct str request, struct buf *reply, GError **error)
{
    struct admin_op op;
    admin_op_init(&op, place->core);
    op.request = request;
    bool ok = core_run(&op.op, error);
    if (ok)
        buf_add(reply, op.reply);
    op_clear(&op.op);
    return ok;
}

bool place_command(struct place *place, struct str request, struct buf *reply, GError **error)
{
    struct client_request remote = {
        .socket = place->socket, .path = "/parley/v1/admin/command", .body = request, .reply = reply};
    return place->core ? command_here(place, request, reply, error) : client_run(&remote, error);
}
