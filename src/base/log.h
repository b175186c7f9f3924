/* The log on standard error: one line an entry, for people and for machines (`key=value`, values with blanks,
 * quotes or control characters as JSON strings). Never log a credential or a message's text.
 *
 * Floors 0 to 2 never log: they return errors, and whoever handles the error logs it once. Any thread may log;
 * lines do not mix. */
#pragma once

#include "base/str.h"

#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/* Entries below `level` are dropped; the default is LOG_LEVEL_INFO. */
void log_set_level(enum log_level level);
bool log_is_on(enum log_level level);

/* One `key=value` of an entry. */
struct log_field {
    const char *key;
    struct str text; /* when ptr is set, else `number` */
    int64_t number;
};

/* Writes `time level event key=value...`. `event` is a short constant phrase in plain words. */
void log_entry(enum log_level level, const char *event, const struct log_field *fields, size_t count);

#define LOG_TEXT(name, value) ((struct log_field){.key = (name), .text = (value)})
#define LOG_NUMBER(name, value) ((struct log_field){.key = (name), .number = (value)})
#define LOG_WRITE(level, event, ...) \
    log_entry((level), (event), (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define LOG_INFO(event, ...) LOG_WRITE(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define LOG_WARNING(event, ...) LOG_WRITE(LOG_LEVEL_WARNING, event, __VA_ARGS__)
#define LOG_ERROR(event, ...) LOG_WRITE(LOG_LEVEL_ERROR, event, __VA_ARGS__)
