/* A disk that gives out: stands between SQLite and the real files and lets calls fail. For tests.
 *
 * Counted and failed are opening, writing, syncing, truncating and removing of files, of all databases of the process.
 * Any thread. */
#pragma once

#include <stdbool.h>

/* Once, before the first database is opened. */
void disk_fault_install(void);

/* Of the calls from now on the `n`-th (1 = the next) and the `more` after it fail; as a full disk where they write,
 * else as a broken one. n = 0: none. */
void disk_fault_arm(int n, int more);

/* Calls counted since the last disk_fault_arm. */
int disk_fault_calls(void);
