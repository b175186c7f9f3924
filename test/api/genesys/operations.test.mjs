// Every operation of the Web API dialect, under every prefix; errors; CORS.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { addCompany, emptyData, Server } from "../../support/server.mjs";

const ALIAS = "238"; // not the default
let server, api, other;
before(async () => {
  const { data, bearer } = emptyData();
  other = addCompany(data, "Other");
  server = await Server.start({ data, env: { PARLEY_GENESYS_PREFIX: "/chat", PARLEY_GENESYS_ALIAS: ALIAS } });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

const CREATE = ["chatId", "path", "userId", "secureKey", "alias", "tenantName", "messages", "statusCode"];
const OPERATE = ["statusCode", "alias", "secureKey", "userId", "tenantName"];
const MESSAGES = ["statusCode", "messages", "alias", "secureKey", "userId", "tenantName", "chatEnded"];

/** Clients keep the last nextPosition they saw: without its messages they would skip what they never saw. */
function togetherOrNeither(body, all) {
  assert.equal(Array.isArray(body.messages), all, JSON.stringify(body));
  assert.equal(Number.isInteger(body.nextPosition), all, JSON.stringify(body));
  assert.equal("messages" in body || "nextPosition" in body, all, JSON.stringify(body));
}

/** What every reply carries; `order` is the page's own order, which comes first. */
function complete(answer, order) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers["content-type"], "application/json");
  const names = Object.keys(answer.body);
  assert.deepEqual(names.slice(0, order.length), order);
  for (const name of ["statusCode", "chatId", "alias", "secureKey", "userId", "tenantName", "chatEnded"])
    assert.ok(names.includes(name), `${name} is missing: ${answer.text}`);
  togetherOrNeither(answer.body, order.includes("messages"));
  return answer.body;
}

for (const prefix of ["", "/webapi", "/eservices", "/chat"])
  test(`every operation answers as it should under ${prefix || "no prefix"}`, async () => {
    const chat = await GenesysChat.request(server, { firstName: "Ann", lastName: "Smith", emailAddress: "ann@example.org", subject: "help", endpoint: "queue", userData: { a: "b" } }, prefix);
    const created = complete(chat.first, CREATE);
    assert.equal(created.path, `/api/v2/chats/${created.chatId}`);
    assert.equal(created.statusCode, 0);
    assert.equal(created.chatEnded, false);
    assert.equal(created.alias, ALIAS);
    assert.match(created.userId, /^[0-9A-F]{16}$/);
    assert.match(created.secureKey, /^[0-9a-f]{16}$/);
    assert.equal(created.messages.length, 1);
    assert.equal(created.messages[0].type, "ParticipantJoined");
    assert.equal(created.nextPosition, 2);
    const began = Date.now();
    for (const [operation, fields] of [
      ["SendStartTypingNotification", { text: "He" }],
      ["SendStopTypingNotification", {}],
      ["SendMessage", { text: "Hello", messageType: "text" }],
      ["SendUrl", { pushUrl: "https://example.org/?a=1" }],
      ["UpdateUserData", { userData: { c: "d" } }],
    ]) {
      const body = complete(await chat.operate(operation, fields), OPERATE);
      assert.equal(body.statusCode, 0);
      assert.equal(body.chatEnded, false);
      assert.equal(body.secureKey, created.secureKey);
      assert.equal(body.userId, created.userId);
    }
    const body = complete(await chat.messages(), MESSAGES);
    assert.deepEqual(body.messages.map(({ index, type, text }) => [index, type, text]), [
      [1, "ParticipantJoined", undefined],
      [2, "TypingStarted", "He"],
      [3, "TypingStopped", undefined],
      [4, "Message", "Hello"],
      [5, "Notice", "https://example.org/?a=1"],
    ]);
    assert.equal(body.nextPosition, 7, "the user data took an index that this dialect does not show");
    for (const message of body.messages) {
      assert.deepEqual(message.from, { nickname: "Ann", participantId: 1, type: "Client" });
      assert.ok(Number.isInteger(message.utcTime) && Math.abs(message.utcTime - began) < 60000);
    }
    assert.equal(body.messages[3].messageType, "text");
    const ended = complete(await chat.operate("Complete"), ["statusCode"]);
    assert.equal(ended.statusCode, 0);
    assert.equal(ended.chatEnded, true);
    const past = complete(await chat.messages(), MESSAGES);
    assert.equal(past.chatEnded, true);
    assert.equal(past.messages.at(-1).type, "ParticipantLeft");
    const again = await chat.operate("Complete");
    assert.equal(again.body.statusCode, 0, "who ends a chat that has ended got what they wanted");
    assert.equal(again.body.chatEnded, true);
    const late = await chat.send("late");
    assert.equal(failed(late, 200, 2, 404).chatEnded, true);
    assert.equal(late.body.errors[0].message, "CHAT_ENDED");
    assert.equal((await chat.messages()).body.messages.length, past.messages.length);
  });

test("a trailing slash is the same path", async () => {
  const created = await call(server, "POST", "/webapi/api/v2/chats/", { json: { tenantName: "Environment", nickname: "Ann" } });
  assert.equal(created.body.statusCode, 0, created.text);
  const { chatId, userId, secureKey, alias, tenantName } = created.body;
  const json = { userId, secureKey, alias, tenantName };
  for (const path of [`/${chatId}/`, `/${chatId}/messages/`]) {
    const answer = await call(server, "POST", `/api/v2/chats${path}`, { json: { ...json, operationName: "SendMessage", text: "x" } });
    assert.equal(answer.body?.statusCode, 0, `${path} ${answer.text}`);
  }
});

test("the nickname: as given, else first and last name, else code 161", async () => {
  const name = async (fields) => (await GenesysChat.request(server, fields)).first.body.messages[0].from.nickname;
  assert.equal(await name({ nickname: "Zoë 😀" }), "Zoë 😀");
  assert.equal(await name({ nickname: undefined, firstName: "Ann", lastName: "Smith" }), "Ann Smith");
  assert.equal(await name({ nickname: "", firstName: "Ann" }), "Ann");
  for (const fields of [{}, { nickname: "" }, { nickname: null }]) {
    const answer = await call(server, "POST", "/api/v2/chats", { json: { tenantName: "Environment", ...fields } });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.statusCode, 2);
    assert.equal(answer.body.errors[0].code, 161);
    togetherOrNeither(answer.body, false);
    assert.equal(answer.body.chatId, "");
  }
  const email = await call(server, "POST", "/api/v2/chats", { json: { tenantName: "Environment", nickname: "A", emailAddress: "nonsense" } });
  assert.equal(email.body.errors[0].code, 364);
});

test("the 2014 widget's tenantId stands in for tenantName; any alias is good; the key stays", async () => {
  const chat = await GenesysChat.request(server);
  const { userId, secureKey } = chat.credentials;
  const answer = await call(server, "POST", `${chat.path}/messages`, { json: { userId, secureKey, alias: "999", tenantId: "Environment" } });
  assert.equal(answer.body.statusCode, 0, answer.text);
  assert.equal(answer.body.alias, ALIAS);
  assert.equal(answer.body.tenantName, "Environment");
  assert.equal(answer.body.secureKey, secureKey);
  const created = await call(server, "POST", "/api/v2/chats", { json: { tenantId: "Environment", nickname: "Ann" } });
  assert.equal(created.body.statusCode, 0, created.text);
});

/** The shape of every error. */
function failed(answer, status, statusCode, code) {
  assert.equal(answer.status, status, answer.text);
  const { body } = answer;
  assert.equal(body.statusCode, statusCode, answer.text);
  assert.equal(body.errors.length, 1);
  assert.deepEqual(Object.keys(body.errors[0]), ["code", "message", "advice"]);
  assert.ok(Number.isInteger(body.errors[0].code));
  if (code) assert.equal(body.errors[0].code, code);
  for (const name of ["chatId", "alias", "secureKey", "userId", "tenantName"]) assert.equal(typeof body[name], "string", name);
  assert.equal(typeof body.chatEnded, "boolean");
  togetherOrNeither(body, false);
  return body;
}

test("a wrong key, a wrong user, an unknown chat and another tenant's chat are one answer", async () => {
  const chat = await GenesysChat.request(server);
  const foreign = await GenesysChat.request(server, { tenantName: "Other" });
  const answers = [];
  const ask = async (id, fields) => {
    for (const [suffix, more] of [["/messages", {}], ["", { operationName: "SendMessage", text: "x" }]]) {
      const sent = { ...chat.credentials, ...fields };
      const answer = await call(server, "POST", `/api/v2/chats/${id}${suffix}`, { json: { ...sent, ...more } });
      const { chatId, secureKey, userId, ...rest } = failed(answer, 200, 2);
      assert.equal(chatId, id);
      assert.equal(userId, sent.userId, "echoed as sent");
      assert.equal(secureKey, sent.secureKey, "echoed as sent");
      answers.push(JSON.stringify(rest));
    }
  };
  await ask(chat.chatId, { secureKey: "0000000000000000" });
  await ask(chat.chatId, { secureKey: "" });
  await ask(chat.chatId, { userId: "0000000000000000" });
  await ask("no-such-chat", {});
  await ask(foreign.chatId, {});
  await ask(foreign.chatId, foreign.credentials.secureKey ? { ...foreign.credentials, tenantName: "Environment" } : {});
  assert.deepEqual(new Set(answers).size, 1, [...new Set(answers)].join("\n"));
  assert.equal((await foreign.messages()).body.messages.length, 1, "nothing was stored");
});

/** Wrong keys until they are slowed down; answers what was said on the way, without what the caller sent. */
async function guess(path, credentials) {
  const answers = [];
  for (let i = 0; i < 300; i++) {
    const sent = { ...credentials, secureKey: i.toString(16).padStart(16, "0") };
    const answer = await call(server, "POST", `${path}/messages`, { json: sent });
    const { statusCode } = answer.body;
    const { secureKey, chatId, ...rest } = failed(answer, 200, statusCode);
    answers.push(rest);
    if (statusCode === 1) return answers;
  }
  assert.fail("300 guesses in a row were all tried");
}

test("guessing keys is slowed down alike for known and unknown chats, and the right key is answered all the same", async () => {
  const chat = await GenesysChat.request(server);
  const known = await guess(chat.path, chat.credentials);
  assert.deepEqual(await guess("/api/v2/chats/no-such-chat-0001", chat.credentials), known);
  assert.equal((await chat.messages()).body.statusCode, 0);
  assert.equal((await chat.send("still here")).body.statusCode, 0);
});

test("an unknown tenant is error 2, also with the right key", async () => {
  const answer = await call(server, "POST", "/api/v2/chats", { json: { tenantName: "Nobody", nickname: "Ann" } });
  assert.equal(failed(answer, 200, 2).chatId, "");
  const chat = await GenesysChat.request(server);
  failed(await chat.messages({ tenantName: "Nobody" }), 200, 2);
});

test("missing and ill-typed parameters are 400, named", async () => {
  const chat = await GenesysChat.request(server);
  for (const name of ["userId", "secureKey", "alias", "tenantName"])
    for (const value of [undefined, 1, null, [], {}])
      for (const answer of [await chat.messages({ [name]: value }), await chat.send("x", { [name]: value })]) {
        const body = failed(answer, 400, 2);
        assert.match(body.errors[0].message, new RegExp(name), `${name} ${value}`);
      }
  const missing = await call(server, "POST", "/api/v2/chats", { json: { nickname: "Ann" } });
  assert.match(failed(missing, 400, 2).errors[0].message, /tenantName/);
  for (const [operation, fields, name] of [
    ["SendMessage", {}, "text"], ["SendMessage", { text: 5 }, "text"], ["SendMessage", { text: "" }, "text"], ["SendMessage", { text: "x", messageType: 3 }, "messageType"],
    ["SendUrl", {}, "pushUrl"], ["SendUrl", { pushUrl: "" }, "pushUrl"], ["SendUrl", { pushUrl: {} }, "pushUrl"],
    ["UpdateUserData", {}, "userData"], ["UpdateUserData", { userData: [] }, "userData"], ["UpdateUserData", { userData: "x" }, "userData"],
    ["SendStartTypingNotification", { text: 1 }, "text"],
    ["Nothing", {}, "operationName"], [undefined, {}, "operationName"], [7, {}, "operationName"],
  ]) {
    const body = failed(await chat.operate(operation, fields), 400, 2);
    assert.match(body.errors[0].message, new RegExp(name), `${operation} ${JSON.stringify(fields)}`);
  }
  assert.equal((await chat.transcript()).length, 1, "nothing was stored");
});

test("malformed JSON, wrong media type, wrong method and too much are refused in one shape", async () => {
  const chat = await GenesysChat.request(server);
  for (const path of ["/api/v2/chats", chat.path, `${chat.path}/messages`]) {
    for (const body of ["{", "", "[]", '"x"', "null", '{"a":1,}', '{"a":1}{}', "{'a':1}", Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d])])
      failed(await call(server, "POST", path, { body, headers: { "Content-Type": "application/json" } }), 400, 2);
    failed(await call(server, "POST", path, { body: "a=b", headers: { "Content-Type": "application/x-www-form-urlencoded" } }), 415, 2);
    for (const method of ["GET", "PUT", "DELETE", "PATCH"]) {
      const answer = await call(server, method, path);
      failed(answer, 405, 2);
      assert.match(answer.headers.allow, /\bPOST\b/);
    }
  }
  failed(await call(server, "POST", "/api/v2/chats/a/b/c", { json: {} }), 404, 2);
  const large = await call(server, "POST", chat.path, { body: "x".repeat(2 << 20), headers: { "Content-Type": "application/json" } }).catch((error) => error);
  if (!(large instanceof Error)) failed(large, 413, 2);
  const long = await chat.send("x".repeat(65537));
  assert.equal(failed(long, 200, 2, 204).chatEnded, false);
  assert.equal((await chat.transcript()).length, 1, "nothing was stored");
});

test("application/json may carry parameters; a client that names no type is believed", async () => {
  const chat = await GenesysChat.request(server);
  const body = JSON.stringify(chat.credentials, null, 2);
  for (const headers of [{ "Content-Type": "application/json; charset=UTF-8" }, { "Content-Type": "Application/JSON" }, {}]) {
    const answer = await call(server, "POST", `${chat.path}/messages`, { body, headers });
    assert.equal(answer.body?.statusCode, 0, answer.text);
  }
});

test("CORS: the origin is echoed, with credentials; preflights are answered", async () => {
  const origin = "https://shop.example";
  for (const asked of ["content-type", "content-type, apikey, x-trace-id"]) {
    const preflight = await call(server, "OPTIONS", "/webapi/api/v2/chats", {
      headers: { Origin: origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": asked },
    });
    assert.ok([200, 204].includes(preflight.status));
    assert.equal(preflight.headers["access-control-allow-origin"], origin);
    assert.equal(preflight.headers["access-control-allow-credentials"], "true");
    assert.equal(preflight.headers["access-control-allow-headers"], asked);
    assert.match(preflight.headers["access-control-allow-methods"], /POST/);
  }
  const chat = await GenesysChat.request(server);
  for (const answer of [
    await chat.messages({}, { headers: { Origin: origin } }),
    await chat.messages({ transcriptPosition: 99 }, { headers: { Origin: origin } }),
    await chat.messages({ secureKey: "x" }, { headers: { Origin: origin } }),
  ]) {
    assert.equal(answer.headers["access-control-allow-origin"], origin);
    assert.equal(answer.headers["access-control-allow-credentials"], "true");
    assert.match(answer.headers.vary, /Origin/i);
  }
  assert.equal((await chat.messages()).headers["access-control-allow-origin"], undefined);
});

test("a key made through Parley's API opens any session, and earlier keys stay good", async () => {
  const { id } = await api.open();
  await api.say(id, 2, "from Otto");
  const first = await api.post(`/sessions/${id}/genesys-credentials`);
  const second = await api.post(`/sessions/${id}/genesys-credentials`);
  assert.deepEqual(Object.keys(first), ["chatId", "userId", "secureKey", "alias", "tenantName"]);
  assert.equal(first.alias, ALIAS);
  for (const { chatId, ...credentials } of [first, second]) {
    assert.equal(chatId, id);
    const chat = new GenesysChat(server, id, credentials);
    assert.deepEqual((await chat.transcript()).map((message) => message.text), ["from Otto"]);
    assert.equal((await chat.send("from Vera")).body.statusCode, 0);
    assert.equal((await chat.operate("SendStopTypingNotification")).body.statusCode, 0);
    break;
  }
  const chat = new GenesysChat(server, id, (({ chatId, ...credentials }) => credentials)(second));
  assert.deepEqual((await chat.transcript()).map(({ from, text }) => [from.type, text]), [["Agent", "from Otto"], ["Client", "from Vera"], ["Client", undefined]]);
});

test("the agent's side shows to the client, its types and its leaving", async () => {
  const chat = await GenesysChat.request(server);
  const joined = (id, type, name) => api.post(`/sessions/${chat.chatId}/events`, { type: "joined", by: id, data: { participant: { type, name } } });
  await joined(2, "Agent", "Otto");
  await joined(3, "External", "bot");
  await joined(4, "Supervisor", "Sue");
  await api.say(chat.chatId, 3, "beep");
  await api.post(`/sessions/${chat.chatId}/events`, { type: "left", by: 2 });
  await api.post(`/sessions/${chat.chatId}/events`, { type: "joined", by: 2 });
  const messages = await chat.transcript();
  assert.deepEqual(messages.map(({ type, from }) => [type, from.type, from.participantId]), [
    ["ParticipantJoined", "Client", 1], ["ParticipantJoined", "Agent", 2], ["ParticipantJoined", "External", 3],
    ["ParticipantJoined", "Supervisor", 4], ["Message", "External", 3], ["ParticipantLeft", "Agent", 2], ["ParticipantRejoined", "Agent", 2],
  ]);
});

test("an edit shows the new text under its index, a deleted message is skipped", async () => {
  const chat = await GenesysChat.request(server);
  await chat.send("frist");
  await chat.send("second");
  await api.post(`/sessions/${chat.chatId}/events`, { type: "edit", by: 1, target: 2, text: "first" });
  await api.post(`/sessions/${chat.chatId}/events`, { type: "delete", by: 1, target: 3 });
  const { body } = await chat.messages();
  assert.deepEqual(body.messages.map(({ index, type, text }) => [index, type, text]), [[1, "ParticipantJoined", undefined], [2, "Message", "first"]]);
  assert.equal(body.nextPosition, 6);
});

test("no message and no notice is ever empty, for one stops the 2014 widget", async () => {
  const id = "with-empty-texts";
  const texts = ["", "one", "", "two"];
  const events = texts.flatMap((text, i) => ["message", "notice", "url", "nickname"].map((type) => ({ type, at: 2 + i, by: 1, text })));
  const participants = [{ id: 1, type: "Client", name: "Vera" }];
  await api.import([{ id, visitor: { id: "v-empty" }, participants, events: [{ type: "joined", at: 1, by: 1 }, ...events] }]);
  const { chatId, ...credentials } = await api.post(`/sessions/${id}/genesys-credentials`);
  const told = (await new GenesysChat(server, chatId, credentials).transcript()).slice(1);
  assert.deepEqual(told.map(({ type, text }) => [type, text]), ["one", "two"].flatMap((text) => ["Message", "Notice", "Notice", "Notice"].map((type) => [type, text])));
});

test("a file shows as a notice: its name and where it is", async () => {
  const chat = await GenesysChat.request(server);
  const file = (fields, data) => api.post(`/sessions/${chat.chatId}/events`, { type: "file", by: 1, ...fields, data });
  await file({ text: "plan.pdf" }, { id: "f1", name: "plan.pdf", type: "application/pdf", size: 10, url: "https://files.example/f1" });
  await file({ text: "note.txt" }, { id: "f2", name: "note.txt" });
  const told = (await chat.transcript()).slice(1);
  assert.deepEqual(told.map(({ type, text }) => [type, text]), [["Notice", "plan.pdf https://files.example/f1"], ["Notice", "note.txt"]]);
});

test("the text of the create call is the first message", async () => {
  const chat = await GenesysChat.request(server, { text: "Where is my parcel?" });
  const { body } = chat.first;
  assert.deepEqual(body.messages.map(({ index, type, text }) => [index, type, text]), [[1, "ParticipantJoined", undefined], [2, "Message", "Where is my parcel?"]]);
  assert.equal(body.nextPosition, 3);
  assert.deepEqual(await chat.transcript(), body.messages);
  assert.equal((await GenesysChat.request(server, { text: "" })).first.body.nextPosition, 2);
  const create = (text) => call(server, "POST", "/api/v2/chats", { json: { tenantName: "Environment", nickname: "Ann", text } });
  failed(await create("x".repeat(65537)), 200, 2, 204);
  assert.match(failed(await create(5), 400, 2).errors[0].message, /text/);
});

test("an operation that names transcriptPosition answers the messages from there on, its own included", async () => {
  const chat = await GenesysChat.request(server);
  await api.say(chat.chatId, 1, "from elsewhere");
  const both = [...OPERATE, "chatId", "chatEnded", "messages"];
  const sent = complete(await chat.send("hello", { transcriptPosition: 2 }), both);
  assert.deepEqual(sent.messages.map(({ index, text }) => [index, text]), [[2, "from elsewhere"], [3, "hello"]]);
  assert.equal(sent.nextPosition, 4);
  const typed = complete(await chat.operate("SendStartTypingNotification", { transcriptPosition: "4" }), both);
  assert.deepEqual(typed.messages.map(({ index, type }) => [index, type]), [[4, "TypingStarted"]]);
  const data = complete(await chat.operate("UpdateUserData", { userData: { a: "b" }, transcriptPosition: 5 }), both);
  assert.deepEqual(data.messages, []);
  assert.equal(data.nextPosition, 6);
  for (const transcriptPosition of [0, 99]) {
    const none = complete(await chat.send("x", { transcriptPosition }), both);
    assert.deepEqual(none.messages, []);
  }
  for (const transcriptPosition of [-1, "x", 1.5]) {
    const body = failed(await chat.send("x", { transcriptPosition }), 400, 2);
    assert.match(body.errors[0].message, /transcriptPosition/);
  }
  complete(await chat.send("x", { transcriptPosition: null }), OPERATE);
  const ended = complete(await chat.operate("Complete", { transcriptPosition: 9 }), both);
  assert.equal(ended.chatEnded, true);
  assert.deepEqual(ended.messages.map(({ index, type }) => [index, type]), [[9, "ParticipantLeft"]]);
  assert.deepEqual(complete(await chat.operate("Complete", { transcriptPosition: 9 }), both), ended);
});

test("every answer to the right key tells whether the chat has ended, refusals too; to a wrong one none does", async () => {
  const chat = await GenesysChat.request(server);
  const ask = (fields) => [
    chat.send("x", { text: 5, ...fields }),
    chat.operate("Nothing", fields),
    chat.operate("UpdateUserData", { userData: [], ...fields }),
    chat.messages({ transcriptPosition: -1, ...fields }),
    chat.messages({ waitSeconds: 99, ...fields }),
    chat.messages({ alias: null, ...fields }),
    chat.send("x".repeat(65537), fields),
  ];
  const ended = async (fields = {}) => (await Promise.all(ask(fields))).map(({ body }) => body.chatEnded);
  assert.deepEqual([...new Set(await ended())], [false]);
  await chat.operate("Complete");
  assert.deepEqual([...new Set(await ended())], [true]);
  assert.deepEqual([...new Set(await ended({ secureKey: "0000000000000000" }))], [false]);
  assert.equal((await chat.operate("SendUrl", { pushUrl: "https://a.example" })).body.chatEnded, true);
  assert.equal((await chat.operate("Complete")).body.chatEnded, true);
});

test("who closes, everybody present leaves before the end, and the client hears of its own leaving", async () => {
  const chat = await GenesysChat.request(server);
  const append = (event) => api.post(`/sessions/${chat.chatId}/events`, event);
  await append({ type: "joined", by: 2, data: { participant: { type: "Agent", name: "Otto" } } });
  await append({ type: "joined", by: 3, data: { participant: { type: "External", name: "bot" } } });
  const held = chat.messages({ transcriptPosition: 4, waitSeconds: 50 });
  const closed = await append({ type: "closed", by: 2 });
  assert.equal(closed.index, 7, "the close's own index");
  const { body } = await held;
  assert.equal(body.chatEnded, true);
  assert.deepEqual(body.messages.map(({ type, from }) => [type, from.participantId]), [["ParticipantLeft", 2], ["ParticipantLeft", 1], ["ParticipantLeft", 3]]);
  assert.equal(body.nextPosition, 8);
  assert.deepEqual((await api.events(chat.chatId)).slice(3).map(({ type, index }) => [type, index]), [["left", 4], ["left", 5], ["left", 6], ["closed", 7]]);
});
