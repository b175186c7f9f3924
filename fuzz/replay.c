/* Feeds every file of the directories named on the command line to a fuzz target, once: the corpus as a regression
 * test, with any compiler. libFuzzer itself is only needed to find new inputs. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In a block of its own size, so that the address sanitizer sees a read one byte past the input. */
static void feed(const char *bytes, size_t size)
{
    uint8_t *exact = calloc(1, size ? size : 1);
    if (!exact)
        abort();
    memcpy(exact, bytes, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static unsigned feed_directory(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) directory = g_dir_open(path, 0, &error);
    if (!directory) {
        fprintf(stderr, "%s\n", error->message);
        exit(1);
    }
    unsigned fed = 0;
    for (const char *name; (name = g_dir_read_name(directory)); fed++) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_autofree char *bytes = NULL;
        gsize size;
        if (!g_file_get_contents(file, &bytes, &size, &error)) {
            fprintf(stderr, "%s\n", error->message);
            exit(1);
        }
        /* Should it crash, the last line names the input. */
        fprintf(stderr, "%s\n", file);
        feed(bytes, size);
    }
    return fed;
}

int main(int argc, char **argv)
{
    unsigned fed = 0;
    feed("", 0);
    for (int i = 1; i < argc; i++)
        fed += feed_directory(argv[i]);
    printf("%u inputs\n", fed);
    /* A corpus that went missing must not look like a corpus that passed. */
    return fed > 0 ? 0 : 1;
}
