// Dumps of Rocket.Chat: what goes in, and that its own API answers afterwards what its documents said.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bring, newData, sessionsIn } from "../support/archive.mjs";
import { chatHistory, Parley, rocketchat } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { canonical, collections, PARCEL, plain, SAMPLE, version1, VISITOR, writeDump } from "../support/rocketchat.mjs";
import { addCompany, addOperator, parley, Server, temporaryFolder } from "../support/server.mjs";

const QUEUED = "yB4nVc8QtJ6rDwUiM"; // the open one

const exported = (data) => parley(["export", "--data", data]);
const sessionOf = (data, id) => sessionsIn(data).find((session) => session.id === id);

const dumped = (change) => {
  const dump = collections();
  change?.(dump);
  return writeDump(join(temporaryFolder(), "dump"), dump);
};

/** What Rocket.Chat's API answers of the rooms and messages in a data directory. */
async function answers(data) {
  addCompany(data, "Elsewhere");
  const { userId, authToken } = addOperator(data, "Environment", "asker", ["livechat-manager"]);
  const manager = { "X-User-Id": userId, "X-Auth-Token": authToken };
  const server = await Server.start({ data });
  const { history } = (await chatHistory(server, PARCEL, VISITOR, manager)).body;
  const messages = {};
  for (const room of history) messages[room._id] = (await rocketchat(server, `/livechat/${room._id}/messages?count=100`, manager)).body;
  await server.stop();
  return { history, messages };
}

/** What the origin's own API answers of these documents. */
function expected(dump) {
  const rooms = dump.rocketchat_room.filter((room) => room.t === "l").map(plain);
  const shown = (rid) =>
    dump.rocketchat_message
      .map(plain)
      .filter((message) => message.rid === rid && (!message.t || message.t === "livechat-close"))
      .sort((a, b) => (b.ts > a.ts ? 1 : b.ts < a.ts ? -1 : b._id > a._id ? 1 : -1));
  return {
    history: rooms.sort((a, b) => (b.ts > a.ts ? 1 : -1)),
    messages: Object.fromEntries(rooms.map((room) => [room._id, shown(room._id)])),
  };
}

async function assertAnswers(data, dump) {
  const { history, messages } = await answers(data);
  const wanted = expected(dump);
  assert.deepEqual(history, wanted.history);
  for (const [rid, { messages: list, total }] of Object.entries(messages)) {
    assert.deepEqual(list, wanted.messages[rid]);
    assert.equal(total, wanted.messages[rid].length);
  }
}

test("rooms and messages are answered member for member as the documents say", async () => {
  const data = newData();
  const { report, said } = bring(data, SAMPLE);
  assert.match(said, /reading as rocketchat/);
  assert.deepEqual(report, {
    read: 2,
    created: 2,
    extended: 0,
    unchanged: 0,
    refused: 0,
    notices: { e2e: 1, "livechat-started": 1, livechat_video_call: 1 },
    lost: { "bytes of a file": 1, "message without its room": 1 },
    refusals: [],
  });
  await assertAnswers(data, collections());
  assert.match(parley(["check", "--data", data]), /0 findings/);
});

test("messages become events: system messages as their kinds, a file beside a text follows it", () => {
  const data = newData();
  bring(data, SAMPLE);
  const { events, visitor, userData, source } = sessionOf(data, PARCEL);
  const shown = events.map(({ type, text, target, data: { title, comment, was, tags, name, size } }) =>
    [type, text, target, title ?? comment ?? was ?? name, size ?? tags].filter((part) => part !== undefined),
  );
  assert.deepEqual(shown, [
    ["message", "My parcel is late"],
    ["notice", "livechat-started"],
    ["take"],
    ["joined"],
    ["message", "Which number does it have? See https://help.example.org"],
    ["edit", "Which number does it have? See https://help.example.org", 5],
    ["file", "receipt.png", "receipt.png", 20481],
    ["message", "Here is the label"],
    ["file", "label.pdf", "label.pdf", 3071],
    ["message", ""],
    ["delete", 10],
    ["page_visited", "https://shop.example.org/track", "Track and trace"],
    ["page_visited", "https://shop.example.org/help", "Help - and more"],
    ["message", "Thank you!"],
    ["transfer", "He knows the carrier"],
    ["hold", "Waiting for the carrier"],
    ["resume", "the visitor wrote"],
    ["notice", "encrypted", "e2e"],
    ["notice", "Video call", "livechat_video_call"],
    ["left"],
    ["closed", "Solved, have a nice day", ["parcel", "late"]],
    ["recorded"],
  ]);
  assert.equal(events[8].data.url, "/file-upload/f1leLabelAAAAAAA1/label.pdf");
  assert.deepEqual(events[14].data.department, { id: "d3partReturnsAAA1", name: "Returns" });
  assert.equal(events[14].data.operator.username, "paul.lind");
  assert.deepEqual(userData, { orderNumber: "A-1001", customerNumber: "K-77" });
  assert.deepEqual(source, { type: "widget", label: "shop.example.org" });
  assert.deepEqual([visitor.email, visitor.phone, visitor.ip], ["lena@example.org", "+49 30 0000", "192.0.2.7"]);
  assert.ok(!JSON.stringify(events).includes("cipher"));
  const texts = sessionOf(data, QUEUED).events.filter((event) => event.type === "message");
  assert.deepEqual(texts.map(({ id, text }) => [id, text]), [
    ["m1botAAAAAAAAAAA1", "Hello! A colleague will be with you soon."],
    ["m1bAAAAAAAAAAAAA1", "first"],
    ["m1cAAAAAAAAAAAAA1", "second"],
  ]);
});

test("a visitor's token, which opens their history, is shown to their own product's API alone", async () => {
  const data = newData();
  bring(data, SAMPLE);
  const { bearer } = JSON.parse(parley(["company", "token", "Environment", "--data", data]));
  const server = await Server.start({ data });
  const { text } = await new Parley(server, bearer).call("GET", `/sessions/${PARCEL}/events`);
  await server.stop();
  assert.match(text, /"reactions"/);
  assert.doesNotMatch(text, /f1e2d3c4b5a6978877665544/);
});

test("lines, arrays, canonical and version 1, whatever the files are called: the same conversations", () => {
  const lines = (documents) => documents.map((one) => JSON.stringify(one) + "\n").join("");
  const whole = newData();
  bring(whole, SAMPLE);
  const named = (change, write) => {
    const dump = collections();
    for (const name of Object.keys(dump)) dump[name] = dump[name].map(change);
    return [writeDump(join(temporaryFolder(), "dump"), dump, write)];
  };
  const mixed = () => {
    const file = join(temporaryFolder(), "everything.json");
    writeFileSync(file, lines(Object.values(collections()).flat().reverse()));
    return ["--format", "rocketchat", file];
  };
  const scripts = () => {
    const { rocketchat_room, rocketchat_message, ...others } = collections();
    return [writeDump(join(temporaryFolder(), "dump"), { ...others, rocketchat_rooms: rocketchat_room, rocketchat_messages: rocketchat_message })];
  };
  const forms = {
    array: named((one) => one, (documents) => JSON.stringify(documents, null, 1)),
    canonical: named(canonical),
    version1: named(version1),
    mixed: mixed(),
    scripts: scripts(),
  };
  for (const [form, args] of Object.entries(forms)) {
    const data = newData();
    assert.equal(bring(data, ...args).report?.created, 2, form);
    assert.equal(exported(data), exported(whole), form);
  }
});

test("users that work in live chat become operators without credentials, disabled until a password is set", async () => {
  const data = newData();
  bring(data, SAMPLE);
  const list = () =>
    parley(["operator", "list", "--data", data])
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  assert.deepEqual(
    list().map(({ userId, username, roles, disabled }) => [userId, username, roles.join(), disabled]),
    [
      ["aG3ntN0ra5h8TfWzQ", "nora.beck", "livechat-manager,livechat-agent,user", true],
      ["aG3ntPau1Xy4BmRt6", "paul.lind", "livechat-agent,user", true],
    ],
  );
  parley(["operator", "passwd", "nora.beck", "--password-stdin", "--data", data], { input: "a new password\n" });
  assert.deepEqual(list().map(({ disabled }) => disabled), [false, true]);
  assert.match(parley(["department", "list", "--data", data]), /d3partReturnsAAA1.*Returns/);
  const server = await Server.start({ data });
  const login = (user, password) => call(server, "POST", "/api/v1/login", { json: { user, password } });
  assert.equal((await login("nora.beck", "a new password")).status, 200);
  assert.equal((await login("paul.lind", "a new password")).status, 401);
  await server.stop();
});

// ---- the same conversations again ----

const at = (time) => ({ $date: `2024-05-15T${time}Z` });
const NORA = { _id: "aG3ntN0ra5h8TfWzQ", username: "nora.beck", name: "Nora Beck" };
const IRIS = { _id: "aG3ntIr1sQq7Yx2Lk", username: "iris.holm", name: "Iris Holm" };

/** The sample some hours later: the open room was served, messages in it changed, and it was closed. */
function later(dump) {
  const message = (id) => dump.rocketchat_message.find(({ _id }) => _id === id);
  const add = (id, time, u, msg, more) => dump.rocketchat_message.push({ _id: id, rid: QUEUED, msg, ts: at(time), u, ...more, _updatedAt: at(time) });
  add("m2cmdAAAAAAAAAAA1", "10:05:00.000", IRIS, "connected", { t: "command", groupable: false });
  add("m2ujAAAAAAAAAAAA1", "10:05:00.000", IRIS, "iris.holm", { t: "uj", groupable: false });
  add("m2askAAAAAAAAAAA1", "10:05:09.000", IRIS, "How can I help?", { urls: [] });
  add("m2closeAAAAAAAAA1", "10:09:00.000", IRIS, "", { t: "livechat-close", groupable: false });
  const changed = message("m1cAAAAAAAAAAAAA1");
  Object.assign(changed, { msg: "second, mended", editedAt: at("10:01:00.000"), editedBy: { _id: NORA._id, username: NORA.username }, _updatedAt: at("10:01:00.020") });
  Object.assign(message("m1botAAAAAAAAAAA1"), { reactions: { ":+1:": { usernames: ["guest-41"] } }, _updatedAt: at("10:02:00.000") });
  const gone = message("m1bAAAAAAAAAAAAA1");
  delete gone.token;
  delete gone.alias;
  Object.assign(gone, { t: "rm", msg: "", editedAt: at("10:03:00.000"), editedBy: { _id: NORA._id, username: NORA.username }, _updatedAt: at("10:03:00.000") });
  const room = dump.rocketchat_room.find(({ _id }) => _id === QUEUED);
  delete room.open;
  delete room.waitingResponse;
  Object.assign(room, { msgs: 5, lm: at("10:09:00.000"), servedBy: { _id: IRIS._id, username: IRIS.username, ts: at("10:05:00.000") }, closedAt: at("10:09:00.000"), closer: "user", closedBy: { _id: IRIS._id, username: IRIS.username }, tags: ["short"], _updatedAt: at("10:09:00.100") });
}

const counts = ({ read, created, extended, unchanged, refused }) => ({ read, created, extended, unchanged, refused });

test("the same dump twice changes nothing, and a dry run writes nothing", () => {
  const data = newData();
  const dry = bring(data, "--dry-run", SAMPLE).report;
  assert.deepEqual(counts(dry), { read: 2, created: 2, extended: 0, unchanged: 0, refused: 0 });
  assert.equal(exported(data), "");
  assert.doesNotMatch(parley(["operator", "list", "--data", data]), /nora/);
  bring(data, SAMPLE);
  const before = exported(data);
  assert.deepEqual(counts(bring(data, SAMPLE).report), { read: 2, created: 0, extended: 0, unchanged: 2, refused: 0 });
  assert.equal(exported(data), before);
});

test("a later dump appends its tail, and what changed is told by events of its own time", async () => {
  const data = newData();
  const dump = collections();
  later(dump);
  bring(data, SAMPLE);
  const first = sessionOf(data, QUEUED).events;
  const path = dumped(later);
  assert.deepEqual(counts(bring(data, path).report), { read: 2, created: 0, extended: 1, unchanged: 1, refused: 0 });
  const { events } = sessionOf(data, QUEUED);
  assert.deepEqual(events.slice(0, first.length), first);
  const tail = events.slice(first.length).map(({ type, at, target, text }) => [type, new Date(at).toISOString().slice(11, 23), target, text].filter((part) => part !== undefined));
  assert.deepEqual(tail, [
    ["edit", "10:02:00.000", 1, "Hello! A colleague will be with you soon."],
    ["edit", "10:01:00.000", 3, "second, mended"],
    ["delete", "10:03:00.000", 2],
    ["take", "10:05:00.000"],
    ["joined", "10:05:00.000"],
    ["message", "10:05:09.000", "How can I help?"],
    ["closed", "10:09:00.000"],
    ["recorded", "10:09:00.000"],
  ]);
  await assertAnswers(data, dump);
  assert.match(parley(["check", "--data", data]), /0 findings/);
  const after = exported(data);
  for (const again of [path, SAMPLE]) assert.deepEqual(counts(bring(data, again).report), { read: 2, created: 0, extended: 0, unchanged: 2, refused: 0 });
  assert.equal(exported(data), after);
});

test("a room whose document alone changed is recorded anew; the newest document is answered", async () => {
  const data = newData();
  const retagged = (dump) => Object.assign(dump.rocketchat_room[0], { tags: ["parcel"], _updatedAt: at("12:00:00.000"), own: { score: 4.5 } });
  bring(data, SAMPLE);
  assert.equal(bring(data, dumped(retagged)).report.extended, 1);
  const dump = collections();
  retagged(dump);
  await assertAnswers(data, dump);
});

test("another beginning is refused by name, whatever comes behind it", () => {
  const data = newData();
  bring(data, SAMPLE);
  const before = exported(data);
  const others = {
    "a text that is no newer": (dump) => (dump.rocketchat_message[1].msg = "Something else"),
    "a message that is missing": (dump) => dump.rocketchat_message.splice(1, 1),
    "another start": (dump) => (dump.rocketchat_room[0].ts = at("00:00:00.000")),
    "another visitor": (dump) => (dump.rocketchat_room[0].v = { ...dump.rocketchat_room[0].v, _id: "somebodyElse" }),
  };
  for (const [what, change] of Object.entries(others)) {
    const { report } = bring(data, dumped(change));
    assert.deepEqual(counts(report), { read: 2, created: 0, extended: 0, unchanged: 1, refused: 1 }, what);
    assert.match(report.refusals[0].reason, new RegExp(`session ${PARCEL} exists and has another`), what);
    assert.match(report.refusals[0].file, /rocketchat_room.json$/);
    assert.equal(exported(data), before, what);
  }
});

test("a room that went on here answers what it is here, and takes no change from the same dump", async () => {
  const data = newData();
  bring(data, SAMPLE);
  const { bearer } = JSON.parse(parley(["company", "token", "Environment", "--data", data]));
  let server = await Server.start({ data });
  const api = new Parley(server, bearer);
  await api.post(`/sessions/${QUEUED}/events`, { type: "edit", by: 2, target: 3, text: "second, and **loud**" });
  await server.stop();
  const before = exported(data);
  assert.equal(bring(data, SAMPLE).report.unchanged, 2);
  assert.equal(exported(data), before);
  const { history, messages } = await answers(data);
  const room = history.find(({ _id }) => _id === QUEUED);
  assert.equal(room.lastMessage.msg, "second, and **loud**");
  const edited = messages[QUEUED].messages.find(({ _id }) => _id === "m1cAAAAAAAAAAAAA1");
  assert.equal(edited.alias, "Lena Muster");
  assert.equal(edited.md[0].value.at(-1).type, "BOLD");
  assert.ok(edited.editedAt);
});
