// Archives of other products: what each file under test/samples becomes, and the laws that hold for all of them.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bring, newData, sessionsIn } from "../support/archive.mjs";
import { parley, temporaryFolder } from "../support/server.mjs";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));
const sample = (name) => join(SAMPLES, name);

test("livechat: threads become sessions, forms and system messages notices, agents' words internal", () => {
  const data = newData();
  const { report, said } = bring(data, sample("livechat/archives.json"));
  assert.match(said, /reading as livechat/);
  assert.deepEqual(report, {
    read: 2,
    created: 2,
    extended: 0,
    unchanged: 0,
    refused: 0,
    notices: { filled_form: 1, system_message: 1 },
    lost: {},
    refusals: [],
  });
  const [first, second] = sessionsIn(data);
  assert.equal(first.visitor.email, "lea@example.org");
  assert.equal(first.visitor.city, "Bremen");
  assert.equal(first.startPage, "https://shop.example.org/");
  assert.equal(second.visitor.id, first.visitor.id);
  const shown = first.events.map(({ type, at, text, data }) => [type, at - 1709629923123, text, data?.visibility ?? data?.was]);
  assert.deepEqual(shown, [
    ["notice", 0, "Name: Lea Sample", "filled_form"],
    ["message", 6877, "My invoice is wrong", undefined],
    ["notice", 7877, "Tom was assigned", "system_message"],
    ["message", 36877, "customer is angry", "internal"],
    ["message", 56877, "I mend it at once", undefined],
    ["file", 86877, "invoice.pdf", undefined],
    ["closed", 86877, undefined, undefined],
  ]);
});

test("the same archive twice changes nothing, and a dry run writes nothing", () => {
  const data = newData();
  const dry = bring(data, "--dry-run", sample("livechat/archives.json")).report;
  assert.equal(dry.created, 2);
  assert.equal(sessionsIn(data).length, 0);
  assert.deepEqual(bring(data, sample("livechat/archives.json")).report, dry);
  const before = parley(["export", "--data", data]);
  assert.deepEqual(bring(data, sample("livechat")).report, { ...dry, created: 0, unchanged: 2 });
  assert.equal(parley(["export", "--data", data]), before);
});

test("a longer archive appends its tail; one with another beginning is refused by its place", () => {
  const data = newData();
  const archive = JSON.parse(readFileSync(sample("livechat/archives.json"), "utf8"));
  const file = join(temporaryFolder(), "longer.json");
  archive.chats[1].thread.active = true;
  writeFileSync(file, JSON.stringify(archive));
  assert.equal(bring(data, file).report.created, 2);
  archive.chats[1].thread.events.push({ id: "K600PKZON9_2", type: "message", text: "Bye", author_id: archive.chats[1].users[0].id, created_at: "2024-03-06T10:00:09.000000Z" });
  archive.chats[1].thread.events.push({ id: "K600PKZON9_3", type: "message", text: "I am new here", author_id: "new@example.com", created_at: "2024-03-06T10:00:10.000000Z" });
  writeFileSync(file, JSON.stringify(archive));
  assert.deepEqual({ ...bring(data, file).report, notices: 0 }, { read: 2, created: 0, extended: 1, unchanged: 1, refused: 0, notices: 0, lost: {}, refusals: [] });
  Object.assign(archive.chats[1].thread.events[0], { id: "K600PKZON9_0", text: "Somebody else's" });
  writeFileSync(file, JSON.stringify(archive, null, 1));
  const { report, said } = bring(data, file);
  assert.equal(report.refused, 1);
  assert.equal(report.read, report.created + report.extended + report.unchanged + report.refused);
  assert.match(report.refusals[0].reason, /exists and has another event/);
  assert.match(said, new RegExp(`longer.json:${report.refusals[0].line}: `));
});

test("--since and --until take the conversations begun in that time", () => {
  const data = newData();
  assert.equal(bring(data, "--since", "2024-03-06T00:00:00Z", sample("livechat/archives.json")).report.read, 1);
  assert.equal(bring(data, "--until", "2024-03-05T09:12:03.123Z", sample("livechat/archives.json")).report.read, 0);
});

test("a conversation that is none is refused with its line, the others go in", () => {
  const file = join(temporaryFolder(), "chats.ndjson");
  const { chats } = JSON.parse(readFileSync(sample("livechat/archives.json"), "utf8"));
  chats[0].thread.created_at = "yesterday";
  writeFileSync(file, [chats[1], chats[0], { id: "x" }].map((chat) => JSON.stringify(chat) + "\n").join(""));
  const { report } = bring(newData(), "--format", "livechat", file);
  assert.equal(report.created, 1);
  assert.deepEqual(
    report.refusals.map((refusal) => [refusal.line, refusal.reason]),
    [
      [2, '"yesterday" is no time'],
      [3, "a chat needs an id, and a thread with an id"],
    ],
  );
});

test("--format help lists the formats; an unknown one is refused before anything is made", () => {
  const data = newData();
  assert.match(parley(["import", "--format", "help", "--data", data]), /^livechat +LiveChat/m);
  const { status, said } = bring(data, "--format", "nothing", sample("livechat/archives.json"));
  assert.notEqual(status, 0);
  assert.match(said, /--format help/);
});

test("a file that ends in the middle of a conversation says where", () => {
  const file = join(temporaryFolder(), "torn.json");
  writeFileSync(file, readFileSync(sample("livechat/archives.json"), "utf8").slice(0, 900));
  const { status, said } = bring(newData(), "--format", "livechat", file);
  assert.equal(status, 1);
  assert.match(said, /ends in the middle of an item/);
});
