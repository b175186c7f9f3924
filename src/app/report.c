#include "app/report.h"

#include "base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { REFUSALS_NOTED = 1000, PROGRESS_EVERY_MS = 100, BAR = 30 };

struct report {
    struct buf refusals;
    struct json w;
    int64_t noted;
    char *file; /* of the progress shown last */
    int64_t begun_ms, shown_ms;
};

struct report *report_new(void)
{
    struct report *report = g_new0(struct report, 1);
    buf_init(&report->refusals, LIMIT_IMPORT_LINE);
    json_init(&report->w, &report->refusals);
    json_array_begin(&report->w);
    return report;
}

/* ---- refusals ---- */

void report_refused(struct report *report, const char *file, int64_t line, int64_t offset, const GError *why)
{
    struct str field = reason_field(why);
    report_progress_over();
    if (line)
        fprintf(stderr, "%s:%lld: ", file, (long long)line);
    else
        fprintf(stderr, "%s: byte %lld: ", file, (long long)offset);
    fprintf(stderr, "%.*s%s%s\n", STR_ARG(field), field.len ? ": " : "", why->message);
    if (report->noted++ >= REFUSALS_NOTED)
        return;
    json_object_begin(&report->w);
    json_member_string(&report->w, "file", str_from_c(file));
    if (line)
        json_member_int(&report->w, "line", line);
    else
        json_member_int(&report->w, "offset", offset);
    json_member_string(&report->w, "reason", str_from_c(why->message));
    json_object_end(&report->w);
}

void report_answered_refusal(struct report *report, const char *file, const struct json_node *refusal)
{
    g_autoptr(GError) why = NULL;
    struct str detail = json_str(json_get(refusal, "detail"));
    reason_set_field(&why, REASON_LINE_INVALID, json_str(json_get(refusal, "field")), "%.*s", STR_ARG(detail));
    report_refused(report, file, json_int64(json_get(refusal, "line")), json_int64(json_get(refusal, "offset")), why);
}

/* ---- progress ---- */

static void show_bar(int64_t done, int64_t size, int64_t ms)
{
    static const char bar[] = "##############################";
    int filled = (int)((double)BAR * (double)done / (double)size);
    int left = done > 0 ? (int)((double)ms / 1000 * (double)(size - done) / (double)done) : 0;
    fprintf(stderr, " [%-*.*s] %3d%%, %d:%02d left", BAR, filled, bar, (int)(100.0 * (double)done / (double)size),
            left / 60, left % 60);
}

void report_progress(struct report *report, const char *file, int64_t done, int64_t size)
{
    int64_t now = clock_monotonic_ms();
    if (!isatty(STDERR_FILENO))
        return;
    if (g_strcmp0(file, report->file) != 0) {
        g_free(report->file);
        report->file = g_strdup(file);
        report->begun_ms = now;
    }
    if (now - report->shown_ms < PROGRESS_EVERY_MS)
        return;
    report->shown_ms = now;
    int64_t ms = MAX(now - report->begun_ms, 1);
    fprintf(stderr, "\r\033[K%s %.1f MB, %.1f MB/s", file, (double)done / 1e6, (double)done / 1e3 / (double)ms);
    if (size > 0)
        show_bar(MIN(done, size), size, ms);
}

void report_progress_over(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
}

/* ---- the end ---- */

void report_interrupted(void)
{
    fprintf(stderr, "parley: interrupted; run the same command again and it goes on where it stopped\n");
}

void report_print(struct report *report, const struct conversion_report *counts)
{
    struct buf out;
    struct json w;
    buf_init(&out, 2 * LIMIT_IMPORT_LINE);
    json_init(&w, &out);
    json_array_end(&report->w);
    json_object_begin(&w);
    conversion_report_write(counts, &w);
    json_member_raw(&w, "refusals", buf_str(&report->refusals));
    json_object_end(&w);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_clear(&out);
    buf_clear(&report->refusals);
    g_free(report->file);
    g_free(report);
}
