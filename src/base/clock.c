#include "base/clock.h"

#include <glib.h>
#include <stdatomic.h>

static _Atomic int64_t offset;

int64_t clock_now_ms(void)
{
    return g_get_real_time() / 1000 + atomic_load_explicit(&offset, memory_order_relaxed);
}

int64_t clock_monotonic_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

void clock_set_offset_ms(int64_t offset_ms)
{
    atomic_store_explicit(&offset, offset_ms, memory_order_relaxed);
}
