/* Import as a stream: a body of any format in, paced by what the import can take (port/upload.h). */
#include "port/filter.h"
#include "port/upload.h"
#include "wire/parley/internal.h"

#include <stdatomic.h>

enum {
    REFUSALS_MAX = 1024 * 1024, /* bytes of an answer that say what was bad; some thousands of lines */
    REFUSAL_MAX = 16 * 1024,    /* bytes of one */
};

/* In the request's arena. */
struct incoming {
    struct waiter waiter; /* first */
    struct http_post post;
    atomic_bool posted;
    struct http_request *request;
    struct upload *upload; /* NULL once it was finished */
    struct upload_result result;
    bool body_ended;
    GError *cut_off;     /* why the body did not come whole; NULL = it did */
    struct buf refusals; /* JSON objects; touched by the import's thread until it is over */
    struct json refusals_json;
    bool refusals_cut;
};

static void wake(struct waiter *waiter)
{
    struct incoming *incoming = (struct incoming *)waiter;
    if (!atomic_exchange(&incoming->posted, true))
        http_post(incoming->request->loop, &incoming->post);
}

static void note_refusal(void *data, const char *file, const struct item_place *place, const GError *why)
{
    struct incoming *incoming = data;
    struct json *w = &incoming->refusals_json;
    incoming->refusals_cut |= incoming->refusals.len > REFUSALS_MAX;
    if (incoming->refusals_cut)
        return;
    json_object_begin(w);
    json_member_string_if(w, "file", str_from_c(file));
    if (place->line)
        json_member_int(w, "line", place->line);
    else
        json_member_int(w, "offset", place->offset);
    json_member_string(w, "reason", str_from_c(reason_name(reason_of(why))));
    json_member_string_if(w, "field", reason_field(why));
    json_member_string(w, "detail", str_from_c(why->message));
    json_object_end(w);
}

/* Why it stopped; where it was a line that says so by its number. */
static GError *error_of_line(struct http_request *request, struct upload_result *result)
{
    GError *error = NULL;
    if (!result->line)
        return g_steal_pointer(&result->error);
    struct str field = reason_field(result->error);
    struct str path = arena_printf(&request->arena, "lines[%lld]%s%.*s", (long long)result->line, field.len ? "." : "",
                                   STR_ARG(field));
    reason_set_field(&error, reason_of(result->error), path, "%s", result->error->message);
    return error;
}

static void answer(struct incoming *incoming)
{
    struct http_request *request = incoming->request;
    struct upload_result *result = &incoming->result;
    if (incoming->cut_off) { /* that counts, and not what its last, torn line looked like */
        g_autoptr(GError) error = g_steal_pointer(&incoming->cut_off);
        upload_result_clear(result);
        buf_clear(&incoming->refusals);
        parley_refuse(request, error);
        return;
    }
    if (result->error) {
        g_autoptr(GError) error = error_of_line(request, result);
        upload_result_clear(result);
        buf_clear(&incoming->refusals);
        parley_refuse(request, error);
        return;
    }
    struct buf body;
    struct json w;
    buf_init(&body, LIMIT_HTTP_REPLY_BUFFER + incoming->refusals.len);
    json_init(&w, &body);
    json_object_begin(&w);
    conversion_report_write(&result->report, &w);
    json_member_int(&w, "appended", result->report.extended);
    json_member_int(&w, "events", result->report.events);
    json_array_end(&incoming->refusals_json);
    json_member_raw(&w, "refusals", buf_str(&incoming->refusals));
    json_member_bool(&w, "refusalsComplete", !incoming->refusals_cut);
    json_object_end(&w);
    buf_clear(&incoming->refusals);
    upload_result_clear(result);
    parley_reply(request, 200, &body);
    buf_clear(&body);
}

/* On the loop: there is room again, or the import is over. */
static void news(struct http_post *post)
{
    struct incoming *incoming = (struct incoming *)((char *)post - offsetof(struct incoming, post));
    atomic_store(&incoming->posted, false);
    if (incoming->upload && !upload_is_over(incoming->upload)) {
        if (!incoming->body_ended)
            http_body_resume(incoming->request);
        return;
    }
    if (incoming->upload)
        upload_finish(g_steal_pointer(&incoming->upload), &incoming->result);
    /* It will not wake any more; a wake from before may still be on its way here, and comes first. */
    if (!atomic_load(&incoming->posted))
        answer(incoming);
}

static void piece(struct http_request *request, struct str bytes)
{
    struct incoming *incoming = request->user;
    if (!upload_feed(incoming->upload, bytes))
        http_body_pause(request);
}

/* Whoever left will not hear what became of it: what is not under way yet stays undone. */
static void give_up(struct http_request *request)
{
    struct incoming *incoming = request->user;
    if (incoming->upload)
        upload_cancel(incoming->upload);
}

static void end_import(struct http_request *request, const GError *error)
{
    struct incoming *incoming = request->user;
    incoming->body_ended = true;
    if (error) {
        incoming->cut_off = g_error_copy(error);
        upload_cancel(incoming->upload);
    } else {
        http_request_on_gone(request, give_up);
        upload_end(incoming->upload);
    }
}

static bool read_options(const struct call *call, struct upload_options *options, struct arena *a, GError **error)
{
    const struct query *query = &call->query;
    struct str format = arena_str(a, query_get(query, STR("format"))), zone = query_get(query, STR("timeZone"));
    struct conversion_hints *hints = &options->hints;
    options->format = format.ptr;
    options->map = query_get(query, STR("map"));
    options->skip_bad = str_equal(query_get(query, STR("skipBad")), STR("true"));
    options->dry_run = str_equal(query_get(query, STR("dryRun")), STR("true"));
    hints->account = query_get(query, STR("account"));
    hints->zone = zone.ptr ? zone_get(zone, error) : NULL;
    const struct zone *clock = hints->zone ? hints->zone : call->zone;
    hints->from_ms = filter_bound(query, STR("since"), clock);
    hints->to_ms = filter_bound(query, STR("until"), clock);
    if (!format.ptr || str_equal(format, STR("ndjson")) || format_by_name(format))
        return !zone.ptr || hints->zone;
    reason_set_field(error, REASON_PARAMETER_VALUE, STR("format"),
                     "there is no such format: `parley import --format help` lists them");
    return false;
}

void parley_import(struct http_request *request, const struct call *call)
{
    static const struct http_body_reader reader = {piece, end_import};
    g_autoptr(GError) error = NULL;
    struct incoming *incoming = arena_new(&request->arena, struct incoming);
    *incoming = (struct incoming){.waiter.wake = wake, .post.run = news, .request = request};
    buf_init(&incoming->refusals, REFUSALS_MAX + REFUSAL_MAX);
    json_init(&incoming->refusals_json, &incoming->refusals);
    json_array_begin(&incoming->refusals_json);
    request->user = incoming;
    struct upload_options options = {
        .core = call->parley->core,
        .company = call->caller.company,
        .scratch_directory = call->parley->settings.scratch_directory,
        .refused = note_refusal,
        .data = incoming,
        .waiter = &incoming->waiter,
    };
    if (read_options(call, &options, &request->arena, &error))
        incoming->upload = upload_new(&options, &error);
    if (!incoming->upload) {
        buf_clear(&incoming->refusals);
        parley_refuse(request, error);
        return;
    }
    http_body_read(request, &reader);
}
