// Every sample of an archive becomes the conversations written down beside it: test/samples/NAME and NAME.expected.json.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bring, sessionsIn } from "../support/archive.mjs";
import { parley, temporaryFolder } from "../support/server.mjs";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));

/** Tokens and usernames are made anew in each directory. */
const withoutMade = ({ visitor: { token, username, ...visitor }, ...session }) => ({ ...session, visitor });

for (const file of readdirSync(SAMPLES).filter((name) => name.endsWith(".expected.json"))) {
  const name = file.replace(".expected.json", "");
  const { arguments: given, report, sessions } = JSON.parse(readFileSync(join(SAMPLES, file), "utf8"));

  test(`${name}: recognised, read as expected, and unchanged the second time`, () => {
    const data = join(temporaryFolder(), "data");
    const args = [...given, name];
    const once = bring(data, { cwd: SAMPLES }, ...args);
    assert.match(once.said, new RegExp(`^reading as ${given.includes("--format") ? given[given.indexOf("--format") + 1] : name}: `, "m"));
    assert.deepEqual(once.report, report);
    assert.deepEqual(sessionsIn(data).map(withoutMade), sessions);
    assert.match(parley(["check", "--data", data]), /./);
    const again = bring(data, { cwd: SAMPLES }, ...args).report;
    assert.deepEqual(again, { ...report, created: 0, unchanged: report.created });
  });
}
