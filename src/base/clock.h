/* What time it is.
 *
 * Wall-clock time stamps events and is only ever read here; timeouts use the monotonic clock. Times are
 * milliseconds since 1970-01-01T00:00:00Z. Any thread may call both. */
#pragma once

#include <stdint.h>

/* Wall clock, milliseconds UTC. May jump back: whoever stamps the log takes max(now, the session's last time). */
int64_t clock_now_ms(void);

/* Milliseconds since some fixed point, never going back. */
int64_t clock_monotonic_ms(void);

/* Moves what clock_now_ms answers by `offset_ms` from now on; 0 undoes it. For tests of a jumping clock. */
void clock_set_offset_ms(int64_t offset_ms);
