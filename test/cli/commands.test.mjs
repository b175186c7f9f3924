// Words, exit codes, help and accounts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { monologue } from "../support/lines.mjs";
import { parley, place, run, serve } from "../support/server.mjs";

const commands = ["serve", "demo", "company", "operator", "department", "button", "import", "export", "search", "erase", "scrub",
  "check", "backup", "restore", "settings", "version"];

test("help names every command, and every command has help", () => {
  const { code, out } = run(["--help"]);
  assert.equal(code, 0);
  for (const command of commands) {
    assert.match(out, new RegExp(`^  ${command} `, "m"));
    const help = run([command, "--help"]);
    assert.equal(help.code, 0, command);
    assert.deepEqual(run(["help", command]), help);
    assert.match(help.out, new RegExp(`parley ${command}`));
  }
  assert.equal(parley(["help", "company", "add"]), parley(["company", "add", "--help"]));
  assert.equal(run(["help", "nonsense"]).code, 2);
  for (const verb of ["add", "list", "set", "token", "tokens", "revoke"]) assert.match(parley(["company", verb, "--help"]), /--data/);
  for (const verb of ["add", "list", "set", "passwd", "token", "tokens", "revoke"]) assert.match(parley(["operator", verb, "--help"]), /--data/);
});

test("wrong use answers 2 and says what is wrong", (t) => {
  const at = place(t);
  for (const [args, words] of [
    [[], /Usage/],
    [["nonsense"], /no command nonsense/],
    [["company", "nonsense"], /no `parley company nonsense`/],
    [["company", "revoke", "Acme", "--data", at("d")], /ID is missing/],
    [["company", "revoke", "Acme", "one", "two", "--data", at("d")], /argument too many: two/],
    [["company", "add", "--data", at("d"), "--time-zone", "UTC"], /NAME is missing/],
    [["company", "list", "--nonsense"], /nonsense/],
    [["company", "list"], /--data DIR/],
    [["import", "--data", at("d")], /FILE is missing/],
    [["export", "--data", at("d"), "surplus"], /surplus/],
    [["serve", "--data", at("d"), "--listen", "nowhere"], /HOST:PORT/],
    [["serve", "--data", at("d"), "--scrub-at", "3 o'clock"], /scrub_at must be a time of day/],
    [["serve", "--data", at("d"), "--scrub-at", "24:00"], /scrub_at must be a time of day/],
    [["serve", "--data", at("d"), "--http-loops", "1000"], /--http-loops must be a whole number from 0 to 64/],
  ]) {
    const done = run(args);
    assert.equal(done.code, 2, args.join(" "));
    assert.match(done.err, words);
  }
  assert.equal(existsSync(at("d")), false);
});

test("failures answer 1", (t) => {
  const at = place(t);
  for (const args of [["company", "list", "--data", at("none")], ["export", "--data", at("none")],
    ["serve", "--data", at("none")], ["check", "--data", at("none")], ["import", "--data", at("d"), at("no-file")]]) {
    const done = run(args);
    assert.equal(done.code, 1, args.join(" "));
    assert.match(done.err, /^parley: /);
  }
});

test("version prints the version", () => {
  assert.match(parley(["version"]), /^parley \d+\.\d+\.\d+\n$/);
  assert.equal(parley(["--version"]), parley(["version"]));
});

test("settings: the page is up to date; environment, file and command line in their order", (t) => {
  const at = place(t);
  assert.equal(parley(["settings", "--markdown"]), readFileSync("doc/settings.md", "utf8"));
  assert.equal(parley(["settings", "--limits"]), readFileSync("doc/limits.md", "utf8"));
  writeFileSync(at("file"), "[http]\nloops = 2\nidle_time = 20\nhead_time = 9\n");
  const out = parley(["settings", "--config", at("file"), "--http-head-time", "7"],
    { env: { PARLEY_HTTP_IDLE_TIME: "30", PARLEY_HTTP_HEAD_TIME: "8" } });
  assert.match(out, /^loops = 2$/m);
  assert.match(out, /^idle_time = 30$/m);
  assert.match(out, /^head_time = 7$/m);
  writeFileSync(at("again"), out);
  assert.equal(parley(["settings", "--config", at("again")]), out);
  writeFileSync(at("wrong"), "[http]\nlops = 2\n");
  const wrong = run(["settings", "--config", at("wrong")]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /lops in section \[http\]/);
});

const words = (text) => text.trim().split("\n").filter(Boolean).map((row) => JSON.parse(row));

for (const running of [false, true]) {
  test(`accounts are added, listed, changed and disabled${running ? ", through the running server" : ""}`, async (t) => {
    const at = place(t);
    const data = ["--data", at("d")];
    parley(["company", "add", "Acme", ...data, "--time-zone", "Europe/Berlin", "--host", "Chat.Example.com"]);
    if (running) await serve(t, at("d"));
    parley(["company", "add", "Other", ...data, "--time-zone", "UTC"]);
    assert.deepEqual(words(parley(["company", "list", ...data])), [
      { name: "Acme", timeZone: "Europe/Berlin", host: "chat.example.com", default: true, sample: false },
      { name: "Other", timeZone: "UTC", default: false, sample: false },
    ]);
    assert.match(run(["company", "add", "Acme", ...data, "--time-zone", "UTC"]).err, /Acme|taken|name/);
    assert.match(run(["company", "add", "X", ...data, "--time-zone", "Mars/Base"]).err, /time zone/);
    parley(["company", "set", "Other", ...data, "--name", "Third", "--time-zone", "US/Eastern"]);
    assert.equal(words(parley(["company", "list", ...data]))[1].name, "Third");
    const token = words(parley(["company", "token", "Acme", ...data]))[0];
    assert.deepEqual(Object.keys(token), ["apiKey", "token", "bearer"]);

    parley(["department", "add", "Care", "--id", "care", ...data]);
    parley(["department", "add", "Sales", "--id", "sales", "--parent", "care", ...data]);
    assert.deepEqual(words(parley(["department", "list", ...data])).map((d) => [d.id, d.parent]), [["care", undefined], ["sales", "care"]]);
    assert.equal(run(["department", "add", "Again", "--id", "care", ...data]).code, 1);
    parley(["department", "set", "sales", "--name", "Shop", "--parent", "", ...data]);
    assert.deepEqual(words(parley(["department", "list", ...data])).find((d) => d.id === "sales"), { id: "sales", name: "Shop", enabled: true });
    parley(["button", "add", "Chat", "--id", "b1", ...data]);
    parley(["button", "set", "b1", "--name", "Talk", ...data]);
    assert.deepEqual(words(parley(["button", "list", ...data])), [{ id: "b1", name: "Talk" }]);

    const ann = words(parley(["operator", "add", "ann", ...data, "--company", "Acme", "--role", "admin", "--role", "livechat-agent",
      "--department", "care", "--password-stdin"], { input: "secret word\n" }))[0];
    assert.deepEqual(ann.roles, ["admin", "livechat-agent"]);
    assert.deepEqual(ann.departments, ["care"]);
    const twice = run(["operator", "add", "ann", ...data, "--company", "Third", "--role", "user"]);
    assert.equal(twice.code, 1);
    assert.equal(run(["operator", "add", "bob", ...data, "--role", "king"]).code, 1);
    parley(["operator", "passwd", "ann", ...data, "--password-stdin"], { input: "new word\n" });
    const made = words(parley(["operator", "token", "ann", ...data]))[0];
    assert.deepEqual(Object.keys(made), ["userId", "authToken"]);
    assert.equal(made.userId, ann.userId);
    parley(["operator", "set", "ann", ...data, "--disable"]);
    assert.equal(words(parley(["operator", "list", ...data]))[0].disabled, true);
    assert.match(parley(["check", ...data]), /^clean/);
  });
}

test("a token made beside the server opens it, and one of a disabled operator does not any more", async (t) => {
  const at = place(t);
  const data = ["--data", at("d")];
  parley(["company", "add", "Acme", ...data, "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  const { bearer } = words(parley(["company", "token", "Acme", ...data]))[0];
  const sessions = (authorization) => fetch(`${url}/parley/v1/sessions`, { headers: { authorization } });
  assert.equal((await sessions(`Bearer ${bearer}`)).status, 200);
  assert.equal((await sessions("Bearer nonsense")).status, 401);
  parley(["operator", "add", "ann", ...data, "--role", "livechat-manager"]);
  const { userId, authToken } = words(parley(["operator", "token", "ann", ...data]))[0];
  const me = () => fetch(`${url}/api/v1/me`, { headers: { "X-User-Id": userId, "X-Auth-Token": authToken } });
  assert.equal((await me()).status, 200);
  parley(["operator", "set", "ann", ...data, "--disable"]);
  assert.equal((await me()).status, 401);
});

test("search finds by words, and nothing of an erased visitor", (t) => {
  const at = place(t);
  const data = ["--data", at("d")];
  writeFileSync(at("in"), monologue("a", ["a green apple", "two pears"]) + monologue("b", ["one red apple"]));
  parley(["import", ...data, at("in")]);
  const found = () => words(parley(["search", ...data, "apple"])).map((hit) => `${hit.session}.${hit.index}`).sort();
  assert.deepEqual(found(), ["a.1", "b.1"]);
  assert.equal(words(parley(["search", ...data, "--", "apple", "-red"])).length, 1);
  assert.equal(run(["search", ...data, "--", "-red"]).code, 1);
  assert.deepEqual(words(parley(["erase", ...data, "visitor-a"])), [{ sessions: 1, scrubOwed: true }]);
  assert.deepEqual(found(), ["b.1"]);
  assert.equal(run(["erase", ...data, "visitor-a"]).code, 1);
  assert.match(parley(["check", ...data]), /^clean/);
  assert.equal(parley(["export", ...data]).trim().split("\n").length, 1);
});

test("erased texts leave the files when scrub says so: beside the server, and without it", async (t) => {
  const at = place(t), data = ["--data", at("d")];
  const holds = (text) => ["parley.db", "parley.db-wal"].some((name) => existsSync(at(`d/${name}`)) && readFileSync(at(`d/${name}`)).includes(text));
  const metric = async (url, name) => Number(new RegExp(`^parley_${name} (\\d+)$`, "m").exec(await (await fetch(`${url}/metrics`)).text())[1]);
  parley(["import", ...data, "-"], { input: monologue("a", ["first MARKER one"]) + monologue("b", ["second MARKER two"]) + monologue("c", ["stays"]) });
  assert.deepEqual(words(parley(["scrub", ...data])), [{ scrubbed: false, scrubOwed: false }]);
  const server = await serve(t, at("d"), ["--scrub-at", "04:30"]);
  const [erased] = words(parley(["erase", ...data, "visitor-a"]));
  assert.equal(erased.scrubOwed, true);
  assert.ok(Date.parse(erased.scrubDue) > Date.now() - 1000);
  assert.equal(await metric(server.url, "scrub_owed"), 1);
  assert.equal(await metric(server.url, "scrub_due_seconds"), Date.parse(erased.scrubDue) / 1000);
  assert.deepEqual(words(parley(["scrub", ...data])), [{ scrubbed: true, scrubOwed: false }]);
  assert.equal(holds("first MARKER"), false);
  assert.equal(await metric(server.url, "scrubs_total"), 1);
  assert.equal(await metric(server.url, "scrub_owed"), 0);
  await server.stop();
  assert.match(server.log, /info "scrub begins; writes wait" expected_seconds=0/);
  parley(["erase", ...data, "visitor-b"]);
  assert.deepEqual(words(parley(["scrub", ...data])), [{ scrubbed: true, scrubOwed: false }]);
  assert.equal(holds("MARKER"), false);
  assert.match(parley(["check", ...data]), /^clean/);
});

test("a limit's setting has the limit as its default", () => {
  const defaults = parley(["settings"]), sizes = { KiB: "KiB", MiB: "MiB", s: "seconds", connections: "connections" };
  const rows = [...readFileSync("doc/limits.md", "utf8").matchAll(/^\| (\d+) (\w+) \| [^|]* \| `(\w+)\.(\w+)` \|/gm)];
  assert.ok(rows.length > 7);
  for (const [, value, unit, section, key] of rows) {
    assert.ok(unit in sizes, `${section}.${key}: ${unit}`);
    assert.match(defaults.slice(defaults.indexOf(`[${section}]`)), new RegExp(`^${key} = ${value}$`, "m"), `${section}.${key}`);
  }
});
