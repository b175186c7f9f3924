/* Export as a stream, paced by the client (port/export): of many sessions, or of one for people to read. */
#include "http/negotiate.h"
#include "port/export/formats.h"
#include "port/export/query.h"
#include "wire/parley/internal.h"

struct outgoing {
    struct page page;
    const struct call *call;     /* for the first part */
    struct directory *directory; /* likewise */
    struct export_asker asker;   /* likewise */
    struct str session;          /* only this one; STR_NULL = those of the query's filter */
    bool gzip;                   /* the client takes it */
    struct export_options options;
    struct exporter *exporter;
};

static bool begin_export(struct outgoing *outgoing, struct store_txn *txn, GError **error)
{
    const struct call *call = outgoing->call;
    struct export_options *options = &outgoing->options;
    if (!export_query_read(&call->query, &outgoing->asker, txn, &outgoing->page.op.arena, options, error))
        return false;
    options->markup = call->parley->settings.markup;
    options->session = outgoing->session;
    options->gzip = outgoing->gzip;
    options->viewer = caller_copy(&call->caller, &outgoing->page.op.arena);
    outgoing->exporter = export_new(options);
    return true;
}

/* Not one JSON document: the page's writer is not used, its buffer is. */
static bool export_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch, GError **error)
{
    (void)scratch;
    struct outgoing *outgoing = (struct outgoing *)page;
    return (outgoing->exporter || begin_export(outgoing, txn, error)) &&
           export_next(outgoing->exporter, txn, PAGE_PART, w->out, &page->last, error);
}

static struct str export_headers(struct http_request *request, struct page *page)
{
    const struct outgoing *outgoing = (struct outgoing *)page;
    const struct export_options *options = &outgoing->options;
    return arena_printf(&request->arena,
                        "Content-Type: %s\r\nContent-Disposition: %s; filename=\"%s\"\r\n"
                        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; sandbox\r\n"
                        "Cache-Control: no-store\r\nVary: Accept-Encoding\r\n%s",
                        options->format->media_type, outgoing->session.ptr ? "inline" : "attachment",
                        options->format->file, options->gzip ? "Content-Encoding: gzip\r\n" : "");
}

static void export_clear(struct page *page)
{
    struct outgoing *outgoing = (struct outgoing *)page;
    g_clear_pointer(&outgoing->exporter, export_free);
    g_clear_pointer(&outgoing->directory, directory_unref);
}

static void reply_export(struct http_request *request, const struct call *call, struct str session,
                         const struct export_format *format)
{
    struct outgoing *outgoing = (struct outgoing *)page_new(call->parley->core, sizeof *outgoing);
    struct page *page = &outgoing->page;
    outgoing->call = call;
    outgoing->session = arena_str(&page->op.arena, session);
    outgoing->gzip = http_accepts_gzip(http_request_header(request, STR("Accept-Encoding"), NULL));
    outgoing->directory = directory_ref(call->parley->core, http_loop_data(request->loop), &page->op.error);
    outgoing->asker = (struct export_asker){.company = call->caller.company,
                                            .rights = call->caller.rights,
                                            .directory = outgoing->directory,
                                            .format = format};
    page->part = export_part;
    page->clear = export_clear;
    page->headers = export_headers;
    page->is_long = true;
    parley_reply_page(request, page);
}

void parley_export(struct http_request *request, const struct call *call)
{
    reply_export(request, call, STR_NULL, &export_ndjson);
}

void parley_transcript(struct http_request *request, const struct call *call)
{
    reply_export(request, call, request->parameters[0], &export_text);
}
