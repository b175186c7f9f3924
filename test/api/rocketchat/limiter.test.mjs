// The rate limiter with a small limit, and a list of allowed origins.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line } from "../../support/lines.mjs";
import { addOperator, emptyData, Server } from "../../support/server.mjs";

const LIMIT = 4;
let server, agent, admin;

before(async () => {
  const { data, bearer } = emptyData();
  const headers = ({ userId, authToken }) => ({ "X-User-Id": userId, "X-Auth-Token": authToken });
  agent = headers(addOperator(data, "Environment", "agent", ["livechat-manager"]));
  admin = headers(addOperator(data, "Environment", "admin", ["admin"]));
  server = await Server.start({
    data,
    env: { PARLEY_ROCKETCHAT_RATE_LIMITER: String(LIMIT), PARLEY_ROCKETCHAT_CORS_ORIGIN: "https://a.example, https://b.example" },
  });
  await new Parley(server, bearer).import([line("r1"), line("r2")]);
});
after(() => server?.stop());

test("so many calls and no more, counted per route, whatever ids they name", async () => {
  const began = Date.now();
  for (let i = 0; i < LIMIT; i++) {
    const { status, headers, text } = await chatHistory(server, i % 2 ? "r1" : "r2", "v-r1", agent, i === 1 ? "?foo=1" : "");
    assert.equal(status, i === 1 ? 400 : 200, text); // what validation refuses has been counted
    assert.equal(headers["x-ratelimit-limit"], String(LIMIT));
    assert.equal(headers["x-ratelimit-remaining"], String(LIMIT - 1 - i));
    const reset = +headers["x-ratelimit-reset"];
    assert.ok(reset > began && reset <= Date.now() + 60000, "the reset is an epoch time in milliseconds");
  }
  const refused = await chatHistory(server, "r1", "v-r1", agent);
  assert.equal(refused.status, 429);
  assert.equal(refused.body.success, false);
  assert.match(refused.body.error, /^Error, too many requests\. Please slow down\. You must wait \d+ seconds before trying this endpoint again\. \[error-too-many-requests\]$/);
  const wait = +/wait (\d+) seconds/.exec(refused.body.error)[1];
  assert.ok(wait >= 1 && wait <= 60, `${wait}`);
  assert.equal(refused.headers["x-ratelimit-remaining"], "0");
  assert.equal((await rocketchat(server, "/me", agent)).status, 200, "another route counts by itself");
});

test("info is never limited", async () => {
  for (let i = 0; i < LIMIT + 3; i++)
    for (const headers of [{}, agent]) {
      const answer = await call(server, "GET", "/api/info", { headers });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["x-ratelimit-limit"], undefined);
    }
});

test("who is not logged in is told so, not counted", async () => {
  for (let i = 0; i < LIMIT + 2; i++) assert.equal((await rocketchat(server, "/livechat/r1/messages", {})).status, 401);
  assert.equal((await rocketchat(server, "/livechat/r1/messages", agent)).status, 200);
});

test("an administrator never meets the limiter nor its headers", async () => {
  for (let i = 0; i < LIMIT + 3; i++) {
    const { status, headers } = await chatHistory(server, "r1", "v-r1", admin);
    assert.equal(status, 200);
    assert.equal(headers["x-ratelimit-limit"], undefined);
  }
});

test("preflights of listed origins are answered, others refused", async () => {
  const preflight = (origin) => call(server, "OPTIONS", "/api/v1/me", { headers: { Origin: origin, "Access-Control-Request-Method": "GET" } });
  const allowed = await preflight("https://b.example");
  assert.equal(allowed.status, 200);
  assert.equal(allowed.headers["access-control-allow-origin"], "https://b.example");
  assert.match(allowed.headers.vary, /Origin/);
  const refused = await preflight("https://c.example");
  assert.equal(refused.status, 403);
  assert.equal(refused.text, "Invalid origin");
  assert.equal(refused.headers["access-control-allow-origin"], undefined);
});
