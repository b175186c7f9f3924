#include "app/client.h"
#include "app/command.h"
#include "app/place.h"
#include "port/admin.h"
#include "port/export.h"

#include <errno.h>
#include <stdio.h>

enum { PIECE = LIMIT_HTTP_REPLY_BUFFER };

static bool write_out(void *data, struct str piece)
{
    (void)data;
    return fwrite(piece.ptr, 1, piece.len, stdout) == piece.len;
}

static bool unwritable(GError **error)
{
    g_clear_error(error);
    reason_set(error, REASON_FILE_UNWRITABLE, "standard output: %s", g_strerror(errno));
    return false;
}

static bool export_here(struct place *place, const char *company_name, GError **error)
{
    int64_t company;
    if (!admin_company(place->core, place->reader, str_from_c(company_name), &company, error))
        return false;
    struct exporter *exporter = export_new_of_all(company);
    struct buf piece;
    bool finished = false, ok = true;
    buf_init(&piece, 2 * PIECE);
    while (ok && !finished) {
        buf_reset(&piece);
        struct store_txn *txn = core_read_begin(place->reader, error);
        ok = txn && export_next(exporter, txn, PIECE, &piece, &finished, error);
        if (txn)
            core_read_end(txn);
        ok = ok && (write_out(NULL, buf_str(&piece)) || unwritable(error));
    }
    buf_clear(&piece);
    export_free(exporter);
    return ok;
}

static bool export_there(struct place *place, const char *company_name, GError **error)
{
    struct buf reply;
    buf_init(&reply, LIMIT_HTTP_BODY);
    struct client_request request = {.socket = place->socket,
                                     .path = "/parley/v1/export",
                                     .company = company_name,
                                     .sink = write_out,
                                     .reply = &reply};
    bool ok = client_run(&request, error);
    if (!ok && ferror(stdout))
        unwritable(error);
    buf_clear(&reply);
    return ok;
}

int command_export(int argc, char **argv)
{
    static const char *const only[] = {"data", NULL};
    g_autofree char *company = NULL;
    struct place place = {0};
    struct command_line line;
    GError *error = NULL;
    const GOptionEntry entries[] = {
        {"company", 0, 0, G_OPTION_ARG_STRING, &company, "Of this company; the first one added when not given", "NAME"},
        {0},
    };
    if (!command_line_read(
            &line, argc, argv, "--data DIR - Write all conversations to standard output",
            "One session a line, as `parley import` reads them (doc/format.md), oldest first. Visitors' tokens are in "
            "it;\n"
            "operators' and API tokens, passwords and Genesys keys are not. Erased visitors are left out.",
            entries, only, 0))
        return EXIT_USAGE;
    bool ok = place_open(&place, &line.settings, false, &error) &&
              (place.core ? export_here(&place, company, &error) : export_there(&place, company, &error)) &&
              (fflush(stdout) == 0 || unwritable(&error));
    place_close(&place);
    command_line_clear(&line);
    return ok ? EXIT_FINE : command_fail(error);
}
