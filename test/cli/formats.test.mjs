// Every sample of an archive becomes the conversations written down beside it: test/samples/NAME and NAME.expected.json.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bring, logOf, newData } from "../support/archive.mjs";
import { parley } from "../support/server.mjs";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));

for (const file of readdirSync(SAMPLES).filter((name) => name.endsWith(".expected.json"))) {
  const name = file.replace(".expected.json", "");
  const { arguments: given, report, sessions } = JSON.parse(readFileSync(join(SAMPLES, file), "utf8"));

  test(`${name}: recognised, read as expected, and unchanged the second time`, () => {
    const data = newData();
    const args = [...given, name];
    const once = bring(data, { cwd: SAMPLES }, ...args);
    assert.match(once.said, new RegExp(`^reading as ${given.includes("--format") ? given[given.indexOf("--format") + 1] : name}: `, "m"));
    assert.deepEqual(once.report, report);
    assert.deepEqual(logOf(data), sessions);
    assert.match(parley(["check", "--data", data]), /./);
    const again = bring(data, { cwd: SAMPLES }, ...args).report;
    assert.deepEqual(again, { ...report, created: 0, unchanged: report.created });
  });
}
