// Slow, cut-off and pipelined requests: an answer in the dialect's shape, nothing stored, the server goes on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../support/dialects.mjs";
import { raw, rawAll } from "../support/http.mjs";
import { line } from "../support/lines.mjs";
import { Server, emptyData, parley } from "../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data, env: { PARLEY_HTTP_HEAD_TIME: "1", PARLEY_HTTP_BODY_TIME: "1" } });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

test("a head that does not come whole in time is 408, or nothing", async () => {
  const answer = await raw(server, ["GET /api/v1/info HTTP/1.1\r\nHo"]);
  assert.ok(answer.status === 408 || answer.closed, answer.all);
});

test("a body that does not come in time is 408 in the dialect's shape", async () => {
  const shapes = {
    "/api/v1/login": ({ success, error }) => success === false && error,
    "/api/v2/chats": ({ statusCode, errors }) => statusCode === 2 && errors.length === 1,
    "/parley/v1/sessions": ({ status, type }) => status === 408 && type,
    "/parley/v1/import": ({ status, type }) => status === 408 && type,
  };
  const began = '{"id":"torn","visitor"';
  for (const [path, isRefusal] of Object.entries(shapes)) {
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${api.headers.Authorization}\r\nContent-Type: application/json\r\n`;
    const answer = await raw(server, [`${head}Content-Length: 1000\r\n\r\n${began}`]);
    assert.equal(answer.status, 408, `${path}: ${answer.all}`);
    assert.ok(isRefusal(JSON.parse(answer.body)), answer.body);
  }
});

test("an import cut off behind a whole line is no success", async () => {
  const whole = `${JSON.stringify(line("whole"))}\n`;
  const head = `POST /parley/v1/import HTTP/1.1\r\nHost: x\r\nAuthorization: ${api.headers.Authorization}\r\n`;
  const late = await raw(server, [`${head}Content-Length: ${whole.length + 9}\r\n\r\n${whole}`]);
  assert.equal(late.status, 408, late.all);
  const broken = await raw(server, [`${head}Transfer-Encoding: chunked\r\n\r\n${whole.length.toString(16)}\r\n${whole}\r\nzz\r\n`]);
  assert.equal(broken.status, 400, broken.all);
  assert.match(broken.body, /urn:parley:problem:body_malformed/);
});

test("a body cut off anywhere stores nothing", async () => {
  const chat = await GenesysChat.request(server);
  const body = JSON.stringify({ operationName: "SendMessage", ...chat.credentials, text: "cut" });
  const request = `POST ${chat.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const cuts = Array.from({ length: 40 }, (_, i) => Math.floor((i * request.length) / 40));
  await Promise.all(cuts.map((cut) => raw(server, request.slice(0, cut), { end: true })));
  assert.equal((await chat.transcript()).length, 1);
});

test("a request byte by byte, and thirty in one write, are requests like others", async () => {
  const chat = await GenesysChat.request(server);
  const body = JSON.stringify({ operationName: "SendMessage", ...chat.credentials, text: "slow but fine" });
  const request = `POST ${chat.path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  assert.equal((await raw(server, request.split(""))).status, 200);
  const answers = await rawAll(server, `${request.repeat(30)}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.equal(answers.split("HTTP/1.1 200").length, 32);
  assert.equal((await chat.transcript()).length, 32);
});

test("held polls woken by more than fits one buffer answer whole", async () => {
  const chat = await GenesysChat.request(server);
  const text = "é".repeat(32768);
  const polls = Array.from({ length: 10 }, () => chat.messages({ transcriptPosition: 2, waitSeconds: 20 }));
  await Promise.all(Array.from({ length: 12 }, () => chat.send(text)));
  for (const { body } of await Promise.all(polls)) {
    assert.ok(body.messages.length > 0 && body.messages.every((message) => message.text === text));
    assert.equal(body.userId, chat.credentials.userId);
    assert.equal(body.secureKey, chat.credentials.secureKey);
  }
  assert.match(parley(["check", "--data", server.data]), /clean/);
});
