// @rocket.chat/message-parser: our trees of texts made of marks are the original's.
//
// PARLEY_MARKUP_TEXTS (20,000) says how many; PARLEY_CONVERSATIONS names a file of conversations, of which all turns are
// compared with PARLEY_MARKUP_ALL=1 (`make test-md-long`). doc/markup.md lists what differs, and how much of it there is.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { createGunzip } from "node:zlib";
import { compare } from "./markup/compare.mjs";
import { random, text } from "./markup/generate.mjs";

const COUNT = Number(process.env.PARLEY_MARKUP_TEXTS ?? 20_000);
const SEED = Number(process.env.PARLEY_MARKUP_SEED ?? 1);
const ALLOWED = 0.0008; // of texts of nothing but tricks, see doc/markup.md

function* generated() {
  const next = random(SEED);
  for (let i = 0; i < COUNT; i++) yield text(next);
}

async function* turns(file) {
  const raw = createReadStream(file);
  for await (const line of createInterface({ input: file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw }))
    for (const [, said] of JSON.parse(line).turns) yield said;
}

test(`${COUNT} texts made of marks have the original's md`, async () => {
  const { compared, different } = await compare(generated());
  console.log(`# ${different.length} of ${compared} differ`);
  for (const { text, ours, theirs } of different.slice(0, 5)) console.log(`# ${JSON.stringify(text)}\n#   ${ours}\n#   ${theirs}`);
  assert.ok(compared > 0.99 * COUNT);
  assert.ok(different.length <= ALLOWED * compared, `${different.length} of ${compared} differ`);
});

test("every turn of the conversations has the original's md", { skip: !process.env.PARLEY_MARKUP_ALL && "make test-md-long" }, async () => {
  const { compared, different } = await compare(turns(process.env.PARLEY_CONVERSATIONS));
  console.log(`# ${different.length} of ${compared} differ`);
  assert.deepEqual(different, []);
});
