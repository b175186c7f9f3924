/* GET, POST, DELETE sessions/{id}/viewers: who has a session open (core/viewers.h). Each answers with who has it now.
 */
#include "core/viewers.h"

#include "core/directory.h"
#include "text/json_read.h"
#include "wire/parley/internal.h"

enum { ROW_MAX = LIMIT_PAGE * 24 * LIMIT_NAME };

/* One who is no operator any longer is left out. */
static void add_viewer(struct json *w, const struct directory *d, const struct viewer *viewer, struct str caller)
{
    const struct operator_account *o = directory_operator(d, viewer->operator_id);
    if (!o)
        return;
    json_object_begin(w);
    json_member_object_begin(w, "operator");
    document_account(w, o);
    json_object_end(w);
    json_member_time(w, "since", viewer->since_ms);
    if (str_equal(o->id, caller))
        json_member_bool(w, "you", true);
    json_object_end(w);
}

static void say(const struct http_request *request, const struct call *call, int64_t session)
{
    if (request->method == HTTP_POST)
        viewers_open(call->parley->core, session, &call->caller);
    else if (request->method == HTTP_DELETE)
        viewers_close(call->parley->core, session, &call->caller);
}

struct viewing {
    struct page page;
    const struct call *call;
    struct directory *directory;
};

static bool viewers_part(struct page *page, struct store_txn *txn, struct json *w, struct arena *scratch,
                         GError **error)
{
    const struct viewing *viewing = (struct viewing *)page;
    const struct call *call = viewing->call;
    struct session_view view;
    struct viewer *list;
    size_t count;
    if (!session_of_path(page->request, call, txn, scratch, &view, error))
        return false;
    say(page->request, call, view.session.number);
    viewers_list(call->parley->core, view.session.number, scratch, &list, &count);
    json_object_begin(w);
    json_member_array_begin(w, "viewers");
    for (size_t i = 0; i < MIN(count, LIMIT_PAGE); i++)
        add_viewer(w, viewing->directory, &list[i], call->caller.operator_id);
    json_array_end(w);
    json_object_end(w);
    page->last = true;
    return true;
}

static void viewing_clear(struct page *page)
{
    g_clear_pointer(&((struct viewing *)page)->directory, directory_unref);
}

void parley_viewers(struct http_request *request, const struct call *call)
{
    struct viewing *viewing = (struct viewing *)page_new(call->parley->core, sizeof *viewing);
    GError **error = &viewing->page.op.error;
    viewing->page.part = viewers_part;
    viewing->page.clear = viewing_clear;
    viewing->page.row_max = ROW_MAX;
    viewing->call = call;
    const struct json_node *body = body_read(request, &viewing->page.op.arena, error);
    if (body && json_refuse_unknown(body, NULL, 0, error))
        viewing->directory = directory_ref(call->parley->core, http_loop_data(request->loop), error);
    parley_reply_page(request, &viewing->page);
}
