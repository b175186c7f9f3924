#include "port/tar.h"

enum { NAME = 100, MODE_AT = 100, SIZE_AT = 124, SIZE = 12, SUM_AT = 148, SUM = 8, TYPE_AT = 156, MAGIC_AT = 257 };

struct tar {
    struct input *input;
    int64_t left; /* bytes of the file under way */
    size_t padding;
};

bool tar_is_one(struct str head)
{
    return head.len >= TAR_BLOCK && memcmp(head.ptr + MAGIC_AT, "ustar", 5) == 0;
}

struct tar *tar_open(struct input *input)
{
    struct tar *tar = g_new0(struct tar, 1);
    tar->input = input;
    return tar;
}

void tar_close(struct tar *tar)
{
    g_free(tar);
}

/* ---- numbers ---- */

/* Octal digits, or with the first bit set a number of base 256. */
static bool read_number(const char *field, size_t length, int64_t *value)
{
    *value = 0;
    if ((unsigned char)field[0] == 0x80) {
        for (size_t i = 1; i < length; i++) {
            if (*value >> 54)
                return false;
            *value = *value << 8 | (unsigned char)field[i];
        }
        return true;
    }
    for (size_t i = 0; i < length && field[i] && field[i] != ' '; i++) {
        if (field[i] < '0' || field[i] > '7')
            return false;
        *value = *value << 3 | (field[i] - '0');
    }
    return true;
}

/* The sum of all bytes, those of the sum itself taken for blanks. */
static int64_t sum_of(const char *block)
{
    int64_t sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM ? ' ' : (unsigned char)block[i];
    return sum;
}

/* ---- reading ---- */

static bool fail_tar(const char *why, GError **error)
{
    reason_set(error, REASON_LINE_INVALID, "the tar archive %s", why);
    return false;
}

/* All of `size` bytes; fewer only at the end. -1 with an error. */
static int read_all(struct tar *tar, char *bytes, unsigned size, GError **error)
{
    unsigned got = 0;
    while (got < size) {
        int count = input_read(tar->input, bytes + got, size - got, error);
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        got += (unsigned)count;
    }
    return (int)got;
}

static bool skip_bytes(struct tar *tar, int64_t bytes, GError **error)
{
    char piece[8 * TAR_BLOCK];
    while (bytes > 0) {
        unsigned size = (unsigned)MIN(bytes, (int64_t)sizeof piece);
        int count = read_all(tar, piece, size, error);
        if (count < (int)size)
            return count < 0 ? false : fail_tar("is cut off", error);
        bytes -= count;
    }
    return true;
}

/* An input_source: of the file under way. */
static int read_file(void *data, char *bytes, unsigned size, GError **error)
{
    struct tar *tar = data;
    unsigned most = (unsigned)MIN((int64_t)size, tar->left);
    int count = most ? input_read(tar->input, bytes, most, error) : 0;
    if (most && count == 0) {
        fail_tar("is cut off", error);
        return -1;
    }
    tar->left -= MAX(count, 0);
    return count;
}

struct input *tar_next(struct tar *tar, GError **error)
{
    char block[TAR_BLOCK], name[NAME + 1];
    for (;;) {
        if (!skip_bytes(tar, tar->left + (int64_t)tar->padding, error))
            return NULL;
        tar->left = 0;
        tar->padding = 0;
        int count = read_all(tar, block, TAR_BLOCK, error);
        if (count <= 0 || (count == TAR_BLOCK && block[0] == '\0')) /* the end, marked or not */
            return NULL;
        int64_t sum, size;
        if (count < TAR_BLOCK || !read_number(block + SUM_AT, SUM, &sum) || sum != sum_of(block) ||
            !read_number(block + SIZE_AT, SIZE, &size)) {
            fail_tar("has no header where one must be", error);
            return NULL;
        }
        tar->left = size;
        tar->padding = tar_padding(size);
        if (block[TYPE_AT] == '0' || block[TYPE_AT] == '\0') {
            memcpy(name, block, NAME);
            name[NAME] = '\0';
            return input_over(name, read_file, tar);
        }
    }
}

/* ---- writing ---- */

void tar_header(const char *name, int64_t size, char block[TAR_BLOCK])
{
    memset(block, 0, TAR_BLOCK);
    g_strlcpy(block, name, NAME);
    memcpy(block + MODE_AT, "0000600\0000000000\0000000000\0", 24);
    if (size >> 33) {
        block[SIZE_AT] = (char)0x80;
        for (int i = SIZE - 1; i > 0; i--, size >>= 8)
            block[SIZE_AT + i] = (char)size;
    } else {
        g_snprintf(block + SIZE_AT, SIZE, "%011llo", (unsigned long long)size);
    }
    memcpy(block + SIZE_AT + SIZE, "00000000000", 12);
    block[TYPE_AT] = '0';
    memcpy(block + MAGIC_AT, "ustar\00000", 8);
    g_snprintf(block + SUM_AT, SUM, "%06llo", (unsigned long long)sum_of(block));
    block[SUM_AT + SUM - 1] = ' ';
}
