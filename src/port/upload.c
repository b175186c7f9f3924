#include "port/upload.h"

#include "port/format/map.h"
#include "port/tar.h"

#include <pthread.h>

enum { HEAD = INPUT_PEEK };

struct upload {
    struct upload_options options;
    bool decided;
    struct buf head;       /* what came before that */
    struct import *import; /* of lines that are not compressed; NULL: the thread reads */
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    struct buf incoming;
    bool ended, cancelled, paused, over;
    /* The thread's, then whoever's finishes. */
    struct buf taken; /* given from `start` on */
    size_t start;
    struct tar *tar; /* where there are several files */
    struct input *first;
    struct input *whole;
    struct upload_result result;
};

/* ---- the thread: its bytes ---- */

static bool was_cancelled(struct upload *upload)
{
    pthread_mutex_lock(&upload->lock);
    bool cancelled = upload->cancelled;
    pthread_mutex_unlock(&upload->lock);
    return cancelled;
}

/* Waits for bytes; there are none when the end came. */
static void take_incoming(struct upload *upload)
{
    buf_reset(&upload->taken);
    upload->start = 0;
    pthread_mutex_lock(&upload->lock);
    while (!upload->incoming.len && !upload->ended && !upload->cancelled)
        pthread_cond_wait(&upload->changed, &upload->lock);
    struct buf empty = upload->taken;
    upload->taken = upload->incoming;
    upload->incoming = empty;
    if (upload->paused)
        upload->options.waiter->wake(upload->options.waiter);
    upload->paused = false;
    pthread_mutex_unlock(&upload->lock);
}

/* An input_source. */
static int read_pushed(void *data, char *bytes, unsigned size, GError **error)
{
    struct upload *upload = data;
    if (upload->start == upload->taken.len)
        take_incoming(upload);
    if (was_cancelled(upload)) {
        reason_set(error, REASON_CANCELLED, "the import was interrupted");
        return -1;
    }
    unsigned count = (unsigned)MIN(size, upload->taken.len - upload->start);
    if (count)
        memcpy(bytes, upload->taken.ptr + upload->start, count);
    upload->start += count;
    return (int)count;
}

/* The conversion's next_file: what the format was recognised by comes first. */
static struct input *next_file(void *data, GError **error)
{
    struct upload *upload = data;
    if (upload->first)
        return g_steal_pointer(&upload->first);
    return upload->tar ? tar_next(upload->tar, error) : NULL;
}

static bool open_files(struct upload *upload, GError **error)
{
    upload->whole = input_over("the body", read_pushed, upload);
    struct str head = input_peek(upload->whole, TAR_BLOCK, error);
    if (!head.ptr)
        return false;
    if (!tar_is_one(head)) {
        upload->first = g_steal_pointer(&upload->whole);
        return true;
    }
    upload->tar = tar_open(upload->whole);
    upload->first = tar_next(upload->tar, error);
    if (!upload->first && !*error)
        reason_set(error, REASON_LINE_INVALID, "the tar archive holds no file");
    return upload->first != NULL;
}

/* ---- the thread: what it does with them ---- */

static void tell_refused(void *data, const char *file, const struct item_place *place, const GError *why)
{
    struct upload *upload = data;
    upload->options.refused(upload->options.data, upload->tar ? file : NULL, place, why);
}

static bool goes_on(void *data, const char *file, int64_t done, int64_t size)
{
    (void)file, (void)done, (void)size;
    return !was_cancelled(data);
}

static void convert(struct upload *upload, const struct format *format, const struct map *map, GError **error)
{
    const struct upload_options *options = &upload->options;
    const struct conversion_options conversion = {
        .core = options->core,
        .company = options->company,
        .format = format,
        .map = map,
        .hints = options->hints,
        .dry_run = options->dry_run,
        .scratch_directory = options->scratch_directory,
        .next_file = next_file,
        .refused = tell_refused,
        .progress = goes_on,
        .data = upload,
    };
    conversion_report_clear(&upload->result.report);
    conversion_run(&conversion, &upload->result.report, error);
}

static const struct format *find_format(struct upload *upload, GError **error)
{
    struct str name = str_from_c(upload->options.format);
    if (name.ptr)
        return format_by_name(name);
    struct str head = input_peek(upload->first, HEAD, error);
    if (!head.ptr)
        return NULL;
    if (upload->options.map.ptr)
        return format_by_map(head);
    g_autofree char *base = g_path_get_basename(input_path(upload->first));
    return format_of(head, base);
}

/* ---- lines ---- */

static void refuse_line(void *data, int64_t line, const GError *why)
{
    struct upload *upload = data;
    const struct item_place place = {.line = line};
    upload->options.refused(upload->options.data, NULL, &place, why);
}

/* With a waiter it is the upload's own; without, whoever feeds it waits. */
static struct import *begin_lines(struct upload *upload, struct waiter *waiter, GError **error)
{
    const struct upload_options *options = &upload->options;
    struct import_options lines = {
        .core = options->core,
        .company = options->company,
        .skip_bad = options->skip_bad,
        .dry_run = options->dry_run,
        .refused = refuse_line,
        .data = upload,
        .waiter = waiter,
    };
    conversion_hints_bound(&options->hints, &lines);
    return import_new(&lines, error);
}

static void end_lines(struct upload *upload, struct import *import)
{
    struct import_result lines;
    import_finish(import, &lines);
    conversion_report_add(&upload->result.report, &lines);
    upload->result.line = lines.line;
    if (!upload->result.error)
        upload->result.error = g_steal_pointer(&lines.error);
    import_result_clear(&lines);
}

/* Compressed ones. */
static void read_lines(struct upload *upload, GError **error)
{
    struct import *import = begin_lines(upload, NULL, error);
    if (!import)
        return;
    char *piece = g_malloc(UPLOAD_ROOM);
    int count = 1;
    bool room = true;
    while (room && (count = input_read(upload->first, piece, UPLOAD_ROOM, error)) > 0)
        room = import_feed(import, str_from(piece, (size_t)count)) || import_wait(import);
    if (count < 0)
        import_cancel(import);
    else
        import_end(import);
    end_lines(upload, import);
    g_free(piece);
}

/* ---- the thread ---- */

static void read_upload(struct upload *upload, GError **error)
{
    struct map *map = NULL;
    const struct format *format = open_files(upload, error) ? find_format(upload, error) : NULL;
    if (*error)
        return;
    if (!format && !upload->tar)
        read_lines(upload, error);
    else if (!format)
        reason_set(error, REASON_LINE_INVALID, "no format recognises %s: name it", input_path(upload->first));
    else if (format_map(format, "the map", upload->options.map, &map, error))
        convert(upload, format, map, error);
    map_free(map);
}

/* Bytes that are no gzip are no fault of a file here, but of who sent them. */
static void blame_sender(struct upload *upload)
{
    GError *error = upload->result.error;
    if (!error || reason_of(error) != REASON_FILE_UNREADABLE)
        return;
    upload->result.error = NULL;
    reason_set(&upload->result.error, REASON_BODY_MALFORMED, "%s", error->message);
    g_error_free(error);
}

static void *run_thread(void *data)
{
    struct upload *upload = data;
    read_upload(upload, &upload->result.error);
    blame_sender(upload);
    g_clear_pointer(&upload->first, input_close);
    g_clear_pointer(&upload->tar, tar_close);
    g_clear_pointer(&upload->whole, input_close);
    pthread_mutex_lock(&upload->lock);
    upload->over = true;
    upload->options.waiter->wake(upload->options.waiter);
    pthread_mutex_unlock(&upload->lock);
    return NULL;
}

/* ---- the feeder's side ---- */

struct upload *upload_new(const struct upload_options *options, GError **error)
{
    if (!core_import_enter(options->core, error))
        return NULL;
    struct upload *upload = g_new0(struct upload, 1);
    upload->options = *options;
    buf_init(&upload->head, HEAD);
    buf_init(&upload->incoming, 2 * UPLOAD_ROOM);
    buf_init(&upload->taken, 2 * UPLOAD_ROOM);
    conversion_report_init(&upload->result.report);
    pthread_mutex_init(&upload->lock, NULL);
    pthread_cond_init(&upload->changed, NULL);
    return upload;
}

/* Nothing else can be said about compressed bytes here, nor need be of an archive that is named. */
static bool are_plain_lines(const struct upload *upload)
{
    struct str head = buf_str(&upload->head), name = str_from_c(upload->options.format);
    if (input_is_gzip(head))
        return false;
    if (name.ptr || upload->options.map.ptr)
        return str_equal(name, STR("ndjson"));
    return !tar_is_one(head) && !format_of(head, "");
}

static void start_lines(struct upload *upload)
{
    upload->import = begin_lines(upload, upload->options.waiter, &upload->result.error);
    if (upload->import)
        import_feed(upload->import, buf_str(&upload->head));
}

static void start_thread(struct upload *upload)
{
    if (!core_archive_enter(upload->options.core, &upload->result.error))
        return;
    buf_add(&upload->incoming, buf_str(&upload->head));
    int failed = pthread_create(&upload->thread, NULL, run_thread, upload);
    upload->has_thread = failed == 0;
    if (upload->has_thread)
        return;
    core_archive_leave(upload->options.core);
    reason_set(&upload->result.error, REASON_INTERNAL, "a thread cannot be started: %s", g_strerror(failed));
}

/* The place that it had is its import's from now on. */
static void decide(struct upload *upload, bool lines)
{
    upload->decided = true;
    core_import_leave(upload->options.core);
    if (lines)
        start_lines(upload);
    else
        start_thread(upload);
    buf_clear(&upload->head);
    if (upload->import || upload->has_thread)
        return;
    upload->over = true;
    upload->options.waiter->wake(upload->options.waiter);
}

static bool feed_thread(struct upload *upload, struct str bytes)
{
    pthread_mutex_lock(&upload->lock);
    if (!upload->over)
        buf_add(&upload->incoming, bytes);
    upload->paused = upload->incoming.len >= UPLOAD_ROOM || upload->over;
    bool more = !upload->paused;
    pthread_cond_signal(&upload->changed);
    pthread_mutex_unlock(&upload->lock);
    return more;
}

bool upload_feed(struct upload *upload, struct str bytes)
{
    if (!upload->decided) {
        size_t taken = MIN(bytes.len, HEAD - upload->head.len);
        buf_add(&upload->head, str_from(bytes.ptr, taken));
        bytes = str_skip(bytes, taken);
        if (upload->head.len < HEAD)
            return true;
        decide(upload, are_plain_lines(upload));
    }
    return upload->import ? import_feed(upload->import, bytes) : feed_thread(upload, bytes);
}

static void stop_feeding(struct upload *upload, bool cancelled)
{
    pthread_mutex_lock(&upload->lock);
    upload->ended = true;
    upload->cancelled |= cancelled;
    pthread_cond_signal(&upload->changed);
    pthread_mutex_unlock(&upload->lock);
}

void upload_end(struct upload *upload)
{
    if (!upload->decided)
        decide(upload, are_plain_lines(upload));
    if (upload->import)
        import_end(upload->import);
    else
        stop_feeding(upload, false);
}

void upload_cancel(struct upload *upload)
{
    if (!upload->decided) /* nothing came of it yet */
        decide(upload, true);
    if (upload->import)
        import_cancel(upload->import);
    else
        stop_feeding(upload, true);
}

bool upload_is_over(struct upload *upload)
{
    if (upload->import)
        return import_is_over(upload->import);
    pthread_mutex_lock(&upload->lock);
    bool over = upload->over;
    pthread_mutex_unlock(&upload->lock);
    return over;
}

void upload_finish(struct upload *upload, struct upload_result *result)
{
    if (upload->import)
        end_lines(upload, upload->import);
    if (upload->has_thread) {
        pthread_join(upload->thread, NULL);
        core_archive_leave(upload->options.core);
    }
    *result = upload->result;
    buf_clear(&upload->head);
    buf_clear(&upload->incoming);
    buf_clear(&upload->taken);
    pthread_mutex_destroy(&upload->lock);
    pthread_cond_destroy(&upload->changed);
    g_free(upload);
}

void upload_result_clear(struct upload_result *result)
{
    conversion_report_clear(&result->report);
    g_clear_error(&result->error);
}
