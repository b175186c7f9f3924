#include "app/client.h"

#include "text/json_read.h"

#include <curl/curl.h>

struct transfer {
    const struct client_request *request;
    CURL *curl;
};

static size_t take(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    struct str piece = str_from(bytes, size * count);
    long status = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200 && transfer->request->sink)
        return transfer->request->sink(transfer->request->sink_data, piece) ? piece.len : 0;
    buf_add(transfer->request->reply, piece);
    return transfer->request->reply->overflow ? 0 : piece.len;
}

static size_t give(char *bytes, size_t size, size_t count, void *data)
{
    struct transfer *transfer = data;
    size_t given = transfer->request->source(transfer->request->source_data, bytes, size * count);
    return given == SIZE_MAX ? CURL_READFUNC_ABORT : given;
}

static enum reason reason_from_name(struct str name)
{
    for (int i = 0; i < REASON_COUNT; i++)
        if (str_equal(name, str_from_c(reason_name((enum reason)i))))
            return (enum reason)i;
    return REASON_INTERNAL;
}

/* application/problem+json: {"type":"urn:parley:problem:REASON","detail"...}. */
static void problem(struct str body, long status, GError **error)
{
    static const struct str prefix = {"urn:parley:problem:", 19};
    json_t *tree = json_read(body, JSON_TOP_OBJECT, NULL);
    struct str detail = json_str(json_object_get(tree, "detail"));
    struct str type = json_str(json_object_get(tree, "type"));
    struct str name = str_starts_with(type, prefix) ? str_skip(type, prefix.len) : STR_NULL;
    if (detail.ptr)
        reason_set_field(error, reason_from_name(name), json_str(json_object_get(tree, "field")), "%.*s",
                         STR_ARG(detail));
    else
        reason_set(error, REASON_INTERNAL, "the running server answered %ld", status);
    json_decref(tree);
}

bool client_run(const struct client_request *request, GError **error)
{
    struct transfer transfer = {.request = request, .curl = curl_easy_init()};
    CURL *curl = transfer.curl;
    long status = 0;
    g_autofree char *url = g_strconcat("http://localhost", request->path, NULL);
    struct curl_slist *headers = NULL;
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    if (request->source) {
        headers = curl_slist_append(headers, "Content-Type: application/x-ndjson");
        headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
        curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
    } else if (request->body.ptr) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    }
    g_autofree char *company = request->company ? g_strconcat("Parley-Company: ", request->company, NULL) : NULL;
    if (company)
        headers = curl_slist_append(headers, company);
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    /* A refused upload is answered before its end, and then the rest cannot be sent: the answer counts. */
    if (status >= 300)
        problem(buf_str(request->reply), status, error);
    else if (code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_WRITE_ERROR)
        reason_set(error, REASON_CANCELLED, "interrupted");
    else if (code != CURLE_OK || status != 200)
        reason_set(error, REASON_SOCKET, "the running server cannot be reached over %s: %s", request->socket,
                   curl_easy_strerror(code));
    return code == CURLE_OK && status == 200;
}
