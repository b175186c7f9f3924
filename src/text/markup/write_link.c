#include "text/markup/write.h"

const char *markup_link_scheme(struct str address)
{
    static const char *const allowed[] = {"http://", "https://", "mailto:", "tel:"};
    for (size_t i = 0; i < G_N_ELEMENTS(allowed); i++) {
        struct str scheme = str_from_c(allowed[i]);
        if (address.len > scheme.len && str_equal_nocase(str_from(address.ptr, scheme.len), scheme))
            return "";
    }
    if (str_starts_with(address, STR("//")))
        return "https:";
    /* A host without a scheme, as in [label](example.org:8080/x): what stands
     * before a colon has a dot. */
    const char *colon = memchr(address.ptr, ':', address.len);
    size_t host = colon ? (size_t)(colon - address.ptr) : address.len;
    bool is_host = memchr(address.ptr, '.', host) && !memchr(address.ptr, '/', host);
    return !colon || is_host ? "https://" : NULL;
}
