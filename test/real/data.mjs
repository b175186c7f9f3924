// The conversations that the tests of truth run over, and numbers that a seed decides.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

// All of them when PARLEY_CONVERSATIONS names the raw conversations (NDJSON, gzip or plain), else the sample. Answers the lines.
export function conversations(file) {
  const raw = process.env.PARLEY_CONVERSATIONS;
  if (!raw) return readFileSync("data/sample-conversations.ndjson", "utf8").trimEnd().split("\n");
  const out = openSync(file, "w");
  execFileSync("sh", ["-c", 'gzip -cdf "$1" | tools/convert-conversations', "sh", raw], { stdio: ["ignore", out, "inherit"] });
  closeSync(out);
  return readFileSync(file, "utf8").trimEnd().split("\n");
}

// Says its seed, so that PARLEY_SEED repeats a failure. random(n) is 0 to n - 1.
export function seeded(t) {
  const seed = Number(process.env.PARLEY_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`PARLEY_SEED=${seed}`);
  let state = seed;
  const random = (below) => { // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return Math.floor(((x ^ (x >>> 14)) >>> 0) / 2 ** 32 * below);
  };
  random.of = (things) => things[random(things.length)];
  return random;
}

// A text's words by place, as src/text/words.h has them, without what no English text holds: pieces joined by hyphens with a digit
// among them, and their joined form, share a place. Answers an array of arrays.
export function words(text) {
  const plain = text.normalize("NFKD").replace(/\p{M}+/gu, "").toLowerCase();
  const chains = plain.match(/[\p{L}\p{N}]+(?:[-\u2010-\u2013][\p{L}\p{N}]+)*/gu) ?? [];
  return chains.flatMap((chain) => {
    const pieces = chain.split(/[-\u2010-\u2013]/);
    return pieces.length > 1 && /\p{Nd}/u.test(chain) ? [[...pieces, pieces.join("")]] : pieces.map((piece) => [piece]);
  });
}
