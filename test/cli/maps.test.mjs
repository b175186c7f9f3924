// Maps: what users see when they bring any CSV or JSON, and the traps of doc/imports.md on the way.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { load } from "../clients/packages.mjs";
import { bring, sessionsIn } from "../support/archive.mjs";
import { parley, temporaryFolder } from "../support/server.mjs";

const SAMPLES = fileURLToPath(new URL("../samples/", import.meta.url));

/** Files by name in a folder of their own; answers names to paths, and a data directory that is not there yet. */
function place(files) {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return { at: (name) => join(folder, name), data: join(folder, "data") };
}

const MAP = "[file]\ntype=csv\nrow=message\n[map]\nsession.id=chat\nevent.time=at\nevent.text=text\nparticipant.type=who\n";
const TABLE = "[participant.type]\nguest=Client\nstaff=Agent\n";
const texts = (data) => sessionsIn(data).map((session) => session.events.filter((event) => event.text).map((event) => event.text));

test("--guess prints a map on standard output, three conversations on standard error, and writes nothing", () => {
  const rows = Array.from({ length: 8 }, (_, i) => `${i >> 1},2024-03-05T09:12:0${i}Z,guest,word ${i}\n`).join("");
  const { at, data } = place({ "talk.csv": `conversation_id,created_at,sender,message\n${rows}` });
  const { status, printed, said } = bring(data, "--guess", at("talk.csv"));
  assert.equal(status, 0);
  assert.match(printed, /^session\.id=conversation_id$/m);
  assert.match(printed, /^event\.text=message$/m);
  assert.equal(said.trim().split("\n").map((line) => JSON.parse(line).events.length).join(), "2,2,2");
  assert.deepEqual(readdirSync(at(".")), ["talk.csv"]);
  writeFileSync(at("my.ini"), printed);
  assert.equal(bring(data, "--map", at("my.ini"), at("talk.csv")).report.created, 4);
});

test("--guess of a known format prints its map, which then reads the same", () => {
  const { at, data } = place({});
  const file = join(SAMPLES, "crisp/page.json");
  const { printed, said } = bring(data, "--guess", file);
  assert.equal(printed, readFileSync(join(SAMPLES, "../../data/maps/crisp.ini"), "utf8"));
  assert.equal(JSON.parse(said).events[0].text, "Hello?");
  writeFileSync(at("my.ini"), printed);
  assert.equal(bring(data, "--guess", "--map", at("my.ini"), file).printed, printed);
  assert.equal(bring(data, "--map", at("my.ini"), file).report.created, 1);
});

test("a file in which nothing looks like a conversation is told so", () => {
  const { at, data } = place({ "x.csv": "a,b\n1,2\n" });
  const { status, said } = bring(data, "--guess", at("x.csv"));
  assert.equal(status, 2);
  assert.match(said, /nothing looks like a conversation's id/);
});

test("a bad map names itself, the key, and what may stand there, before anything is made", () => {
  const { at, data } = place({ "talk.csv": "chat,at,who,text\n", "my.ini": MAP + "event.colour=red\n" });
  const { status, said } = bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.equal(status, 2);
  assert.match(said, /my\.ini: \[map\] event\.colour: there is no such key; there are session\.id, /);
  assert.throws(() => readdirSync(data));
});

test("a column that is not there is named, with those that are", () => {
  const { at, data } = place({ "talk.csv": "chat,when,who,text\n1,2,3,4\n", "my.ini": MAP });
  const { status, said } = bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.equal(status, 2);
  assert.match(said, /talk\.csv: the file has no column where the map's event\.time looks; it has chat, when, who, text/);
});

test("csv needs a map, livechat takes none", () => {
  const { at, data } = place({ "talk.csv": "chat\n", "my.ini": MAP });
  assert.match(bring(data, "--format", "csv", at("talk.csv")).said, /csv needs --map FILE/);
  assert.match(bring(data, "--format", "livechat", "--map", at("my.ini"), at("talk.csv")).said, /livechat is read without a map/);
});

test("local times need --time-zone; the doubled hour of autumn is the first, the lost one of spring moves on", () => {
  const rows = "chat,at,who,text\n1,2024-10-27 02:30:00,guest,doubled\n2,2024-03-31 02:30:00,guest,lost\n";
  const { at, data } = place({ "talk.csv": rows, "my.ini": MAP + TABLE });
  const asked = bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.equal(asked.report.refused, 2);
  assert.match(asked.said, /talk\.csv:2: .*has no time zone: say with --time-zone/);
  assert.equal(bring(data, "--map", at("my.ini"), "--time-zone", "Europe/Berlin", at("talk.csv")).report.created, 2);
  const times = Object.fromEntries(sessionsIn(data).map(({ events: [event] }) => [event.text, new Date(event.at).toISOString()]));
  assert.deepEqual(times, { doubled: "2024-10-27T00:30:00.000Z", lost: "2024-03-31T01:30:00.000Z" });
});

test("rows in any order become conversations in the order of their times, equal times in that of the file", () => {
  const rows = ["2,30,staff,b2", "1,10,guest,a1", "2,20,guest,b1", "1,10,staff,a2", "1,5,guest,a0"];
  const { at, data } = place({ "talk.csv": `chat,at,who,text\n${rows.map((row) => row.replace(/,(\d+),/, ",17096299$1,")).join("\n")}\n`, "my.ini": MAP + TABLE });
  bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.deepEqual(texts(data).sort(), [["a0", "a1", "a2"], ["b1", "b2"]]);
});

test("zeros become U+FFFD; invalid UTF-8, a short row and a quote that never closes are refused by their lines", () => {
  const file = Buffer.concat([Buffer.from("chat,at,who,text\n1,1709629923,guest,a\0b\n1,1709629924,guest,"), Buffer.from([0xfc]), Buffer.from('\n1\n1,1709629925,guest,c\n1,1709629926,guest,"open\n')]);
  const { at, data } = place({ "talk.csv": file, "my.ini": MAP + TABLE });
  const { report } = bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.deepEqual(texts(data), [["a\ufffdb", "c"]]);
  assert.deepEqual(report.refusals.map(({ line }) => line), [3, 4, 6]);
  assert.equal(report.read, report.created + report.refused);
});

test("JSON 10,000 levels deep, lone surrogates and torn files are refused by their place", () => {
  const map = "[file]\ntype=json\nrow=session\n[map]\nsession.id=id\nevents=log\nevent.time=at\nevent.text=text\n";
  const good = '{"id":"1","log":[{"at":1709629923,"text":"fine"}]}';
  const { at, data } = place({ "deep.json": `${good}\n{"id":"2","log":${"[".repeat(10000)}${"]".repeat(10000)}}\n{"id":"3\\ud800"}\n`, "torn.json": `${good}\n{"id":`, "my.ini": map });
  assert.deepEqual(bring(data, "--map", at("my.ini"), at("deep.json")).report.refusals.map(({ line }) => line), [2, 3]);
  const torn = bring(data, "--map", at("my.ini"), at("torn.json"));
  assert.equal(torn.status, 1);
  assert.match(torn.said, /torn\.json:2: the file ends in the middle of an item/);
});

test("an object beyond 32 MB is refused by its line, and the rest goes on", () => {
  const map = "[file]\ntype=json\nrow=session\n[map]\nsession.id=id\nevents=log\nevent.time=at\nevent.text=text\n";
  const line = (id, text) => JSON.stringify({ id, log: [{ at: 1709629923, text }] }) + "\n";
  const { at, data } = place({ "long.json": line("1", "fine") + line("2", "x".repeat(33 << 20)) + line("3", "fine"), "my.ini": map });
  const { report } = bring(data, "--map", at("my.ini"), at("long.json"));
  assert.deepEqual([report.created, report.refusals.map(({ line, reason }) => [line, reason])], [2, [[2, "this is longer than 33554432 bytes"]]]);
});

// ---- what happens to a conversation between two exports

const intercom = (parts, more = {}) =>
  JSON.stringify({
    id: "147", created_at: 1709629923, state: "open",
    source: { id: "0", body: "<p>Hello</p>", author: { type: "user", id: "u1", name: "Lea Sample" } },
    conversation_parts: { conversation_parts: parts }, ...more,
  });
const part = (id, part_type, body, type = "admin") => ({ id, part_type, body, created_at: 1709629930 + Number(id), author: { type, id: type, name: type } });

test("a conversation that is reopened after its close gets what is new, again and again the same", () => {
  const first = [part("1", "comment", "Hi"), part("2", "close", null)];
  const { at, data } = place({ "1.json": intercom(first), "2.json": intercom([...first, part("3", "comment", "Once more", "user")]) });
  bring(data, "--format", "intercom", at("1.json"));
  assert.equal(bring(data, "--format", "intercom", at("2.json")).report.extended, 1);
  assert.equal(bring(data, "--format", "intercom", at("2.json")).report.unchanged, 1);
  assert.equal(bring(data, "--format", "intercom", at("1.json")).report.unchanged, 1);
  assert.deepEqual(texts(data), [["Hello", "Hi", "Once more"]]);
});

const groove = (messages, more = {}) =>
  JSON.stringify({ ticket_number: 7, state: "open", created_at: "2024-03-05T09:00:00Z", customer: { email: "lea@example.org", name: "Lea Sample" }, messages, ...more });
const said = (id, plain_text_body, note = false) => ({ id, plain_text_body, note, created_at: `2024-03-05T09:00:0${id}Z`, author: { type: "Agent", name: "Tom Tester" } });

test("a close that follows from the state stays where it was when the conversation went on", () => {
  const { at, data } = place({
    "1.json": groove([said("1", "Hi")], { state: "closed", tags: ["a"] }),
    "2.json": groove([said("1", "Hi"), said("2", "Still there?")], { subject: "Renamed" }),
    "3.json": groove([said("1", "Hi"), said("2", "Still there?")], { state: "closed" }),
  });
  const outcomes = ["1.json", "2.json", "3.json", "3.json", "2.json", "1.json"].map((name) => bring(data, "--format", "groove", at(name)).report);
  assert.deepEqual(outcomes.map(({ created, extended, unchanged }) => [created, extended, unchanged].join("")), ["100", "010", "010", "001", "001", "001"]);
  assert.deepEqual(sessionsIn(data)[0].events.map(({ type }) => type), ["message", "closed", "message", "closed"]);
});

test("a message that was edited in the origin is edited here, once; another beginning is refused", () => {
  const { at, data } = place({
    "1.json": groove([said("1", "Hi"), said("2", "My numbr")]),
    "2.json": groove([said("1", "Hi"), said("2", "My number"), said("3", "Bye")]),
    "3.json": groove([said("9", "Something else"), said("2", "My number")]),
  });
  bring(data, "--format", "groove", at("1.json"));
  assert.equal(bring(data, "--format", "groove", at("2.json")).report.extended, 1);
  assert.equal(bring(data, "--format", "groove", at("2.json")).report.unchanged, 1);
  const [{ events }] = sessionsIn(data);
  assert.deepEqual(events.map(({ type, text, target }) => [type, text, target]), [
    ["message", "Hi", undefined],
    ["message", "My numbr", undefined],
    ["message", "Bye", undefined],
    ["edit", "My number", 2],
  ]);
  const { report } = bring(data, "--format", "groove", at("3.json"));
  assert.match(report.refusals[0].reason, /^session groove-\w+ exists and has another event$/);
});

test("a message that was deleted in the origin since then is deleted here", () => {
  const page = (...messages) => JSON.stringify({ meta: {}, payload: messages.map((message) => ({ conversation_id: 1, message_type: 0, created_at: 1709629923, sender: { type: "contact", id: 1, name: "Lea Sample" }, ...message })) });
  const deleted = { id: 2, content: "This message was deleted", content_attributes: { deleted: true } };
  const { at, data } = place({ "1.json": page({ id: 1, content: "Hi" }, { id: 2, content: "secret" }), "2.json": page({ id: 1, content: "Hi" }, deleted, { id: 3, content: "Bye" }) });
  bring(data, "--format", "chatwoot", at("1.json"));
  assert.equal(bring(data, "--format", "chatwoot", at("2.json")).report.extended, 1);
  assert.equal(bring(data, "--format", "chatwoot", at("2.json")).report.unchanged, 1);
  assert.deepEqual(sessionsIn(data)[0].events.map(({ type, target }) => [type, target]), [["message", undefined], ["message", undefined], ["message", undefined], ["delete", 2]]);
});

test("what becomes known of the visitor later is an event, so that a longer export begins alike", () => {
  const head = "chat,at,who,text,email,name\n1,1709629923,guest,Hi,,\n";
  const { at, data } = place({ "1.csv": head, "2.csv": `${head}1,1709629925,guest,I am Lea,lea@example.org,Lea Sample\n`, "my.ini": `${MAP}visitor.email=email\nvisitor.name=name\n${TABLE}` });
  bring(data, "--map", at("my.ini"), at("1.csv"));
  assert.equal(bring(data, "--map", at("my.ini"), at("2.csv")).report.extended, 1);
  const [{ events }] = sessionsIn(data);
  assert.deepEqual(events[1].data, { visitor: { name: "Lea Sample", email: "lea@example.org" } });
});

test("a time that is finer than a millisecond is kept as it was written", () => {
  const rows = ["2024-03-05T09:12:03.123456Z", "2024-03-05T09:12:04.123000Z", "1709629925123456", "1709629926.1234"];
  const { at, data } = place({ "talk.csv": `chat,at,who,text\n${rows.map((row) => `1,${row},guest,x\n`).join("")}`, "my.ini": MAP + TABLE });
  bring(data, "--map", at("my.ini"), at("talk.csv"));
  assert.deepEqual(sessionsIn(data)[0].events.map(({ at: ms, data: kept }) => [ms, kept?.time]), [
    [1709629923123, rows[0]],
    [1709629924123, undefined],
    [1709629925123, rows[2]],
    [1709629926123, rows[3]],
  ]);
});

test("a cell that a spreadsheet cut is counted, departments and operators get our names", () => {
  const map = `${MAP}session.department=team\n${TABLE}[session.department]\nSales team=sales\n[operator]\nTom=tom.tester\n`.replace("participant.type", "participant.name=name\nparticipant.type");
  const { at, data } = place({ "talk.csv": `chat,at,who,name,text,team\n1,1709629923,staff,Tom,${"x".repeat(32766)}ä,Sales team\n1,1709629924,staff,Tom,${"x".repeat(32766)},\n`, "my.ini": map });
  assert.deepEqual(bring(data, "--map", at("my.ini"), at("talk.csv")).report.lost, { "text behind a spreadsheet's 32,767 characters": 1 });
  const [session] = sessionsIn(data);
  assert.equal(session.department, "sales");
  assert.equal(session.events[0].data.participant.operator.username, "tom.tester");
});

test("tables of a database: conversations are joined, a table of something else is refused row by row", () => {
  const { at, data } = place({
    "messages.csv": "id,content,conversation_id,message_type,created_at,private,sender_type,sender_id,content_attributes\n5,Hi,9,0,2024-03-05 09:12:03,f,Contact,3,{}\n",
    "conversations.csv": "id,account_id,status,created_at,contact_id\n9,1,1,2024-03-05 09:12:00,3\n",
    "contacts.csv": "id,name,email,created_at\n9,Lea Sample,lea@example.org,2024-03-01 00:00:00\n",
  });
  const { report } = bring(data, "--format", "chatwoot-csv", at("contacts.csv"), at("conversations.csv"), at("messages.csv"));
  assert.deepEqual([report.created, report.refused], [1, 1]);
  assert.match(report.refusals[0].reason, /^this is neither a message nor a conversation: /);
  const [{ start, events }] = sessionsIn(data);
  assert.deepEqual([start, events.map(({ type }) => type)], [Date.parse("2024-03-05T09:12:00Z"), ["message", "closed"]]);
});

test("a row that is a session: its transcript in one cell stays one message, a cell of JSON is gone into", () => {
  const head = "[file]\nrow=session\n[map]\nsession.id=id\nsession.start=begun\nvisitor.email=mail\n";
  const cells = '"[{""t"":1709629923,""w"":""guest"",""s"":""Hi""},{""t"":1709629924,""w"":""staff"",""s"":""Hello""}]"';
  const { at, data } = place({
    "whole.csv": 'id,begun,mail,talk\n1,2024-03-05T09:12:03Z,lea@example.org,"Lea: Hi\nTom: Hello"\n',
    "whole.ini": `${head}event.text=talk\nparticipant.type="External"\n`,
    "cells.csv": `id,begun,mail,talk\n2,2024-03-05T09:12:03Z,lea@example.org,${cells}\n`,
    "cells.ini": `${head}events=talk\nevent.time=t\nevent.text=s\nparticipant.type=w\n${TABLE}`,
  });
  bring(data, "--map", at("whole.ini"), at("whole.csv"));
  bring(data, "--map", at("cells.ini"), at("cells.csv"));
  assert.deepEqual(texts(data).sort(), [["Hi", "Hello"], ["Lea: Hi\nTom: Hello"]]);
});

test("pages that overlap bring each message once; the same ids of two accounts are two conversations", () => {
  const page = (from) => JSON.stringify({ payload: [from, from + 1].map((id) => ({ id, content: `m${id}`, conversation_id: 1, message_type: 0, created_at: 1709629923 + id, sender: { type: "contact", id: 1 } })) });
  const { at, data } = place({ "1.json": page(2), "2.json": page(1) });
  bring(data, "--format", "chatwoot", "--account", "a", at("1.json"), at("2.json"));
  bring(data, "--format", "chatwoot", "--account", "b", at("1.json"), at("2.json"));
  assert.deepEqual(texts(data), [["m1", "m2", "m3"], ["m1", "m2", "m3"]]);
  assert.equal(new Set(sessionsIn(data).map(({ visitor }) => visitor.id)).size, 2);
});

test("--format help lists every map that comes along, a line each", () => {
  const lines = parley(["import", "--format", "help", "--data", join(temporaryFolder(), "data")]).trim().split("\n");
  const names = lines.map((line) => line.split(" ")[0]);
  for (const file of readdirSync(join(SAMPLES, "../../data/maps"))) assert.ok(names.includes(file.replace(".ini", "")), file);
  assert.ok(names.includes("csv") && names.includes("json"));
  assert.ok(lines.every((line) => line.length < 160));
});

// ---- files that another program writes

const { stringify } = load("csv-stringify/sync");

const ROWS = [
  { chat: "1", at: "2024-03-05T09:12:03Z", who: "guest", text: 'He said "no",\nthen; left\ttabs' },
  { chat: "1", at: "2024-03-05T09:12:04Z", who: "staff", text: "=SUM(A1:A2)" },
  { chat: "2", at: "2024-03-05T09:12:05Z", who: "guest", text: "Grüße € –" },
  { chat: "2", at: "2024-03-05T09:12:06Z", who: "staff", text: "two\r\nlines, 'quoted'" },
];
const DIALECTS = {
  "plain": {},
  "all quoted, CRLF": { quoted: true, record_delimiter: "windows" },
  "semicolons, byte order mark": { delimiter: ";", bom: true },
  "tabs, CR": { delimiter: "\t", record_delimiter: "mac" },
  "formulas escaped": { escape_formulas: true },
};
const ENCODINGS = {
  "UTF-8": (text) => Buffer.from(text),
  "UTF-16LE": (text) => Buffer.from("\ufeff" + text.replace(/^\ufeff/, ""), "utf16le"),
  "windows-1252": (text) => Buffer.from(text.replace(/^\ufeff/, "").replaceAll("€", "\x80").replaceAll("–", "\x96"), "latin1"),
};

for (const [dialect, options] of Object.entries(DIALECTS))
  for (const [encoding, encode] of Object.entries(ENCODINGS))
    test(`npm's csv-stringify: ${dialect}, ${encoding}`, () => {
      const text = stringify(ROWS, { header: true, columns: ["chat", "at", "who", "text"], ...options });
      const named = encoding === "windows-1252" ? MAP.replace("[map]", `encoding=${encoding}\n[map]`) : MAP;
      const { at, data } = place({ "talk.csv": encode(text), "my.ini": named + TABLE });
      assert.deepEqual(bring(data, "--map", at("my.ini"), at("talk.csv")).report.refusals, []);
      assert.deepEqual(texts(data).flat(), ROWS.map((row) => row.text));
    });
