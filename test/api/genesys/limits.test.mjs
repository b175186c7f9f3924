// What one address and one chat may write; reading has no limit.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { emptyData, Server } from "../../support/server.mjs";

const OPENS = 7, RATE = 4;
let server;
before(async () => {
  const env = { PARLEY_GENESYS_RATE_LIMITER: String(OPENS), PARLEY_GENESYS_CHAT_RATE: String(RATE), PARLEY_GENESYS_CHAT_BYTES: "1" };
  server = await Server.start({ data: emptyData().data, args: ["--trust-forwarded"], env });
});
after(() => server?.stop());

/** Asks until one is told to try again; answers how many were not, and that answer. */
async function untilLimited(ask) {
  for (let passed = 0; ; passed++) {
    const { status, body } = await ask();
    assert.equal(status, 200);
    if (body.statusCode === 1) return { passed, body };
    assert.equal(body.statusCode, 0, JSON.stringify(body));
    assert.ok(passed < 10000, "nothing is limited");
  }
}

function tryAgain(body) {
  assert.deepEqual(body.errors.map(({ code, message }) => [code, message]), [[503, "TOO_MANY_REQUESTS"]]);
  assert.equal(body.chatEnded, false);
  assert.equal("nextPosition" in body || "messages" in body, false);
}

test("one address opens so many chats in a minute, another one still does", async () => {
  const open = (address) => () => call(server, "POST", "/api/v2/chats", { json: { tenantName: "Environment", nickname: "Ann" }, headers: { "X-Real-IP": address } });
  const { passed, body } = await untilLimited(open("203.0.113.1"));
  assert.equal(passed, OPENS);
  tryAgain(body);
  assert.equal((await open("203.0.113.2")()).body.statusCode, 0);
});

test("a chat takes five seconds' operations at once; it is read all the same, and another chat is not held up", async () => {
  const [chat, other] = [await GenesysChat.request(server), await GenesysChat.request(server)];
  const { passed, body } = await untilLimited(() => chat.operate("SendStopTypingNotification"));
  assert.ok(passed >= 5 * RATE, `${passed}`);
  tryAgain(body);
  for (let i = 0; i < 100; i++) assert.equal((await chat.messages()).body.messages.length, passed + 1);
  assert.equal((await other.send("x")).body.statusCode, 0);
});

test("bytes count as well: a large message passes, the next waits", async () => {
  const chat = await GenesysChat.request(server);
  const { passed, body } = await untilLimited(() => chat.send("x".repeat(60000)));
  assert.equal(passed, 1);
  tryAgain(body);
  const { text } = await call(server, "GET", "/metrics");
  assert.match(text, /^parley_limited_total\{what="operation"\} [1-9]/m);
});
