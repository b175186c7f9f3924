#include "app/bundle.h"

#include "port/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BASENAME = 80, END = 2 * TAR_BLOCK };

struct bundle {
    char *const *files;
    size_t next, count;
    int fd;                        /* of the file under way; -1 = none */
    int64_t left;                  /* bytes of it */
    char filling[TAR_BLOCK + END]; /* what stands between files */
    size_t filling_start, filling_end;
    size_t padding;
    bool ended, bare; /* bare: no tar, the bytes of `fd` */
    int64_t done, size;
    GError *error;
};

static bool fail_bundle(struct bundle *bundle, const char *file, const char *why)
{
    reason_set(&bundle->error, REASON_FILE_UNREADABLE, "%s: %s", file, why);
    return false;
}

/* All their bytes; -1 where one is not a file of a known length. */
static int64_t count_bytes(char *const *files)
{
    int64_t bytes = 0;
    for (; *files; files++) {
        struct stat about;
        if (stat(*files, &about) != 0 || !S_ISREG(about.st_mode))
            return -1;
        bytes += about.st_size;
    }
    return bytes;
}

struct bundle *bundle_open(char *const *files, GError **error)
{
    struct bundle *bundle = g_new0(struct bundle, 1);
    bundle->files = files;
    bundle->count = g_strv_length((char **)files);
    bundle->fd = -1;
    bundle->size = count_bytes(files);
    if (bundle->size >= 0)
        return bundle;
    bundle->size = 0;
    bundle->bare = true;
    if (bundle->count > 1) {
        reason_set(error, REASON_FILE_UNREADABLE, "beside a running server several files must be regular ones");
        bundle_close(bundle);
        return NULL;
    }
    bundle->fd = !strcmp(*files, "-") ? dup(STDIN_FILENO) : open(*files, O_RDONLY | O_CLOEXEC);
    if (bundle->fd >= 0)
        return bundle;
    reason_set(error, REASON_FILE_UNREADABLE, "%s: %s", *files, g_strerror(errno));
    bundle_close(bundle);
    return NULL;
}

void bundle_close(struct bundle *bundle)
{
    if (bundle->fd >= 0)
        close(bundle->fd);
    g_clear_error(&bundle->error);
    g_free(bundle);
}

const GError *bundle_error(const struct bundle *bundle)
{
    return bundle->error;
}

void bundle_progress(const struct bundle *bundle, int64_t *done, int64_t *size)
{
    *done = bundle->done;
    *size = bundle->size;
}

const char *bundle_file(const struct bundle *bundle, struct str name)
{
    struct str number;
    int64_t place;
    str_split(name, '/', &number);
    return str_to_int64(number, &place) && place >= 0 && (size_t)place < bundle->count ? bundle->files[place] : NULL;
}

/* The next file's header, or the end's blocks, behind what fills up the last file. */
static bool begin_next(struct bundle *bundle)
{
    memset(bundle->filling, 0, sizeof bundle->filling);
    bundle->filling_start = 0;
    bundle->filling_end = bundle->padding;
    bundle->padding = 0;
    if (bundle->next == bundle->count) {
        bundle->ended = true;
        bundle->filling_end += END;
        return true;
    }
    struct stat about;
    const char *file = bundle->files[bundle->next];
    bundle->fd = open(file, O_RDONLY | O_CLOEXEC);
    if (bundle->fd < 0 || fstat(bundle->fd, &about) != 0)
        return fail_bundle(bundle, file, g_strerror(errno));
    g_autofree char *base = g_path_get_basename(file);
    size_t length = strlen(base);
    g_autofree char *name =
        g_strdup_printf("%zu/%s", bundle->next, length > BASENAME ? base + length - BASENAME : base);
    tar_header(name, about.st_size, bundle->filling + bundle->filling_end);
    bundle->filling_end += TAR_BLOCK;
    bundle->left = about.st_size;
    bundle->padding = tar_padding(about.st_size);
    bundle->next++;
    return true;
}

static size_t read_file(struct bundle *bundle, char *piece, size_t size)
{
    ssize_t count = read(bundle->fd, piece, (size_t)MIN((int64_t)size, bundle->left));
    if (count <= 0) {
        fail_bundle(bundle, bundle->files[bundle->next - 1], count < 0 ? g_strerror(errno) : "became shorter");
        return SIZE_MAX;
    }
    bundle->left -= count;
    bundle->done += count;
    return (size_t)count;
}

static size_t read_bare(struct bundle *bundle, char *piece, size_t size)
{
    ssize_t count = read(bundle->fd, piece, size);
    if (count < 0) {
        fail_bundle(bundle, bundle->files[0], g_strerror(errno));
        return SIZE_MAX;
    }
    bundle->done += count;
    return (size_t)count;
}

size_t bundle_read(void *data, char *piece, size_t size)
{
    struct bundle *bundle = data;
    if (bundle->bare)
        return read_bare(bundle, piece, size);
    if (bundle->filling_start == bundle->filling_end && !bundle->left) {
        if (bundle->fd >= 0)
            close(bundle->fd);
        bundle->fd = -1;
        if (bundle->ended)
            return 0;
        if (!begin_next(bundle))
            return SIZE_MAX;
    }
    size_t count = MIN(size, bundle->filling_end - bundle->filling_start);
    if (!count)
        return read_file(bundle, piece, size);
    memcpy(piece, bundle->filling + bundle->filling_start, count);
    bundle->filling_start += count;
    return count;
}
