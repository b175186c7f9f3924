// Data directories and files in them that lead somewhere else.
import assert from "node:assert/strict";
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { monologue } from "../support/lines.mjs";
import { parley, place, run, serve } from "../support/server.mjs";

// One that must fail without a trace of what it was told not to touch.
function refused(args, words) {
  const done = run(args);
  assert.equal(done.code, 1, args.join(" "));
  assert.match(done.err, words);
}

test("the database of a running server cannot be served a second time under another name", async (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), "-"], { input: monologue("a") });
  await serve(t, at("d"));
  mkdirSync(at("hard"));
  linkSync(at("d/parley.db"), at("hard/parley.db"));
  for (const command of [["serve", "--listen", "127.0.0.1:0"], ["export"], ["check"]])
    refused([...command, "--data", at("hard")], /parley\.db in the data directory has a second name/);
  unlinkSync(at("hard/parley.db"));
  mkdirSync(at("soft"));
  symlinkSync(at("d/parley.db"), at("soft/parley.db"));
  refused(["serve", "--data", at("soft"), "--listen", "127.0.0.1:0"], /symbolic link/);
  symlinkSync(at("d"), at("way"));
  refused(["serve", "--data", at("way"), "--listen", "127.0.0.1:0"], /another process/);
  assert.match(parley(["import", "--data", at("way"), "-"], { input: monologue("b") }), /created 1/, "the server there does it");
  assert.match(parley(["check", "--data", at("d")]), /^clean: 2 sessions/);
});

test("a data directory that others may write is refused with what to do, by every command", (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), "-"], { input: monologue("a") });
  const before = readdirSync(at("d"));
  chmodSync(at("d"), 0o777);
  writeFileSync(at("more"), monologue("b"));
  for (const command of [["serve", "--listen", "127.0.0.1:0"], ["export"], ["check"], ["import", at("more")], ["demo"], ["company", "list"],
    ["operator", "list"], ["search", "hello"], ["erase", "visitor-a"], ["backup", at("copy")]])
    refused([...command, "--data", at("d")], /others may write the data directory .*0777.*`chmod go-w` it/);
  assert.deepEqual(readdirSync(at("d")), before);
  assert.equal(existsSync(at("copy")), false);
  mkdirSync(at("new"));
  chmodSync(at("new"), 0o770);
  refused(["restore", "--data", at("new"), at("d/parley.db")], /`chmod go-w` it/);
  chmodSync(at("d"), 0o755);
  assert.match(parley(["check", "--data", at("d")]), /^clean/);
});

test("a link in the place of the socket leads neither the server nor a command anywhere", async (t) => {
  const at = place(t);
  parley(["import", "--data", at("d"), "-"], { input: monologue("a") });
  writeFileSync(at("victim"), "untouched");
  symlinkSync(at("victim"), at("d/parley.sock"));
  refused(["serve", "--data", at("d"), "--listen", "127.0.0.1:0"], /unix socket/);
  assert.equal(readFileSync(at("victim"), "utf8"), "untouched");
  unlinkSync(at("d/parley.sock"));
  await serve(t, at("d"));
  assert.equal(statSync(at("d/parley.sock")).mode & 0o777, 0o600);
  // A command must not tell somebody else a password.
  let heard = "";
  const other = createServer((socket) => socket.on("data", (piece) => { heard += piece; }));
  await new Promise((done) => other.listen(at("other.sock"), done));
  t.after(() => other.close());
  renameSync(at("d/parley.sock"), at("d/real.sock"));
  symlinkSync(at("other.sock"), at("d/parley.sock"));
  const done = run(["operator", "passwd", "ann", "--data", at("d"), "--password-stdin"], { input: "secret word\n" });
  assert.equal(done.code, 1);
  assert.match(done.err, /cannot be reached/);
  assert.equal(heard, "");
  unlinkSync(at("d/parley.sock"));
  renameSync(at("d/real.sock"), at("d/parley.sock"));
  assert.match(parley(["export", "--data", at("d")]), /"a"/);
});
