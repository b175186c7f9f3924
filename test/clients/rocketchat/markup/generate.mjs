// Texts made of marks: nested, unclosed, glued together, escaped, in long runs, between emoji, addresses and blanks. The same
// seed gives the same texts.

/** Numbers from 0 to 1 (xorshift). */
export function random(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

const MARKS = ["*", "**", "_", "__", "~", "~~", "`", "```", "||", "|", "[", "]", "](", "(", ")", "![", "<", ">", "<t:", "\\", "\\(", "\\)", "\\[", "\\]", "#", "@", ":", "!", "$", "+", "-", ".", ",", "=", "/", "://", "?", "&", "%", "'", "\"", ";", "^", "{", "}"];
const WORDS = ["a", "b", "xy", "foo", "Bar", "1", "42", "é", "日本", "a_b", "x1", "the", "O", "D", "B", "8", "c", "com", "color"];
const PIECES = ["http://", "https://a.com", "a.com", "b.co.uk/x", "www.x.y", "x@y.com", "mailto:", "@user", "#chan", ":smile:", ":+1:", ":)", ":D", ":-(", "<3", "8)", "(y)", ">:(", "D:", "O:)", "-_-", "-__-", "O_O", "=)", "*)", "':)", "\u{1f642}", "\u{1f44d}\u{1f3fd}", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}", "\u2764\ufe0f", "\u263a", "\u{1f1e9}\u{1f1ea}", "\u200d", "\ufe0f", "\u{1f9d1}\u{1f3fd}\u200d\u{1f4bb}", "\u00a0", "color:#fff", "color:#12345678", "+12345", "+(12)3456", "+1-2345", "<t:1234567890:R>", "<t:2025-07-22T10:00:00+00:00>", "[a](b.c)", "[x](http://y.z/w)", "<http://a.b|c>", "![i](j.k)", "\\*", "\\_", "\\~", "\\`", "\\(x\\)", "\\[y\\]", "*b*", "**b**", "_i_", "__i__", "~s~", "~~s~~", "`c`", "||p||", "localhost", "http://localhost:3000", "1.2.3.4", "tel:", "javascript:x", "a.comm", "foo.bar", "end.Next", "3.5", "1)", "c++"];
const STARTS = ["> ", ">", "# ", "## ", "#### ", "##### ", "- ", "* ", "1. ", "12. ", "- [ ] ", "- [x] ", "```\n", "```js\n", "||\n", "\\[", "", "", "", "", " ", "\t"];
const SPACES = [" ", " ", " ", " ", "", "", "\n", "\n\n", "\t", "  ", "\r\n"];
const FEW = ["*_~ ab`", "[]()ab. <|>:/"];
const FRAMES = ["*", "_", "~", "`", "||", "**", "__", "~~"];

export function text(next) {
  const pick = (list) => list[Math.floor(next() * list.length)];
  const mode = next();
  const few = mode < 0.15 ? MARKS : mode < 0.3 ? FEW[0] : mode < 0.4 ? FEW[1] : null;
  let made = next() < 0.3 ? pick(STARTS) : "";
  for (let left = 1 + Math.floor(next() * next() * 24); left > 0; left--) {
    const kind = next();
    if (few) made += pick(few);
    else if (kind < 0.3) made += pick(MARKS);
    else if (kind < 0.55) made += pick(WORDS);
    else if (kind < 0.75) made += pick(PIECES);
    else {
      const space = pick(SPACES);
      made += space + (space.includes("\n") && next() < 0.5 ? pick(STARTS) : "");
    }
  }
  if (next() < 0.02) made += pick(MARKS).repeat(1 + Math.floor(next() * 200));
  if (next() >= 0.3) return made;
  const frame = pick(FRAMES);
  return frame + made + frame;
}
