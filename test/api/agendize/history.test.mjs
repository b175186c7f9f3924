// The History resource, its list, authentication and errors.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agendize, Parley } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { addCompany, emptyData, parley, Server } from "../../support/server.mjs";

let server, api, keys, otherKeys;
before(async () => {
  const made = emptyData("Environment", "America/New_York");
  keys = { apiKey: made.apiKey, token: made.token };
  const other = addCompany(made.data, "Other");
  otherKeys = { apiKey: other.apiKey, token: other.token };
  parley(["button", "add", "Sales chat", "--id", "b1", "--data", made.data]);
  server = await Server.start({ data: made.data });
  api = new Parley(server, made.bearer);
});
after(() => server?.stop());

test("a session's resource tells all there is to know", async () => {
  await api.import([{
    id: "full", dialect: "agendize", button: { id: "b1", name: "Sales chat" }, startPage: "https://example.org/start?a=1&b=2",
    visitor: { id: "vf", name: "Zoë", email: "zoe@example.org", ip: "192.0.2.7", userAgent: "Agent/1.0", country: "France", city: "Paris", operatingSystem: "Linux", browser: "Firefox" },
    participants: [{ id: 1, type: "Client", name: "Zoë" }, { id: 2, type: "Agent", name: "Otto" }, { id: 3, type: "External", name: "bot" }],
    events: [
      { type: "joined", at: T0, by: 1 },
      { type: "message", at: T0 + 999, by: 3, text: "beep", id: "m-1" },
      { type: "message", at: T0 + 2000, by: 1, text: "salut 😀" },
      { type: "typing_started", at: T0 + 2500, by: 2, text: "sal" },
      { type: "message", at: T0 + 3999, by: 2, text: "hello" },
      { type: "notice", at: T0 + 4000, by: 2, text: "notice" },
      { type: "message", at: T0 + 5000, by: 2, text: "oops" },
      { type: "delete", at: T0 + 5500, by: 2, target: 7 },
      { type: "edit", at: T0 + 5600, by: 2, target: 5, text: "hello!" },
    ],
  }]);
  const { status, body, text } = await agendize(server, "/history/full", keys);
  assert.equal(status, 200, text);
  const zone = { timeZone: "America/New_York" };
  assert.deepEqual(body, {
    id: "full",
    button: { id: "b1", name: "Sales chat" },
    visitor: {
      name: "Zoë", emaillAddress: "zoe@example.org", emailAddress: "zoe@example.org", networkAddress: "192.0.2.7", startPage: "https://example.org/start?a=1&b=2",
      country: "France", city: "Paris", operatingSystem: "Linux", browser: "Firefox", userAgent: "Agent/1.0",
    },
    start: { dateTime: "2026-01-10T07:00:00", ...zone },
    messages: [
      { id: "m-1", sessionId: "full", message: "beep", source: "operator", sent: { dateTime: "2026-01-10T07:00:00", ...zone } },
      { id: "full.3", sessionId: "full", message: "salut 😀", source: "visitor", sent: { dateTime: "2026-01-10T07:00:02", ...zone } },
      { id: "full.5", sessionId: "full", message: "hello!", source: "operator", sent: { dateTime: "2026-01-10T07:00:03", ...zone } },
    ],
  });
  assert.equal((await agendize(server, "/sessions/full", keys)).text, text, "the alias answers the same");
});

test("what is not known is left out; visitor is an object and messages an array all the same", async () => {
  await api.import([{ id: "bare", visitor: { id: "vb" }, participants: [{ id: 1, type: "Client" }], events: [{ type: "joined", at: T0, by: 1 }] }]);
  const { body } = await agendize(server, "/history/bare", keys);
  assert.deepEqual(body, { id: "bare", visitor: {}, messages: [] });
});

test("what is there but empty is not known either", async () => {
  const empty = { name: "", email: "", ip: "", userAgent: "", country: "", city: "", operatingSystem: "", browser: "" };
  const events = [{ type: "joined", at: T0, by: 1 }];
  await api.import([
    { id: "empty", visitor: { id: "ve", ...empty }, startPage: "", button: { id: "b1", name: "" }, participants: [{ id: 1, type: "Client", name: "" }], events },
    { id: "empty-again", visitor: { id: "ve2", name: "Eve", email: "eve@example.org" }, participants: [{ id: 1, type: "Client" }], events },
    { id: "empty-head", visitor: { id: "ve2", name: "", email: "" }, participants: [{ id: 1, type: "Client" }], events },
  ]);
  assert.deepEqual((await agendize(server, "/history/empty", keys)).body, { id: "empty", button: { id: "b1" }, visitor: {}, messages: [] });
  const { items } = (await agendize(server, "/history?maxResults=100", keys)).body;
  for (const item of items) assert.equal(Object.values(item.visitor).includes(""), false, JSON.stringify(item));
  const head = (await agendize(server, "/history/empty-head", keys)).body.visitor;
  assert.equal(Object.values(head).includes(""), false, JSON.stringify(head));
});

test("a session's own zone wins; times across a change of the clocks", async () => {
  await api.import([
    line("zoned", { timeZone: "Asia/Calcutta", at: T0 }),
    line("dst", { at: Date.UTC(2026, 2, 8, 6, 59, 58), texts: ["a", "b", "c", "d"], step: 1000 }),
    line("fold", { at: Date.UTC(2026, 10, 1, 5, 30, 0), texts: ["a", "b"], step: 3600000 }),
  ]);
  const times = async (id) => (await agendize(server, `/history/${id}`, keys)).body.messages.map(({ sent }) => sent);
  assert.deepEqual((await times("zoned"))[0], { dateTime: "2026-01-10T17:30:00", timeZone: "Asia/Calcutta" });
  assert.deepEqual((await times("dst")).map((sent) => sent.dateTime), ["2026-03-08T01:59:58", "2026-03-08T01:59:59", "2026-03-08T03:00:00", "2026-03-08T03:00:01"]);
  assert.deepEqual((await times("fold")).map((sent) => sent.dateTime), ["2026-11-01T01:30:00", "2026-11-01T01:30:00"]);
});

test("a session of 2,000 messages comes whole", async () => {
  const texts = Array.from({ length: 2000 }, (_, i) => `text ${i} ${"y".repeat(200)}`);
  await api.import([line("many", { texts })]);
  const { body } = await agendize(server, "/history/many", keys);
  assert.deepEqual(body.messages.map(({ message }) => message), texts);
  assert.equal(new Set(body.messages.map(({ id }) => id)).size, 2000);
});

/** The dialect's error shape. */
function failed(answer, status, field) {
  assert.equal(answer.status, status, answer.text);
  assert.deepEqual(Object.keys(answer.body), ["error"]);
  const { statusCode, message, fields } = answer.body.error;
  assert.equal(statusCode, String(status));
  assert.equal(typeof message, "string");
  assert.deepEqual(fields, field ? [field] : fields);
  assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
}

test("unknown sessions, and another company's, are 404", async () => {
  for (const id of ["no-such", "full%00x", "a%2Fb", "%22", "summary%20", "x".repeat(500)]) {
    const answer = await agendize(server, `/history/${id}`, keys);
    if (answer.status === 400) failed(answer, 400);
    else failed(answer, 404, "sessionId");
  }
  failed(await agendize(server, "/history/full", otherKeys), 404, "sessionId");
});

test("unknown and repeated parameters and bad values are 400, named", async () => {
  for (const [path, field] of [
    ["/history/full?foo=1", "foo"],
    ["/history?foo=1", "foo"],
    ["/history/summary?foo=1", "foo"],
    ["/history/summary?startDate=2026-01-01&startDate=2026-01-02", "startDate"],
    ["/history?maxResults=1&maxResults=1", "maxResults"],
    ["/history?maxResults=0", "maxResults"],
    ["/history?maxResults=101", "maxResults"],
    ["/history?maxResults=x", "maxResults"],
    ["/history?pageToken=nonsense", "pageToken"],
    ["/history?startDate=yesterday", "startDate"],
    ["/history/summary?endDate=2026-13-01", "endDate"],
    ["/history/summary?endDate=2026-02-30", "endDate"],
    ["/history/summary?startDate=2026-01-01T25:00:00Z", "startDate"],
    ["/history/summary?startDate=99999-01-01", "startDate"],
  ])
    failed(await agendize(server, path, keys), 400, field);
});

test("two headers in any case, or a bearer, authenticate", async () => {
  const get = (headers, query = "") => call(server, "GET", `/api/2.0/chat/history/full${query}`, { headers });
  for (const headers of [keys, { APIKEY: keys.apiKey, TOKEN: keys.token }, { Authorization: `Bearer ${keys.token}` }, { Authorization: `bearer ${keys.token}` },
    { Authentication: `Bearer ${keys.token}` }, { authentication: `bearer  ${keys.token}` }, { Authorization: "Basic eDp5", Authentication: `Bearer ${keys.token}` }])
    assert.equal((await get(headers)).status, 200, JSON.stringify(headers));
  for (const headers of [
    {}, { apiKey: keys.apiKey }, { token: keys.token }, { ...keys, token: "x" }, { ...keys, apiKey: "x" }, { ...keys, apiKey: otherKeys.apiKey },
    { Authorization: `Bearer ${keys.apiKey}` }, { Authorization: `Basic ${keys.token}` }, { Authorization: "Bearer" }, { Authorization: "Bearer " }, { Authentication: "Bearer x" }, { Authentication: keys.token },
  ]) {
    const answer = await get(headers);
    failed(answer, 401);
    assert.ok(answer.headers["www-authenticate"]);
  }
  const inQuery = await get({}, `?apiKey=${keys.apiKey}&token=${keys.token}`);
  failed(inQuery, 401);
  assert.match(inQuery.body.error.message, /header/);
});

test("credentials in the query count where that is switched on, and only there", async () => {
  await server.stop();
  server.env = { PARLEY_AGENDIZE_QUERY_CREDENTIALS: "true" };
  await server.restart();
  for (const query of [`apiKey=${keys.apiKey}&token=${keys.token}`, `apikey=${keys.apiKey}&TOKEN=${keys.token}`])
    assert.equal((await call(server, "GET", `/api/2.0/chat/history/full?${query}`)).status, 200);
  failed(await call(server, "GET", `/api/2.0/chat/history/full?apiKey=x&token=${keys.token}`), 401);
  await server.stop();
  server.env = {};
  await server.restart();
});

test("unknown paths and wrong methods are refused in the dialect's shape", async () => {
  for (const path of ["/api/2.0/chat/nothing", "/api/2.0", "/api/2.1/chat/history", "/api/2.1", "/api/3/chat/sessions/x", "/api/10.11.12/%zz"]) {
    const status = path.includes("%") ? 400 : 404;
    failed(await call(server, "GET", path, { headers: keys }), status);
    failed(await call(server, "POST", path, { headers: keys, json: {} }), status);
  }
  for (const path of ["/api/v1/nothing", "/api/v3/nothing", "/api/nothing", "/api/.2/nothing"])
    assert.equal((await call(server, "GET", path)).body.error?.statusCode, undefined, `${path} is not Agendize's`);
  const wrong = await call(server, "POST", "/api/2.0/chat/history", { headers: keys, json: {} });
  failed(wrong, 405);
  assert.match(wrong.headers.allow, /GET/);
});

test("the list pages both ways and shows each session with messages once, newest first", async () => {
  await api.import(Array.from({ length: 57 }, (_, i) => line(`list-${i}`, { at: Date.UTC(2020, 0, 1) + (i >> 1) * 1000 })));
  const bounds = "startDate=2019-12-31&endDate=2020-02-01";
  const all = [];
  const pages = [];
  let token = "";
  do {
    const { status, body, text } = await agendize(server, `/history?${bounds}&maxResults=10${token && `&pageToken=${encodeURIComponent(token)}`}`, keys);
    assert.equal(status, 200, text);
    assert.equal(body.complete, body.nextPageToken === null);
    all.push(...body.items);
    pages.push(body);
    token = body.nextPageToken;
  } while (token);
  assert.equal(all.length, 57);
  assert.equal(new Set(all.map(({ id }) => id)).size, 57);
  for (let i = 1; i < all.length; i++) assert.ok(all[i - 1].start.dateTime >= all[i].start.dateTime);
  assert.equal(pages[0].prevPageToken, null);
  const back = await agendize(server, `/history?${bounds}&maxResults=10&pageToken=${encodeURIComponent(pages[2].prevPageToken)}`, keys);
  assert.deepEqual(back.body.items, pages[1].items);
  assert.deepEqual(Object.keys(all[0]).filter((name) => name === "messages"), [], "the list is light");
  const other = await agendize(server, `/history?maxResults=10&pageToken=${encodeURIComponent(pages[0].nextPageToken)}`, keys);
  failed(other, 400, "pageToken");
});
