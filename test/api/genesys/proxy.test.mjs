// Behind a proxy that is trusted to name its clients; and pages of some origins only.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { emptyData, Server } from "../../support/server.mjs";

const ALLOWED = "https://shop.example";
let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data, args: ["--trust-forwarded"], env: { PARLEY_GENESYS_CORS_ORIGIN: `${ALLOWED}, https://other.example` } });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

const from = (address) => ({ headers: { "X-Real-IP": address } });

test("the visitor's stored address is the one that the proxy names", async () => {
  const json = { tenantName: "Environment", nickname: "Ann" };
  const { body } = await call(server, "POST", "/api/v2/chats", { json, ...from("203.0.113.9") });
  const exported = await api.call("GET", "/export");
  const lines = exported.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.find(({ id }) => id === body.chatId).visitor.ip, "203.0.113.9");
});

test("wrong keys count for the address that the proxy names", async () => {
  const chat = await GenesysChat.request(server);
  const guess = async (address) => (await chat.messages({ secureKey: "0000000000000000" }, from(address))).body.statusCode;
  let guesses = 0;
  while ((await guess("203.0.113.1")) === 2) assert.ok(++guesses < 300, "300 guesses in a row were all tried");
  assert.equal(await guess("203.0.113.2"), 2, "from elsewhere");
  assert.equal((await chat.messages({}, from("203.0.113.1"))).body.statusCode, 0, "the right key");
});

test("pages of other origins get no leave to read", async () => {
  const ask = (method, origin) => call(server, method, "/api/v2/chats", { headers: { Origin: origin, "Access-Control-Request-Headers": "apikey" } });
  for (const method of ["OPTIONS", "POST"]) {
    assert.equal((await ask(method, ALLOWED)).headers["access-control-allow-origin"], ALLOWED);
    const other = await ask(method, "https://evil.example");
    for (const name of Object.keys(other.headers)) assert.doesNotMatch(name, /^access-control/);
  }
});
