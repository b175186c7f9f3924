#!/usr/bin/env node
// Message markup beside @rocket.chat/message-parser, over the same texts in one run: build/bench/bench_markup and the package.
//
//     PARLEY_CONVERSATIONS=FILE bench/markup      lines with "turns"; else the sample's
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const { loadBundled } = await import("../test/clients/packages.mjs");
const { parse } = loadBundled("@rocket.chat/message-parser");
const options = { colors: true, emoticons: true, katex: { dollarSyntax: false, parenthesisSyntax: true }, customDomains: [] };
const TEXTS = 20_000, ROUNDS = 3;

function texts() {
  const file = process.env.PARLEY_CONVERSATIONS ?? fileURLToPath(new URL("../data/sample-conversations.ndjson", import.meta.url));
  const raw = readFileSync(file);
  const lines = (file.endsWith(".gz") ? gunzipSync(raw) : raw).toString().trimEnd().split("\n").map((line) => JSON.parse(line));
  const said = lines.flatMap(({ turns, events }) => (turns ? turns.map(([, text]) => text) : events.map(({ text }) => text)));
  return said.filter(Boolean).slice(0, TEXTS);
}

const all = texts();
let original = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  const start = process.hrtime.bigint();
  for (const text of all) parse(text, options);
  original = Math.min(original, Number(process.hrtime.bigint() - start) / all.length);
}
const program = fileURLToPath(new URL("../build/bench/bench_markup", import.meta.url));
const { stdout } = spawnSync(program, { input: all.map((text) => JSON.stringify(text) + "\n").join(""), maxBuffer: 1 << 28 });
const ours = JSON.parse(stdout);
const rate = (ns) => Math.round(1e9 / ns).toLocaleString("en");
console.log(`markup of ${all.length} texts, one core        ns a text    texts/s`);
console.log(`message-parser 0.31.36, tree            ${original.toFixed(0).padStart(9)} ${rate(original).padStart(10)}`);
console.log(`Parley, tree                            ${ours.parse_ns.toFixed(0).padStart(9)} ${rate(ours.parse_ns).padStart(10)}   ${(original / ours.parse_ns).toFixed(0)} times`);
console.log(`Parley, tree and md                     ${ours.write_ns.toFixed(0).padStart(9)} ${rate(ours.write_ns).padStart(10)}   ${(original / ours.write_ns).toFixed(0)} times`);
console.log(`Parley, a plain sentence, tree          ${ours.sentence_ns.toFixed(0).padStart(9)}`);
