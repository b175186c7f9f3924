#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static _Atomic int lowest = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&lowest, (int)level);
}

bool log_is_on(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&lowest, memory_order_relaxed);
}

static void add_value(struct buf *line, struct str value)
{
    bool plain = value.len > 0;
    for (size_t i = 0; i < value.len && plain; i++)
        plain =
            (unsigned char)value.ptr[i] > ' ' && value.ptr[i] != '"' && value.ptr[i] != '\\' && value.ptr[i] != 0x7f;
    if (plain) {
        buf_add(line, value);
        return;
    }
    buf_add_byte(line, '"');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else if (c < ' ' || c == 0x7f)
            buf_printf(line, "\\u%04x", c);
        else
            buf_add_byte(line, (char)c);
    }
    buf_add_byte(line, '"');
}

void log_entry(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (!log_is_on(level))
        return;
    struct buf line;
    buf_init(&line, 16384);
    int64_t now = clock_now_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;
    char when[32];
    gmtime_r(&seconds, &utc);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
    buf_printf(&line, "%s.%03dZ %s ", when, (int)(now % 1000), names[level]);
    add_value(&line, str_from_c(event));
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, " %s=", fields[i].key);
        if (fields[i].text.ptr)
            add_value(&line, fields[i].text);
        else
            buf_add_int(&line, fields[i].number);
    }
    buf_add_byte(&line, '\n');
    /* One write a line keeps lines whole between threads; a log nobody can take is not worth dying for. */
    if (write(STDERR_FILENO, line.ptr, line.len) < 0) {
    }
    buf_clear(&line);
}
