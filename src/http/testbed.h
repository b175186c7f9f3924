/* For the tests: a real server on loopback, asked by blocking sockets of the test's own thread.
 *
 * The server's threads tell the test's thread what happened through queues, so that no test waits for a time. */
#pragma once

#include "base/limits.h"
#include "base/reason.h"
#include "http/http.h"

#include <stdatomic.h>

#define TEXT STR("Content-Type: text/plain\r\n")

/* What reached the application and was given to the test's thread. */
void give(void *what);
void *await_given(void);

/* What callbacks saw. */
void say(const char *what);
const char *await_word(void);

/* Runs `run` on the loop's thread, some time after. */
void run_on_loop(struct http_loop *loop, void (*run)(void *data), void *data);

/* Replies 200 with `body` on the request's loop. */
void post_answer(struct http_request *request, const char *body);

/* Answers problems with the reason's name. */
void problem(struct http_request *request, const GError *error);

/* A server whose mount "/t" has these routes, on 127.0.0.1 if `settings` does not say else. */
struct http_server *serve_routes(struct http_options settings, const struct http_route *routes, size_t count);

/* --- the client: every wait ends after ten seconds --- */

void set_patience(int fd);
int dial(const struct http_server *server);
void put(int fd, const char *text);
void put_bytes(int fd, const void *bytes, size_t length);
void get(int fd, const char *target); /* GET /t/TARGET */

/* Reads `count` bytes, or what ends with `until`, or all up to the connection's end; never what is behind that. */
char *take(int fd, size_t count, const char *until);

/* Reads a reply with Content-Length: "STATUS body"; "" at the connection's end. `*head` may be NULL. */
char *take_reply(int fd, char **head);
void expect(int fd, const char *reply);
bool is_closed(int fd);
