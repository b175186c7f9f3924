/* Static pages over a real server, and what conditional headers say. */
#include "http/static.h"

#include "http/negotiate.h"
#include "http/testbed.h"

#include <unistd.h>
#include <zlib.h>

extern const struct http_files static_test_files; /* made of static_test/ by tools/embed-files */

static char large_bytes[1000000];

static const struct http_file large_file = {
    .path = {"large.txt", 9},
    .type = {"text/plain", 10},
    .plain = {large_bytes, sizeof large_bytes},
    .etag_plain = {"\"large\"", 7},
};
static const struct http_files large_files = {&large_file, 1};

static void page(struct http_request *request)
{
    struct str path = request->parameters[0];
    if (!http_reply_file(request, &static_test_files, path, STR(HTTP_STRICT_PAGE)) &&
        !http_reply_file(request, &large_files, path, STR("")))
        http_reply(request, 404, TEXT, STR("no such page"));
}

static const struct http_route routes[] = {{.method = HTTP_GET, .pattern = "/*path", .handler = page}};

/* One request with these header lines: "STATUS body"; `*head` as take_reply. */
static char *ask(const struct http_server *server, const char *method, const char *path, const char *lines, char **head)
{
    int fd = dial(server);
    g_autofree char *text =
        g_strdup_printf("%s /t/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", method, path, lines);
    put(fd, text);
    char *reply = take_reply(fd, head);
    close(fd);
    return reply;
}

static void expect_answer(const struct http_server *server, const char *path, const char *lines, const char *reply,
                          const char *in_head)
{
    g_autofree char *head = NULL, *got = ask(server, "GET", path, lines, &head);
    g_assert_cmpstr(got, ==, reply);
    g_assert_nonnull(strstr(head, in_head));
}

static const struct http_file *file_of(struct str path)
{
    for (size_t i = 0; i < static_test_files.count; i++)
        if (str_equal(static_test_files.files[i].path, path))
            return &static_test_files.files[i];
    g_assert_not_reached();
}

static void test_whole(void)
{
    struct http_server *server = serve_routes((struct http_options){.loops = 1}, routes, 1);
    expect_answer(server, "digits.txt", "", "200 0123456789", "Content-Type: text/plain; charset=utf-8\r\n");
    expect_answer(server, "digits.txt", "", "200 0123456789", "Cache-Control: no-cache\r\n");
    expect_answer(server, "digits.txt", "", "200 0123456789", "Content-Security-Policy: default-src 'none';");
    expect_answer(server, "digits.txt", "Accept-Encoding: gzip\r\n", "200 0123456789", "Vary: Accept-Encoding\r\n");
    expect_answer(server, "empty.txt", "", "200 ", "Content-Length: 0\r\n");
    expect_answer(server, "nothing.txt", "", "404 no such page", "Content-Type: text/plain\r\n");
    expect_answer(server, "../index.html", "", "404 no such page", "\r\n");
    expect_answer(server, "js/", "", "404 no such page", "\r\n");
    const struct http_file *script = file_of(STR("js/place.fd495d5a.js"));
    g_autofree char *body = g_strdup_printf("200 %.*s", STR_ARG(script->plain));
    expect_answer(server, "js/place.fd495d5a.js", "", body, "Cache-Control: public, max-age=31536000, immutable\r\n");
    expect_answer(server, "js/place.fd495d5a.js", "", body, "Content-Type: text/javascript; charset=utf-8\r\n");
    g_autofree char *head = NULL, *bodiless = ask(server, "HEAD", "digits.txt", "", &head);
    g_assert_cmpstr(bodiless, ==, "200 ");
    g_assert_nonnull(strstr(head, "Content-Length: 10\r\n"));
    http_server_close(server);
}

static char *unpack(struct str packed)
{
    char *plain = g_malloc0(10000);
    z_stream stream = {
        .next_in = (Bytef *)packed.ptr, .avail_in = (uInt)packed.len, .next_out = (Bytef *)plain, .avail_out = 9999};
    g_assert_cmpint(inflateInit2(&stream, 15 + 16), ==, Z_OK);
    g_assert_cmpint(inflate(&stream, Z_FINISH), ==, Z_STREAM_END);
    inflateEnd(&stream);
    return plain;
}

static void test_gzip(void)
{
    struct http_server *server = serve_routes((struct http_options){.loops = 1}, routes, 1);
    const struct http_file *index = file_of(STR("index.html"));
    g_assert_cmpuint(index->gzip.len, >, 0);
    g_assert_null(file_of(STR("digits.txt"))->gzip.ptr);
    g_autofree char *unpacked = unpack(index->gzip), *plain = str_to_heap(index->plain);
    g_assert_cmpstr(unpacked, ==, plain);
    int fd = dial(server);
    put(fd, "GET /t/index.html HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip;q=0.5\r\n\r\n");
    g_autofree char *head = take(fd, 0, "\r\n\r\n");
    g_assert_nonnull(strstr(head, "Content-Encoding: gzip\r\n"));
    g_assert_nonnull(strstr(head, "-gzip\"\r\n"));
    for (size_t i = 0; i < index->gzip.len; i++) {
        g_autofree char *byte = take(fd, 1, NULL);
        g_assert_cmpint(*byte, ==, index->gzip.ptr[i]);
    }
    close(fd);
    g_autofree char *body = g_strdup_printf("200 %s", plain);
    expect_answer(server, "index.html", "Accept-Encoding: br, gzip;q=0\r\n", body, "ETag: \"e75420aabbef4e6a\"\r\n");
    http_server_close(server);
}

static void test_unchanged(void)
{
    struct http_server *server = serve_routes((struct http_options){.loops = 1}, routes, 1);
    expect_answer(server, "index.html", "If-None-Match: \"x\", \"e75420aabbef4e6a\"\r\n", "304 ",
                  "ETag: \"e75420aabbef4e6a\"\r\n");
    expect_answer(server, "index.html", "If-None-Match: W/\"e75420aabbef4e6a\"\r\n", "304 ", "Cache-Control: no-cache");
    expect_answer(server, "index.html", "Accept-Encoding: gzip\r\nIf-None-Match: \"e75420aabbef4e6a-gzip\"\r\n", "304 ",
                  "Vary: Accept-Encoding\r\n");
    expect_answer(server, "digits.txt", "If-None-Match: \"e75420aabbef4e6a\"\r\n", "200 0123456789", "\r\n");
    http_server_close(server);
}

static void test_ranges(void)
{
    struct http_server *server = serve_routes((struct http_options){.loops = 1}, routes, 1);
    expect_answer(server, "digits.txt", "Range: bytes=2-4\r\n", "206 234", "Content-Range: bytes 2-4/10\r\n");
    expect_answer(server, "digits.txt", "Range: bytes=-3\r\n", "206 789", "Content-Range: bytes 7-9/10\r\n");
    expect_answer(server, "digits.txt", "Range: bytes=10-\r\n", "416 ", "Content-Range: bytes */10\r\n");
    expect_answer(server, "digits.txt", "Range: bytes=0-0,2-3\r\n", "200 0123456789", "Accept-Ranges: bytes\r\n");
    expect_answer(server, "digits.txt", "Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", "200 0123456789", "\r\n");
    g_autofree char *same =
        g_strdup_printf("Range: bytes=2-4\r\nIf-Range: %.*s\r\n", STR_ARG(file_of(STR("digits.txt"))->etag_plain));
    expect_answer(server, "digits.txt", same, "206 234", "\r\n");
    expect_answer(server, "index.html", "Range: bytes=0-8\r\nAccept-Encoding: gzip\r\n", "206 <!doctype",
                  "ETag: \"e75420aabbef4e6a\"\r\n");
    http_server_close(server);
}

static void test_large(void)
{
    memset(large_bytes, 'x', sizeof large_bytes);
    struct http_server *server = serve_routes((struct http_options){.loops = 1}, routes, 1);
    g_autofree char *head = NULL, *whole = ask(server, "GET", "large.txt", "", &head);
    g_assert_cmpuint(strlen(whole), ==, 4 + sizeof large_bytes);
    g_assert_null(strstr(head, "chunked"));
    g_autofree char *most = ask(server, "GET", "large.txt", "Range: bytes=1-\r\n", NULL);
    g_assert_cmpuint(strlen(most), ==, 4 + sizeof large_bytes - 1);
    g_autofree char *length = NULL, *none = ask(server, "HEAD", "large.txt", "", &length);
    g_assert_cmpstr(none, ==, "200 ");
    g_assert_nonnull(strstr(length, "Content-Length: 1000000\r\n"));
    int fd = dial(server); /* the connection goes on behind it, for HTTP/1.0 too */
    put(fd, "GET /t/large.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    g_autofree char *old = take_reply(fd, NULL);
    g_assert_cmpuint(strlen(old), ==, 4 + sizeof large_bytes);
    get(fd, "digits.txt");
    expect(fd, "200 0123456789");
    close(fd);
    http_server_close(server);
}

static void test_accepts_gzip(void)
{
    static const struct {
        const char *header;
        bool accepts;
    } cases[] = {
        {NULL, false},         {"", false},       {"gzip", true},       {"GZIP", true},
        {"br,gzip", true},     {"br", false},     {"gzip;q=0", false},  {"gzip; q=0.000", false},
        {"gzip;q=0.1", true},  {"*", true},       {"*;q=0", false},     {"*, gzip;q=0", false},
        {"gzip, *;q=0", true}, {"x-gzip", true},  {"gzipped", false},   {"identity", false},
        {"gzip;x=0", true},    {",,gzip,", true}, {"identity,*", true}, {"gzip;", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(http_accepts_gzip(str_from_c(cases[i].header)), ==, cases[i].accepts);
}

static void test_etags(void)
{
    struct str etag = STR("\"a\"");
    g_assert_true(http_etag_is_among(STR("\"a\""), etag));
    g_assert_true(http_etag_is_among(STR("\"b\" , W/\"a\""), etag));
    g_assert_true(http_etag_is_among(STR("*"), etag));
    g_assert_false(http_etag_is_among(STR_NULL, etag));
    g_assert_false(http_etag_is_among(STR("a"), etag));
    g_assert_false(http_etag_is_among(STR("\"ab\""), etag));
}

static void test_range_headers(void)
{
    static const struct {
        const char *header;
        uint64_t length;
        enum http_range range;
        uint64_t first, count;
    } cases[] = {
        {NULL, 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=0-9", 10, HTTP_RANGE_PART, 0, 10},
        {"bytes=0-", 10, HTTP_RANGE_PART, 0, 10},
        {"Bytes=9-99", 10, HTTP_RANGE_PART, 9, 1},
        {"bytes=-1", 10, HTTP_RANGE_PART, 9, 1},
        {"bytes=-11", 10, HTTP_RANGE_PART, 0, 10},
        {"bytes=-0", 10, HTTP_RANGE_MISS, 0, 0},
        {"bytes=10-11", 10, HTTP_RANGE_MISS, 0, 0},
        {"bytes=0-", 0, HTTP_RANGE_MISS, 0, 0},
        {"bytes=-1", 0, HTTP_RANGE_MISS, 0, 0},
        {"bytes=5-99999999999999999999999999", 10, HTTP_RANGE_PART, 5, 5},
        {"bytes=99999999999999999999999999-", 10, HTTP_RANGE_MISS, 0, 0},
        {"bytes=18446744073709551615-", UINT64_MAX, HTTP_RANGE_MISS, 0, 0},
        {"bytes=4-3", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=1-2,4-5", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=a-2", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=1-2x", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=-", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=--1", 10, HTTP_RANGE_NONE, 0, 0},
        {"bytes=5", 10, HTTP_RANGE_NONE, 0, 0},
        {"lines=1-2", 10, HTTP_RANGE_NONE, 0, 0},
        {"", 10, HTTP_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        uint64_t first, count;
        enum http_range range = http_range_of(str_from_c(cases[i].header), cases[i].length, &first, &count);
        g_assert_cmpint(range, ==, cases[i].range);
        if (range == HTTP_RANGE_PART) {
            g_assert_cmpuint(first, ==, cases[i].first);
            g_assert_cmpuint(count, ==, cases[i].count);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/static/a file has its type and its caching", test_whole);
    g_test_add_func("/static/gzip goes to who accepts it", test_gzip);
    g_test_add_func("/static/an unchanged file is 304", test_unchanged);
    g_test_add_func("/static/ranges", test_ranges);
    g_test_add_func("/static/a large file is sent piece by piece", test_large);
    g_test_add_func("/negotiate/gzip", test_accepts_gzip);
    g_test_add_func("/negotiate/etags", test_etags);
    g_test_add_func("/negotiate/ranges", test_range_headers);
    return g_test_run();
}
