/* The head of a session about to be opened: names resolved to accounts, and compared with one already stored.
 * Internal to the core. */
#pragma once

#include "core/directory.h"
#include "model/line.h"

/* `given` with what the directory knows: operators by username or id, department by id or name with its ancestors, the
 * button's name, the only agent's operator. Slices of `given` are shared. */
struct head first_head_named(const struct directory *d, int64_t company, const struct head *given, struct arena *a);

/* Is all that `given` (as read from a line) says as it stands in `stored`? What it leaves out was filled in by us. */
bool first_head_fits(const struct head *stored, const struct head *given);
