// An erasure that is killed goes on with the next one that opens the directory, and leaves no byte either.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { BINARY, parley, place } from "../support/server.mjs";
import { seeded } from "./data.mjs";

const visitors = 12; // the first is erased in peace, to see how long it takes, and so is the last

// Ends by itself, or with kill -9 after `ms`; answers which.
function runFor(ms, data, ...words) {
  const child = spawn(BINARY, [...words, "--data", data], { stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  return new Promise((done) => child.on("exit", (code, signal) => { clearTimeout(timer); done(signal ?? code); }));
}

test("killed at random moments, erasures are finished by the next one", async (t) => {
  const at = place(t), random = seeded(t), data = ["--data", at("d")];
  const sessions = readFileSync("data/sample-conversations.ndjson", "utf8").trimEnd().split("\n").map((text) => JSON.parse(text));
  sessions.forEach((session, i) => {
    if (i % 3) return;
    const visitor = `erase-${i / 3 % visitors}`;
    session.visitor = { id: visitor, name: `qzxmarker${i}`, email: `qzxmarker${i}@example.com` };
    for (const event of session.events) if (event.type === "message") event.text += ` qzxmarker${i}`;
  });
  writeFileSync(at("in"), sessions.map((session) => JSON.stringify(session)).join("\n") + "\n");
  parley(["import", ...data, at("in")]);
  const holds = () => readdirSync(at("d")).map((name) => at(`d/${name}`)).filter((path) => statSync(path).isFile() && readFileSync(path).includes("qzxmarker"));
  assert.notEqual(holds().length, 0);
  const began = Date.now();
  parley(["erase", ...data, "erase-0"]);
  parley(["scrub", ...data]);
  const long = Date.now() - began;
  let kills = 0;
  for (let n = 1; n < visitors - 1; n++) {
    kills += await runFor(random(long) + 1, at("d"), "erase", `erase-${n}`) === "SIGKILL";
    kills += await runFor(random(long) + 1, at("d"), "scrub") === "SIGKILL";
    if (n % 3 === 0) assert.match(parley(["check", ...data]), /^clean/);
  }
  t.diagnostic(`${kills} kills`);
  assert.ok(kills > 0, "no erasure was killed");
  // Those that were killed before they began are begun again; the others are unknown by now.
  for (let n = 1; n < visitors - 1; n++) await runFor(60000, at("d"), "erase", `erase-${n}`);
  assert.equal(await runFor(60000, at("d"), "erase", `erase-${visitors - 1}`), 0);
  parley(["scrub", ...data]);
  assert.deepEqual(holds(), []);
  assert.doesNotMatch(parley(["export", ...data]), /qzxmarker/);
  assert.match(parley(["check", ...data]), /^clean: 300 sessions/);
});
