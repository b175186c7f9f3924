// WebSockets and event streams of src/http against clients that were made elsewhere: `ws`, and fetch of Node itself.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { BINARY } from "../support/server.mjs";
import { load } from "./packages.mjs";

const WebSocket = load("ws");
let server;
let address;

before(async () => {
  server = spawn(join(dirname(BINARY), "test/http/echo"), ["500"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(server, "exit").then(([code, signal]) => {
    throw new Error(`echo ended with ${code ?? signal}`);
  });
  const [line] = await Promise.race([once(server.stdout.setEncoding("utf8"), "data"), ended]);
  address = `127.0.0.1:${line.trim()}`;
});

after(async () => {
  server.stdin.end();
  const [code] = await once(server, "exit");
  assert.equal(code, 0);
});

async function open() {
  const socket = new WebSocket(`ws://${address}/socket`);
  await once(socket, "open");
  return socket;
}

async function close(socket, code, reason) {
  socket.close(code, reason);
  const [said, why] = await once(socket, "close");
  return [said, why.toString()];
}

async function echoed(socket, message) {
  socket.send(message);
  const [data, isBinary] = await once(socket, "message");
  return isBinary ? data : data.toString();
}

test("text and binary come back, whatever their size", async () => {
  const socket = await open();
  assert.equal(socket.extensions, "", "compression is declined");
  for (const size of [0, 1, 125, 126, 127, 65535, 65536, 300000]) {
    assert.equal(await echoed(socket, "é".repeat(size / 2)), "é".repeat(size / 2));
    const bytes = Buffer.alloc(size, 0xff);
    assert.deepEqual(await echoed(socket, bytes), bytes);
  }
  assert.deepEqual(await close(socket, 1000, "bye"), [1000, ""]);
});

test("fragments are one message, pings in between are answered", async () => {
  const socket = await open();
  const order = [];
  socket.on("pong", (data) => order.push(`pong ${data}`));
  socket.on("message", (data) => order.push(`message ${data}`));
  socket.send("one ", { fin: false });
  socket.ping("now");
  socket.send("two ", { fin: false });
  socket.send("three", { fin: true });
  await once(socket, "message");
  assert.deepEqual(order, ["pong now", "message one two three"]);
  await close(socket, 1000);
});

test("a message that is too large closes with 1009", async () => {
  const socket = await open();
  socket.send(Buffer.alloc(512 * 1024 + 1));
  const [code] = await once(socket, "close");
  assert.equal(code, 1009);
});

test("codes of a close come back", async () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    const socket = await open();
    assert.equal((await close(socket, code))[0], code);
  }
});

test("a client that answers pings stays", async () => {
  const socket = await open();
  for (let i = 0; i < 3; i++) await once(socket, "ping");
  assert.equal(await echoed(socket, "still here"), "still here");
  await close(socket, 1000);
});

test("two hundred sockets at once all get their echo", async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, open));
  const answers = await Promise.all(sockets.map((socket, i) => echoed(socket, `number ${i}`)));
  answers.forEach((answer, i) => assert.equal(answer, `number ${i}`));
  await Promise.all(sockets.map((socket) => close(socket, 1000)));
});

test("fetch reads an event stream", async () => {
  const controller = new AbortController();
  const answer = await fetch(`http://${address}/events?hello`, {
    headers: { "Last-Event-ID": "41" },
    signal: controller.signal,
  });
  assert.equal(answer.headers.get("content-type"), "text/event-stream");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const expected = "id: 41\nevent: query\ndata: hello\n\n:\n\n";
  let text = "";
  while (text.length < expected.length) text += (await reader.read()).value;
  assert.equal(text, expected);
  controller.abort();
});
