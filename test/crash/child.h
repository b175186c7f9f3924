/* What is killed. Runs a scenario until it is over, or for ever, and tells the parent through the pipe `acknowledge_fd`
 * what was answered, one line each, at once:
 *   ready            set up; from now on it may be killed
 *   stored SESSION ID COUNT    an append was answered
 *   lines N          the import said that N lines are safe
 *   began PATH / backup PATH   a backup begins, is whole
 *   erased VISITOR   an erasure was answered; scrubbed: all answered so far are out of the files */
#pragma once

/* The exit code. */
int child_main(const char *scenario, const char *directory, int acknowledge_fd, unsigned round);
