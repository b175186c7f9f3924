/* What the files of the parser share. Nothing here is seen outside of this
 * folder.
 *
 * A message is read from left to right, once. Lines become blocks (block.c);
 * what stands in a line is a row of tokens (inline.c): marks, which become
 * nodes, and text between them. A mark that turns out not to be one (`*a`
 * without an end) is read again as text. How much may be read again is bounded
 * for the whole message (`struct parser`, budget), so that the work is
 * O(length) whatever is sent. Marks nest at most as deep as there are kinds of
 * them, since none stands in itself (`enum inside`): bold in italic in strike
 * in a link's label in a spoiler.
 *
 *     text -> blocks -> rows -> tokens -> tree
 *
 * Functions that read a token take the place where it begins and return the
 * place behind it, or NULL when it is none.
 */
#pragma once

#include "text/markup/markup.h"

struct parser {
    const char *begin, *end;
    struct arena *arena;
    const struct markup_options *options;
    int64_t written_ms;
    size_t budget;    /* bytes that may yet be read in vain; at 0 there are no marks
                         any more */
    const char *sign; /* the first @ not before the place last asked for (inline.c) */
    size_t nodes;     /* that may yet be made; with the last one the budget is gone
                         too */
};

/* Where a token stands: what may not stand in itself. */
enum inside {
    INSIDE_BOLD = 1,
    INSIDE_ITALIC = 2,
    INSIDE_STRIKE = 4,
    INSIDE_LABEL = 8,
    INSIDE_SPOILER = 16,
    INSIDE_STAR_ITEM = 32, /* an item of a list with stars: a star that is no mark ends it */
};

/* What kind of row a token stands in: which marks there are and where text
 * ends. */
enum row_kind { ROW_LINE, ROW_SPOILER, ROW_BOLD, ROW_ITALIC, ROW_STRIKE, ROW_LABEL };

/* ---- rows: tokens become siblings (row.c) --------------------------------------------------------------- */

enum beside { BESIDE_NOTHING, BESIDE_NODE, BESIDE_TEXT, BESIDE_EMOJI };

/* Texts that touch become one node. A short code or an emoticon that touches
 * text or another emoji is text. */
struct row {
    struct markup_node *first, *last, *before_last;
    enum beside beside; /* the last token; blank text counts as a node */
    struct str open;    /* what the last node was written as, when it is an emoji and
                           its right side is not known */
    size_t room;        /* bytes behind the last text that may be written to; 0 when it
                           is a slice of the message */
};

struct markup_node *markup_node_new(struct parser *p, enum markup_type type, struct str text);

/* A node that is no text and no emoji. */
void row_add_node(struct row *row, struct markup_node *node);

/* `text` as it was written; of a token, so that it is blank or not as a whole.
 */
void row_add_text(struct parser *p, struct row *row, struct str text);

/* An emoji, written as `text`. */
void row_add_emoji(struct parser *p, struct row *row, struct markup_node *node, struct str text);

/* The nodes of another row, which is over. */
void row_add_row(struct parser *p, struct row *row, const struct row *other);

/* The row ends: an emoji at its end stays one. */
void row_end(struct row *row);

/* ---- lines (inline.c) ----------------------------------------------------------------------------------- */

/* Reads a row of a line up to its end, which it does not take. */
const char *inline_read(struct parser *p, const char *at, enum inside inside, struct row *row);

/* ---- links (link.c), addresses (address.c), hosts (host.c) ---------------------------------------------- */

const char *link_read(struct parser *p, const char *at, enum inside inside, struct row *row);
const char *link_read_angle(struct parser *p, const char *at, enum inside inside, struct row *row);
const char *link_read_image(struct parser *p, const char *at, struct row *row);

/* A link's label up to the "](" that ends it, which it does not take; the end
 * of the message when there is none. */
const char *inline_read_label(struct parser *p, const char *at, enum inside inside, struct row *row);

/* A telephone number, a mail address or a host with whatever follows it,
 * standing free in a line. */
const char *address_read_phone(struct parser *p, const char *at, struct row *row);
const char *address_read_mail(struct parser *p, const char *at, struct row *row);
const char *address_read_url(struct parser *p, const char *at, struct row *row);
const char *address_read_hidden(struct parser *p, const char *at, struct row *row);

/* The address in a link that `close` ends: `*address` is what the link's node
 * gets. */
const char *address_read_target(struct parser *p, const char *at, char close, struct str *address);

/* Is the host in `url` below a public suffix or, of an address that is no mail
 * address (`free`), four numbers or below one of the options' domains? */
bool host_is_known(const struct parser *p, struct str url, bool free);

/* ---- marks that hold nothing but text (mark.c) ---------------------------------------------------------- */

const char *mark_code(struct parser *p, const char *at, struct row *row);
const char *mark_formula(struct parser *p, const char *at, struct row *row);
const char *mark_dollar(struct parser *p, const char *at, struct row *row);
const char *mark_escape(struct parser *p, const char *at, struct row *row);
const char *mark_escaped_stamp(struct parser *p, const char *at, struct row *row);
const char *mark_color(struct parser *p, const char *at, struct row *row);
const char *mark_user(struct parser *p, const char *at, struct row *row);
const char *mark_channel(struct parser *p, const char *at, struct row *row);
const char *mark_touching(struct parser *p, const char *at, bool users, struct row *row);

/* ---- emoji (emoji.c), time stamps (stamp.c) ------------------------------------------------------------- */

/* Any emoji at `at`: its node, and the place behind it. */
const char *emoji_read(struct parser *p, const char *at, struct markup_node **node);
const char *emoji_read_unicode(const char *at, const char *end);

const char *stamp_read(struct parser *p, const char *at, struct row *row);

/* ---- characters (letter.c) ------------------------------------------------------------------------------ */

/* Decodes the character at `at` (before `end`); broken bytes are one U+FFFD
 * each. */
uint32_t letter_decode(const char *at, const char *end, int *length);

bool letter_is_blank(uint32_t c); /* what a browser trims */
bool letter_is_name(uint32_t c);  /* letters and digits of mentions */
bool letter_is_mail(uint32_t c);  /* letters, digits, marks and emoji of mail addresses */

static inline bool letter_is_ascii_alpha(char c)
{
    return g_ascii_isalpha(c);
}

/* Bytes that were read in vain. */
static inline void parser_charge(struct parser *p, size_t bytes)
{
    p->budget -= MIN(p->budget, bytes);
}

static inline bool parser_sees(const struct parser *p, const char *at, const char *literal, size_t len)
{
    return (size_t)(p->end - at) >= len && !memcmp(at, literal, len);
}

#define parser_at(p, at, literal) parser_sees((p), (at), literal, sizeof(literal) - 1)
