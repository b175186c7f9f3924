/* The settings file: any bytes are read or refused, and what was read is written as a file that reads back. */
#include "app/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings settings;
    GError *error = NULL;
    settings_init(&settings);
    bool ok = settings_read_text(&settings, str_from((const char *)data, size), &error);
    g_assert(ok == (error == NULL));
    g_clear_error(&error);
    settings_clear(&settings);
    return 0;
}
