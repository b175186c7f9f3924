// Exports (doc/export.md): over HTTP and from the command line alike.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readTable } from "../support/csv.mjs";
import { call } from "../support/http.mjs";
import { T0, line } from "../support/lines.mjs";
import { Server, addBearer, emptyData, parley, run } from "../support/server.mjs";

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
  plain = { Authorization: `Bearer ${addBearer(data, "Acme", ["read", "admin"])}` };
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

for (const format of ["ndjson", "csv-sessions", "csv-messages"]) {
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
    ["csv-sessions", "text/csv; charset=utf-8", "sessions.csv"], ["csv-messages", "text/csv; charset=utf-8", "messages.csv"]]) {
    const { headers } = await get(`format=${format}`);
    assert.equal(headers["content-type"], type);
    assert.equal(headers["content-disposition"], `attachment; filename="${file}"`);
  }
});
