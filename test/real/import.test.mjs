// Imports that are killed, repeated and continued end where an undisturbed one does.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { BINARY, parley, place, run } from "../support/server.mjs";
import { conversations, seeded } from "./data.mjs";

const counts = (text) => Object.fromEntries([...text.matchAll(/(\w+) (\d+)/g)].map(([, name, n]) => [name, Number(n)]));

// Imports until done or until `ms` have passed, then kill -9; answers whether it ended by itself.
function importFor(ms, data, file) {
  const child = spawn(BINARY, ["import", "--data", data, file], { stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  return new Promise((done) => child.on("exit", (code) => { clearTimeout(timer); done(code === 0); }));
}

test("killed at random moments and started again until done: the same export as undisturbed", async (t) => {
  const at = place(t), random = seeded(t);
  writeFileSync(at("raw.ndjson"), conversations(at("raw")).join("\n") + "\n");
  parley(["import", "--data", at("calm"), at("raw.ndjson")]);
  const whole = parley(["export", "--data", at("calm")]); // with the visitors' tokens, which are made when absent
  writeFileSync(at("in"), whole);
  const began = Date.now();
  parley(["import", "--data", at("timed"), at("in")]);
  const long = Date.now() - began;
  let kills = 0;
  while (!await importFor(random(kills < 12 ? long / 3 : 2 * long + 10000) + 1, at("d"), at("in"))) kills++;
  assert.ok(kills > 0, "it was never killed");
  t.diagnostic(`${kills} kills`);
  assert.match(parley(["check", "--data", at("d")]), /^clean/);
  assert.ok(parley(["export", "--data", at("d")]) === whole, "another export than of the undisturbed import");
  const again = counts(parley(["import", "--data", at("d"), at("in")]));
  assert.deepEqual([again.created, again.appended, again.events], [0, 0, 0]);
});

test("lines that grow: the rest is appended; lines that differ are named; a repeated file changes nothing", (t) => {
  const at = place(t), random = seeded(t);
  parley(["import", "--data", at("whole"), "-"], { input: readFileSync("data/sample-conversations.ndjson") });
  const whole = parley(["export", "--data", at("whole")]);
  const sessions = whole.trimEnd().split("\n").map((text) => JSON.parse(text));
  const total = sessions.reduce((sum, session) => sum + session.events.length, 0);
  // In three pieces of growing length, as a poller of another system would see them.
  const cut = sessions.map((session) => [random(session.events.length) + 1, session.events.length].sort((a, b) => a - b));
  const part = (n) => sessions.map((session, i) => JSON.stringify({ ...session, events: session.events.slice(0, n === 0 ? Math.ceil(cut[i][0] / 2) : cut[i][n - 1]) })).join("\n") + "\n";
  let events = 0;
  for (let n = 0; n < 3; n++) {
    const said = counts(parley(["import", "--data", at("d"), "-"], { input: n === 1 ? gzipSync(part(n)) : part(n) }));
    assert.equal(said.created, n === 0 ? sessions.length : 0);
    events += said.events;
    assert.match(parley(["check", "--data", at("d")]), /^clean/);
  }
  assert.equal(events, total);
  assert.ok(parley(["export", "--data", at("d")]) === whole);
  assert.equal(counts(parley(["import", "--data", at("d"), "-"], { input: part(0) })).unchanged, sessions.length, "shorter is no difference");

  const victim = sessions[random(sessions.length)];
  const differing = [
    (line) => { line.events[random(line.events.length)].at += 1; },
    (line) => { line.events.find((event) => event.type === "message").text += "!"; },
    (line) => { line.participants[0].name = "Somebody Else"; },
    (line) => { line.dialect = line.dialect === "parley" ? "genesys" : "parley"; },
    (line) => { line.visitor.id += "-other"; },
    (line) => { line.startPage = "https://example.com/elsewhere"; },
  ];
  for (const change of differing) {
    const line = structuredClone(victim);
    change(line);
    writeFileSync(at("in"), JSON.stringify(line) + "\n");
    const done = run(["import", "--data", at("d"), at("in")]);
    assert.equal(done.code, 1, `${change}`);
    assert.ok(done.err.includes(`${at("in")}:1: `) && /exists and has another/.test(done.err), `${change}: ${done.err}`);
  }
  assert.ok(parley(["export", "--data", at("d")]) === whole, "what was refused left something");
});

test("bad lines of many kinds: each says its line and why, and changes nothing", (t) => {
  const at = place(t);
  const text = readFileSync("data/sample-conversations.ndjson", "utf8").trimEnd().split("\n");
  const good = JSON.parse(text[0]);
  const changed = (act) => { const line = structuredClone(good); act(line); return JSON.stringify(line); };
  const bad = [
    ["x", /./], ["{}", /id/], ["null", /object/], ['"text"', /object/], [text[0].slice(0, -1), /./], [text[0] + "{}", /./],
    [text[0].replace("{", '{"id":"twice",'), /id|twice|duplicate/i],
    ["[".repeat(5000), /./], [`{"id":${'{"a":'.repeat(200)}1${"}".repeat(200)}}`, /./],
    [Buffer.concat([Buffer.from(text[0].slice(0, 7)), Buffer.from([0xff, 0xfe]), Buffer.from(text[0].slice(7))]), /UTF-8/i],
    [changed((l) => { l.id = ""; }), /^.*id/], [changed((l) => { l.id = "x".repeat(129); }), /id/], [changed((l) => { l.id = "a\nb"; }), /id/],
    [changed((l) => { l.id = 7; }), /id/], [changed((l) => { delete l.visitor; }), /visitor/], [changed((l) => { delete l.participants; }), /participants/],
    [changed((l) => { delete l.events; }), /events/], [changed((l) => { l.dialect = "smoke"; }), /dialect/],
    [changed((l) => { l.timeZone = "../etc/passwd"; }), /time ?zone/i], [changed((l) => { l.participants[0].id = 0; }), /participants\[0\]\.id/],
    [changed((l) => { l.participants[0].type = "Ghost"; }), /participants\[0\]\.type/], [changed((l) => { l.participants.push(l.participants[0]); }), /participants/],
    [changed((l) => { l.events[0].type = "sneezed"; }), /events\[0\]\.type/], [changed((l) => { l.events[0].type = "opened"; }), /events\[0\]/],
    [changed((l) => { l.events[0].at = -1; }), /events\[0\]\.at/], [changed((l) => { l.events[0].at = 1.5; }), /events\[0\]\.at/],
    [changed((l) => { l.events[0].at = 2 ** 43; }), /events\[0\]\.at/], [changed((l) => { delete l.events[0].at; }), /events\[0\]\.at/],
    [changed((l) => { l.events[2].by = 99; }), /events\[2\]\.by/], [changed((l) => { l.events[2].by = "1"; }), /events\[2\]\.by/],
    [changed((l) => { l.events.push({ type: "edit", at: 1, by: 1, target: 9999, text: "x" }); }), /target/],
    [changed((l) => { l.events.push({ type: "delete", at: 1, by: 1 }); }), /target/],
    [changed((l) => { l.events[2].surprise = true; }), /surprise/], [changed((l) => { l.surprise = 1; }), /surprise/],
    [changed((l) => { l.events = l.events.concat([{ ...l.events[2], id: "same" }, { ...l.events[2], id: "same" }]); }), /id/],
    [changed((l) => { l.userData = [1]; }), /userData/], [changed((l) => { l.userData = { big: "x".repeat(300 * 1024) }; }), /userData/],
  ];
  for (const [line, why] of bad) {
    writeFileSync(at("in"), Buffer.concat([Buffer.from(text[1] + "\n"), Buffer.from(line), Buffer.from("\n" + text[2] + "\n")]));
    const done = run(["import", "--data", at("d"), at("in")]), what = String(line).slice(0, 200);
    assert.equal(done.code, 1, what);
    const said = done.err.split("\n").find((row) => row.startsWith(`${at("in")}:2: `));
    assert.ok(said && said.length > at("in").length + 8, `${what}: ${done.err}`);
    assert.match(said.slice(at("in").length), why, what);
    assert.ok(!parley(["export", "--data", at("d")]).includes(JSON.parse(text[2]).id), what);
  }
  writeFileSync(at("in"), Buffer.concat(bad.flatMap(([line], i) => [Buffer.from(line), Buffer.from(`\n${text[i + 1]}\n`)])));
  const done = run(["import", "--data", at("d"), "--skip-bad", at("in")]);
  assert.equal(done.code, 0, done.err);
  assert.equal(counts(done.out).refused, bad.length, done.err);
  assert.deepEqual(done.err.trimEnd().split("\n").filter((row) => !row.startsWith(at("in"))), [], "a reason of several lines");
  assert.match(parley(["check", "--data", at("d")]), new RegExp(`^clean: ${bad.length} sessions`));
});
