#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdatomic.h>
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

/* The last `width` digits of a number that is not negative, then `behind`. */
static void add_digits(struct buf *line, int number, int width, char behind)
{
    char digits[8];
    for (int i = width - 1; i >= 0; i--) {
        digits[i] = (char)('0' + number % 10);
        number /= 10;
    }
    digits[width] = behind;
    buf_add(line, str_from(digits, (size_t)width + 1));
}

/* "2026-11-27T04:30:00.123Z". Every request writes a line: printf and strftime took a twentieth of a small append. */
static void add_time(struct buf *line, int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    add_digits(line, utc.tm_year + 1900, 4, '-');
    add_digits(line, utc.tm_mon + 1, 2, '-');
    add_digits(line, utc.tm_mday, 2, 'T');
    add_digits(line, utc.tm_hour, 2, ':');
    add_digits(line, utc.tm_min, 2, ':');
    add_digits(line, utc.tm_sec, 2, '.');
    add_digits(line, (int)(now_ms % 1000), 3, 'Z');
}

void log_entry(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (!log_is_on(level))
        return;
    struct buf line;
    buf_init(&line, 16384);
    add_time(&line, clock_now_ms());
    buf_add_byte(&line, ' ');
    buf_add(&line, str_from_c(names[level]));
    buf_add_byte(&line, ' ');
    add_value(&line, str_from_c(event));
    for (size_t i = 0; i < count; i++) {
        buf_add_byte(&line, ' ');
        buf_add(&line, str_from_c(fields[i].key));
        buf_add_byte(&line, '=');
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
