// What the documents of rooms, messages, visitors and users say.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat, unique } from "../../support/dialects.mjs";
import { line } from "../../support/lines.mjs";
import { addOperator, emptyData, Server } from "../../support/server.mjs";

let server, api, manager, otto;

before(async () => {
  const { data, bearer } = emptyData();
  const headers = ({ userId, authToken }) => ({ "X-User-Id": userId, "X-Auth-Token": authToken });
  manager = headers(addOperator(data, "Environment", "manager", ["livechat-manager"]));
  otto = headers(addOperator(data, "Environment", "otto", ["livechat-agent"], ["--name", "Otto O."]));
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

async function roomOf(id, visitor) {
  const { body, text } = await chatHistory(server, id, visitor, manager);
  assert.equal(body.success, true, text);
  return body.history.find((room) => room._id === id);
}

test("an operator whom a transfer, a take or a join names by username or id alone is shown whole", async () => {
  const whole = { _id: otto["X-User-Id"], username: "otto" };
  for (const operator of [{ username: "otto" }, { id: whole._id }])
    for (const event of [
      { type: "transfer", data: { operator } },
      { type: "take", by: 2, data: { operator } },
      { type: "joined", by: 3, data: { participant: { type: "Agent", name: "Otto", operator } } },
    ]) {
      const visitor = `visitor-${unique()}`;
      const { id } = await api.open({ visitor: { id: visitor, name: "Vera" } });
      await api.post(`/sessions/${id}/events`, event);
      const { servedBy } = await roomOf(id, visitor);
      assert.deepEqual({ _id: servedBy._id, username: servedBy.username }, whole, JSON.stringify(event));
      const [stored] = await api.events(id);
      assert.deepEqual((stored.data.participant ?? stored.data).operator, { id: whole._id, username: "otto", name: "Otto O." });
    }
});

test("a line that names an operator by half is the same line when it comes again", async () => {
  const moved = line("moved");
  moved.events.push({ type: "transfer", at: moved.events.at(-1).at + 1, by: 2, data: { operator: { username: "otto" } } });
  assert.equal((await api.import([moved])).created, 1);
  assert.equal((await roomOf("moved", "v-moved")).servedBy._id, otto["X-User-Id"]);
  assert.equal((await api.import([moved])).unchanged, 1);
  moved.events.at(-1).data.operator.username = "nobody";
  assert.equal((await api.call("POST", "/import", { body: JSON.stringify(moved), headers: { "Content-Type": "application/x-ndjson" } })).status, 409);
});

test("visitors.info knows where the visitor's newest session came from, and how it stands", async () => {
  const visitor = { id: "ida", name: "Ida", email: "ida@example.org", phone: "+49 30 1" };
  const past = line("ida-past", { visitor: { ...visitor, ip: "192.0.2.1" } });
  await api.import([past]);
  const get = async () => (await rocketchat(server, "/livechat/visitors.info?visitorId=ida", manager)).body.visitor;
  const before = await get();
  assert.equal(before.ip, "192.0.2.1");
  assert.equal(before.status, "online");
  assert.equal(before._updatedAt, new Date(past.events.at(-1).at).toISOString());
  const { id, start } = await api.open({ visitor: { ...visitor, ip: "2001:db8::7", userAgent: "Browser/1" }, department: "sales" });
  await api.post(`/sessions/${id}/events`, { type: "closed" });
  const after = await get();
  assert.deepEqual(after.lastChat, { _id: id, ts: start });
  assert.ok(after._updatedAt >= start, after._updatedAt);
  delete after._updatedAt;
  assert.deepEqual(after, {
    ...{ _id: "ida", username: before.username, token: before.token, name: "Ida", ts: before.ts },
    ...{ ip: "2001:db8::7", userAgent: "Browser/1", department: "sales", status: "offline", lastChat: { _id: id, ts: start } },
    ...{ visitorEmails: [{ address: "ida@example.org" }], phone: [{ phoneNumber: "+49 30 1" }] },
  });
});

test("a room has the weights that rooms without priority have", async () => {
  await api.import([line("weighed")]);
  const room = await roomOf("weighed", "v-weighed");
  assert.equal(room.priorityWeight, 99);
  assert.equal(room.estimatedWaitingTimeQueue, 9999999);
});

const messagesOf = async (id, query = "?count=0") => (await rocketchat(server, `/livechat/${id}/messages${query}`, manager)).body;

test("an edited message says when and by whom: its author, another, the visitor, who takes no part, nobody known", async () => {
  const visitor = { id: "edith", name: "Edith" };
  const { id } = await api.open({
    visitor,
    participants: [
      { id: 1, type: "Client", name: "Edith" },
      { id: 2, type: "Agent", name: "Otto", operator: "otto" },
      { id: 3, type: "External", name: "bot" },
    ],
  });
  for (const by of [1, 2, 3]) await api.post(`/sessions/${id}/events`, { type: "joined", by });
  const { username } = (await rocketchat(server, "/livechat/visitors.info?visitorId=edith", manager)).body.visitor;
  const operator = { _id: otto["X-User-Id"], username: "otto" }, client = { _id: "edith", username };
  for (const [writer, editor, editedBy] of [
    [2, { by: 2 }, operator],
    [1, { by: 2 }, operator],
    [1, { by: 1 }, client],
    [2, { by: 3 }, { _id: `${id}.3`, username: "bot" }],
    [1, { data: { operator: { username: "otto" } } }, operator],
    [1, { data: { operator: { name: "Administrator" } } }, { _id: "Administrator", username: "Administrator" }],
    [2, {}, { _id: "rocket.cat", username: "rocket.cat" }],
  ]) {
    const { index } = await api.say(id, writer, "teh");
    const { time } = await api.post(`/sessions/${id}/events`, { type: "edit", target: index, text: "the", ...editor });
    for (const message of [(await messagesOf(id)).messages[0], (await roomOf(id, "edith")).lastMessage]) {
      assert.equal(message.msg, "the");
      assert.equal(message.editedAt, time);
      assert.deepEqual(message.editedBy, editedBy, JSON.stringify(editor));
    }
  }
  await api.say(id, 1, "as it was written");
  assert.ok(!("editedBy" in (await messagesOf(id)).messages[0]));
});

test("a file is a message with file, files and attachments, newest of its room, counted and not searched", async () => {
  const { id } = await api.open({ visitor: { id: "fred", name: "Fred" } });
  for (const by of [1, 2]) await api.post(`/sessions/${id}/events`, { type: "joined", by });
  await api.say(id, 1, "here it comes");
  const send = (text, data) => api.post(`/sessions/${id}/events`, { type: "file", by: 1, text, data });
  const stored = await send("map.png", { id: "f1", name: "map.png", type: "image/png", size: 1234, url: "https://files.example/f1" });
  const image = { _id: "f1", name: "map.png", type: "image/png", size: 1234, format: "" };
  const { messages, total } = await messagesOf(id);
  assert.equal(total, 2);
  const [message] = messages;
  assert.equal(message._id, stored.id);
  assert.equal(message.msg, "");
  assert.equal(message.t, undefined);
  assert.equal(message.alias, "Fred");
  assert.deepEqual(message.file, image);
  assert.deepEqual(message.files, [image]);
  assert.deepEqual(message.attachments, [
    {
      ...{ title: "map.png", type: "file", title_link: "https://files.example/f1", title_link_download: true },
      ...{ image_url: "https://files.example/f1", image_type: "image/png", image_size: 1234 },
    },
  ]);
  for (const name of ["urls", "mentions", "channels"]) assert.deepEqual(message[name], []);
  assert.ok(!("md" in message));
  const room = await roomOf(id, "fred");
  assert.equal(room.msgs, 2);
  assert.equal(room.lm, stored.time);
  assert.deepEqual(room.lastMessage.file, image);
  assert.equal((await messagesOf(id, "?searchTerm=map")).total, 0);

  for (const [type, members] of [["audio/ogg", ["audio_url", "audio_type", "audio_size"]], ["video/mp4", ["video_url", "video_type", "video_size"]], ["text/plain", ["size"]]]) {
    await send("any", { type, size: 5, url: "/files/5" });
    const [attachment] = (await messagesOf(id)).messages[0].attachments;
    assert.deepEqual(Object.keys(attachment), ["title", "type", "title_link", "title_link_download", ...members], type);
  }
});

test("a file of which little is known, or whose address a browser would run, has no link", async () => {
  const { id } = await api.open({ visitor: { id: "lea", name: "Lea" } });
  await api.post(`/sessions/${id}/events`, { type: "joined", by: 1 });
  for (const data of [undefined, { url: "javascript:alert(1)" }, { url: "//elsewhere.example/x" }, { url: 7, size: "big", name: [] }]) {
    const stored = await api.post(`/sessions/${id}/events`, { type: "file", by: 1, text: "notes.txt", data });
    const [message] = (await messagesOf(id)).messages;
    assert.deepEqual(message.file, { _id: stored.id, name: "notes.txt", type: "file", size: 0, format: "" });
    assert.deepEqual(message.attachments, [{ title: "notes.txt", type: "file" }]);
  }
});

test("searchTerm looks through the close's comment too", async () => {
  const { id } = await api.open({ visitor: { id: "sue", name: "Sue" } });
  for (const by of [1, 2]) await api.post(`/sessions/${id}/events`, { type: "joined", by });
  await api.say(id, 1, "does it work?");
  await api.post(`/sessions/${id}/events`, { type: "closed", by: 2, data: { comment: "It WORKS (now)" } });
  const search = async (term) => (await messagesOf(id, `?searchTerm=${encodeURIComponent(term)}`)).messages.map((one) => one.t ?? one.msg);
  assert.deepEqual(await search("works (NOW"), ["livechat-close"]);
  assert.deepEqual(await search("work"), ["livechat-close", "does it work?"]);
  assert.deepEqual(await search("closed"), []);
});

/** The value at a dot path; undefined for what the sort counts as absent. */
function at(document, path) {
  const value = path.split(".").reduce((node, step) => (node && typeof node === "object" && !Array.isArray(node) ? node[step] : undefined), document);
  return value === null || typeof value === "object" ? undefined : value;
}

const compare = (a, b) => (a === b ? 0 : a === undefined ? -1 : b === undefined ? 1 : a < b ? -1 : 1);

/** Sorted by their own values; what is equal stands newest first, as the list does by default. */
function sortedBy(newestFirst, order) {
  return [...newestFirst].sort((a, b) => {
    for (const [path, direction] of Object.entries(order)) {
      const result = compare(at(a, path), at(b, path)) * direction;
      if (result) return result;
    }
    return 0;
  });
}

test("messages sort by any member, as sorting the documents by their own values does", async () => {
  const { id } = await api.open({
    visitor: { id: "mona", name: "Mona" },
    participants: [
      { id: 1, type: "Client", name: "Mona" },
      { id: 2, type: "Agent", name: "Otto", operator: "otto" },
    ],
  });
  for (const by of [1, 2]) await api.post(`/sessions/${id}/events`, { type: "joined", by });
  for (let i = 0; i < 150; i++) await api.say(id, 1 + (i % 2), `text ${(i * 37) % 50}`, i % 3 ? {} : { id: `chosen-${(i * 53) % 1000}` });
  for (const [target, by] of [[5, 1], [40, 2], [80, 2]]) await api.post(`/sessions/${id}/events`, { type: "edit", by, target, text: `edited ${target}` });
  await api.post(`/sessions/${id}/events`, { type: "delete", by: 2, target: 50 });
  for (const size of [9, 80]) await api.post(`/sessions/${id}/events`, { type: "file", by: 1, text: `${size}.txt`, data: { size } });
  await api.post(`/sessions/${id}/events`, { type: "closed", by: 2, data: { comment: "text 7" } });
  const all = (await messagesOf(id)).messages;
  assert.equal(all.length, 152);
  const paths = new Set(["nothing"]);
  const walk = (node, path) => {
    for (const [key, value] of Object.entries(node))
      if (value && typeof value === "object" && !Array.isArray(value)) walk(value, `${path}${key}.`);
      else paths.add(path + key);
  };
  for (const one of all) walk(one, "");
  for (const name of ["editedBy._id", "file.size", "alias", "t", "md"]) assert.ok(paths.has(name), name);
  const get = (order, more = "count=0") => messagesOf(id, `?${more}&sort=${encodeURIComponent(JSON.stringify(order))}`);
  for (const path of paths)
    for (const direction of [1, -1]) {
      if (path === "ts" && direction === 1) continue; // equal times in the order of the log: below
      const { messages } = await get({ [path]: direction });
      assert.deepEqual(messages.map((one) => one._id), sortedBy(all, { [path]: direction }).map((one) => one._id), `${path} ${direction}`);
    }
  assert.deepEqual((await get({ ts: 1 })).messages, [...all].reverse());
  const order = { "u.username": 1, msg: -1 };
  const page = await get(order, "count=10&offset=40");
  assert.deepEqual(page, { messages: sortedBy(all, order).slice(40, 50), offset: 40, count: 10, total: 152, success: true });
  const found = await get(order, "count=2&offset=1&searchTerm=TEXT+7");
  const wanted = sortedBy(all.filter((one) => one.msg.includes("text 7")), order);
  assert.deepEqual(found.messages, wanted.slice(1, 3));
  assert.equal(found.total, wanted.length);
  assert.deepEqual((await get(order, "offset=152")).messages, []);
});

test("a sort of more than can be held is refused, and says so", async () => {
  const long = "x".repeat(60000);
  const { id } = await api.open({ visitor: { id: "max", name: "Max" } });
  await api.post(`/sessions/${id}/events`, { type: "joined", by: 1 });
  const send = async () => assert.ok((await api.say(id, 1, long)).id);
  for (let i = 0; i < 600; i += 50) await Promise.all(Array.from({ length: 50 }, send));
  const answer = await rocketchat(server, `/livechat/${id}/messages?sort=${encodeURIComponent('{"msg":1}')}`, manager);
  assert.equal(answer.status, 400);
  assert.deepEqual(answer.body, { success: false, error: "Sort exceeded memory limit of 33554432 bytes" });
  assert.equal((await messagesOf(id, `?count=1&sort=${encodeURIComponent('{"_id":1}')}`)).total, 600);
});
