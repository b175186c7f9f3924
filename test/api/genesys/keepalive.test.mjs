// The silent client leaves; the chat ends when nobody else is in it; a restart does not forget either.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../../support/dialects.mjs";
import { line } from "../../support/lines.mjs";
import { emptyData, Server } from "../../support/server.mjs";

const SECONDS = 2;
let server, bearer;
before(async () => {
  const made = emptyData();
  bearer = made.bearer;
  server = await Server.start({ data: made.data, env: { PARLEY_GENESYS_CHAT_TIMEOUT: String(SECONDS) } });
});
after(() => server?.stop());

/** Asks until `good` says so; the limit is far beyond the timeout, so that only a server that forgot meets it. */
async function until(ask, good) {
  const deadline = Date.now() + (SECONDS + 20) * 1000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    assert.ok(Date.now() < deadline, JSON.stringify(answer));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const session = (id) => new Parley(server, bearer).get(`/sessions/${id}`);
const events = (id) => new Parley(server, bearer).events(id);

test("a silent client leaves and, alone, ends the chat; the key still reads it", async () => {
  const chat = await GenesysChat.request(server);
  const began = Date.now();
  await until(() => session(chat.chatId), ({ state }) => state === "closed");
  assert.ok(Date.now() - began > SECONDS * 900, `closed after ${Date.now() - began} ms`);
  assert.deepEqual((await events(chat.chatId)).map((event) => event.type), ["joined", "left", "closed"]);
  const { body } = await chat.messages();
  assert.equal(body.statusCode, 0);
  assert.equal(body.chatEnded, true);
  assert.deepEqual(body.messages.map((message) => message.type), ["ParticipantJoined", "ParticipantLeft"]);
});

test("polling keeps the client in, a held poll as well", async () => {
  const chat = await GenesysChat.request(server);
  const silent = await GenesysChat.request(server);
  const held = chat.messages({ transcriptPosition: 2, waitSeconds: SECONDS + 2 });
  await until(() => session(silent.chatId), ({ state }) => state === "closed");
  assert.equal((await held).body.chatEnded, false, "who waits for an answer is there");
  assert.equal((await chat.send("here")).body.statusCode, 0);
});

/** A chat with an agent in it whose client was let go for their silence. */
async function letGo() {
  const chat = await GenesysChat.request(server);
  const api = new Parley(server, bearer);
  await api.post(`/sessions/${chat.chatId}/events`, { type: "joined", by: 2, data: { participant: { type: "Agent", name: "Otto" } } });
  const all = await until(() => events(chat.chatId), (all) => all.some((event) => event.type === "left"));
  assert.equal(all.find((event) => event.type === "left").participant.id, 1);
  assert.equal((await session(chat.chatId)).state, "open");
  return chat;
}

const JOINED = ["ParticipantJoined", "ParticipantJoined", "ParticipantLeft", "ParticipantRejoined"];
const types = ({ body }) => body.messages.map((message) => message.type);

test("with an agent in it the chat goes on without the client, who is in again by the next poll", async () => {
  const chat = await letGo();
  const poll = await chat.messages();
  assert.equal(poll.body.statusCode, 0);
  assert.equal(poll.body.chatEnded, false);
  assert.deepEqual(types(poll), JOINED);
  assert.equal((await chat.send("here again")).body.statusCode, 0);
  assert.deepEqual((await events(chat.chatId)).map((event) => event.type), ["joined", "joined", "left", "joined", "message"]);
});

test("many polls at once bring the client back once", async () => {
  const chat = await letGo();
  await Promise.all(Array.from({ length: 8 }, () => chat.messages({ transcriptPosition: 0 })));
  assert.deepEqual(types(await chat.messages()), JOINED);
});

test("the client is in again by any operation, whose answer shows it", async () => {
  const sends = await letGo();
  assert.deepEqual(types(await sends.send("here", { transcriptPosition: 3 })), ["ParticipantLeft", "ParticipantRejoined", "Message"]);
  const completes = await letGo();
  const ended = await completes.operate("Complete");
  assert.equal(ended.body.statusCode, 0, ended.text);
  assert.equal(ended.body.chatEnded, true);
  assert.deepEqual((await events(completes.chatId)).map((event) => event.type), ["joined", "joined", "left", "joined", "left", "left", "closed"]);
});

test("a held poll brings the client back and then waits", async () => {
  const chat = await letGo();
  const held = chat.messages({ transcriptPosition: 5, waitSeconds: 50 });
  await until(() => events(chat.chatId), (all) => all.length === 4);
  await new Parley(server, bearer).say(chat.chatId, 2, "there you are");
  assert.deepEqual((await held).body.messages.map((message) => message.text), ["there you are"]);
});

test("the client is in again after a restart, too; after the close it hears the end", async () => {
  const chat = await letGo();
  const closed = await letGo();
  await new Parley(server, bearer).post(`/sessions/${closed.chatId}/events`, { type: "closed", by: 2 });
  await server.stop();
  await server.restart();
  assert.deepEqual(types(await chat.messages()), JOINED);
  const past = await closed.messages();
  assert.equal(past.body.chatEnded, true);
  assert.deepEqual(types(past), ["ParticipantJoined", "ParticipantJoined", "ParticipantLeft", "ParticipantLeft"]);
  assert.deepEqual((await closed.send("late")).body.errors.map((error) => error.message), ["CHAT_ENDED"]);
});

test("after a restart, and after a kill, the silent client is still noticed", async () => {
  const stopped = await GenesysChat.request(server);
  await server.stop();
  await server.restart();
  await until(() => session(stopped.chatId), ({ state }) => state === "closed");
  const killed = await GenesysChat.request(server);
  await server.kill();
  await server.restart();
  await until(() => session(killed.chatId), ({ state }) => state === "closed");
});

test("imported sessions and those of Parley's API have no idle timer", async () => {
  const api = new Parley(server, bearer);
  const { id } = await api.open();
  await api.import([line("imported-open")]);
  const { chatId, ...credentials } = await api.post("/sessions/imported-open/genesys-credentials");
  assert.equal((await new GenesysChat(server, chatId, credentials).messages()).body.statusCode, 0);
  const silent = await GenesysChat.request(server);
  await until(() => session(silent.chatId), ({ state }) => state === "closed");
  assert.equal((await session(id)).state, "open");
  assert.equal((await session("imported-open")).state, "open");
  await api.post("/sessions/imported-open/events", { type: "left", by: 1 });
  const reader = new GenesysChat(server, chatId, credentials);
  assert.deepEqual(types(await reader.messages()).slice(-1), ["ParticipantLeft"], "reading it changes nothing");
  assert.equal((await reader.send("I am back")).body.statusCode, 0);
  assert.deepEqual(types(await reader.messages()).slice(-2), ["ParticipantRejoined", "Message"]);
});
