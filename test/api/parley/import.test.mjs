// Import over HTTP: odd files at the usual rate, and what becomes of a client that left.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { Parley } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { emptyData, parley, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

test("20,000 messages of one millisecond are found, edited and deleted one by one", async () => {
  const count = 20000;
  const one = line("same", { texts: Array.from({ length: count }, (_, i) => `w${i} everywhere`), step: 0 });
  assert.equal((await api.import([one])).events, count + 2);
  const found = async (word) => (await api.get(`/search?q=${word}`)).hits.map((hit) => hit.index);
  for (const i of [0, 1, 1023, 1024, 5000, count - 1]) assert.deepEqual(await found(`w${i}`), [i + 3]);
  const changed = Array.from({ length: count }, (_, i) => i).filter((i) => i % 4 === 0);
  one.events.push(...changed.map((i) => (i % 8 ? { type: "edit", at: T0 + 2, by: 2, target: i + 3, text: `changed${i}` } : { type: "delete", at: T0 + 2, by: 2, target: i + 3 })));
  assert.equal((await api.import([one])).appended, 1);
  for (const i of [0, 8, 1024, 16000]) assert.deepEqual(await found(`w${i}`), []);
  for (const i of [4, 1028, 19996]) {
    assert.deepEqual(await found(`w${i}`), []);
    assert.deepEqual(await found(`changed${i}`), [i + 3]);
  }
  let cursor = "", hits = 0;
  do {
    const page = await api.get(`/search?q=everywhere&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    hits += page.hits.length;
    cursor = page.next;
  } while (cursor);
  assert.equal(hits, count - changed.length);
  await server.stop();
  assert.match(parley(["check", "--data", server.data]), /0 findings/);
  await server.restart();
});

/** Waits until `what` answers something true. */
async function until(what) {
  for (;;) {
    const answer = await what();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a client that leaves stops its import between two jobs, and the same file completes it", async () => {
  const count = 150000;
  const long = line("left", { texts: Array.from({ length: count }, (_, i) => `text ${i}`) });
  const request = http.request({ host: "127.0.0.1", port: server.port, method: "POST", path: "/parley/v1/import", headers: api.headers });
  request.on("error", () => {}); // it is ended midway
  request.end(JSON.stringify(long) + "\n");
  await until(async () => (await api.call("GET", "/sessions/left")).status === 200);
  request.destroy();
  await until(async () => /^parley_http_requests 1$/m.test((await call(server, "GET", "/metrics")).text));
  const { messages } = await api.get("/sessions/left");
  assert.ok(messages > 0 && messages < count, `${messages} messages`);
  const again = await api.import([long]);
  assert.equal(again.appended, 1);
  assert.equal((await api.get("/sessions/left")).messages, count);
});

test("who writes waits for no more than one job of an import", async () => {
  const { id } = await api.open();
  const importing = api.import([line("beside", { texts: Array.from({ length: 100000 }, (_, i) => `text ${i}`) })]);
  let beside = 0, over = false;
  importing.finally(() => (over = true));
  await until(async () => (await api.call("GET", "/sessions/beside")).status === 200);
  while (!over) {
    await api.say(id, 1, `beside ${++beside}`);
    if ((await api.get("/sessions/beside")).messages === 100000) break;
  }
  await importing;
  assert.ok(beside > 1, "messages were stored while one session was being imported");
});

test("skipBad reports each bad line, and says when they were too many to tell", async () => {
  const post = (body, query = "?skipBad=true") => api.call("POST", `/import${query}`, { body });
  const good = (id) => JSON.stringify(line(id));
  const bad = ["{", "[]", "{}", JSON.stringify({ ...line("bad"), nonsense: 1 }), JSON.stringify({ ...line("x"), dialect: "x" })];
  const { status, body, text } = await post([good("good-1"), ...bad, "", good("good-2")].join("\n"));
  assert.equal(status, 200, text);
  assert.deepEqual([body.created, body.refused, body.refusalsComplete], [2, bad.length, true]);
  assert.deepEqual(body.refusals.map((refusal) => refusal.line), [2, 3, 4, 5, 6]);
  for (const { reason, detail } of body.refusals) assert.ok(/^[a-z_]+$/.test(reason) && detail);
  assert.deepEqual(body.refusals.slice(3).map(({ field }) => field), ["nonsense", "dialect"]);
  const stopped = await post([good("good-3"), bad[3], good("good-4")].join("\n"), "");
  assert.equal(stopped.status, 400);
  assert.match(stopped.body.field, /^lines\[2\]/);
  const flood = await post("{}\n".repeat(50000));
  assert.equal(flood.body.refused, 50000);
  assert.equal(flood.body.refusalsComplete, false);
  assert.ok(flood.body.refusals.length > 1000);
  assert.deepEqual(flood.body.refusals.map((refusal) => refusal.line), flood.body.refusals.map((_, i) => i + 1));
  assert.equal((await post("", "?skipBad=maybe")).body.field, "skipBad");
});
