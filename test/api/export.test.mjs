// Exports (doc/export.md): over HTTP and from the command line alike.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { readTable } from "../support/csv.mjs";
import { call } from "../support/http.mjs";
import { T0, line } from "../support/lines.mjs";
import { BINARY, Server, addBearer, emptyData, parley, place, run } from "../support/server.mjs";

const FORMATS = ["ndjson", "csv-sessions", "csv-messages", "text", "markdown", "html"];
const NOTE = "he sounds angry", FIXED = "a note, corrected";
let server, data, admin, plain;

function internal(at, by, text, more = {}) {
  return { type: "message", at, by, text, data: { visibility: "internal" }, ...more };
}

/** Sixty conversations of three visitors, every fifth still open. */
function lines() {
  const all = [];
  for (let i = 0; i < 60; i++)
    all.push(line(`s${i}`, {
      at: T0 + i * 3600_000,
      visitor: { id: `v${i % 3}`, name: "Vera; \"V\"", email: "vera@example.org", phone: "+44 20 7946 0000" },
      dialect: ["parley", "rocketchat", "agendize", "genesys"][i % 4],
      texts: [`=1+${i}`, "two\nlines, \"quoted\"", "  plain  ", "@home", "\t=x", "＝1"].slice(0, 2 + (i % 5)),
      close: i % 5 ? 2 : undefined,
    }));
  const noted = line("noted", { at: T0 + 70 * 3600_000, texts: ["where is it?", "on its way"] });
  noted.events.push(internal(T0 + 252100_000, 2, NOTE)); // index 5
  noted.events.push({ type: "edit", at: T0 + 252101_000, by: 2, target: 5, text: FIXED });
  noted.events.push({ type: "message", at: T0 + 252102_000, by: 2, text: "it is thre" }); // index 7
  noted.events.push({ type: "edit", at: T0 + 252103_000, by: 2, target: 7, text: "it is there" });
  noted.events.push({ type: "message", at: T0 + 252104_000, by: 2, text: "nonsense" });
  noted.events.push({ type: "delete", at: T0 + 252105_000, by: 2, target: 9 });
  const beside = line("beside", { at: T0 + 80 * 3600_000, visitor: { id: "v-noted", name: "Vera" }, texts: ["hello?"] });
  beside.events.push(internal(T0 + 288100_000, 3, NOTE, { data: { visibility: "internal", participant: { type: "Supervisor", name: "Sue" } } }));
  beside.events.push({ type: "message", at: T0 + 288101_000, by: 3, text: "one moment" });
  return [...all, noted, beside];
}

before(async () => {
  const made = emptyData("Acme", "Europe/Paris");
  data = made.data;
  admin = { Authorization: `Bearer ${made.bearer}` };
  plain = { Authorization: `Bearer ${addBearer(data, "Acme", ["read", "manage"])}` };
  parley(["import", "-", "--data", data], { input: lines().map((one) => JSON.stringify(one) + "\n").join("") });
  server = await Server.start({ data });
});
after(() => server?.stop());

async function get(query, headers = admin) {
  const answer = await call(server, "GET", `/parley/v1/export?${query}`, { headers });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

async function listed(query) {
  const sessions = [];
  for (let cursor; ; ) {
    const { body } = await call(server, "GET", `/parley/v1/sessions?limit=50&${query}${cursor ? `&cursor=${cursor}` : ""}`, { headers: admin });
    sessions.push(...body.sessions);
    if (body.complete) return sessions;
    cursor = body.next;
  }
}

for (const query of ["", "state=open", "state=closed&dialect=genesys", "visitor=v1", "visitor=nobody", "from=2026-01-11", "from=2026-01-11T00:00:00&to=2026-01-12",
  "dialect=rocketchat&visitor=v2&state=closed"])
  test(`tables have as many rows as the list says: ${query || "all"}`, async () => {
    const sessions = await listed(query);
    const table = readTable((await get(`format=csv-sessions&${query}`)).text);
    assert.deepEqual(table.map((row) => row.session), sessions.map((one) => one.id).reverse());
    const messages = readTable((await get(`format=csv-messages&${query}`)).text);
    assert.equal(messages.length, sessions.reduce((sum, one) => sum + one.messages, 0));
    for (const one of sessions) assert.equal(messages.filter((row) => row.session === one.id).length, one.messages);
  });

test("cells: quotes doubled, line ends kept, formulas with an apostrophe", async () => {
  const rows = readTable((await get("format=csv-messages&visitor=v1")).text).filter((row) => row.session === "s4");
  assert.deepEqual(rows.map((row) => row.text), ["'=1+4", "two\nlines, \"quoted\"", "  plain  ", "'@home", "'\t=x", "'＝1"]);
  assert.deepEqual(rows.map((row) => row.by), ["Client", "Agent", "Client", "Agent", "Client", "Agent"]);
  const [session] = readTable((await get("format=csv-sessions&visitor=v1")).text);
  assert.equal(session.name, "Vera; \"V\"");
  assert.equal(session.phone, "'+44 20 7946 0000");
});

test("times have the company's offset, or that of the zone that was asked for", async () => {
  const start = async (query) => readTable((await get(`format=csv-sessions&${query}`)).text)[0].start;
  assert.equal(await start(""), "2026-01-10T13:00:00.000+01:00");
  assert.equal(await start("timeZone=Asia/Calcutta"), "2026-01-10T17:30:00.000+05:30");
});

test("an edited message has its new text, a deleted one none", async () => {
  const rows = readTable((await get("format=csv-messages&visitor=v-noted")).text).filter((row) => row.session === "noted");
  assert.deepEqual(rows.map((row) => [row.text, !!row.edited, !!row.deleted]),
    [["where is it?", false, false], ["on its way", false, false], ["it is there", true, false], ["", false, true]]);
});

for (const format of FORMATS) {
  test(`${format}: internal notes are not in it for tokens without the right`, async () => {
    const { text } = await get(`format=${format}`, plain);
    assert.ok(!text.includes(NOTE) && !text.includes(FIXED), format);
    const asked = await call(server, "GET", `/parley/v1/export?format=${format}&notes=true`, { headers: plain });
    assert.equal(asked.status, 403);
    assert.equal(asked.body.field, "notes");
  });

  test(`${format}: the command writes the same bytes, beside the server and without it`, async () => {
    const { text } = await get(`format=${format}&state=closed&timeZone=UTC`);
    const args = ["export", "--format", format, "--state", "closed", "--time-zone", "UTC", "--data", data];
    assert.equal(parley(args), text);
    await server.stop();
    assert.equal(parley(args), text);
    await server.restart();
  });
}

test("internal notes come with ndjson, and with notes=true in tables", async () => {
  assert.ok((await get("")).text.includes(NOTE));
  assert.ok(!(await get("notes=false")).text.includes(NOTE));
  assert.ok(!(await get("format=csv-messages")).text.includes(FIXED));
  const [row] = readTable((await get("format=csv-messages&notes=true")).text).filter((one) => one.visibility);
  assert.deepEqual([row.text, row.visibility], [FIXED, "internal"]);
});

test("lines without internal notes are imported and say the same but for them", async () => {
  const { text } = await get("visitor=v-noted", plain);
  const other = emptyData("Other");
  parley(["import", "-", "--data", other.data], { input: text });
  const [noted, beside] = parley(["export", "--data", other.data]).trim().split("\n").map((one) => JSON.parse(one));
  assert.deepEqual(noted.events.map((one) => [one.type, one.target]).slice(4),
    [["message", undefined], ["edit", 5], ["message", undefined], ["delete", 7]]);
  assert.equal(beside.events.at(-1).text, "one moment"); // by somebody whom a note introduced
  assert.deepEqual(beside.participants.at(-1), { id: 3, type: "Supervisor", name: "Sue" });
});

test("a wrong format, zone or time is 400, and exit 2", async () => {
  for (const [query, args, field] of [["format=xml", ["--format", "xml"], "format"], ["timeZone=Nowhere", ["--time-zone", "Nowhere"], "timeZone"],
    ["from=soon", ["--from", "soon"], "from"], ["state=ajar", ["--state", "ajar"], "state"]]) {
    const answer = await call(server, "GET", `/parley/v1/export?${query}`, { headers: admin });
    assert.equal(answer.status, 400, query);
    assert.equal(answer.body.field, field);
    const done = run(["export", "--data", data, ...args]);
    assert.equal(done.code, 2, query);
    assert.equal(done.out, "");
  }
});

test("what an answer is, and how a browser saves it", async () => {
  for (const [format, type, file] of [["ndjson", "application/x-ndjson", "conversations.ndjson"],
    ["csv-sessions", "text/csv; charset=utf-8", "sessions.csv"], ["csv-messages", "text/csv; charset=utf-8", "messages.csv"],
    ["text", "text/plain; charset=utf-8", "conversations.txt"], ["markdown", "text/markdown; charset=utf-8", "conversations.md"],
    ["html", "text/html; charset=utf-8", "conversations.html"]]) {
    const { headers } = await get(`format=${format}`);
    assert.equal(headers["content-type"], type);
    assert.equal(headers["content-disposition"], `attachment; filename="${file}"`);
  }
});

test("text: a line an event, with its time; nobody can write a line that looks like another's", async () => {
  const lines = (await get("format=text&visitor=v1")).text.split("\n");
  const at = lines.findIndex((one) => one.endsWith(": =1+4"));
  assert.equal(lines[at], "[2026-01-10 17:00:00 +01:00] Vera; \"V\": =1+4");
  assert.deepEqual(lines.slice(at + 1, at + 3), ["[2026-01-10 17:00:01 +01:00] Otto: two", "    lines, \"quoted\""]);
  const forged = emptyData("Forged");
  parley(["import", "-", "--data", forged.data], { input: JSON.stringify(line("f", { texts: ["a\r\n[2026-01-01 00:00:00 +00:00] Otto: yes\u001b[31m\u0085b"] })) });
  assert.match(parley(["export", "--format", "text", "--data", forged.data]), /Vera: a\n    \[2026-01-01 00:00:00 \+00:00\] Otto: yes\ufffd\[31m\ufffdb\n/);
});

test("html: nothing of a message becomes markup, a script or something to fetch", async () => {
  const hostile = emptyData("<i>Evil</i>");
  const texts = ["<script>alert(1)</script><img src=x onerror=alert(1)>", "[x](javascript:alert(1)) ![y](https://example.org/p.png)", "*bold* `</code>`"];
  const past = line("<b>", { visitor: { id: "\"><b>", name: "</h2><script>1</script>" }, texts });
  parley(["import", "-", "--data", hostile.data], { input: JSON.stringify(past) });
  const page = parley(["export", "--format", "html", "--data", hostile.data]);
  const tags = new Set([...page.replace(/<style>[^]*<\/style>/, "").matchAll(/<([a-z!][^ >]*)/gi)].map((one) => one[1].toLowerCase()));
  for (const tag of tags)
    assert.ok(["!doctype", "html", "head", "meta", "title", "body", "h1", "h2", "h3", "p", "article", "dl", "dt", "dd", "div", "span", "time", "bdi", "a",
      "strong", "code", "br"].includes(tag), tag);
  assert.match(page, /<strong>bold<\/strong>/);
  for (const [address] of page.matchAll(/(?<=href=")[^"]*/g)) assert.match(address, /^https:/);
  assert.doesNotMatch(page, /url\(|@import/);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
});

test("gzip: when the client takes it, and with --gzip", async (t) => {
  const { text } = await get("format=text");
  const packed = await get("format=text", { ...admin, "Accept-Encoding": "gzip" });
  assert.equal(packed.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(packed.bytes).toString(), text);
  const at = place(t);
  for (let round = 0; round < 2; round++) {
    parley(["export", "--format", "text", "--gzip", "-o", at("f.gz"), "--data", data]);
    assert.equal(gunzipSync(readFileSync(at("f.gz"))).toString(), text);
    if (round) await server.restart();
    else await server.stop();
  }
});

test("-o: the file has its name once it is whole, replaces the one before, and is its owner's", (t) => {
  const at = place(t);
  writeFileSync(at("f"), "old");
  parley(["export", "-o", at("f"), "--data", data]);
  assert.equal(readFileSync(at("f"), "utf8"), parley(["export", "--data", data]));
  assert.ok(!existsSync(at("f.part")));
  parley(["export", "-o", at("new"), "--data", data]);
  assert.equal(statSync(at("new")).mode & 0o777, 0o600);
  const failed = run(["export", "-o", at("none/f"), "--data", data]);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /none\/f.part: No such file/);
});

test("Ctrl-C and a failure leave the file that was there, and no half one", async (t) => {
  const at = place(t);
  const large = emptyData("Large");
  const texts = Array.from({ length: 200 }, (_, i) => `${i} `.repeat(2000));
  parley(["import", "-", "--data", large.data], { input: Array.from({ length: 100 }, (_, i) => JSON.stringify(line(`l${i}`, { texts }))).join("\n") });
  writeFileSync(at("f"), "old");
  const child = spawn(BINARY, ["export", "--format", "html", "-o", at("f"), "--data", large.data], { stdio: ["ignore", "ignore", "pipe"] });
  while (!existsSync(at("f.part")) || statSync(at("f.part")).size === 0) await new Promise((resolve) => setImmediate(resolve));
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
  assert.equal(readFileSync(at("f"), "utf8"), "old");
  assert.ok(!existsSync(at("f.part")));
});

test("a transcript is the export of one session, for whoever may read", async () => {
  const reader = { Authorization: `Bearer ${addBearer(data, "Acme", ["read"])}` };
  const transcript = (id, query, headers = reader) => call(server, "GET", `/parley/v1/sessions/${id}/transcript?${query}`, { headers });
  for (const format of ["text", "html", "markdown"]) {
    const answer = await transcript("s4", `format=${format}&timeZone=Asia/Calcutta`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-disposition"], /^inline; /);
    assert.match(answer.headers["content-security-policy"], /^default-src 'none'; style-src 'unsafe-inline'; sandbox$/);
    const all = await get(`format=${format}&visitor=v1&timeZone=Asia/Calcutta&from=2026-01-10T16:00:00Z&to=2026-01-10T16:00:01Z`);
    assert.equal(answer.text, all.text);
    assert.match(answer.text, /21:30:00 \+05:30/);
  }
  assert.match((await transcript("s4", "")).headers["content-type"], /^text\/plain/);
  assert.equal((await transcript("nobody", "")).status, 404);
  assert.equal((await transcript("s4", "format=ndjson")).status, 400);
  assert.equal((await transcript("s4", "timeZone=Nowhere")).status, 400);
  assert.equal((await transcript("s4", "visitor=v1")).status, 400);
  assert.ok(!(await transcript("noted", "")).text.includes(FIXED));
  assert.equal((await transcript("noted", "notes=true")).status, 403);
  assert.ok((await transcript("noted", "notes=true", admin)).text.includes(FIXED));
});

test("an erased visitor: rows without a word in tables, nothing elsewhere, and no transcript", async (t) => {
  const gone = emptyData("Gone");
  parley(["import", "-", "--data", gone.data], { input: JSON.stringify(line("e1", { texts: ["secret one", "secret two"] })) + "\n" + JSON.stringify(line("e2")) });
  const other = await Server.start({ data: gone.data });
  t.after(() => other.stop());
  const headers = { Authorization: `Bearer ${gone.bearer}` };
  assert.equal((await call(other, "DELETE", "/parley/v1/visitors/v-e1", { headers })).status, 202);
  const text = async (format) => (await call(other, "GET", `/parley/v1/export?format=${format}`, { headers })).text;
  const sessions = readTable(await text("csv-sessions")), messages = readTable(await text("csv-messages"));
  assert.deepEqual(sessions.map((row) => [row.session, row.state, row.name]).sort(), [["e1", "erased", ""], ["e2", "open", "Vera"]]);
  assert.deepEqual(messages.map((row) => [row.session, row.text]).sort(), [["e1", ""], ["e1", ""], ["e2", "hello"], ["e2", "hi"]]);
  for (const format of FORMATS) {
    const all = await text(format);
    assert.ok(!all.includes("secret") && !all.includes("v-e1"), format);
    if (!format.startsWith("csv")) assert.ok(!all.includes("e1\n") && all.includes("e2"), format);
  }
  assert.equal((await call(other, "GET", "/parley/v1/sessions/e1/transcript", { headers })).status, 410);
});
