// Get Messages: positions, held polls, pages, long transcripts.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley, unique } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { emptyData, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

/** A chat with so many events in all. */
async function chatWith(count) {
  const chat = await GenesysChat.request(server);
  for (let i = 2; i <= count; i++) await chat.send(`message ${i}`);
  return chat;
}

test("transcriptPosition is an inclusive start; absent, null and 1 are all, 0 is none", async () => {
  const chat = await chatWith(6);
  for (const [position, first] of [[undefined, 1], [null, 1], [1, 1], [2, 2], [6, 6], ["3", 3], ["1", 1], [4.0, 4]]) {
    const { body } = await chat.messages({ transcriptPosition: position });
    assert.deepEqual(body.messages.map((message) => message.index), [1, 2, 3, 4, 5, 6].slice(first - 1), String(position));
    assert.equal(body.nextPosition, 7);
  }
  for (const position of [0, "0", 7, 8, 1000000, 1e15, "123456789"]) {
    const { status, body } = await chat.messages({ transcriptPosition: position });
    assert.equal(status, 200, `${position}: ${JSON.stringify(body)}`);
    assert.deepEqual(body.messages, [], String(position));
    assert.equal(body.statusCode, 0);
    assert.equal(body.nextPosition, 7);
  }
  for (const position of [-1, 1.5, "-1", "1.5", "abc", "", " 1", true, [], {}, [1], "0x10", -1e300]) {
    const { status, body } = await chat.messages({ transcriptPosition: position });
    assert.equal(status, 400, String(position));
    assert.equal(body.statusCode, 2);
    assert.match(body.errors[0].message, /transcriptPosition/);
  }
});

test("numbers beyond every integer are refused or past the end, never a crash", async () => {
  const chat = await chatWith(2);
  for (const digits of ["99999999999999999999", "1e400", "1e308", "18446744073709551615", "-99999999999999999999"]) {
    const body = JSON.stringify({ ...chat.credentials, transcriptPosition: "N" }).replace('"N"', digits);
    const answer = await call(server, "POST", `${chat.path}/messages`, { body, headers: { "Content-Type": "application/json" } });
    assert.ok([200, 400].includes(answer.status), `${digits}: ${answer.status}`);
    if (answer.status === 200) assert.deepEqual(answer.body.messages, []);
  }
});

test("a held poll is woken by the next event, and answers that", async () => {
  const chat = await chatWith(2);
  const held = chat.messages({ transcriptPosition: 3, waitSeconds: 30 });
  const typed = await chat.operate("SendStartTypingNotification", { text: "..." });
  assert.equal(typed.body.statusCode, 0);
  const { body } = await held;
  assert.deepEqual(body.messages.map(({ index, type }) => [index, type]), [[3, "TypingStarted"]]);
  assert.equal(body.nextPosition, 4);
});

test("many held polls of one chat and of many are all woken", async () => {
  const chats = await Promise.all(Array.from({ length: 8 }, () => chatWith(1)));
  const polls = chats.flatMap((chat) => Array.from({ length: 6 }, () => chat.messages({ transcriptPosition: 2, waitSeconds: 50 })));
  await Promise.all(chats.map((chat, i) => api.post(`/sessions/${chat.chatId}/events`, { type: "message", by: 1, text: `for ${i}` })));
  const answers = await Promise.all(polls);
  answers.forEach((answer, i) => assert.deepEqual(answer.body.messages.map((message) => message.text), [`for ${Math.floor(i / 6)}`]));
});

test("a held poll ends empty when its time is up", async () => {
  const chat = await chatWith(1);
  const began = Date.now();
  const { status, body } = await chat.messages({ transcriptPosition: 2, waitSeconds: 1 });
  assert.equal(status, 200);
  assert.deepEqual(body.messages, []);
  assert.equal(body.nextPosition, 2);
  assert.ok(Date.now() - began >= 950, `${Date.now() - began} ms`);
});

test("a poll with something to tell does not wait; nor one with position 0, nor one of an ended chat", async () => {
  const chat = await chatWith(2);
  const quick = async (fields) => {
    const began = Date.now();
    const { body } = await chat.messages({ waitSeconds: 60, ...fields });
    assert.ok(Date.now() - began < 20000);
    return body;
  };
  assert.equal((await quick({})).messages.length, 2);
  assert.equal((await quick({ transcriptPosition: 0 })).messages.length, 0);
  await chat.operate("Complete");
  const past = await quick({ transcriptPosition: 50 });
  assert.equal(past.chatEnded, true);
  assert.deepEqual(past.messages, []);
});

test("a held poll is told that the chat has ended", async () => {
  const chat = await chatWith(1);
  const held = chat.messages({ transcriptPosition: 2, waitSeconds: 50 });
  await chat.operate("Complete");
  const { body } = await held;
  assert.equal(body.messages[0].type, "ParticipantLeft");
});

test("a poll that goes away leaves nothing behind", async () => {
  const chat = await chatWith(1);
  for (let i = 0; i < 20; i++) {
    const abort = new AbortController();
    const held = chat.messages({ transcriptPosition: 2, waitSeconds: 60 }, { signal: abort.signal, headers: { Connection: "close" } });
    setImmediate(() => abort.abort());
    await assert.rejects(held);
  }
  await chat.send("still here");
  assert.equal((await chat.transcript({ transcriptPosition: 2 }))[0].text, "still here");
});

test("waitSeconds out of range or of another type is refused", async () => {
  const chat = await chatWith(1);
  for (const waitSeconds of [-1, 61, 1.5, "5", true, [], 1e30]) {
    const answer = await chat.messages({ transcriptPosition: 2, waitSeconds });
    assert.equal(answer.status, 400, `${waitSeconds} ${answer.text}`);
    assert.match(answer.body.errors[0].message, /waitSeconds/);
  }
});

test("limit pages forwards, before pages backwards, and together they give all, once", async () => {
  const chat = await chatWith(23);
  const all = await chat.transcript();
  const forwards = [];
  for (let position = 1; ; ) {
    const { body } = await chat.messages({ transcriptPosition: position, limit: 5 });
    if (!body.messages.length) break;
    forwards.push(...body.messages);
    position = body.nextPosition;
  }
  assert.deepEqual(forwards, all);
  const backwards = [];
  for (let before = 24; before > 1; ) {
    const messages = await chat.transcript({ before, limit: 5 });
    if (!messages.length) break;
    backwards.unshift(...messages);
    before = messages[0].index;
  }
  assert.deepEqual(backwards, all);
  for (const fields of [{ limit: 0 }, { limit: 201 }, { limit: -1 }, { limit: "5" }, { before: 0 }, { before: -3 }, { before: "x" }]) {
    const answer = await chat.messages(fields);
    assert.equal(answer.status, 400, JSON.stringify(fields));
  }
});

/** Imports a conversation of these kinds, one a millisecond; answers the chat. */
async function chatOf(kinds) {
  const id = `kinds-${unique()}`;
  const events = kinds.map((type, i) => ({ type, at: T0 + i, by: 1, ...(type === "message" ? { text: `message ${i + 1}` } : {}) }));
  await api.import([{ id, visitor: { id: `v-${id}` }, participants: [{ id: 1, type: "Client", name: "Vera" }], events }]);
  const { chatId, ...credentials } = await api.post(`/sessions/${id}/genesys-credentials`);
  return new GenesysChat(server, chatId, credentials);
}

test("pages count what is shown: a stretch of hidden kinds is no end", async () => {
  const hidden = Array.from({ length: 300 }, () => "user_data");
  const chat = await chatOf(["joined", "message", ...hidden, "message", ...hidden, "message", "message", ...hidden]);
  const indexes = [1, 2, 303, 604, 605];
  const forwards = await walk(chat, { limit: 2 });
  assert.deepEqual(forwards, [[1, 2], [303, 604], [605], []]);
  const page = async (before, limit) => (await chat.messages({ before, limit })).body;
  for (const [before, limit, shown] of [
    [906, 1, [605]], [906, 2, [604, 605]], [604, 2, [2, 303]], [304, 3, [1, 2, 303]], [303, 200, [1, 2]], [1, 5, []], [1000000, 200, indexes],
  ]) {
    const { messages, nextPosition } = await page(before, limit);
    assert.deepEqual(messages.map((message) => message.index), shown, `before ${before} limit ${limit}`);
    assert.equal(nextPosition, Math.min(before, 906), "what follows the page");
  }
});

/** The indexes of each page forwards, until one is empty. */
async function walk(chat, fields) {
  const pages = [];
  for (let position = 1; ; ) {
    const { body } = await chat.messages({ transcriptPosition: position, ...fields });
    pages.push(body.messages.map((message) => message.index));
    if (!body.messages.length) return pages;
    position = body.nextPosition;
  }
}

test("a transcript of 10,000 events comes whole and in order, from any position", async () => {
  const id = `long-${unique()}`;
  const texts = Array.from({ length: 10000 }, (_, i) => `text ${i} ${"ü".repeat(i % 90)}`);
  await api.import([line(id, { texts, at: T0 })]);
  const { chatId, ...credentials } = await api.post(`/sessions/${id}/genesys-credentials`);
  const chat = new GenesysChat(server, chatId, credentials);
  const whole = await chat.messages();
  assert.equal(whole.headers["transfer-encoding"], "chunked");
  assert.deepEqual(whole.body.messages.map((message) => message.index), Array.from({ length: 10002 }, (_, i) => i + 1));
  assert.deepEqual(whole.body.messages.slice(2).map((message) => message.text), texts);
  assert.equal(whole.body.nextPosition, 10003);
  for (const position of [2, 64, 65, 66, 9937, 9999, 10002]) {
    const messages = await chat.transcript({ transcriptPosition: position });
    assert.deepEqual(messages, whole.body.messages.slice(position - 1), String(position));
  }
});

test("an answer streamed while messages come in is one picture of the log", async () => {
  const id = `busy-${unique()}`;
  await api.import([line(id, { texts: Array.from({ length: 3000 }, (_, i) => "x".repeat(400) + i), at: T0 })]);
  const { chatId, ...credentials } = await api.post(`/sessions/${id}/genesys-credentials`);
  const chat = new GenesysChat(server, chatId, credentials);
  let reading = true;
  const writing = (async () => {
    for (let i = 0; reading; i++) await api.say(id, 1, `new ${i}`);
  })();
  for (let i = 0; i < 5; i++) {
    const { body } = await chat.messages();
    assert.deepEqual(body.messages.map((message) => message.index), Array.from({ length: body.nextPosition - 1 }, (_, k) => k + 1));
  }
  reading = false;
  await writing;
});
