/* What an import tells: on standard error as it goes, and as the last line of standard output
 *
 *     {"read","created","extended","unchanged","refused","notices":{kind:n},"lost":{kind:n},
 *      "refusals":[{"file","line" or "offset","reason"}]}
 *
 * in conversations; read = created + extended + unchanged + refused. */
#pragma once

#include "port/format/conversion.h"
#include "text/json_tree.h"

struct report;

struct report *report_new(void);

/* Says at once what was refused, and notes it: the first 1,000. `line` 0: at this offset. */
void report_refused(struct report *report, const char *file, int64_t line, int64_t offset, const GError *why);

/* The same of one of the refusals that a server answers. */
void report_answered_refusal(struct report *report, const char *file, const struct json_node *refusal);

/* On a terminal: how far, how fast, and how long it may still take. `size` 0 = not known. */
void report_progress(struct report *report, const char *file, int64_t done, int64_t size);
/* Takes that line away. */
void report_progress_over(void);

/* Says how an import goes on that Ctrl-C ended. */
void report_interrupted(void);

/* Prints the line, and frees the report. */
void report_print(struct report *report, const struct conversion_report *counts);
