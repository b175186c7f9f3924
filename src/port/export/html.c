/* Conversations as one HTML page to read and to print: no script, nothing that is fetched, all that people wrote is
 * escaped (text/markup/markup.h has the same promise for messages). */
#include "text/html.h"
#include "port/export/formats.h"
#include "port/export/said.h"

#define POLICY \
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"

#define STYLE \
    "@page{size:A4;margin:18mm 16mm 20mm;@bottom-right{content:counter(page) \" / \" counter(pages);" \
    "font:8pt sans-serif;color:#666}}\n" \
    "html{font:10.5pt/1.4 system-ui,\"Segoe UI\",\"Helvetica Neue\",Arial,sans-serif;color:#111;background:#fff}\n" \
    "body{max-width:50rem;margin:2rem auto;padding:0 1rem}\n" \
    "h1{font-size:1.25rem;margin:0 0 .25rem}\n" \
    ".zone{color:#555;margin:0 0 1.5rem}\n" \
    "article{margin:0 0 2.5rem;border-top:2px solid #111;padding-top:.75rem}\n" \
    "article>h2{font-size:1.1rem;margin:0 0 .5rem}\n" \
    "dl{display:grid;grid-template-columns:max-content 1fr max-content 1fr;gap:.1rem .75rem;margin:0 0 .75rem;" \
    "font-size:.85rem}\n" \
    "dt{color:#555}\n" \
    "dd{margin:0;overflow-wrap:anywhere}\n" \
    ".day{font-size:.85rem;font-weight:600;margin:1rem 0 .25rem;padding-bottom:.15rem;border-bottom:1px solid #bbb}\n" \
    ".event{display:grid;grid-template-columns:7.5rem 1fr;gap:0 .75rem;margin:0;padding:.2rem 0;" \
    "break-inside:avoid}\n" \
    ".event>time{color:#555;font-size:.8rem;line-height:1.85;font-variant-numeric:tabular-nums;white-space:nowrap}\n" \
    ".who{font-weight:600;margin-right:.4rem}\n" \
    ".operator .said{border-left:3px solid #888;padding-left:.6rem}\n" \
    ".visitor .said{border-left:3px solid #ddd;padding-left:.6rem}\n" \
    ".action{color:#444;font-size:.9rem}\n" \
    ".action .said{border:0;padding:0}\n" \
    ".action .who{font-weight:400;margin:0}\n" \
    ".internal .said{border-left:3px dashed #111;background:#f4f4f4;-webkit-print-color-adjust:exact;" \
    "print-color-adjust:exact}\n" \
    ".mark{color:#555;font-size:.8rem;font-style:italic;margin-right:.4rem}\n" \
    ".said{overflow-wrap:anywhere;min-width:0}\n" \
    ".text p,.text blockquote,.text ul,.text ol,.text pre{margin:.1rem 0}\n" \
    ".text h1,.text h2,.text h3,.text h4{font-size:1rem;margin:.2rem 0}\n" \
    ".text pre{white-space:pre-wrap;background:#f4f4f4;padding:.3rem .5rem}\n" \
    ".text blockquote{border-left:2px solid #bbb;padding-left:.6rem;color:#333}\n" \
    ".text details::details-content{display:block;content-visibility:visible}\n" \
    ".text summary{display:none}\n" \
    "a{color:#003a8c}\n" \
    "h2,dl,.day{break-after:avoid}\n" \
    "@media print{html{font-size:9.5pt}body{margin:0;padding:0;max-width:none}a{color:inherit}}\n"

static void begin_page(struct export_writer *x)
{
    buf_add_literal(x->out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" POLICY
                            "<meta name=\"viewport\" content=\"width=device-width\">\n"
                            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>Conversations: ");
    html_add_text(x->out, x->company);
    buf_add_literal(x->out, "</title>\n<style>\n");
    buf_add_literal(x->out, STYLE);
    buf_add_literal(x->out, "</style>\n</head>\n<body>\n<h1>Conversations: ");
    html_add_text(x->out, x->company);
    buf_add_literal(x->out, "</h1>\n<p class=\"zone\">Times are those of ");
    html_add_text(x->out, zone_id(x->zone));
    buf_add_literal(x->out, ".</p>\n");
}

static void end_page(struct export_writer *x)
{
    buf_add_literal(x->out, "</body>\n</html>\n");
}

static void add_element(struct buf *out, const char *open, struct str text, const char *close)
{
    buf_add(out, str_from_c(open));
    html_add_text(out, text);
    buf_add(out, str_from_c(close));
}

static void begin_article(struct export_writer *x, const struct export_session *s)
{
    struct said_fact facts[SAID_FACTS];
    size_t count = said_facts(x, s, facts);
    buf_add_literal(x->out, "<article>\n");
    add_element(x->out, "<h2 dir=\"auto\">", said_title(s), "</h2>\n<dl>\n");
    for (size_t i = 0; i < count; i++) {
        add_element(x->out, "<dt>", str_from_c(facts[i].label), "</dt>");
        add_element(x->out, "<dd dir=\"auto\">", facts[i].value, "</dd>\n");
    }
    buf_add_literal(x->out, "</dl>\n");
}

static void end_article(struct export_writer *x, const struct export_session *s)
{
    (void)s;
    buf_add_literal(x->out, "</article>\n");
}

/* A heading where another day begins on the wall's clock. */
static void add_day(struct export_writer *x, int64_t time_ms)
{
    int64_t start, next;
    zone_span(x->zone, ZONE_DAY, time_ms, &start, &next);
    if (start != x->day)
        buf_printf(x->out, "<h3 class=\"day\">%.10s</h3>\n", said_time(x, time_ms).ptr);
    x->day = start;
}

static void add_message(struct export_writer *x, const struct said *said, int64_t time_ms)
{
    if (said->is_edited)
        buf_add_literal(x->out, "<span class=\"mark\">edited</span>");
    if (said->is_deleted)
        buf_add_literal(x->out, "<span class=\"mark\">deleted</span>");
    buf_add_literal(x->out, "<div class=\"text\" dir=\"auto\">");
    markup_write_html(x->out, markup_parse(said->words, x->markup, time_ms, x->scratch));
    buf_add_literal(x->out, "</div>");
}

static void add_event(struct export_writer *x, const struct export_session *s, const struct event *e)
{
    struct said said = said_of(x, s, e);
    char zoned[TIME_ZONED_SIZE];
    if (said.how == SAID_NOTHING)
        return;
    add_day(x, e->time_ms);
    time_format_zoned(e->time_ms, x->zone, zoned);
    buf_printf(x->out, "<div class=\"event %s%s%s\"><time datetime=\"%.*s\">%.8s %.6s</time><div class=\"said\">",
               said.is_visitor ? "visitor" : "operator", said.how == SAID_ACTION ? " action" : "",
               said.is_internal ? " internal" : "", TIME_ZONED_SIZE, zoned, zoned + 11, zoned + 23);
    add_element(x->out, "<bdi class=\"who\">", said.who, "</bdi> ");
    if (said.is_internal)
        buf_add_literal(x->out, "<span class=\"mark\">internal note</span>");
    if (said.how == SAID_MESSAGE)
        add_message(x, &said, e->time_ms);
    else
        add_element(x->out, "<bdi>", said.words, "</bdi>");
    if (said.address.len)
        add_element(x->out, "<br>", said.address, "");
    buf_add_literal(x->out, "</div></div>\n");
}

const struct export_format export_html = {
    .name = "html",
    .about = "to read and to print: one page without script, message markup rendered",
    .media_type = "text/html; charset=utf-8",
    .file = "conversations.html",
    .begin = begin_page,
    .open = begin_article,
    .event = add_event,
    .close = end_article,
    .end = end_page,
};
