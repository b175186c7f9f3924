#include "app/markup.h"

struct markup_options markup_of_settings(const struct settings *settings, struct str **domains)
{
    struct str domain, rest = str_from_c(settings->markup_domains);
    size_t count = 0;
    *domains = g_new(struct str, rest.len + 1);
    while (rest.len) {
        rest = str_split(rest, ',', &domain);
        domain = str_trim(domain);
        if (domain.len)
            (*domains)[count++] = domain;
    }
    return (struct markup_options){.colors = settings->markup_colors,
                                   .emoticons = settings->markup_emoticons,
                                   .katex_parenthesis = settings->markup_katex_parenthesis,
                                   .katex_dollar = settings->markup_katex_dollar,
                                   .domains = *domains,
                                   .domain_count = count};
}
