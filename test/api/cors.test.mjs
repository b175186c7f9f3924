// Which web pages may read answers, in the dialects that take a list of origins; Genesys echoes any (genesys/operations).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { line } from "../support/lines.mjs";
import { addOperator, emptyData, Server } from "../support/server.mjs";

const LIST = "https://a.example, https://b.example";
const SETTINGS = ["PARLEY_ROCKETCHAT_CORS_ORIGIN", "PARLEY_AGENDIZE_CORS_ORIGIN", "PARLEY_PARLEY_CORS_ORIGIN"];

let server, dialects;
before(async () => {
  const { data, apiKey, token, bearer } = emptyData();
  const { userId, authToken } = addOperator(data, "Environment", "otto", ["livechat-manager"]);
  const operator = { "X-User-Id": userId, "X-Auth-Token": authToken };
  server = await Server.start({ data });
  await new Parley(server, bearer).import([line("s1")]);
  // Good ones, given again ones (the same twice), streamed ones and every place an error is made at.
  dialects = {
    rocketchat: { headers: operator, good: ["/api/v1/me", "/api/v1/info", "/api/v1/livechat/s1/messages"], bad: ["/api/v1/nothing", "/api/v1/livechat/no/messages", "/api/v1/x/%zz"] },
    agendize: { headers: { apiKey, token }, good: ["/api/2.0/chat/history/s1", "/api/2.0/chat/history", "/api/2.0/chat/history/summary"], bad: ["/api/2.0/nothing", "/api/2.1/chat/history", "/api/2.0/chat/history?foo=1", "/api/2.0/chat/history/no"] },
    parley: { headers: { Authorization: `Bearer ${bearer}` }, good: ["/parley/v1/sessions", "/parley/v1/sessions/s1/events", "/parley/v1/export", "/parley/v1/summary"], bad: ["/parley/v1/nothing", "/parley/v1/sessions/no", "/parley/v1/search?foo=1"] },
  };
});
after(() => server?.stop());

async function restart(value) {
  await server.stop();
  server.env = value === undefined ? {} : Object.fromEntries(SETTINGS.map((name) => [name, value]));
  await server.restart();
}

/** Every kind of answer of a dialect to a page of `origin`. */
async function answers({ headers, good, bad }, origin) {
  const page = origin ? { Origin: origin } : {};
  const all = [];
  for (const path of [...good, ...good]) all.push([path, await call(server, "GET", path, { headers: { ...headers, ...page } })]);
  for (const [path, { status, text }] of all) assert.equal(status, 200, `${path}: ${text}`);
  for (const path of bad) all.push([path, await call(server, "GET", path, { headers: { ...headers, ...page } })]);
  all.push(["no credentials", await call(server, "GET", good[0], { headers: page })]);
  all.push(["wrong method", await call(server, "PATCH", good[0], { headers: { ...headers, ...page } })]);
  return all;
}

const preflight = (path, origin) => call(server, "OPTIONS", path, { headers: { Origin: origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization, x-trace" } });

test("by default any page reads Rocket.Chat's answers, none those of Agendize and Parley", async () => {
  for (const [name, dialect] of Object.entries(dialects)) {
    for (const [path, answer] of await answers(dialect, "https://a.example"))
      assert.equal(answer.headers["access-control-allow-origin"], name === "rocketchat" ? "*" : undefined, `${name} ${path}`);
    const asked = await preflight(dialect.good[0], "https://a.example");
    assert.equal(asked.headers["access-control-allow-origin"], name === "rocketchat" ? "*" : undefined, name);
  }
});

test("with a list its pages read every answer, errors too, and others none", async () => {
  await restart(LIST);
  for (const [name, dialect] of Object.entries(dialects))
    for (const [origin, allowed] of [["https://b.example", "https://b.example"], ["https://c.example"], ["https://b.example.evil.example"], ["null"], [undefined]])
      for (const [path, answer] of await answers(dialect, origin)) {
        assert.equal(answer.headers["access-control-allow-origin"], allowed, `${name} ${path} for ${origin}`);
        assert.match(answer.headers.vary, /Origin/);
        assert.equal(answer.headers["access-control-allow-credentials"], undefined);
      }
});

test("a page on the list may send any header it asks for; others hear nothing", async () => {
  for (const dialect of [dialects.agendize, dialects.parley]) {
    const allowed = await preflight(dialect.good[0], "https://a.example");
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers["access-control-allow-origin"], "https://a.example");
    assert.equal(allowed.headers["access-control-allow-headers"], "authorization, x-trace");
    assert.match(allowed.headers["access-control-allow-methods"], /GET/);
    const refused = await preflight(dialect.good[0], "https://c.example");
    assert.deepEqual(Object.keys(refused.headers).filter((header) => header.startsWith("access-control")), []);
  }
});

test("one star lets every page read", async () => {
  await restart("*");
  for (const dialect of Object.values(dialects))
    for (const [path, answer] of await answers(dialect, "https://any.example")) assert.equal(answer.headers["access-control-allow-origin"], "*", path);
});
