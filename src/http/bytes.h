/* Bytes that are sent more than once: made once, held by everyone who has yet to send them. Any thread. */
#pragma once

#include "base/str.h"

struct http_bytes;

/* Takes `length` bytes of memory that the caller fills through http_bytes_place, with one reference. */
struct http_bytes *http_bytes_new(size_t length);

/* Where they are to be filled, before anybody else has a reference. */
char *http_bytes_place(struct http_bytes *bytes);

struct str http_bytes_str(const struct http_bytes *bytes);

struct http_bytes *http_bytes_ref(struct http_bytes *bytes);

/* NULL is nothing. */
void http_bytes_unref(struct http_bytes *bytes);
