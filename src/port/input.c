#include "port/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { HEAD = 64 * 1024, RAW = 64 * 1024, ANY_GZIP = 15 + 16 };

/* Plain bytes go past `raw` once what was looked at of them is given; compressed ones go through it. */
struct input {
    char *path;
    input_source *source;
    void *data;
    int fd; /* of a file; -1 = none */
    int64_t size, done;
    char *head;
    size_t head_length;
    char *raw;
    unsigned raw_start, raw_end;
    bool looked, compressed, over; /* over: nothing more will be decompressed */
    z_stream stream;
    char peeked[INPUT_PEEK];
    unsigned peek_start, peek_end;
};

/* ---- where bytes come from ---- */

bool input_check(const char *path, GError **error)
{
    bool directory = g_file_test(path, G_FILE_TEST_IS_DIR);
    if (!strcmp(path, "-") || (!directory && access(path, R_OK) == 0))
        return true;
    reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", path, directory ? "is a directory" : g_strerror(errno));
    return false;
}

static bool unreadable(const struct input *input, const char *why, GError **error)
{
    reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", input->path, why);
    return false;
}

static int read_file(void *data, char *bytes, unsigned size, GError **error)
{
    struct input *input = data;
    ssize_t count;
    do
        count = read(input->fd, bytes, size);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        unreadable(input, g_strerror(errno), error);
    return (int)count;
}

struct input *input_over(const char *name, input_source *source, void *data)
{
    struct input *input = g_new0(struct input, 1);
    input->path = g_strdup(name);
    input->source = source;
    input->data = data;
    input->fd = -1;
    input->raw = g_malloc(RAW);
    return input;
}

struct input *input_open(const char *path, GError **error)
{
    int fd = !strcmp(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0) {
        reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", path, g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct input *input = input_over(path, read_file, NULL);
    input->data = input;
    input->fd = fd;
    if (S_ISREG(about.st_mode)) {
        input->head = g_malloc(HEAD);
        ssize_t length = pread(fd, input->head, HEAD, 0);
        input->head_length = length > 0 ? (size_t)length : 0;
        input->size = about.st_size;
    }
    return input;
}

void input_close(struct input *input)
{
    if (input->compressed)
        inflateEnd(&input->stream);
    if (input->fd >= 0)
        close(input->fd);
    g_free(input->raw);
    g_free(input->head);
    g_free(input->path);
    g_free(input);
}

const char *input_path(const struct input *input)
{
    return input->path;
}

struct str input_head(const struct input *input)
{
    return input->head ? str_from(input->head, input->head_length) : STR_NULL;
}

void input_progress(struct input *input, int64_t *done, int64_t *size)
{
    *done = input->done;
    *size = input->size;
}

/* ---- decompressing ---- */

bool input_is_gzip(struct str head)
{
    return str_starts_with(head, STR("\x1f\x8b"));
}

/* More into `raw`, behind what is left in it. As the source. */
static int fill_raw(struct input *input, GError **error)
{
    unsigned left = input->raw_end - input->raw_start;
    memmove(input->raw, input->raw + input->raw_start, left);
    int count = input->source(input->data, input->raw + left, RAW - left, error);
    input->raw_start = 0;
    input->raw_end = left + (unsigned)MAX(count, 0);
    input->done += MAX(count, 0);
    return count;
}

static bool has_magic(const struct input *input)
{
    return input_is_gzip(str_from(input->raw + input->raw_start, input->raw_end - input->raw_start));
}

/* Two bytes of `raw`, unless there are no more. */
static bool fill_two(struct input *input, GError **error)
{
    int count = 1;
    while (count > 0 && input->raw_end - input->raw_start < 2)
        count = fill_raw(input, error);
    return count >= 0;
}

static bool look(struct input *input, GError **error)
{
    input->looked = true;
    if (!fill_two(input, error))
        return false;
    input->compressed = has_magic(input) && inflateInit2(&input->stream, ANY_GZIP) == Z_OK;
    return true;
}

static int read_plain(struct input *input, char *bytes, unsigned size, GError **error)
{
    unsigned count = MIN(size, input->raw_end - input->raw_start);
    if (!count) {
        int read = input->source(input->data, bytes, size, error);
        input->done += MAX(read, 0);
        return read;
    }
    memcpy(bytes, input->raw + input->raw_start, count);
    input->raw_start += count;
    return (int)count;
}

/* A file may be several one behind the other; what else stands behind the last one is none of it. */
static bool begin_next_member(struct input *input, GError **error)
{
    if (!fill_two(input, error))
        return false;
    input->over = !has_magic(input);
    if (!input->over)
        inflateReset(&input->stream);
    return true;
}

static int read_compressed(struct input *input, char *bytes, unsigned size, GError **error)
{
    z_stream *stream = &input->stream;
    stream->next_out = (Bytef *)bytes;
    stream->avail_out = size;
    while (stream->avail_out == size && !input->over) {
        if (input->raw_start == input->raw_end) {
            int count = fill_raw(input, error);
            if (count == 0)
                unreadable(input, "the compressed file is cut off", error);
            if (count <= 0)
                return -1;
        }
        stream->next_in = (Bytef *)input->raw + input->raw_start;
        stream->avail_in = input->raw_end - input->raw_start;
        int code = inflate(stream, Z_NO_FLUSH);
        input->raw_start = input->raw_end - stream->avail_in;
        if (code == Z_STREAM_END) {
            if (!begin_next_member(input, error))
                return -1;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            unreadable(input, stream->msg ? stream->msg : "it cannot be decompressed", error);
            return -1;
        }
    }
    return (int)(size - stream->avail_out);
}

static int read_on(struct input *input, char *bytes, unsigned size, GError **error)
{
    if (!input->looked && !look(input, error))
        return -1;
    return input->compressed ? read_compressed(input, bytes, size, error) : read_plain(input, bytes, size, error);
}

/* ---- reading ---- */

struct str input_peek(struct input *input, unsigned size, GError **error)
{
    int count = 1;
    while (count > 0 && input->peek_end < MIN(size, INPUT_PEEK)) {
        count = read_on(input, input->peeked + input->peek_end, MIN(size, INPUT_PEEK) - input->peek_end, error);
        input->peek_end += (unsigned)MAX(count, 0);
    }
    return count < 0 ? STR_NULL : str_from(input->peeked, MIN(input->peek_end, size));
}

int input_read(struct input *input, char *bytes, unsigned size, GError **error)
{
    unsigned count = MIN(size, input->peek_end - input->peek_start);
    if (!count)
        return read_on(input, bytes, size, error);
    memcpy(bytes, input->peeked + input->peek_start, count);
    input->peek_start += count;
    return (int)count;
}
