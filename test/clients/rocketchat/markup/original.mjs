// What @rocket.chat/message-parser makes of a text, with the options of the original's server.
import { loadBundled } from "../../packages.mjs";

const { parse } = loadBundled("@rocket.chat/message-parser");

export const OPTIONS = { colors: true, emoticons: true, katex: { dollarSyntax: false, parenthesisSyntax: true }, customDomains: [] };

/** The tree as JSON carries it. Where the parser throws, the server leaves `md` out; ours is one plain paragraph. */
export function original(text, options = OPTIONS) {
  try {
    return JSON.parse(JSON.stringify(parse(text, options)));
  } catch {
    return [{ type: "PARAGRAPH", value: [{ type: "PLAIN_TEXT", value: text }] }];
  }
}
