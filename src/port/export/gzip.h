/* Bytes compressed as they come. */
#pragma once

#include "base/buf.h"

struct gzip;

struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip);

/* Appends to `out` what `bytes` make: nothing at first, as it is gathered. `last`: nothing comes behind. */
void gzip_add(struct gzip *gzip, struct str bytes, bool last, struct buf *out);
