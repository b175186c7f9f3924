#include "app/output.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROGRESS_EVERY_MS = 200 };

struct output {
    int fd;
    char *path;      /* NULL: standard output */
    char *part;      /* what it is called until it is whole; NULL: it is written to as it is (a pipe, a device) */
    int write_errno; /* why it cannot be written; 0 = nothing failed */
    int64_t bytes, sessions, begun_ms, shown_ms;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

/* The second time it ends at once. */
static void watch_signals(void)
{
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool fail(const char *path, int code, GError **error)
{
    g_clear_error(error);
    reason_set(error, REASON_FILE_UNWRITABLE, "%s: %s", path ? path : "standard output", g_strerror(code));
    return false;
}

/* Two at once would write into each other: the second is refused. */
static int open_part(const char *part)
{
    int fd = open(part, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) != 0 || ftruncate(fd, 0) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

struct output *output_open(const char *path, GError **error)
{
    struct stat about;
    struct output *output = g_new0(struct output, 1);
    bool special = path && stat(path, &about) == 0 && !S_ISREG(about.st_mode);
    output->path = g_strdup(path);
    output->part = path && !special ? g_strconcat(path, ".part", NULL) : NULL;
    output->fd = !path ? dup(STDOUT_FILENO) : output->part ? open_part(output->part) : open(path, O_WRONLY | O_CLOEXEC);
    if (output->fd < 0) {
        fail(output->part ? output->part : path, errno, error);
        g_free(output->part);
        g_free(output->path);
        g_free(output);
        return NULL;
    }
    output->begun_ms = clock_monotonic_ms();
    watch_signals();
    return output;
}

static void show_progress(struct output *output, bool last)
{
    int64_t now = clock_monotonic_ms(), ms = MAX(now - output->begun_ms, 1);
    if (!isatty(STDERR_FILENO) || (!output->path && isatty(STDOUT_FILENO)) ||
        (!last && now - output->shown_ms < PROGRESS_EVERY_MS))
        return;
    output->shown_ms = now;
    fprintf(stderr, "\r\033[K");
    if (last)
        return;
    if (output->sessions)
        fprintf(stderr, "%lld sessions, ", (long long)output->sessions);
    fprintf(stderr, "%.1f MB, %.1f MB/s", (double)output->bytes / 1e6, (double)output->bytes / 1e3 / (double)ms);
}

bool output_write(void *data, struct str piece)
{
    struct output *output = data;
    while (piece.len && !interrupted && !output->write_errno) {
        ssize_t written = write(output->fd, piece.ptr, piece.len);
        if (written >= 0) {
            piece = str_skip(piece, (size_t)written);
            output->bytes += written;
        } else if (errno != EINTR) {
            output->write_errno = errno;
        }
    }
    show_progress(output, false);
    return !interrupted && !output->write_errno;
}

void output_count(struct output *output, int64_t sessions)
{
    output->sessions = sessions;
}

/* The file under its name, for good. */
static bool keep_part(struct output *output)
{
    g_autofree char *folder = g_path_get_dirname(output->path);
    if (fsync(output->fd) != 0 || rename(output->part, output->path) != 0)
        return false;
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = directory >= 0 && fsync(directory) == 0;
    if (directory >= 0)
        close(directory);
    return ok;
}

bool output_close(struct output *output, bool ok, GError **error)
{
    show_progress(output, true);
    if (output->write_errno)
        ok = fail(output->path, output->write_errno, error);
    if (interrupted) {
        g_clear_error(error);
        reason_set(error, REASON_CANCELLED, "interrupted");
        ok = false;
    }
    if (ok && output->part && !keep_part(output))
        ok = fail(output->path, errno, error);
    if (!ok && output->part)
        unlink(output->part);
    close(output->fd);
    g_free(output->part);
    g_free(output->path);
    g_free(output);
    return ok;
}
