/* JSON files of many items: one value a line, one array of them, or an object whose named array holds them (what an
 * API's page looks like). Items are cut by their brackets, never more than one in memory. */
#pragma once

#include "port/format/format.h"

/* Calls `item` with each object, as text, and its place; `item` says FALSE to stop. `arrays` names where in a wrapping
 * object the items are, ended by NULL: "chats", "data.payload", or "docs.*" for the members of an object; NULL = an
 * object is an item itself. An item longer than LIMIT_IMPORT_LINE is STR_NULL: it is to be refused, and the next ones
 * come. Reasons: those of the input; LINE_INVALID for what is no JSON of this kind. O(size). */
bool items_read(struct input *input, const char *const *arrays,
                bool (*item)(void *data, struct str text, const struct item_place *place, GError **error), void *data,
                GError **error);
