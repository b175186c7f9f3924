// Adds texts to src/text/markup/cases.ndjson with the trees that the original makes of them:
//
//     node test/clients/rocketchat/markup/keep.mjs < TEXTS      one JSON string a line
//
// The unit test (src/text/markup/markup_test.c) holds our trees to these. A text that ever differed goes there.
import { readFileSync, writeFileSync } from "node:fs";
import { original } from "./original.mjs";

const file = new URL("../../../../src/text/markup/cases.ndjson", import.meta.url);
const lines = (text) => text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
const kept = new Map(lines(readFileSync(file, { encoding: "utf8", flag: "a+" })).map(({ text, md }) => [text, md]));
for (const text of lines(readFileSync(0, "utf8"))) if (text) kept.set(text, original(text));
writeFileSync(file, [...kept].map(([text, md]) => JSON.stringify({ text, md }) + "\n").join(""));
