/* How messages are read, as the settings say it. */
#pragma once

#include "app/settings.h"
#include "text/markup/markup.h"

/* The result's domains are slices of the settings, in an array that goes to `*domains`, to g_free. */
struct markup_options markup_of_settings(const struct settings *settings, struct str **domains);
