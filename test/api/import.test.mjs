// POST /import in every format: recognised or named, compressed, several files as a tar; and the command beside a server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import http from "node:http";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { call } from "../support/http.mjs";
import { T0, line, monologue } from "../support/lines.mjs";
import { Server, addCompany, emptyData, parley, place, run } from "../support/server.mjs";

const sample = (name) => fileURLToPath(new URL(`../samples/${name}`, import.meta.url));
const ARCHIVE = readFileSync(sample("livechat/archives.json"));
let server, data, companies = 0;

before(async () => {
  data = emptyData().data;
  server = await Server.start({ data });
});
after(() => server?.stop());

/** A company of its own: what a test imports into. */
function company() {
  const name = `Company ${++companies}`;
  const { bearer } = addCompany(data, name);
  const headers = { Authorization: `Bearer ${bearer}` };
  return {
    name,
    post: (query, body) => call(server, "POST", `/parley/v1/import?${query}`, { headers, body }),
    sessions: async () => (await call(server, "GET", "/parley/v1/export", { headers })).text.split("\n").filter(Boolean).map((one) => JSON.parse(one)),
  };
}

/** A tar of [name, bytes]. */
function tar(files) {
  const blocks = [];
  for (const [name, bytes] of files) {
    const head = Buffer.alloc(512);
    head.write(name, 0);
    head.write("0000644\0", 100);
    head.write(bytes.length.toString(8).padStart(11, "0") + "\0", 124);
    head.write("        0ustar\u000000", 148);
    head.write("ustar\u000000", 257);
    head.write(head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0") + "\0 ", 148);
    blocks.push(head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const COUNTS = { read: 2, created: 2, extended: 0, unchanged: 0, refused: 0 };

for (const [what, query, body] of [
  ["recognised", "", ARCHIVE],
  ["named", "format=livechat", ARCHIVE],
  ["compressed", "", gzipSync(ARCHIVE)],
  ["in a tar", "", tar([["a/archives.json", ARCHIVE]])],
  ["compressed in a compressed tar", "format=livechat", gzipSync(tar([["archives.json.gz", gzipSync(ARCHIVE)]]))],
])
  test(`an archive over HTTP, ${what}: the report, and the same again changes nothing`, async () => {
    const { post, sessions } = company();
    const dry = await post(`dryRun=true&${query}`, body);
    assert.equal(dry.status, 200, dry.text);
    assert.equal((await sessions()).length, 0);
    const { body: report } = await post(query, body);
    assert.deepEqual(report, dry.body);
    for (const [name, count] of Object.entries(COUNTS)) assert.equal(report[name], count, name);
    assert.deepEqual(report.notices, { filled_form: 1, system_message: 1 });
    assert.deepEqual([report.lost, report.refusals, report.refusalsComplete], [{}, [], true]);
    assert.equal((await sessions()).length, 2);
    assert.equal((await post(query, body)).body.unchanged, 2);
  });

test("lines: the same report beside the members of old; compressed ones, too", async () => {
  const { post } = company();
  const lines = monologue("a") + monologue("b");
  const first = (await post("", lines)).body;
  assert.deepEqual([first.read, first.created, first.extended, first.appended, first.events], [2, 2, 0, 0, 2]);
  assert.equal((await post("", gzipSync(lines))).body.unchanged, 2);
  assert.equal((await post("format=ndjson&dryRun=true", monologue("c"))).body.created, 1);
  assert.equal((await post("", monologue("c"))).body.created, 1);
  const bad = await post("skipBad=true", gzipSync(lines + "{}\n"));
  assert.deepEqual([bad.body.refused, bad.body.refusals[0].line], [1, 3]);
  const stopped = await post("", gzipSync(lines + "{}\n"));
  assert.deepEqual([stopped.status, stopped.body.field.startsWith("lines[3]")], [400, true]);
});

test("since and until: only what began in that time is counted", async () => {
  const { post, sessions } = company();
  const lines = [0, 1, 2, 3].map((i) => JSON.stringify(line(`t${i}`, { at: T0 + i * 3600_000 })) + "\n").join("");
  assert.equal((await post("since=2026-01-10T13:00:00Z&until=2026-01-10T15:00:00Z", lines)).body.read, 2);
  assert.deepEqual((await sessions()).map((one) => one.id).sort(), ["t1", "t2"]);
  assert.equal((await post("since=2024-03-06T00:00:00Z", ARCHIVE)).body.read, 1);
});

test("a map is given as its text", async () => {
  const { post, sessions } = company();
  const map = "[file]\nrow=message\ntime_format=%d.%m.%Y %H:%M\n[map]\nsession.id=Chat\nevent.time=When\nevent.text=Text\nparticipant.type=Who\nparticipant.name=Name\nvisitor.id=Chat\n" +
    "[participant.type]\nguest=Client\nus=Agent\n";
  const table = "Chat,When,Who,Name,Text\r\n1,31.12.2024 13:05,guest,Vera,hello\r\n1,31.12.2024 13:06,us,Otto,hi\r\n";
  const query = `map=${encodeURIComponent(map)}&timeZone=Europe/Berlin`;
  const answer = await post(query, table);
  assert.equal(answer.status, 200, answer.text);
  const [session] = await sessions();
  assert.deepEqual(session.events.filter((one) => one.type === "message").map((one) => [one.text, one.at]),
    [["hello", Date.UTC(2024, 11, 31, 12, 5)], ["hi", Date.UTC(2024, 11, 31, 12, 6)]]);
  assert.equal((await post("map=nonsense", table)).status, 400);
});

test("what is wrong is said: format, compression, a torn archive, a tar of nothing", async () => {
  const { post, sessions } = company();
  for (const [query, body, words] of [
    ["format=nothing", ARCHIVE, /no such format/],
    ["", gzipSync(ARCHIVE).subarray(0, 300), /cut off/],
    ["format=livechat", ARCHIVE.subarray(0, 900), /ends in the middle/],
    ["", tar([["a", Buffer.from("nobody's")]]), /no format recognises a/],
    ["format=livechat", tar([["a.json", ARCHIVE]]).subarray(0, 2000), /cut off/],
    ["since=soon", ARCHIVE, /since/],
  ]) {
    const answer = await post(query, body);
    assert.equal(answer.status, 400, `${query} ${answer.text}`);
    assert.match(answer.body.detail, words);
  }
  assert.ok((await sessions()).length <= 1);
});

test("standard input beside a server goes as it is", () => {
  const { name } = company();
  const done = run(["import", "--format", "livechat", "-", "--data", data, "--company", name], { input: ARCHIVE });
  assert.equal(done.code, 0, done.err);
  assert.equal(JSON.parse(done.out.trim().split("\n").at(-1)).created, 2);
});

test("two archives are read at once, a third is told to come again", async () => {
  const { post } = company();
  const answers = [];
  const open = [1, 2, 3].map((i) => {
    const headers = { Authorization: `Bearer ${addCompany(data, `Slow ${i}`).bearer}`, "Transfer-Encoding": "chunked" };
    const request = http.request({ host: "127.0.0.1", port: server.port, method: "POST", path: "/parley/v1/import?format=livechat", headers });
    request.on("error", () => {}); // the refused one may be cut while it sends
    answers.push(new Promise((resolve) => request.on("response", (answer) => resolve({ i, answer: answer.resume() }))));
    request.write(Buffer.concat([ARCHIVE, Buffer.alloc(8192, " ")])); // and no end: each keeps its place
    return request;
  });
  const refused = await Promise.race(answers);
  assert.equal(refused.answer.statusCode, 503);
  assert.ok(refused.answer.headers["retry-after"]);
  assert.equal((await post("", monologue("meanwhile"))).status, 200);
  for (const request of open) request.end();
  for (const { i, answer } of await Promise.all(answers)) assert.equal(answer.statusCode, i === refused.i ? 503 : 200);
});

test("what is refused has its place: the line, and which of several files", async () => {
  const { post } = company();
  const { chats } = JSON.parse(ARCHIVE);
  chats[0].thread.created_at = "yesterday";
  const bad = Buffer.from(chats.map((chat) => JSON.stringify(chat) + "\n").join(""));
  assert.deepEqual((await post("format=livechat", bad)).body.refusals.map((one) => [one.file, one.line]), [[undefined, 1]]);
  const { body } = await post("format=livechat", tar([["one.json", ARCHIVE], ["two.json", bad]]));
  assert.deepEqual(body.refusals.map((one) => [one.file, one.line]), [["two.json", 1]]);
});

test("a client that leaves in the middle of an archive leaves nothing running", async () => {
  const { post } = company();
  const controller = new AbortController();
  const request = http.request({ host: "127.0.0.1", port: server.port, method: "POST", path: "/parley/v1/import?format=livechat",
    headers: { Authorization: `Bearer ${addCompany(data, "Leaver").bearer}`, "Transfer-Encoding": "chunked" }, signal: controller.signal });
  request.on("error", () => {});
  request.write(ARCHIVE.subarray(0, 600));
  await new Promise((resolve) => request.write(Buffer.alloc(1), resolve));
  controller.abort();
  let answer;
  do answer = await post("dryRun=true", ARCHIVE);
  while (answer.status === 503); // until its place is free again
  for (let round = 0; round < 20; round++) assert.equal((await post("dryRun=true", ARCHIVE)).status, 200);
});

for (const [format, files] of [["livechat", ["livechat"]], ["rocketchat", ["rocketchat"]], ["gorgias", ["gorgias/tickets.csv", "gorgias/messages.csv"]]])
  test(`${format}: the command beside a server does what it does without one`, (t) => {
    const at = place(t);
    const { name } = company();
    const args = ["import", "--format", format, "--time-zone", "UTC", ...files.map(sample)];
    const alone = run([...args, "--data", at("d")]);
    const beside = run([...args, "--data", data, "--company", name]);
    assert.equal(beside.code, alone.code, beside.err);
    const report = (done) => JSON.parse(done.out.trim().split("\n").at(-1));
    assert.deepEqual(report(beside), report(alone));
    assert.ok(report(alone).created > 0);
    const tokenless = (text) => text.replace(/"(token|username)":"[^"]*"/g, "");
    assert.equal(tokenless(parley(["export", "--data", data, "--company", name])), tokenless(parley(["export", "--data", at("d")])));
  });

for (const running of [false, true])
  test(`lines by the command${running ? ", beside a server" : ""}: the report is the last line; a dry run writes nothing; since and until`, async (t) => {
    const where = emptyData("Acme").data;
    const beside = running ? await Server.start({ data: where }) : null;
    t.after(() => beside?.stop());
    const lines = [0, 1, 2].map((i) => JSON.stringify(line(`t${i}`, { at: T0 + i * 3600_000 })) + "\n").join("") + "{}\n" + JSON.stringify(line("long", { at: T0, texts: Array.from({ length: 3000 }, (_, i) => `${i}`) })) + "\n";
    const bring = (...args) => {
      const done = run(["import", "-", "--data", where, ...args], { input: lines });
      return { ...done, report: JSON.parse(done.out.trim().split("\n").at(-1)) };
    };
    const expected = { read: 5, created: 4, extended: 0, unchanged: 0, refused: 1, notices: {}, lost: {} };
    const dry = bring("--skip-bad", "--dry-run").report;
    assert.deepEqual({ ...dry, refusals: 0 }, { ...expected, refusals: 0 });
    assert.deepEqual(dry.refusals.map((one) => [one.file, one.line]), [["-", 4]]);
    assert.equal(parley(["export", "--data", where]), "");
    assert.deepEqual(bring("--skip-bad", "--since", "2026-01-10T13:00:00Z", "--until", "2026-01-10T14:00:00Z").report.created, 1);
    assert.deepEqual({ ...bring("--skip-bad").report, refusals: 0 }, { ...expected, created: 3, unchanged: 1, refusals: 0 });
    const stopped = bring();
    assert.equal(stopped.code, 1);
    assert.deepEqual(stopped.report.refusals.map((one) => one.line), [4]);
    assert.equal(stopped.report.refused, 1);
  });
