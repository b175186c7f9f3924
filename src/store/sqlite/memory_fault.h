/* Memory that gives out: lets allocations of SQLite fail. For tests, as disk_fault.h; any thread. GLib's are no case:
 * it ends the process, which is the crash tests' matter. */
#pragma once

/* Once, before the first database is opened. */
void memory_fault_install(void);

/* Of the allocations from now on the `n`-th (1 = the next) and the `more` after it fail. n = 0: none. */
void memory_fault_arm(int n, int more);

/* Allocations counted since the last memory_fault_arm. */
int memory_fault_calls(void);
