// A database that lost its end or a few bytes: every command works or says in words what is wrong, and none crashes.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { monologue } from "../support/lines.mjs";
import { parley, place, run } from "../support/server.mjs";
import { seeded } from "./data.mjs";

const commands = [["check"], ["export"], ["search", "message"], ["company", "list"], ["check", "--repair"]];

function make(at) {
  const texts = Array.from({ length: 20 }, (_, i) => `message ${i} of many words`);
  parley(["import", "--data", at("good"), "-"], { input: Array.from({ length: 60 }, (_, i) => monologue(`s${i}`, texts)).join("") });
  return readFileSync(at("good/parley.db"));
}

// Runs each command on a directory that holds these bytes; answers the outcomes.
function runEach(at, bytes, what) {
  rmSync(at("bad"), { recursive: true, force: true });
  mkdirSync(at("bad"));
  writeFileSync(at("bad/parley.db"), bytes);
  return commands.map((command) => {
    const done = run([...command, "--data", at("bad")]);
    assert.ok(done.code === 0 || done.code === 1, `${command} on ${what}: ${done.code}\n${done.err}`);
    if (done.code === 1 && !(command[0] === "check" && /not clean/.test(done.out)))
      assert.match(done.err, /^parley: .*(database|damaged|corrupt|empty|not Parley's|company)/m, `${command} on ${what}`);
    assert.doesNotMatch(done.err, /Sanitizer|runtime error|assert/i, `${command} on ${what}`);
    return done;
  });
}

test("cut off anywhere: a clear reason and exit code 1", (t) => {
  const at = place(t), random = seeded(t), good = make(at);
  for (const length of [0, 1, 15, 16, 99, 100, 4095, 4096, 8192, ...Array.from({ length: 6 }, () => 4096 + random(good.length - 8192))]) {
    const outcomes = runEach(at, good.subarray(0, length), `the first ${length} bytes`);
    assert.equal(outcomes[0].code, 1, `check took the first ${length} of ${good.length} bytes for sound`);
  }
});

test("bytes turned: nothing crashes, and what check calls clean exports as before", (t) => {
  const at = place(t), random = seeded(t), good = make(at), whole = parley(["export", "--data", at("good")]);
  let noticed = 0;
  for (let n = 0; n < 25; n++) {
    const bytes = Buffer.from(good);
    const page = n < 5 ? 0 : random(good.length / 4096) * 4096; // the header is the worst place
    for (let i = 0; i <= n % 4; i++) bytes[page + random(page ? 4096 : 100)] ^= 1 << random(8);
    const [check, exported] = runEach(at, bytes, `turn ${n}`);
    if (check.code === 0) assert.equal(exported.out, whole, `turn ${n}: clean, yet another export`);
    noticed += check.code;
  }
  assert.ok(noticed > 0);
});

test("a header that only a commit finds wrong: the reason is said there too", (t) => {
  const at = place(t), bytes = Buffer.from(make(at));
  bytes[53] ^= 4; // the free list is counted wrong, in a file that is said to shrink by itself
  bytes[39] ^= 16;
  assert.equal(runEach(at, bytes, "a wrong free list")[0].code, 1);
});

test("a foreign database and a text file are left as they are", (t) => {
  const at = place(t);
  mkdirSync(at("bad"));
  for (const bytes of [Buffer.from("once upon a time\n".repeat(300))]) {
    writeFileSync(at("bad/parley.db"), bytes);
    copyFileSync(at("bad/parley.db"), at("kept"));
    for (const command of commands) assert.equal(run([...command, "--data", at("bad")]).code, 1);
    assert.deepEqual(readFileSync(at("bad/parley.db")), readFileSync(at("kept")));
  }
});
