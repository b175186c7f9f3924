#include "port/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { HEAD = 64 * 1024, PEEKED = 16 };

struct input {
    char *path;
    gzFile gz; /* reads plain files as they are */
    int64_t size;
    char *head;
    size_t head_length;
    char peeked[PEEKED]; /* read already, and not yet given */
    unsigned peeked_length;
};

bool input_check(const char *path, GError **error)
{
    bool directory = g_file_test(path, G_FILE_TEST_IS_DIR);
    if (!strcmp(path, "-") || (!directory && access(path, R_OK) == 0))
        return true;
    reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", path, directory ? "is a directory" : g_strerror(errno));
    return false;
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
    struct input *input = g_new0(struct input, 1);
    input->path = g_strdup(path);
    if (S_ISREG(about.st_mode)) {
        input->head = g_malloc(HEAD);
        ssize_t length = pread(fd, input->head, HEAD, 0);
        input->head_length = length > 0 ? (size_t)length : 0;
        input->size = about.st_size;
    }
    input->gz = gzdopen(fd, "rb");
    gzbuffer(input->gz, 256 * 1024);
    return input;
}

void input_close(struct input *input)
{
    gzclose_r(input->gz);
    g_free(input->head);
    g_free(input->path);
    g_free(input);
}

const char *input_path(const struct input *input)
{
    return input->path;
}

static int read_file(struct input *input, char *bytes, unsigned size, GError **error)
{
    int count = gzread(input->gz, bytes, size);
    int code = Z_OK;
    const char *why = count <= 0 ? gzerror(input->gz, &code) : NULL;
    if (count >= 0 && code == Z_OK)
        return count;
    reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", input->path,
               code == Z_ERRNO       ? g_strerror(errno)
               : code == Z_BUF_ERROR ? "the compressed file is cut off"
                                     : why);
    return -1;
}

struct str input_peek(struct input *input, GError **error)
{
    int count = 1;
    while (count > 0 && input->peeked_length < PEEKED) {
        count = read_file(input, input->peeked + input->peeked_length, PEEKED - input->peeked_length, error);
        input->peeked_length += (unsigned)MAX(count, 0);
    }
    return count < 0 ? STR_NULL : str_from(input->peeked, input->peeked_length);
}

int input_read(struct input *input, char *bytes, unsigned size, GError **error)
{
    unsigned count = MIN(size, input->peeked_length);
    if (!count)
        return read_file(input, bytes, size, error);
    memcpy(bytes, input->peeked, count);
    input->peeked_length -= count;
    memmove(input->peeked, input->peeked + count, input->peeked_length);
    return (int)count;
}

struct str input_head(const struct input *input)
{
    return input->head ? str_from(input->head, input->head_length) : STR_NULL;
}

void input_progress(struct input *input, int64_t *done, int64_t *size)
{
    *done = gzoffset(input->gz);
    *size = input->size;
}
