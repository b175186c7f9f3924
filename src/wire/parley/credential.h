/* By what a request says who calls. In this order:
 *
 *   the unix socket           this machine's administrator; Parley-Company names the company
 *   Authorization: Bearer     a company's token, or an operator's that signing in gave
 *   the proxy's user header   parley_settings.user_header, from peers on loopback only: single sign-on
 *   the cookie                an operator's token that signing in set, for pages of this server
 *
 * The last two come along with whatever a browser sends, so a write that comes with them must come from a page of this
 * server: its Origin is checked. */
#pragma once

#include "wire/parley/internal.h"

struct directory;

/* Fills call->caller and call->token. Reasons CREDENTIAL_MISSING, ORIGIN_FOREIGN, COMPANY_UNKNOWN (the unix socket's),
 * those of identity_of_bearer. */
bool credential_read(struct http_request *request, struct call *call, const struct directory *directory,
                     GError **error);

/* Has the caller all of these (enum right)? RIGHT_MISSING. */
bool credential_allows(const struct caller *caller, unsigned rights, GError **error);

/* Who called, for answers that come long after their request: by then the credential may be taken away, or give less.
 */
struct standing {
    enum { STANDING_ADMINISTRATOR, STANDING_TOKEN, STANDING_USER } by;
    bool is_local;
    int64_t company;
    char *word; /* the token, or whom the proxy named */
};
void standing_init(struct standing *standing, struct http_request *request, const struct call *call);
void standing_clear(struct standing *standing);
/* Who that is now. On the loop. CREDENTIAL_WRONG. */
bool standing_caller(const struct standing *standing, struct core *core, struct store_reader *reader,
                     struct caller *caller, struct arena *a, GError **error);

/* ORIGIN_FOREIGN when the request writes and says that it comes from another server's page. A request without Origin
 * comes from no page. */
bool credential_check_origin(const struct http_request *request, GError **error);

/* Makes the answer to come set the cookie for so many seconds; an empty token and 0 take it back. Secure where the
 * client reached a proxy by TLS. */
void credential_set_cookie(struct http_request *request, struct str token, int64_t seconds);
