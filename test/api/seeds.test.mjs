// The four seed requests against the sample company, value by value.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agendize, chatHistory, GenesysChat, Parley } from "../support/dialects.mjs";
import { AGENDIZE, CHAT, PASSWORD, ROCKETCHAT, ROOM, seeds, SESSION, VISITOR } from "../support/sample.mjs";
import { demoData, parley, Server } from "../support/server.mjs";
import { call } from "../support/http.mjs";

let server;
before(async () => {
  server = await Server.start({ data: demoData() });
});
after(() => server.stop());

test("Rocket.Chat: the seed's request answers the seed, in every key and value", async () => {
  const answer = await chatHistory(server, ROOM, VISITOR, ROCKETCHAT);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, seeds.rocketchat);
  assert.deepEqual(Object.keys(answer.body), Object.keys(seeds.rocketchat));
});

test("Rocket.Chat: the seed's paging parameters are taken", async () => {
  const answer = await chatHistory(server, ROOM, VISITOR, ROCKETCHAT, `?offset=0&count=25&sort=${encodeURIComponent('{"_id":1}')}`);
  assert.deepEqual(answer.body, seeds.rocketchat);
  const behind = await chatHistory(server, ROOM, VISITOR, ROCKETCHAT, "?offset=50&count=25");
  assert.deepEqual(behind.body, { history: [], count: 0, offset: 50, total: 1, success: true });
});

test("Rocket.Chat: without login the seed's 401", async () => {
  const answer = await chatHistory(server, ROOM, VISITOR, {});
  assert.equal(answer.status, 401);
  assert.deepEqual(answer.body, { status: "error", message: "You must be logged in to do this." });
});

function seedChat(more = {}) {
  const { alias, secureKey, userId, tenantName } = seeds.genesysRequest;
  return new GenesysChat(server, CHAT, { alias, secureKey, userId, tenantName, ...more });
}

test("Genesys: without transcriptPosition the seed's 15 messages", async () => {
  const answer = await seedChat().messages();
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body.messages, seeds.genesys.messages);
  assert.equal(answer.body.statusCode, 0);
  assert.equal(answer.body.chatEnded, seeds.genesys.chatEnded);
  assert.equal(answer.body.alias, seeds.genesys.alias);
  for (const name of ["userId", "secureKey", "tenantName"]) assert.equal(answer.body[name], seeds.genesysRequest[name]);
  assert.equal(answer.body.chatId, CHAT);
  assert.equal(answer.body.nextPosition, 16);
});

test("Genesys: members stand in the seed's order, additions behind", async () => {
  const { body } = await seedChat().messages();
  assert.deepEqual(Object.keys(body).slice(0, Object.keys(seeds.genesys).length), Object.keys(seeds.genesys));
  body.messages.forEach((message, i) => {
    assert.deepEqual(Object.keys(message), Object.keys(seeds.genesys.messages[i]));
    assert.deepEqual(Object.keys(message.from), Object.keys(seeds.genesys.messages[i].from));
  });
});

test("Genesys: the seed's own request, position 5, answers 5 to 15", async () => {
  const answer = await call(server, "POST", `/api/v2/chats/${CHAT}/messages`, { json: seeds.genesysRequest });
  assert.deepEqual(answer.body.messages, seeds.genesys.messages.slice(4));
});

const ofType = {
  string: (value) => typeof value === "string" && value.length > 0,
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  list: (value) => Array.isArray(value) && value.length > 0,
};

/** All values at a path of the seed's table, as "messages[].sent.dateTime". */
function valuesAt(document, path) {
  let values = [document];
  for (const step of path.split(".")) {
    const list = step.endsWith("[]");
    values = values.map((value) => value?.[list ? step.slice(0, -2) : step]);
    if (list && step !== path) values = values.flat();
  }
  return values;
}

test("Agendize: sample-session-0001 has every field of the seed's table, with its type", async () => {
  const { status, body, headers, text } = await agendize(server, `/history/${SESSION}`, AGENDIZE);
  assert.equal(status, 200, text);
  assert.equal(headers["content-type"], "application/json; charset=utf-8");
  for (const [path, type] of Object.entries(seeds.agendize)) {
    const values = valuesAt(body, path);
    assert.ok(values.length > 0, path);
    for (const value of values) assert.ok(ofType[type](value), `${path}: ${JSON.stringify(value)} is no ${type}`);
  }
  assert.equal(body.id, SESSION);
  assert.equal(body.visitor.emailAddress, body.visitor.emaillAddress);
  const local = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;
  assert.match(body.start.dateTime, local);
  assert.deepEqual(body.start, body.messages[0].sent);
  for (const message of body.messages) {
    assert.match(message.sent.dateTime, local);
    assert.equal(message.sent.timeZone, "America/New_York");
    assert.equal(message.sessionId, SESSION);
    assert.ok(["operator", "visitor"].includes(message.source));
  }
  assert.ok(new Set(body.messages.map((message) => message.source)).size === 2);
});

test("Agendize: the summary has the seed's two numbers and their types", async () => {
  const { status, body, text } = await agendize(server, "/history/summary", AGENDIZE);
  assert.equal(status, 200, text);
  assert.deepEqual(Object.keys(body), ["summary"]);
  assert.deepEqual(Object.keys(body.summary), ["averageChatSessionDuration", "chatSessions"]);
  assert.ok(Number.isInteger(body.summary.chatSessions) && body.summary.chatSessions > 300);
  assert.match(text, /"averageChatSessionDuration":\d+\.\d/, "a float is written as one");
  const none = await agendize(server, "/history/summary?startDate=1999-01-01&endDate=1999-01-02", AGENDIZE);
  assert.equal(none.text, '{"summary":{"averageChatSessionDuration":0.0,"chatSessions":0}}');
});

test("Agendize: without credentials 401, saying how to authenticate", async () => {
  const answer = await agendize(server, `/history/${SESSION}`, {});
  assert.equal(answer.status, 401);
  assert.equal(answer.body.error.statusCode, "401");
  assert.equal(typeof answer.body.error.message, "string");
  assert.ok(Array.isArray(answer.body.error.fields));
  assert.ok(answer.headers["www-authenticate"]);
});

test("the sample bearer reads, writes, imports and administers", async () => {
  const api = new Parley(server, "sample-parley-token");
  const session = await api.get(`/sessions/${SESSION}`);
  assert.equal(session.id, SESSION);
  const listed = await api.get("/sessions?limit=200");
  assert.equal(listed.sessions.length, 200);
  assert.equal(listed.complete, false);
});

test("the sample operators log in, and have the roles that the documentation promises", async () => {
  const roles = {
    environment: ["admin", "livechat-agent", "livechat-manager"],
    "agent.one": ["livechat-agent"],
    "agent.two": ["livechat-agent"],
    "plain.user": ["user"],
  };
  for (const [user, expected] of Object.entries(roles)) {
    const answer = await call(server, "POST", "/api/v1/login", { json: { user, password: PASSWORD } });
    assert.equal(answer.status, 200, `${user}: ${answer.text}`);
    const livechat = answer.body.data.me.roles.filter((role) => role !== "user");
    assert.deepEqual(livechat.sort(), expected.filter((role) => role !== "user"), user);
  }
});

test("check is clean on the sample company, beside the server", () => {
  parley(["check", "--data", server.data]);
});

test("a second start serves the same", async () => {
  const before = await chatHistory(server, ROOM, VISITOR, ROCKETCHAT);
  await server.stop();
  await server.restart();
  const again = await chatHistory(server, ROOM, VISITOR, ROCKETCHAT);
  assert.equal(again.text, before.text);
});
