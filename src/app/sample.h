/* The sample company of `parley demo`: Environment, with the conversations and credentials that the documented requests
 * name, and some hundred real conversations. Its credentials are published, so that all of them are marked as
 * samples and refused from elsewhere. */
#pragma once

#include "core/core.h"

#include <stdio.h>

/* Makes it. Every step leaves alone what is there already, so that it may be run again after an interruption.
 * DIRECTORY_NOT_EMPTY when there are companies and none of them is the sample company. */
bool sample_make(struct core *core, struct store_reader *reader, GError **error);

/* Is there a sample company? */
bool sample_exists(struct core *core, struct store_reader *reader);

/* The credentials, and one curl line for each documented request, for a server at `address` ("127.0.0.1:3000"). */
void sample_print(const char *address, FILE *out);
