/* What pthread's locks lack. Parley locks with those and not with GLib's, because ThreadSanitizer sees them. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A condition whose timed waits go by the monotonic clock. */
void thread_cond_init(pthread_cond_t *condition);

/* As pthread_cond_wait, but false once clock_monotonic_ms has passed `until_ms`. */
bool thread_cond_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t until_ms);
