/* Restore: a data directory from a backup. */
#pragma once

#include "base/reason.h"

/* Makes `directory`, which must be empty or not there, hold a copy of the backup `file`. The database appears under its
 * name only once it is whole and on disk; a directory with anything else of a database in it is DIRECTORY_NOT_EMPTY.
 * Whether the file is a database of Parley's is seen when it is opened. Other reasons: FILE_UNREADABLE,
 * FILE_UNWRITABLE, DISK_FULL. */
bool restore_run(const char *directory, const char *file, GError **error);
