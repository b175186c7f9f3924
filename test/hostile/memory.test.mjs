// Memory is bounded, whatever clients do (doc/decisions.md 9.7): each attack is bounded, and what the process takes is read
// from the kernel. Other clients are served meanwhile, and afterwards the memory goes back.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import net from "node:net";
import { availableParallelism } from "node:os";
import { after, before, test } from "node:test";
import { call } from "../support/http.mjs";
import { Server, addOperator, emptyData, parley } from "../support/server.mjs";

const MB = 1024 * 1024;
const LIMIT_MB = 256;
const IDLE_IMPORTS = +(process.env.PARLEY_HOSTILE_IMPORTS ?? 300); // 1,500 in the long run

let server, bearer, operator, idle;
const sockets = new Set();

const status = (name) => +new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))[1];
const resident = () => (status("VmRSS") * 1024) / MB;

before(async () => {
  const made = emptyData();
  bearer = `Authorization: Bearer ${made.bearer}\r\n`;
  const { userId, authToken } = addOperator(made.data, "Environment", "anna", ["livechat-manager"]);
  operator = `X-User-Id: ${userId}\r\nX-Auth-Token: ${authToken}\r\n`;
  const text = "lorem ipsum ".repeat(1000);
  const line = {
    id: "big",
    visitor: { id: "v" },
    participants: [{ id: 1, type: "Client", name: "Guest" }],
    events: Array.from({ length: 1500 }, (_, i) => ({ type: "message", at: 1000 + i, by: 1, text: text + i })),
  };
  parley(["import", "-", "--data", made.data], { input: JSON.stringify(line) + "\n" });
  server = await Server.start({ data: made.data, env: { PARLEY_ROCKETCHAT_RATE_LIMITER: "0" } });
  idle = resident();
});

after(async () => {
  for (const socket of sockets) socket.destroy();
  await server?.stop();
});

/** A connection that sends this and reads nothing. */
function send(...pieces) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1");
    sockets.add(socket);
    socket.on("error", () => {}); // the server may cut it
    socket.on("close", () => resolve(socket));
    socket.on("connect", () => {
      socket.pause();
      for (const piece of pieces) socket.write(piece);
      socket.write("", () => resolve(socket));
    });
    setTimeout(() => reject(new Error("no connection")), 20000).unref();
  });
}

function hangUp() {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
}

/** Watches for a while: memory below the limit, others served. */
async function assertBounded(ms = 1500) {
  let most = 0;
  for (const end = Date.now() + ms; Date.now() < end; ) {
    const answer = await call(server, "GET", "/healthz");
    assert.equal(answer.status, 200);
    most = Math.max(most, resident());
    assert.ok(most < LIMIT_MB, `${most.toFixed(0)} MB resident`);
  }
  return most;
}

const messages = () => `GET /api/v1/livechat/big/messages?count=0 HTTP/1.1\r\nHost: x\r\n${operator}\r\n`;

test("20 pipelined answers of 18 MB behind a held poll", async () => {
  const chat = (await call(server, "POST", "/api/v2/chats", { json: { tenantName: "Environment", nickname: "x", firstName: "x", lastName: "x" } })).body;
  const poll = JSON.stringify({ userId: chat.userId, secureKey: chat.secureKey, alias: chat.alias, tenantName: "Environment", transcriptPosition: 100, waitSeconds: 60 });
  await send(
    `POST /api/v2/chats/${chat.chatId}/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${poll.length}\r\n\r\n${poll}`,
    messages().repeat(20),
  );
  await assertBounded();
  hangUp();
});

test("40 readers that read nothing of 18 MB each", async () => {
  await Promise.all(Array.from({ length: 40 }, () => send(messages())));
  await assertBounded();
  hangUp();
});

test("63 bodies of a megabyte full of zeros", async () => {
  const body = `{"a":[${"0,".repeat(MB / 2 - 64)}0]}`;
  const request = `POST /parley/v1/sessions HTTP/1.1\r\nHost: x\r\n${bearer}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  await Promise.all(Array.from({ length: 63 }, () => send(request, body)));
  await assertBounded();
  hangUp();
});

test("an import of one line of 30 MB full of zeros", async () => {
  const body = `{"a":[${"0,".repeat(15 * MB)}0]}\n`;
  const answer = call(server, "POST", "/parley/v1/import", { headers: { Authorization: bearer.slice(15).trim() }, body }).catch(() => null);
  await assertBounded();
  assert.notEqual((await answer)?.status, 200);
});

test("idle imports: a bounded number is let in, and none has a thread of its own", async () => {
  const threads = status("Threads");
  const request = `POST /parley/v1/import HTTP/1.1\r\nHost: x\r\n${bearer}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`;
  await Promise.all(Array.from({ length: IDLE_IMPORTS }, () => send(request)));
  await assertBounded(500);
  assert.equal(status("Threads"), threads);
  const refused = await call(server, "POST", "/parley/v1/import", { headers: { Authorization: bearer.slice(15).trim() }, body: "" });
  assert.equal(refused.status, 503, refused.text);
  assert.match(refused.body.type, /imports_busy/);
  hangUp();
});

test("afterwards the memory goes back", async () => {
  const caches = 16 + 16 + 2 * 2 * availableParallelism(); // answers kept, the writer's pages, those of loops and readers
  const allowed = idle + caches + 16;
  const end = Date.now() + 60000;
  while (resident() > allowed && Date.now() < end) await call(server, "GET", "/healthz");
  assert.ok(resident() <= allowed, `${resident().toFixed(0)} MB, ${allowed.toFixed(0)} allowed`);
});
