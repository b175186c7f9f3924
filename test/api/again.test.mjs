// Pages of history are kept in memory and given again (core/kept.h). Nobody may ever notice: after each change that was
// acknowledged, every page equals one that was never asked for before.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley, unique } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { addOperator, emptyData, parley, Server } from "../support/server.mjs";

let server, api, data, keys, admin, agent;
before(async () => {
  let company;
  ({ data, ...company } = emptyData());
  keys = { apiKey: company.apiKey, token: company.token };
  const tokens = (name, role) => {
    const { userId, authToken } = addOperator(data, "Environment", name, [role]);
    return { "X-User-Id": userId, "X-Auth-Token": authToken };
  };
  admin = tokens("root", "admin");
  agent = tokens("otto", "livechat-agent");
  server = await Server.start({ data });
  api = new Parley(server, company.bearer);
});
after(() => server?.stop());

let spellings = 0;
/** The id percent-encoded in a way that no request has used yet: a page that cannot have been kept. */
function anew(id) {
  let bits = ++spellings;
  return [...id].map((c) => {
    const encoded = bits & 1;
    bits >>>= 1;
    return encoded || !/[\w.~-]/.test(c) ? "%" + c.charCodeAt(0).toString(16).padStart(2, "0") : c;
  }).join("");
}

const pages = {
  rooms: (room, visitor) => [`/api/v1/livechat/visitors.chatHistory/room/${room}/visitor/${visitor}?count=25`, admin],
  "rooms, for an agent": (room, visitor) => [`/api/v1/livechat/visitors.chatHistory/room/${room}/visitor/${visitor}`, agent],
  messages: (room) => [`/api/v1/livechat/${room}/messages`, admin],
  history: (room) => [`/api/2.0/chat/history/${room}`, keys],
  events: (room) => [`/parley/v1/sessions/${room}/events?limit=200`, api.headers],
};

async function given() {
  const metrics = await call(server, "GET", "/metrics");
  return Number(/^parley_answers_given_again_total (\d+)$/m.exec(metrics.text)[1]);
}

const get = ([path, headers]) => call(server, "GET", path, { headers });

/** Every page of the session, asked twice, equals its fresh spelling. Answers the pages. */
async function look(room, visitor) {
  const seen = {};
  for (const [name, page] of Object.entries(pages)) {
    const first = await get(page(encodeURIComponent(room), encodeURIComponent(visitor)));
    const again = await get(page(encodeURIComponent(room), encodeURIComponent(visitor)));
    const fresh = await get(page(anew(room), anew(visitor)));
    assert.equal(again.status, first.status, name);
    assert.equal(again.text, first.text, name);
    assert.equal(fresh.status, first.status, name);
    assert.equal(first.text, fresh.text, name);
    seen[name] = first;
  }
  return seen;
}

test("a page asked for again comes from memory", async () => {
  const { id, visitor } = await api.open();
  await api.say(id, 1, "hello");
  await look(id, visitor.id);
  const before = await given();
  await look(id, visitor.id);
  assert.ok((await given()) - before >= 8, "four pages, twice");
});

test("every change shows at once in every page", async () => {
  const { id, visitor } = await api.open();
  const { index: message } = await api.say(id, 1, "first");
  const changes = {
    message: () => api.say(id, 2, "an answer"),
    edit: () => api.post(`/sessions/${id}/events`, { type: "edit", by: 1, target: message, text: "first, better" }),
    typing: () => api.post(`/sessions/${id}/events`, { type: "typing_started", by: 1 }),
    delete: () => api.post(`/sessions/${id}/events`, { type: "delete", by: 1, target: message }),
    "another session of the visitor": () => api.open({ visitor: { id: visitor.id, name: "Vera the second" } }),
    "an import": () => api.import([{ id: unique(), visitor: { id: visitor.id }, participants: [{ id: 1, type: "Client", name: "V" }],
      events: [{ type: "message", at: 1600000000000, by: 1, text: "long ago" }] }]),
    close: () => api.post(`/sessions/${id}/events`, { type: "closed", by: 2 }),
  };
  let last = await look(id, visitor.id);
  for (const [name, change] of Object.entries(changes)) {
    await change();
    const now = await look(id, visitor.id);
    assert.notEqual(now.rooms.text + now.events.text, last.rooms.text + last.events.text, `${name} shows`);
    last = now;
  }
});

test("a Genesys client's message shows at once in the other dialects", async () => {
  const chat = await GenesysChat.request(server);
  const session = await api.get(`/sessions/${encodeURIComponent(chat.chatId)}`);
  for (let i = 0; i < 5; i++) {
    await chat.send(`message ${i}`);
    const seen = await look(chat.chatId, session.visitor.id);
    assert.equal(seen.messages.body.messages[0].msg, `message ${i}`);
  }
});

/** The same transcript three times: as it may have been kept, again, and as it never is (with a limit). */
async function transcripts(chat, fields = {}) {
  const [first, again, fresh] = [await chat.messages(fields), await chat.messages(fields), await chat.messages({ ...fields, limit: 200 })];
  assert.equal(again.text, first.text);
  assert.equal(fresh.text, first.text);
  return first.body;
}

test("a Genesys transcript comes from memory, whoever of its callers asks, with the caller's own echo", async () => {
  const chat = await GenesysChat.request(server);
  for (let i = 0; i < 5; i++) await chat.send(`message ${i}`);
  const { chatId, ...credentials } = await api.post(`/sessions/${chat.chatId}/genesys-credentials`);
  const other = new GenesysChat(server, chatId, credentials);
  const mine = await chat.messages();
  const before = await given();
  const theirs = await other.messages();
  const echo = ({ userId, secureKey }) => ({ userId, secureKey });
  assert.deepEqual(echo(theirs.body), echo(credentials));
  assert.deepEqual({ ...theirs.body, ...echo(chat.credentials) }, mine.body);
  assert.deepEqual(Object.keys(theirs.body), Object.keys(mine.body));
  const sent = await chat.send("one more", { transcriptPosition: 2 });
  assert.deepEqual((await other.messages({ transcriptPosition: 2 })).body.messages, sent.body.messages, "an operation's answer is kept, too");
  assert.equal((await given()) - before, 2);
});

test("every change shows at once in a Genesys transcript, from every position", async () => {
  const chat = await GenesysChat.request(server);
  await chat.send("first");
  const event = (fields) => api.post(`/sessions/${chat.chatId}/events`, fields);
  const changes = [
    () => chat.send("second"),
    () => event({ type: "edit", by: 1, target: 2, text: "first, better" }),
    () => event({ type: "joined", by: 2, data: { participant: { type: "Agent", name: "Otto" } } }),
    () => event({ type: "nickname", by: 2, text: "Otto II" }),
    () => event({ type: "delete", by: 1, target: 3 }),
    () => event({ type: "closed", by: 2 }),
  ];
  let last = await transcripts(chat);
  for (const change of changes) {
    await change();
    const now = await transcripts(chat);
    assert.notDeepEqual(now, last);
    assert.ok(now.nextPosition > last.nextPosition);
    await transcripts(chat, { transcriptPosition: 2 });
    last = now;
  }
  const page = (fields) => chat.messages({ before: 4, ...fields });
  assert.equal((await page()).text, (await page()).text);
  assert.equal((await page()).body.nextPosition, 4);
  assert.equal(last.chatEnded, true);
});

test("a kept page is given to nobody who may not see it", async () => {
  const { id, visitor } = await api.open({ participants: [{ id: 1, type: "Client", name: "V" }, { id: 2, type: "Agent", name: "Other", operator: "other" }] });
  await api.say(id, 1, "hello");
  await api.post(`/sessions/${id}/events`, { type: "closed", by: 1 });
  const [path] = pages.rooms(id, visitor.id);
  assert.equal((await call(server, "GET", path, { headers: admin })).status, 200);
  assert.equal((await call(server, "GET", path, { headers: agent })).body.success, false);
  assert.equal((await call(server, "GET", path, { headers: admin })).status, 200);
  assert.equal((await call(server, "GET", path)).status, 401);
});

test("a right that was taken away is gone at once", async () => {
  const { id, visitor } = await api.open();
  const { userId, authToken } = JSON.parse(parley(["operator", "token", "root", "--data", data]));
  const headers = { "X-User-Id": userId, "X-Auth-Token": authToken };
  const [path] = pages.rooms(id, visitor.id);
  for (let i = 0; i < 2; i++) assert.equal((await call(server, "GET", path, { headers })).status, 200);
  assert.equal((await call(server, "POST", "/api/v1/logout", { headers })).status, 200);
  assert.equal((await call(server, "GET", path, { headers })).status, 401);
});

test("a visitor that nobody knew has a history from the first chat on", async () => {
  const { id } = await api.open();
  const visitor = `visitor-${unique()}`;
  const page = () => get(pages.rooms(id, visitor));
  for (let i = 0; i < 2; i++) assert.equal((await page()).body.total, 0);
  await api.open({ visitor: { id: visitor, name: "New" } });
  assert.equal((await page()).body.total, 1);
});

test("an erased visitor is gone from every page at once", async () => {
  const { id, visitor } = await api.open();
  await api.say(id, 1, "MARKER-OF-ERASURE");
  await look(id, visitor.id);
  const { chatId, ...credentials } = await api.post(`/sessions/${id}/genesys-credentials`);
  const chat = new GenesysChat(server, chatId, credentials);
  assert.equal((await transcripts(chat)).messages.length, 1);
  await api.call("DELETE", `/visitors/${visitor.id}`);
  assert.equal((await chat.messages()).body.statusCode, 2);
  const seen = await look(id, visitor.id);
  for (const [name, page] of Object.entries(seen)) assert.ok(!page.text.includes("MARKER-OF-ERASURE"), name);
});

test("without memory for it nothing is kept", async () => {
  const bare = emptyData();
  const other = await Server.start({ data: bare.data, env: { PARLEY_ANSWER_MEMORY: "0" } });
  try {
    const here = new Parley(other, bare.bearer);
    const { id } = await here.open();
    for (let i = 0; i < 3; i++) await here.get(`/sessions/${id}/events`);
    assert.match((await call(other, "GET", "/metrics")).text, /^parley_answers_given_again_total 0$/m);
  } finally {
    await other.stop();
  }
});
