// What a room and its messages show of who closed it, of deleted messages, and of times that go back
// (doc/dialects/rocketchat.md, more decisions (l), (m), (p), (q), (r)).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat } from "../../support/dialects.mjs";
import { T0 } from "../../support/lines.mjs";
import { addOperator, emptyData, Server } from "../../support/server.mjs";

let server, api, manager, ann, ben;

before(async () => {
  const { data, bearer } = emptyData();
  const headers = ({ userId, authToken }) => ({ "X-User-Id": userId, "X-Auth-Token": authToken });
  manager = headers(addOperator(data, "Environment", "manager", ["livechat-manager"]));
  ann = { _id: addOperator(data, "Environment", "ann", ["livechat-agent"], ["--name", "Ann"]).userId, username: "ann" };
  ben = { _id: addOperator(data, "Environment", "ben", ["livechat-agent"], ["--name", "Ben"]).userId, username: "ben" };
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

const at = (ms) => new Date(T0 + ms).toISOString();
const message = (ms, text, by = 1) => ({ type: "message", at: T0 + ms, by, text });
const close = (ms, by = 0, data) => ({ type: "closed", at: T0 + ms, by, ...(data ? { data } : {}) });
const remove = (ms, target) => ({ type: "delete", at: T0 + ms, by: 1, target });

/** Imports a conversation of visitor `v-ID` (1), Ann (2), Ben (3), somebody without an account (4) and a bot (5). */
const put = (id, events, more = {}) => api.import([{
  id, visitor: { id: `v-${id}`, name: "Vera", username: `user-${id}`, token: `token-${id}` },
  participants: [
    { id: 1, type: "Client", name: "Vera" },
    { id: 2, type: "Agent", name: "Ann", operator: "ann" },
    { id: 3, type: "Supervisor", name: "Ben", operator: "ben" },
    { id: 4, type: "Agent", name: "Helper" },
    { id: 5, type: "External", name: "bot" },
  ],
  events, ...more,
}]);

async function room(id, query = "") {
  const { body, text } = await chatHistory(server, id, `v-${id}`, manager, query);
  assert.equal(body.success, true, text);
  return body.history[0];
}

async function messages(id, query = "?count=0") {
  const { body, text } = await rocketchat(server, `/livechat/${id}/messages${query}`, manager);
  assert.equal(body.success, true, text);
  return body;
}

const helper = { _id: "Helper", username: "Helper" };
for (const [name, by, data, closer, closedBy] of [
  ["an operator who did not serve", 3, undefined, "user", () => ben],
  ["an operator without an account", 4, undefined, "user", () => helper],
  ["an operator who takes no part", 0, { closer: "operator", operator: { username: "ben" } }, "user", () => ben],
  ["an operator nobody names: who served", 0, { closer: "operator" }, "user", () => ann],
  ["the visitor", 1, undefined, "visitor", (id) => ({ _id: `v-${id}`, username: `user-${id}` })],
  ["a visitor who is only said to have done so", 0, { closer: "visitor" }, "visitor", (id) => ({ _id: `v-${id}`, username: `user-${id}` })],
  ["the system", 0, undefined, "user", () => undefined],
  ["a bot", 5, undefined, "user", () => undefined],
])
  test(`a room closed by ${name} says so, and its close, too`, async () => {
    const id = `closed-by-${name.replaceAll(/\W/g, "-")}`;
    const takes = { type: "take", at: T0 + 1, by: 2 };
    await put(id, [message(0, "hi"), takes, message(2, "hello", 2), close(3, by, { ...data, comment: "done" })]);
    const shown = await room(id);
    assert.equal(shown.closer, closer);
    assert.deepEqual(shown.closedBy, closedBy(id));
    assert.equal("closedBy" in shown, closedBy(id) !== undefined);
    const [last] = (await messages(id)).messages;
    assert.equal(last.t, "livechat-close");
    assert.equal(last.msg, "done");
    const who = closedBy(id) ?? { _id: "rocket.cat", username: "rocket.cat" };
    assert.deepEqual({ _id: last.u._id, username: last.u.username }, who);
    assert.equal(last.token, closer === "visitor" ? `token-${id}` : undefined);
    if (!closedBy(id)) assert.deepEqual(last.u, who);
  });

test("who closed is shown when nobody served, and is not who served later on", async () => {
  await put("never-served", [message(0, "hi"), close(1, 3)]);
  const shown = await room("never-served");
  assert.equal(shown.servedBy, undefined);
  assert.deepEqual(shown.closedBy, ben);
});

test("the close's tags stand in the room; what are no strings do not", async () => {
  await put("tagged", [message(0, "hi"), close(1, 2, { tags: ["sale", "a \"vip\""] })]);
  assert.deepEqual((await room("tagged")).tags, ["sale", "a \"vip\""]);
  await put("badly-tagged", [message(0, "hi"), close(1, 2, { tags: ["sale", { a: 1 }] })]);
  assert.equal("tags" in (await room("badly-tagged")), false);
  await put("untagged", [message(0, "hi"), close(1, 2)]);
  assert.equal("tags" in (await room("untagged")), false);
});

test("a deleted message is gone: from the list, from msgs, lastMessage and lm; reports do not move", async () => {
  const id = "deleted";
  await put(id, [message(0, "one"), message(1000, "two", 2), { type: "typing_started", at: T0 + 1500, by: 1 }, message(2000, "three")]);
  assert.equal((await room(id)).lastMessage.msg, "three");
  const expect = async (texts, lm) => {
    const shown = await room(id);
    assert.equal(shown.msgs, texts.length);
    assert.equal(shown.lastMessage?.msg, texts.at(-1));
    assert.equal("lastMessage" in shown, texts.length > 0);
    assert.equal(shown.lm, lm);
    const list = await messages(id);
    assert.deepEqual(list.messages.map((one) => one.msg), [...texts].reverse());
    assert.equal(list.total, texts.length);
    const session = await api.get(`/sessions/${id}`);
    assert.equal(session.messages, 3);
    assert.equal(session.lastMessage.time, at(2000));
    assert.deepEqual(await api.get(`/summary?from=${at(-1)}&to=${at(1)}`), summaryBefore);
  };
  const summaryBefore = await api.get(`/summary?from=${at(-1)}&to=${at(1)}`);
  await expect(["one", "two", "three"], at(2000));
  const gone = (target) => api.post(`/sessions/${id}/events`, { type: "delete", by: 1, target });
  await gone(4);
  await expect(["one", "two"], at(1000));
  await gone(1);
  await expect(["two"], at(1000));
  await gone(2);
  await expect([], at(0));
  await api.say(id, 1, "four");
  const shown = await room(id);
  assert.equal(shown.lastMessage.msg, "four");
  assert.equal(shown.lm, shown.lastMessage.ts);
});

test("lm and lastMessage are the close where this dialect wrote it, and only there", async () => {
  const ours = { dialect: "rocketchat", comment: "solved" };
  await put("close-ours", [message(0, "hi"), close(5000, 2, ours)], { dialect: "rocketchat" });
  const shown = await room("close-ours");
  assert.equal(shown.lm, at(5000));
  assert.deepEqual(shown.lastMessage, (await messages("close-ours")).messages[0]);
  assert.equal(shown.lastMessage.t, "livechat-close");
  assert.equal(shown.msgs, 3);
  await put("close-theirs", [message(0, "hi"), close(5000, 2, { comment: "solved" })]);
  const theirs = await room("close-theirs");
  assert.equal(theirs.lm, at(0));
  assert.equal(theirs.lastMessage.msg, "hi");
  // An import that goes on after the close moves both again, and a delete moves them back.
  await put("close-ours", [message(0, "hi"), close(5000, 2, ours), message(6000, "late")], { dialect: "rocketchat" });
  assert.equal((await room("close-ours")).lm, at(6000));
  await put("close-ours", [message(0, "hi"), close(5000, 2, ours), message(6000, "late"), remove(7000, 3)], { dialect: "rocketchat" });
  assert.equal((await room("close-ours")).lm, at(5000));
});

test("only the first close is shown", async () => {
  await put("closed-twice", [message(0, "hi"), close(1, 2, { comment: "first" }), close(2, 3, { comment: "second" })]);
  const list = await messages("closed-twice");
  assert.deepEqual(list.messages.map((one) => one.msg), ["first", "hi"]);
  assert.equal(list.total, 2);
});

test("messages are ordered by ts, the index breaks ties, in pages of any size", async () => {
  // 400 messages at 150 times in no order; some deleted, the close in the middle.
  const events = Array.from({ length: 400 }, (_, i) => message(((i * 7919) % 150) * 1000, `m${i}`, 1 + (i % 2)));
  events.splice(200, 0, close(75_000, 2, { comment: "closed" }));
  const deleted = new Set([1, 2, 77, 150, 399, 401]);
  for (const target of deleted) events.push(remove(200_000, target));
  await put("jumbled", events);
  const expected = events
    .map((event, i) => ({ event, index: i + 1 }))
    .filter(({ event, index }) => (event.type === "message" || event.type === "closed") && !deleted.has(index))
    .sort((a, b) => b.event.at - a.event.at || b.index - a.index)
    .map(({ event }) => event.text ?? event.data.comment);
  const down = await messages("jumbled");
  assert.deepEqual(down.messages.map((one) => one.msg), expected);
  assert.equal(down.total, expected.length);
  const ascending = `sort=${encodeURIComponent('{"ts":1}')}`;
  const up = await messages("jumbled", `?count=0&${ascending}`);
  assert.deepEqual(up.messages, [...down.messages].reverse());
  for (const [offset, count] of [[0, 1], [190, 20], [390, 50], [63, 65]]) {
    const page = await messages("jumbled", `?count=${count}&offset=${offset}`);
    assert.deepEqual(page.messages, down.messages.slice(offset, offset + count), `${offset} ${count}`);
    const other = await messages("jumbled", `?count=${count}&offset=${offset}&${ascending}`);
    assert.deepEqual(other.messages, up.messages.slice(offset, offset + count), `${offset} ${count} ascending`);
  }
  const shown = await room("jumbled");
  assert.equal(shown.lm, down.messages[0].ts);
  assert.equal(shown.lastMessage.msg, down.messages[0].msg);
  const found = await messages("jumbled", "?searchTerm=m10&count=0");
  assert.deepEqual(found.messages.map((one) => one.msg), expected.filter((text) => text.includes("m10")));
});

test("a file counts and shows as a message", async () => {
  await put("with-file", [message(0, "look"), { type: "file", at: T0 + 1000, by: 1, text: "a.png", data: { id: "f", name: "a.png" } }]);
  const shown = await room("with-file");
  const list = await messages("with-file");
  assert.equal(shown.msgs, 2);
  assert.equal(shown.lm, at(1000));
  assert.equal(list.total, 2);
  assert.equal(list.messages.length, 2);
  assert.equal(shown.lastMessage._id, list.messages[0]._id);
});
