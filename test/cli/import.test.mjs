// Conversations in and out: import, export, check, backup, restore; bad lines; interruptions.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createReadStream, existsSync, openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { monologue } from "../support/lines.mjs";
import { BINARY, parley, place, run, serve } from "../support/server.mjs";

const sample = "data/sample-conversations.ndjson";
const count = (text, name) => Number(new RegExp(`${name} (\\d+)`).exec(text)[1]);

// A file of `sessions` sessions of 30 messages each.
function many(path, sessions) {
  const file = openSync(path, "w");
  const texts = Array.from({ length: 30 }, (_, i) => `message ${i} of this long conversation`);
  for (let i = 0; i < sessions; i += 100)
    writeSync(file, Array.from({ length: Math.min(100, sessions - i) }, (_, j) => monologue(`s${i + j}`, texts)).join(""));
}

function roundTrip(at, file) {
  const lines = Number(spawnSync("sh", ["-c", `gzip -cdf "$1" | wc -l`, "sh", file], { encoding: "utf8" }).stdout);
  const said = parley(["import", "--data", at("first"), file]);
  assert.equal(count(said, "created"), lines);
  assert.match(parley(["check", "--data", at("first")]), new RegExp(`^clean: ${lines} sessions`));
  const export_ = (data, out) => {
    const done = spawnSync(BINARY, ["export", "--data", data], { stdio: ["ignore", openSync(out, "w"), "inherit"] });
    assert.equal(done.status, 0);
  };
  export_(at("first"), at("first.ndjson"));
  parley(["import", "--data", at("second"), at("first.ndjson")]);
  export_(at("second"), at("second.ndjson"));
  assert.equal(spawnSync("cmp", [at("first.ndjson"), at("second.ndjson")]).status, 0, "the two exports differ");
  assert.match(parley(["check", "--data", at("second")]), new RegExp(`^clean: ${lines} sessions`));
  const again = parley(["import", "--data", at("second"), file]);
  assert.equal(count(again, "unchanged"), lines);
  assert.equal(count(again, "events"), 0);
}

test("the sample conversations: import, check, export, import, export: the same bytes", (t) => {
  roundTrip(place(t), sample);
});

// PARLEY_CONVERSATIONS names the raw data, conversations.ndjson.gz, that tools/convert-conversations reads.
test("all conversations: import, check, export, import, export: the same bytes", { skip: !process.env.PARLEY_CONVERSATIONS }, (t) => {
  const at = place(t);
  const made = spawnSync("sh", ["-c", 'gzip -cd "$1" | tools/convert-conversations > "$2"', "sh", process.env.PARLEY_CONVERSATIONS, at("in")]);
  assert.equal(made.status, 0);
  roundTrip(at, at("in"));
});

test("an import into nothing makes the company Environment in UTC", (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), "-"], { input: monologue("a") });
  assert.match(parley(["company", "list", "--data", at("d")]), /"name":"Environment","timeZone":"UTC"/);
  assert.equal(run(["import", "--data", at("d"), "--company", "Nobody", "-"], { input: monologue("b") }).code, 1);
});

test("a named pipe is read like a file", (t) => {
  const at = place(t);
  many(at("in"), 2000); // more than a pipe holds: a reader that came and went would cost lines
  const said = spawnSync("sh", ["-c", 'mkfifo "$1.pipe" && { cat "$1" > "$1.pipe" & "$2" import --data "$3" "$1.pipe"; }', "sh", at("in"), BINARY, at("d")],
    { encoding: "utf8" });
  assert.equal(said.status, 0, said.stderr);
  assert.equal(count(said.stdout, "created"), 2000);
});

test("a file that is not there: nothing is made, nothing imported", (t) => {
  const at = place(t);
  writeFileSync(at("good"), monologue("a"));
  const done = run(["import", "--data", at("d"), at("good"), at("missing")]);
  assert.equal(done.code, 1);
  assert.match(done.err, /missing: No such file/);
  assert.equal(existsSync(at("d")), false);
});

test("compressed, plain, standard input, several files, without a newline at the end: all are imported", (t) => {
  const at = place(t);
  writeFileSync(at("a.gz"), gzipSync(monologue("a")));
  writeFileSync(at("b"), monologue("b").trimEnd());
  parley(["import", "--data", at("d"), at("a.gz"), at("b"), "-"], { input: gzipSync("\n" + monologue("c") + "\n\n") });
  assert.deepEqual(parley(["export", "--data", at("d")]).trim().split("\n").map((row) => JSON.parse(row).id).sort(), ["a", "b", "c"]);
});

test("a compressed file that is cut off is an error, and what came before it is there", (t) => {
  const at = place(t);
  many(at("in"), 300);
  writeFileSync(at("in.gz"), gzipSync(readFileSync(at("in"))));
  truncateSync(at("in.gz"), Math.floor(statSync(at("in.gz")).size / 2));
  const done = run(["import", "--data", at("d"), at("in.gz")]);
  assert.equal(done.code, 1);
  assert.match(done.err, /cut off/);
  assert.match(parley(["check", "--data", at("d")]), /^clean/);
});

const bad = [
  ['{"id":"x"', /:\d: column 10: the JSON ends too early$/m],
  ['{"id":"x" "y"}', /:\d: column 11: a comma/],
  ["[]", /object/],
  ['{"id":"x","visitor":{}}', /visitor\.id/],
  [monologue("x", ["hi"], { nonsense: 1 }).trim(), /nonsense/],
  [monologue("x", ["a\u0000b"]).trim(), /U\+0000|TEXT|text/],
  [monologue("x", ["hi"], { timeZone: "Mars/Base" }).trim(), /timeZone|time zone/],
  [monologue("a", ["something else"]).trim(), /exists and has another event/],
];

for (const running of [false, true]) {
  test(`bad lines${running ? ", through the running server" : ""}: file, line and reason; skipped on request`, async (t) => {
    const at = place(t);
    parley(["import", "--data", at("d"), "-"], { input: monologue("a") });
    if (running) await serve(t, at("d"));
    for (const [text, reason] of bad) {
      writeFileSync(at("in"), monologue("before") + text + "\n" + monologue("after"));
      const done = run(["import", "--data", at("d"), at("in")]);
      assert.equal(done.code, 1, text);
      assert.match(done.err, new RegExp(`^${at("in")}:2: `, "m"), text);
      assert.match(done.err, reason);
      assert.doesNotMatch(parley(["export", "--data", at("d")]), /"after"/);
    }
    writeFileSync(at("in"), bad.map(([text], i) => text + "\n" + monologue(`good${i}`)).join(""));
    const done = run(["import", "--data", at("d"), "--skip-bad", at("in")]);
    assert.equal(done.code, 0, done.err);
    assert.equal(count(done.out, "refused"), bad.length);
    assert.equal(count(done.out, "created"), bad.length);
    for (let i = 0; i < bad.length; i++) assert.match(done.err, new RegExp(`^${at("in")}:${2 * i + 1}: `, "m"));
    assert.match(parley(["check", "--data", at("d")]), /^clean/);
  });
}

test("a refused line in the middle: everything before its batch is there, nothing behind it", (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), "-"], { input: monologue("s500", ["already, and different"]) });
  many(at("in"), 1000);
  const done = run(["import", "--data", at("d"), at("in")]);
  assert.equal(done.code, 1);
  assert.match(done.err, /:501: session s500 exists/);
  const ids = new Set(parley(["export", "--data", at("d")]).trim().split("\n").map((row) => JSON.parse(row).id));
  const last = Math.max(...[...ids].filter((id) => id !== "s500").map((id) => Number(id.slice(1))));
  assert.ok(last > 400 && last < 500, `last is ${last}`);
  assert.equal(ids.size, last + 2, "no gaps");
});

// Starts an import and does `act` once the database shows growth, so that it is under way.
async function underWay(args, data, wanted, act) {
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (text) => { err += text; });
  const ended = new Promise((done) => child.on("exit", (code, signal) => done({ code, signal })));
  const grown = () => ["parley.db", "parley.db-wal"].some((name) => existsSync(`${data}/${name}`) && statSync(`${data}/${name}`).size > wanted);
  let over = false;
  ended.then(() => { over = true; });
  while (!over && !grown()) await new Promise((next) => setImmediate(next));
  act(child);
  return { ...(await ended), err };
}

test("kill -9 at random moments: run again it resumes, and everything is there once", async (t) => {
  const at = place(t);
  const sessions = 3000, kills = Number(process.env.PARLEY_CRASH_KILLS ?? 6);
  many(at("in"), sessions);
  let killed = 0, resumed = 0;
  for (let i = 0; i < kills; i++) {
    const wanted = Math.floor(Math.random() * 4e6);
    const before = existsSync(at("d/parley.db")) ? ["parley.db", "parley.db-wal"].reduce((sum, name) => sum + (existsSync(at(`d/${name}`)) ? statSync(at(`d/${name}`)).size : 0), 0) : 0;
    const { signal, err } = await underWay(["import", "--data", at("d"), at("in")], at("d"), Math.max(before / 2, 0) + wanted, (child) => child.kill("SIGKILL"));
    killed += signal === "SIGKILL";
    resumed += /going on behind line/.test(err);
    assert.match(parley(["check", "--data", at("d")]), /^clean/);
  }
  assert.ok(killed > 0, "no import was killed");
  parley(["import", "--data", at("d"), at("in")]);
  const out = parley(["export", "--data", at("d")]).trim().split("\n").map((row) => JSON.parse(row));
  assert.equal(out.length, sessions);
  assert.equal(new Set(out.map((session) => session.id)).size, sessions);
  assert.ok(out.every((session) => session.events.length === 30));
  if (killed > 2) assert.ok(resumed > 0, "no import went on from its place");
});

test("Ctrl-C finishes the batch and says how to go on", async (t) => {
  const at = place(t);
  many(at("in"), 3000);
  const { code, err } = await underWay(["import", "--data", at("d"), at("in")], at("d"), 1e6, (child) => child.kill("SIGINT"));
  assert.equal(code, 1);
  assert.match(err, /run the same command again/);
  assert.match(parley(["check", "--data", at("d")]), /^clean/);
  const again = run(["import", "--data", at("d"), at("in")]);
  assert.equal(again.code, 0);
  assert.match(again.err, /going on behind line \d+/);
  assert.match(parley(["check", "--data", at("d")]), /^clean: 3000 sessions/);
  assert.equal(run(["import", "--data", at("d"), at("in")]).err, "", "a finished import leaves no place");
});

test("a file that changed since its import was interrupted is read from the start", async (t) => {
  const at = place(t);
  many(at("in"), 3000);
  await underWay(["import", "--data", at("d"), at("in")], at("d"), 1e6, (child) => child.kill("SIGINT"));
  // Behind the head by which the file is known, and before the place.
  const text = readFileSync(at("in"), "utf8");
  const where = text.indexOf('"id":"s40"');
  assert.ok(where > 64 * 1024);
  writeFileSync(at("in"), text.slice(0, where) + '"id":"t40"' + text.slice(where + 10));
  const again = run(["import", "--data", at("d"), at("in")]);
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /has changed/);
  assert.match(parley(["check", "--data", at("d")]), /^clean: 3001 sessions/);
});

test("backup beside a running server, restore, and the same export", async (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), sample]);
  const server = await serve(t, at("d"));
  parley(["backup", "--data", at("d"), at("copy")]);
  assert.equal(statSync(at("copy")).mode & 0o777, 0o600);
  assert.equal(run(["backup", "--data", at("d"), at("copy")]).code, 1, "an existing file is left alone");
  const through = parley(["export", "--data", at("d")]);
  await server.stop();
  parley(["restore", "--data", at("new"), at("copy")]);
  assert.equal(parley(["export", "--data", at("new")]), through);
  assert.match(parley(["check", "--data", at("new")]), /^clean/);
  assert.equal(run(["restore", "--data", at("new"), at("copy")]).code, 1, "a directory in use is left alone");
  writeFileSync(at("text"), "no database");
  assert.equal(run(["restore", "--data", at("other"), at("text")]).code, 1);
  parley(["restore", "--data", at("other"), at("copy")]);
});

test("import and export through the running server are the same as without it", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  parley(["company", "add", "Other", "--data", at("d"), "--time-zone", "UTC"]);
  await serve(t, at("d"));
  const said = parley(["import", "--data", at("d"), "--company", "Other", sample]);
  assert.equal(count(said, "created"), 300);
  assert.equal(parley(["export", "--data", at("d")]), "");
  parley(["import", "--data", at("alone"), sample]);
  const tokenless = (text) => text.replace(/"token":"[^"]*"/g, "");
  assert.equal(tokenless(parley(["export", "--data", at("d"), "--company", "Other"])), tokenless(parley(["export", "--data", at("alone")])));
  assert.equal(count(parley(["import", "--data", at("d"), "--company", "Other", sample]), "unchanged"), 300);
});

test("the import route: rights, bodies cut off, the newest lines of a stream that fails", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  const token = (...rights) => JSON.parse(parley(["company", "token", "Acme", "--data", at("d"), ...rights.flatMap((right) => ["--right", right])])).bearer;
  const send = (bearer, body) => fetch(`${url}/parley/v1/import`, { method: "POST", body, duplex: "half", headers: { authorization: `Bearer ${bearer}` } });
  assert.equal((await send(token("read", "write"), monologue("a"))).status, 403);
  const bearer = token("import");
  const done = await send(bearer, createReadStream(sample));
  assert.equal(done.status, 200);
  assert.equal((await done.json()).created, 300);
  const refused = await send(bearer, monologue("a") + "{}\n" + monologue("b"));
  assert.equal(refused.status, 400);
  assert.match((await refused.json()).field, /^lines\[2\]/);
  const read = await fetch(`${url}/parley/v1/export`, { headers: { authorization: `Bearer ${bearer}` } });
  assert.equal(read.status, 403);
  const all = await fetch(`${url}/parley/v1/export`, { headers: { authorization: `Bearer ${token("manage")}` } });
  assert.equal((await all.text()).trim().split("\n").length, 300);
});

test("a server that refuses the first line of a long file is heard while the rest is being sent", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  await serve(t, at("d"));
  many(at("in"), 8000);
  writeFileSync(at("in"), "{}\n" + readFileSync(at("in"), "utf8"));
  const done = run(["import", "--data", at("d"), at("in")]);
  assert.equal(done.code, 1);
  assert.match(done.err, new RegExp(`^${at("in")}:1: `));
  assert.equal(parley(["export", "--data", at("d")]), "");
});
