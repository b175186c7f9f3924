/* Message markup: what Rocket.Chat calls `md`, as a tree.
 *
 *     struct markup_node *tree = markup_parse(text, &options, &arena);
 *     markup_write_md(&w, tree);
 *
 * The tree is the one that `@rocket.chat/message-parser` 0.31.36 makes of the
 * same text with the same options; where it is not, doc/markup.md says so and
 * why. It was learnt by running that package, and `test/clients/rocketchat`
 * compares.
 *
 * A tree lives in the arena it was made in, and its texts are slices of the
 * message wherever that can be: both must outlive it. It never changes; any
 * thread may look at it. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "text/json_write.h"

/* Blocks first, then what stands in a line. The comment says what of a node is
 * used: `text`, `more`, children. */
enum markup_type {
    MARKUP_PARAGRAPH,      /* children: inline */
    MARKUP_HEADING,        /* level 1 to 4; children: inline */
    MARKUP_QUOTE,          /* children: paragraphs */
    MARKUP_SPOILER_BLOCK,  /* children: paragraphs */
    MARKUP_CODE,           /* text: language; children: code lines */
    MARKUP_CODE_LINE,      /* children: one plain text */
    MARKUP_ORDERED_LIST,   /* children: numbered items */
    MARKUP_UNORDERED_LIST, /* children: list items */
    MARKUP_LIST_ITEM,      /* children: inline */
    MARKUP_NUMBERED_ITEM,  /* number; children: inline */
    MARKUP_TASKS,          /* children: tasks */
    MARKUP_TASK,           /* done; children: inline */
    MARKUP_KATEX,          /* text: the formula */
    MARKUP_LINE_BREAK,     /* nothing */
    MARKUP_BIG_EMOJI,      /* children: one to three emoji, the whole message */

    MARKUP_PLAIN_TEXT,      /* text */
    MARKUP_BOLD,            /* children */
    MARKUP_ITALIC,          /* children */
    MARKUP_STRIKE,          /* children */
    MARKUP_SPOILER,         /* children */
    MARKUP_INLINE_CODE,     /* text */
    MARKUP_INLINE_KATEX,    /* text */
    MARKUP_LINK,            /* text: the address; children: its label */
    MARKUP_IMAGE,           /* text: the address; children: one plain text, its label */
    MARKUP_MENTION_USER,    /* text: the name without @ */
    MARKUP_MENTION_CHANNEL, /* text: the name without # */
    MARKUP_EMOJI,           /* text: the short code; more: as it was written, without the
                               colons of a short code */
    MARKUP_UNICODE_EMOJI,   /* text: the characters */
    MARKUP_COLOR,           /* color: red, green, blue, alpha */
    MARKUP_TIMESTAMP,       /* text: seconds since 1970, in decimal; format */
};

struct markup_node {
    struct markup_node *next, *first; /* the next sibling, the first child */
    enum markup_type type;
    union {
        int level;
        bool done;
        char format; /* one of t T d D f F R */
        uint8_t color[4];
    };
    struct str text;
    union {
        struct str more;
        double number;
    };
};

struct markup_options {
    bool colors;               /* color:#fff */
    bool emoticons;            /* :) */
    bool katex_parenthesis;    /* \(x\) and \[x\] */
    bool katex_dollar;         /* $x$ and $$x$$ */
    const struct str *domains; /* hosts that are links beside those of public suffixes */
    size_t domain_count;
};

/* The tree of a message: its first block; NULL for the empty text. `written_ms`
 * is when it was written: the day of a <t:10:00+00:00>. O(text.len) for any
 * input: what was read in vain and must be read again counts against a budget
 * (LIMIT_MARKUP_RETRY), and once that or the number of nodes
 * (LIMIT_MARKUP_NODES) is spent the rest is plain text, as is any text longer
 * than LIMIT_MARKUP. Nothing is allocated but from `a`: at most some 100 bytes
 * for each byte. */
struct markup_node *markup_parse(struct str text, const struct markup_options *options, int64_t written_ms,
                                 struct arena *a);

/* The value of a message's `md`: an array of the blocks. The tree of the empty
 * text gives [] (the original fails there and leaves `md` out: so should the
 * caller). */
void markup_write_md(struct json *w, const struct markup_node *tree);

/* The values of its `urls`, `mentions` and `channels`: each address, name of a
 * user, name of a channel once, in the order of the text, at most
 * LIMIT_MARKUP_FOUND of each. An address is that of a link with a scheme and a
 * host; names are not looked up, so a name is its own `_id`. */
void markup_write_urls(struct json *w, const struct markup_node *tree);
void markup_write_mentions(struct json *w, const struct markup_node *tree);
void markup_write_channels(struct json *w, const struct markup_node *tree);

/* The text without marks: for transcripts, mail, search snippets. Blocks and
 * lines end with \n, but for the last; lists and quotes keep their signs, a
 * link shows its address behind a label that is another, a time stamp is in
 * UTC. */
void markup_write_text(struct buf *out, const struct markup_node *tree);

/* HTML, as what stands in an element: all text escaped, no script, no style,
 * nothing that is fetched by itself. Links go to http, https, mailto and tel
 * only, with rel="nofollow noopener noreferrer"; others are their label alone;
 * an image is a link. Times are in UTC. */
void markup_write_html(struct buf *out, const struct markup_node *tree);

/* CommonMark with ~~strike~~, which shows the same again: what is no mark is escaped, so that no text can become one,
 * nor HTML. Links as markup_write_html has them. */
void markup_write_markdown(struct buf *out, const struct markup_node *tree);

/* Text that is to stand in a line of CommonMark as itself; line ends become blanks. */
void markup_add_markdown_text(struct buf *out, struct str text);

/* Bytes of md, urls, mentions and channels, of a text of at most LIMIT_TEXT. */
enum { MARKUP_MD_MAX = 96 * LIMIT_MARKUP_NODES + 30 * LIMIT_TEXT };
