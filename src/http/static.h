/* Static pages: files that are part of the program, so that it suffices alone.
 *
 * tools/embed-files makes a C file of a folder at build time: each file's bytes, the same compressed, its type and its
 * hash. A file whose name carries its hash ("app.3f2a9c10.js") never changes and is kept by browsers for a year; the
 * others are asked for each time and mostly answered 304. Read-only, any thread. */
#pragma once

#include "http/http.h"

struct http_file {
    struct str path; /* below the folder: "js/app.3f2a9c10.js" */
    struct str type; /* Content-Type */
    struct str plain;
    struct str gzip;                  /* STR_NULL where it would save nothing worth a header */
    struct str etag_plain, etag_gzip; /* with their quotes */
    bool immutable;                   /* the name carries the hash */
};

/* Sorted by path (str_compare). */
struct http_files {
    const struct http_file *files;
    size_t count;
};

/* For pages of ours that show strangers' text: everything comes from this server, nothing inline, no frame around it
 * (doc/console.md 4). */
#define HTTP_STRICT_PAGE \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " \
    "img-src 'self' data:; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'\r\n" \
    "Referrer-Policy: no-referrer\r\n" \
    "Cross-Origin-Opener-Policy: same-origin\r\n"

/* Answers GET or HEAD with the file at `path`, as a route's tail parameter has it, and ends the request; false, and
 * nothing is answered, when there is none. `headers`: more lines for every answer, as in http_reply. 200, 304 by
 * If-None-Match, 206 and 416 by Range and If-Range (of the plain bytes). O(log files + bytes). */
bool http_reply_file(struct http_request *request, const struct http_files *files, struct str path, struct str headers);
