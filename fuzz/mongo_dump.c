/* Files of MongoDB's tools: BSON end to end, archives, lines; whatever comes out is UTF-8, and who refuses says why. */
#include "archive.h"
#include "port/format/mongo.h"

static bool wants_all(void *data, struct str name)
{
    (void)data, (void)name;
    return true;
}

static bool look_at(void *data, struct str name, struct str json, const struct item_place *place, GError **error)
{
    (void)data, (void)error;
    if (!str_is_utf8(json) || json.len < 2 || json.ptr[0] != '{' || place->offset < 0 || !name.ptr)
        abort();
    return true;
}

static void refused(void *data, const struct item_place *place, const GError *why)
{
    (void)data;
    if (!why || place->offset < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct mongo_reader reader = {wants_all, look_at, refused, NULL};
    GError *error = NULL;
    g_autofree char *path = NULL;
    int file = archive_file(str_from((const char *)data, size), &path);
    struct input *input = input_open(path, NULL);
    if (!input)
        abort();
    if (!mongo_read(input, &reader, &error) && !error)
        abort();
    g_clear_error(&error);
    input_close(input);
    close(file);
    return 0;
}
