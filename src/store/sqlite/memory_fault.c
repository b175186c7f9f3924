#include "store/sqlite/memory_fault.h"

#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>

static sqlite3_mem_methods real;
static int calls, first_failing, last_failing; /* atomic */

static bool hit(void)
{
    int call = g_atomic_int_add(&calls, 1) + 1;
    return call >= g_atomic_int_get(&first_failing) && call <= g_atomic_int_get(&last_failing);
}

static void *allocate(int size)
{
    return hit() ? NULL : real.xMalloc(size);
}

static void *reallocate(void *memory, int size)
{
    return hit() ? NULL : real.xRealloc(memory, size);
}

void memory_fault_install(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    sqlite3_mem_methods methods = real;
    methods.xMalloc = allocate;
    methods.xRealloc = reallocate;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}

void memory_fault_arm(int n, int more)
{
    g_atomic_int_set(&last_failing, 0);
    g_atomic_int_set(&first_failing, n);
    g_atomic_int_set(&calls, 0);
    g_atomic_int_set(&last_failing, n ? n + more : 0);
}

int memory_fault_calls(void)
{
    return g_atomic_int_get(&calls);
}
