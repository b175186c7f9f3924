/* Export as a stream, paced by the client (port/export). */
#include "http/negotiate.h"
#include "port/export/query.h"
#include "wire/parley/internal.h"

struct outgoing {
    struct page page;
    const struct call *call;     /* for the first part */
    struct directory *directory; /* likewise */
    bool gzip;                   /* the client takes it */
    struct export_options options;
    struct exporter *exporter;
};

static bool begin_export(struct outgoing *outgoing, struct store_txn *txn, GError **error)
{
    const struct call *call = outgoing->call;
    const struct export_asker asker = {
        .company = call->caller.company, .rights = call->caller.rights, .directory = outgoing->directory};
    if (!export_query_read(&call->query, &asker, txn, &outgoing->page.op.arena, &outgoing->options, error))
        return false;
    outgoing->options.markup = call->parley->settings.markup;
    outgoing->options.gzip = outgoing->gzip;
    outgoing->options.viewer = caller_copy(&call->caller, &outgoing->page.op.arena);
    outgoing->exporter = export_new(&outgoing->options);
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
    const struct export_options *options = &((struct outgoing *)page)->options;
    return arena_printf(&request->arena,
                        "Content-Type: %s\r\nContent-Disposition: attachment; filename=\"%s\"\r\n"
                        "Cache-Control: no-store\r\nVary: Accept-Encoding\r\n%s",
                        options->format->media_type, options->format->file,
                        options->gzip ? "Content-Encoding: gzip\r\n" : "");
}

static void export_clear(struct page *page)
{
    struct outgoing *outgoing = (struct outgoing *)page;
    g_clear_pointer(&outgoing->exporter, export_free);
    g_clear_pointer(&outgoing->directory, directory_unref);
}

void parley_export(struct http_request *request, const struct call *call)
{
    struct outgoing *outgoing = (struct outgoing *)page_new(call->parley->core, sizeof *outgoing);
    outgoing->call = call;
    outgoing->gzip = http_accepts_gzip(http_request_header(request, STR("Accept-Encoding"), NULL));
    outgoing->directory = directory_ref(call->parley->core, http_loop_data(request->loop), &outgoing->page.op.error);
    outgoing->page.part = export_part;
    outgoing->page.clear = export_clear;
    outgoing->page.headers = export_headers;
    outgoing->page.is_long = true;
    parley_reply_page(request, &outgoing->page);
}
