// Searches made to hold the server: each is refused or ends in its time, and one that nobody waits for any more is not run.
import assert from "node:assert/strict";
import net from "node:net";
import { after, before, test } from "node:test";
import { Parley } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { emptyData, parley, Server } from "../support/server.mjs";

const SESSIONS = 1500, EACH = 20, DAY = 86400000, T0 = Date.UTC(2024, 0, 1);
const GENEROUS = 5000; // ms; what is bounded by a second or less, on a busy machine with sanitizers

// Words as uneven as in speech: word 0 in nearly every message.
let state = 7;
const random = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
const word = () => `word${Math.floor(40 * random() ** 2)}`;
const messages = [];
const lines = Array.from({ length: SESSIONS }, (_, s) => {
  const events = Array.from({ length: EACH }, (_, m) => {
    const text = Array.from({ length: 12 }, word).join(" ");
    const at = T0 + Math.floor((s * 400 * DAY) / SESSIONS) + m * 1000;
    messages.push({ key: `s${s}.${m + 1}`, at, text });
    return { type: "message", at, by: 1, text };
  });
  return JSON.stringify({ id: `s${s}`, visitor: { id: `v${s % 50}` }, participants: [{ id: 1, type: "Client", name: "Ann" }], events });
});

const WORDS = Array.from({ length: 32 }, (_, i) => `word${i}`);
const HEAVY = `"${Array(16).fill("word0 word1").join(" ")}"`; // legal, long, without a hit
const { data, bearer } = emptyData();

const pathOf = (q, more = "") => `/parley/v1/search?q=${encodeURIComponent(q)}${more}`;

/** Answers with how long it took. */
async function timed(server, q, more) {
  const start = Date.now();
  const answer = await call(server, "GET", pathOf(q, more), { headers: { Authorization: `Bearer ${bearer}` } });
  return { ...answer, ms: Date.now() - start };
}

let server;
before(async () => {
  parley(["import", "-", "--data", data], { input: lines.join("\n") + "\n" });
  server = await Server.start({ data });
});
after(() => server?.stop());

test("what no bound allows is refused before anything is looked for", async () => {
  const prefixes = [..."abcdefghijklmnopqrstuvwxyz"].map((letter) => `-${letter}*`).join(" ");
  const attacks = {
    "a phrase of 500 words": `"${Array(500).fill("w").join(" ")}"`,
    "26 negated prefixes": `word0 ${prefixes}`,
    "26 longer ones": `word0 ${prefixes.replaceAll("*", "wor*")}`,
    "t* 32 times": Array(32).fill("t*").join(" "),
    "wor* five times": Array(5).fill("wor*").join(" "),
    "a run of 300 characters": "上".repeat(300),
    "five single characters": "上 海 东 边 我",
    "a number of 200 pieces": `"${"1- ".repeat(200)}"`,
  };
  for (const [name, q] of Object.entries(attacks)) {
    const { status, body, ms } = await timed(server, q);
    assert.equal(status, 400, name);
    assert.equal(body.type, "urn:parley:problem:query_invalid", name);
    assert.ok(ms < GENEROUS, `${name}: ${ms} ms`);
  }
});

test("the worst that is allowed ends in its time", async () => {
  for (const q of [HEAVY, WORDS.join(" "), `"${WORDS.join(" ")}"`, "word0 -word0", "wor* word* word1* word2*", "word0 -word1* -word2* -word3* -word4*"])
    for (const order of ["newest", "best"]) {
      const { status, ms } = await timed(server, q, `&order=${order}`);
      assert.equal(status, 200, q);
      assert.ok(ms < GENEROUS, `${q}: ${ms} ms`);
    }
});

test("a search out of time says so, and its cursors come to the end", async (t) => {
  const hasty = await Server.start({ data: await copyOf(server), args: ["--search-time=1"] });
  t.after(() => hasty.stop());
  const expected = (matches) => messages.filter(({ text }) => matches(text)).sort((a, b) => b.at - a.at).map(({ key }) => key);
  const cases = [
    [HEAVY, "newest", () => false],
    [HEAVY, "best", () => false],
    ['"word0 word1 word2"', "newest", (text) => ` ${text} `.includes(" word0 word1 word2 ")],
    ["word39 word0", "newest", (text) => / word39 /.test(` ${text} `) && / word0 /.test(` ${text} `)],
    ["word0 -wor*", "newest", () => false],
  ];
  let partial = 0;
  for (const [q, order, matches] of cases) {
    const seen = [];
    let cursor = "", pages = 0;
    do {
      const { status, body, ms } = await timed(hasty, q, `&order=${order}&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      assert.equal(status, 200, q);
      assert.ok(ms < GENEROUS, `${q}: ${ms} ms`);
      assert.ok(!body.partial || body.next, "a partial answer says where to go on");
      assert.equal(body.complete, body.next === null);
      partial += body.partial === true;
      seen.push(...body.hits.map((hit) => `${hit.session}.${hit.index}`));
      cursor = body.next;
      assert.ok(++pages < 200, `${q}: no end`);
    } while (cursor);
    assert.deepEqual(seen, expected(matches), q);
  }
  assert.ok(partial > 0, "nothing here took longer than a millisecond");
});

/** Sends many searches over one connection without reading an answer. */
function pipeline(to, count) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(to.port, "127.0.0.1", () => {
      const one = `GET ${pathOf(HEAVY)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\n\r\n`;
      socket.write(one.repeat(count), () => resolve(socket));
    });
    socket.on("error", reject);
  });
}

async function requestsOpen(of) {
  const { text } = await call(of, "GET", "/metrics");
  return Number(/^parley_http_requests (\d+)/m.exec(text)[1]);
}

async function until(what, condition, limit) {
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `${what}: not within ${limit} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("a client that left gets none of its searches run", async () => {
  const start = Date.now();
  await timed(server, HEAVY);
  const one = Date.now() - start;
  const sockets = await Promise.all(Array.from({ length: 14 }, () => pipeline(server, 64)));
  await until("searches under way", async () => (await requestsOpen(server)) > 300, GENEROUS);
  for (const socket of sockets) socket.destroy();
  /* Run, they would keep two threads busy for 450 times as long as one. */
  await until("all given up", async () => (await requestsOpen(server)) <= 1, Math.max(GENEROUS, 100 * one));
  const { status, ms } = await timed(server, "word39");
  assert.equal(status, 200);
  assert.ok(ms < GENEROUS, `the next search waits ${ms} ms`);
});

test("SIGTERM ends it within five seconds whatever is under way", async (t) => {
  const busy = await Server.start({ data: await copyOf(server) });
  t.after(() => busy.kill());
  const sockets = await Promise.all(Array.from({ length: 14 }, () => pipeline(busy, 64)));
  for (const socket of sockets) socket.on("error", () => {}); // it is cut
  const upload = net.connect(busy.port, "127.0.0.1");
  upload.on("error", () => {});
  upload.write(`POST /parley/v1/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/x-ndjson\r\n` +
    "Content-Length: 1000000\r\n\r\n{");
  await until("searches under way", async () => (await requestsOpen(busy)) > 300, GENEROUS);
  const start = Date.now();
  busy.child.kill("SIGTERM");
  const { code } = await busy.exited;
  const ms = Date.now() - start;
  assert.equal(code, 0, busy.log.slice(-2000));
  assert.ok(ms < 5500, `${ms} ms`); // half a second for the process itself
  for (const socket of [...sockets, upload]) socket.destroy();
});

/** A copy of what a running server serves. */
async function copyOf(of) {
  const { data: fresh } = emptyData("unused");
  const file = `${fresh}.copy`, target = `${fresh}.served`;
  parley(["backup", file, "--data", of.data]);
  parley(["restore", file, "--data", target]);
  return target;
}
