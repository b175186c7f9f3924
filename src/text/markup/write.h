/* What the writers share. */
#pragma once

#include "base/buf.h"
#include "text/markup/markup.h"

/* An emoji as it stands in the message. */
struct str markup_emoji_written(const struct markup_node *emoji);

/* A time stamp in UTC, a color as #rrggbb or #rrggbbaa. */
void markup_add_stamp(struct buf *out, const struct markup_node *node);
void markup_add_color(struct buf *out, const struct markup_node *node);

/* What must stand before a link's address so that it may be followed: "", or a scheme that it lacks. NULL = it may not:
 * only http, https, mailto and tel are, for another scheme (javascript:, data:) would run in the reader's page. */
const char *markup_link_scheme(struct str address);
