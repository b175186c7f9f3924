/* A conversation that is known here already, from an earlier export: what was stored stays as it is, and what the later
 * export has more comes behind it.
 *
 *     stored    m1  m2  closed             m1  m2  closed                     m1  m2  closed
 *     export    m1  m2  m3  m4  closed     m1  m2 (another text)  closed      m1  x2
 *     becomes   m1  m2  closed  m3  m4     m1  m2  closed  edit of m2         refused: another beginning
 *               closed
 *
 * What only follows from the conversation's state - its close, its rating, what became known of the visitor - may be
 * told anew at another place and changes nothing that is stored; so may the head, as long as the visitor is the same.
 * A message is the same when it has the same id, or, without one, the same time and author. */
#pragma once

#include "port/format/format.h"

/* For struct format's `follow`. O(events). */
bool follow_export(const struct format_known *known, struct line *line, struct arena *a, GError **error);
