/* Where a map finds a value in a row or an object (doc/import.md "Maps"):
 *
 *     email                    a column, or a member
 *     visitor.email            a member of a member; "contacts.0.id" an element of an array; a text that holds JSON is
 *                              gone into as if it stood there
 *     /visitor.name            from the conversation's top, for what stands in an event
 *     user_id | email          the first of these that is there and not empty
 *     date + email             these together, with a blank between; all must be there
 *     "Client"                 this word itself
 *
 * A column whose name has dots is found by its whole name first. Pure; any thread. */
#pragma once

#include "base/arena.h"
#include "text/json_tree.h"

struct path;

/* Two places to look from. */
struct scope {
    const struct json_node *top;  /* the conversation */
    const struct json_node *here; /* the event, or the top again */
};

/* Lives in the arena with what it was made of. NULL when there is no path like that. O(length). */
const struct path *path_parse(struct str text, struct arena *a);

/* What stands there, be it an array or an object; NULL when nothing does, or null. */
const struct json_node *path_node(const struct path *path, const struct scope *scope, struct arena *a);

/* The same as text: a string, a number, true or false; STR_NULL when nothing stands there or it is empty. `path` may be
 * NULL: then STR_NULL. */
struct str path_word(const struct path *path, const struct scope *scope, struct arena *a);

/* Is there such a member at all, whatever its value? */
bool path_exists(const struct path *path, const struct scope *scope, struct arena *a);

/* Calls `name` with the first member's name of each place the path looks at, whole and up to its first dot. */
void path_each_name(const struct path *path, void (*name)(void *data, struct str whole, struct str first), void *data);
