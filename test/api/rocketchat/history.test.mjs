// visitors.chatHistory, livechat/:rid/messages and visitors.info: paging, sorting, access, errors, headers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { seeds } from "../../support/sample.mjs";
import { addCompany, addOperator, emptyData, parley, Server } from "../../support/server.mjs";

const ROOMS = 130;
let server, api, admin, manager, one, two, plain, stranger, otherApi;

function room(i) {
  return line(`room-${String(i).padStart(3, "0")}`, {
    at: T0 + i * 60000,
    visitor: { id: "vera", name: "Vera", token: "vera-token" },
    operator: i % 2 ? "one" : "two",
    // The last message comes the later, the earlier the room: lm sorts the other way round than ts.
    texts: i % 3 ? ["hi", "hello"] : ["hi"],
    step: (ROOMS - i) * 200000,
    close: i % 5 ? 2 : undefined,
  });
}

before(async () => {
  const { data, bearer } = emptyData();
  for (const id of ["sales", "support"]) parley(["department", "add", id, "--id", id, "--data", data]);
  admin = addOperator(data, "Environment", "root", ["admin"]);
  manager = addOperator(data, "Environment", "manager", ["livechat-manager"]);
  one = addOperator(data, "Environment", "one", ["livechat-agent"], ["--department", "sales"]);
  two = addOperator(data, "Environment", "two", ["livechat-agent"]);
  plain = addOperator(data, "Environment", "plain", ["user"]);
  const other = addCompany(data, "Other");
  stranger = addOperator(data, "Other", "stranger", ["admin"]);
  for (const who of [admin, manager, one, two, plain, stranger])
    for (const [header, name] of [["X-User-Id", "userId"], ["X-Auth-Token", "authToken"]]) {
      who[header] = who[name];
      delete who[name];
    }
  server = await Server.start({ data });
  api = new Parley(server, bearer);
  otherApi = new Parley(server, other.bearer);
  await api.import([
    ...Array.from({ length: ROOMS }, (_, i) => room(i)),
    line("queued", { visitor: { id: "quentin" }, texts: ["anybody?"], department: undefined }),
    { id: "queued-sales", visitor: { id: "sal" }, department: "sales", participants: [{ id: 1, type: "Client", name: "Sal" }], events: [{ type: "joined", at: T0, by: 1 }, { type: "message", at: T0 + 5, by: 1, text: "sales?" }] },
    { id: "queued-support", visitor: { id: "sup" }, department: "support", participants: [{ id: 1, type: "Client", name: "Sup" }], events: [{ type: "joined", at: T0, by: 1 }, { type: "message", at: T0 + 5, by: 1, text: "support?" }] },
    { id: "queued-any", visitor: { id: "any" }, participants: [{ id: 1, type: "Client", name: "Any" }], events: [{ type: "joined", at: T0, by: 1 }, { type: "message", at: T0 + 5, by: 1, text: "anyone?" }] },
  ]);
});
after(() => server?.stop());

const history = (query = "", who = manager, id = "room-000", visitor = "vera") => chatHistory(server, id, visitor, who, query);
const ids = (answer) => answer.body.history.map((one) => one._id);
const sorted = (order) => `sort=${encodeURIComponent(JSON.stringify(order))}`;

test("the default is the newest 50, count = what came", async () => {
  const { status, body, headers, text } = await history();
  assert.equal(status, 200, text);
  assert.deepEqual(Object.keys(body), ["history", "count", "offset", "total", "success"]);
  assert.equal(body.count, 50);
  assert.equal(body.offset, 0);
  assert.equal(body.total, ROOMS);
  assert.equal(body.success, true);
  assert.deepEqual(body.history.map((one) => one._id), Array.from({ length: 50 }, (_, i) => room(ROOMS - 1 - i).id));
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers.pragma, "no-cache");
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(
    headers["access-control-allow-headers"],
    "Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token, x-visitor-token, Authorization",
  );
  assert.ok(headers["x-instance-id"]);
});

test("count: a cap of 100, 0 = all, empty = default, fractions cut off", async () => {
  for (const [query, count] of [["?count=7", 7], ["?count=100", 100], ["?count=101", 100], ["?count=999999", 100], ["?count=1e16", 100], [`?count=${"9".repeat(400)}`, 100], ["?count=0", ROOMS], ["?count=", 50], ["?count=1.5", 1], ["?count=%2B7", 7]]) {
    const { status, body, text } = await history(query);
    assert.equal(status, 200, `${query}: ${text.slice(0, 300)}`);
    assert.equal(body.count, count, query);
    assert.equal(body.history.length, count, query);
    assert.equal(body.total, ROOMS);
  }
});

test("offset and count page without gap or repeat", async () => {
  const seen = [];
  for (let offset = 0; offset < ROOMS; offset += 33) {
    const { body } = await history(`?offset=${offset}&count=33`);
    assert.equal(body.offset, offset);
    seen.push(...body.history.map((one) => one._id));
  }
  assert.deepEqual(seen, Array.from({ length: ROOMS }, (_, i) => room(ROOMS - 1 - i).id));
  const behind = await history("?offset=1000");
  assert.deepEqual(behind.body, { history: [], count: 0, offset: 1000, total: ROOMS, success: true });
  const beyond = await history(`?offset=${"9".repeat(70)}&count=0`);
  assert.deepEqual(beyond.body, { ...behind.body, offset: Number.MAX_SAFE_INTEGER });
});

/** The value at a dot path; undefined for what the sort counts as absent. */
function at(document, path) {
  const value = path.split(".").reduce((node, step) => (node === null || typeof node !== "object" || Array.isArray(node) ? undefined : node[step]), document);
  return value === null || typeof value === "object" ? undefined : value;
}

function expected(all, order) {
  const compare = (a, b) => (a === b ? 0 : a === undefined ? -1 : b === undefined ? 1 : a < b ? -1 : 1);
  return [...all].sort((a, b) => {
    for (const [path, direction] of Object.entries(order)) {
      const result = compare(at(a, path), at(b, path)) * direction;
      if (result) return result;
    }
    return -compare(a.ts, b.ts) || compare(a._id, b._id);
  }).map((one) => one._id);
}

/** Rooms of every kind that has members of its own: recorded, with a source, on hold, closed by anybody, with a file, an edited
 *  message or nothing as the newest. */
async function importRoomsOfEveryKind() {
  const visitor = { id: "rita", name: "Rita", token: "rita-token" };
  const kinds = [
    { source: { type: "widget", alias: "shop" } },
    { source: { type: "app", alias: "phone", id: "7" }, texts: ["a"] },
    { texts: [], department: "sales" },
    { operator: "one", close: 2 },
    { operator: "two", close: 1, texts: ["c", "b"] },
    { close: 0, texts: ["b", "c", "d"] },
    { texts: ["edited later"], after: [{ type: "edit", by: 2, target: 3, text: "an edit" }] },
    { texts: ["deleted later", "stays"], after: [{ type: "delete", by: 1, target: 3 }] },
    { after: [{ type: "file", by: 1, text: "b.txt", data: { id: "f2", name: "b.txt", type: "text/plain", size: 7 } }] },
    { after: [{ type: "file", by: 2, text: "a.png", data: { type: "image/png", size: 5000 } }] },
    { operator: "one", after: [{ type: "hold", by: 2 }] },
    { after: [{ type: "closed", by: 2, data: { dialect: "rocketchat", comment: "bye", tags: ["x"] } }] },
  ];
  const recorded = (i, more) => ({
    ...{ _id: `rita-${i}`, t: "l", msgs: 40 - i, usersCount: i, fname: `R${i}`, ts: new Date(T0 + i * 1000).toISOString(), lm: new Date(T0 + (90 - i) * 1000).toISOString() },
    ...{ v: { _id: "rita", username: `guest-${90 - i}`, token: `t${i}`, status: i % 2 ? "away" : "online" }, cl: true, _updatedAt: new Date(T0 + i).toISOString() },
    ...{ metrics: { response: { avg: 0.5 + i / 1000, fd: new Date(T0 + i * 7).toISOString(), total: i }, chatDuration: 3.25 + i }, contactId: `c${90 - i}`, omnichannel: { weight: { of: i % 3 } } },
    ...more,
  });
  for (let i = kinds.length; i < 20; i++) {
    const lastMessage = { _id: `m${90 - i}`, rid: `rita-${i}`, msg: `recorded ${i % 4}`, u: { _id: "rita", username: "guest-1" }, ts: new Date(T0 + i).toISOString() };
    kinds.push({ rocketchat: i % 2 ? { room: recorded(i), lastMessage } : { room: recorded(i, { lastMessage, priorityWeight: i, source: { type: "email" } }) } });
  }
  await api.import(kinds.map(({ after = [], ...kind }, i) => {
    const made = line(`rita-${i}`, { at: T0 + i * 1000, visitor, ...kind });
    after.forEach((event, k) => made.events.push({ at: made.events.at(-1).at + 100 * (i + k + 1), ...event }));
    return made;
  }));
}

test("every sort is what sorting the documents by their own values gives", async () => {
  await importRoomsOfEveryKind();
  for (const [id, visitor] of [["room-000", "vera"], ["rita-0", "rita"]]) await compareEverySort(id, visitor);
});

async function compareEverySort(id, visitor) {
  const history = (query) => chatHistory(server, id, visitor, manager, query);
  const all = (await history("?count=0")).body.history;
  const paths = new Set(["nothing", "v", "v.nothing", "metrics.response"]);
  const walk = (node, path) => {
    for (const [key, value] of Object.entries(node))
      if (value && typeof value === "object" && !Array.isArray(value)) walk(value, `${path}${key}.`);
      else if (!Array.isArray(value)) paths.add(`${path}${key}`);
  };
  for (const one of all) walk(one, "");
  assert.ok(paths.size > 30, [...paths].join());
  const wrong = [];
  for (const path of paths)
    for (const direction of [1, -1]) {
      const answer = await history(`?count=0&${sorted({ [path]: direction })}`);
      if (answer.status !== 200 || JSON.stringify(ids(answer)) !== JSON.stringify(expected(all, { [path]: direction })))
        wrong.push(`${path} ${direction}`);
    }
  assert.deepEqual(wrong, []);
  for (const order of [{ open: -1, lm: 1 }, { "servedBy.username": 1, msgs: -1 }, { msgs: 1, ts: 1 }, {}]) {
    const answer = await history(`?count=0&${sorted(order)}`);
    assert.deepEqual(ids(answer), expected(all, order), JSON.stringify(order));
    const part = await history(`?count=10&offset=20&${sorted(order)}`);
    assert.deepEqual(ids(part), expected(all, order).slice(20, 30), JSON.stringify(order));
  }
}

test("the same for a visitor with so many rooms that they are sorted beside the loop", async () => {
  const many = 1234;
  await api.import(Array.from({ length: many }, (_, i) => line(`many-${i}`, {
    at: T0 + (i % 1000) * 1000, // some begin at the same time
    visitor: { id: "monica", name: "Monica" },
    texts: Array.from({ length: 1 + (i * 7) % 5 }, (_, k) => `text ${(i * 31 + k) % 97}`),
    close: i % 3 ? 2 : undefined,
  })));
  const page = (query) => history(query, manager, "many-0", "monica");
  const all = (await page("?count=0")).body.history;
  assert.equal(all.length, many);
  for (const order of [{ msgs: -1 }, { "lastMessage.msg": 1 }, { closedAt: 1, msgs: -1 }, { nothing: 1 }]) {
    assert.deepEqual(ids(await page(`?count=0&${sorted(order)}`)), expected(all, order), JSON.stringify(order));
    const parts = await Promise.all([0, 25, 1225, 5000].map((offset) => page(`?count=25&offset=${offset}&${sorted(order)}`)));
    for (const [i, offset] of [0, 25, 1225, 5000].entries()) {
      assert.deepEqual(ids(parts[i]), expected(all, order).slice(offset, offset + 25), `${JSON.stringify(order)} ${offset}`);
      assert.equal(parts[i].body.total, many);
    }
  }
});

const invalid = (text) => ({ success: false, error: `${text} [invalid-params]`, errorType: "invalid-params" });

test("parameters that the validator refuses are 400 in its words", async () => {
  for (const [query, body] of [
    ["?fields=%7B%7D", invalid("must NOT have additional properties")],
    ["?query=%7B%7D", invalid("must NOT have additional properties")],
    ["?foo=1", invalid("must NOT have additional properties")],
    ["?count=x", invalid("must be number")],
    ["?count=null", invalid("must be number")],
    ["?count=1&count=2", invalid("must be number")],
    ["?offset=abc", invalid("must be number")],
    ["?offset=1&offset=1", invalid("must be number")],
    ["?count[]=3", invalid("must be number")],
    ["?sort[ts]=1", invalid("must be string")],
    ["?sort[]=1", invalid("must be string")],
    ["?sort=%7B%7D&sort=%7B%7D", invalid("must be string")],
    ["?count=-1", invalid("must be >= 0")],
    ["?offset=-1", invalid("must be >= 0")],
  ]) {
    const answer = await history(query);
    assert.equal(answer.status, 400, `${query}: ${answer.text}`);
    assert.deepEqual(answer.body, body, query);
  }
});

test("a bad sort is named with what was sent", async () => {
  for (const raw of ["ts", '{"ts":2}', '{"ts":"1"}', '{"ts":true}', "[1]", '{"ts":1', '"x"', '{"ts":null}']) {
    const answer = await history(`?sort=${encodeURIComponent(raw)}`);
    assert.equal(answer.status, 400, raw);
    assert.deepEqual(answer.body, {
      success: false,
      error: `Invalid sort parameter provided: "${raw}" [error-invalid-sort]`,
      errorType: "error-invalid-sort",
      details: { helperMethod: "parseJsonQuery" },
    });
  }
});

const LOGIN = { status: "error", message: "You must be logged in to do this." };
const FORBIDDEN = { success: false, error: "User does not have the permissions required for this action [error-unauthorized]" };

test("who is not logged in gets the seed's 401, whatever else is wrong", async () => {
  for (const headers of [
    {},
    { "X-User-Id": manager["X-User-Id"] },
    { "X-Auth-Token": manager["X-Auth-Token"] },
    { ...manager, "X-Auth-Token": "wrong" },
    { ...manager, "X-User-Id": admin["X-User-Id"] },
    { ...manager, "X-Auth-Token": "" },
  ]) {
    const answer = await history("?foo=1", headers);
    assert.equal(answer.status, 401, JSON.stringify(headers));
    assert.deepEqual(answer.body, LOGIN);
    assert.equal(answer.headers["content-type"], "application/json");
  }
});

test("checks come in 6.x order: login, validation, permission, sort, room, access", async () => {
  assert.deepEqual((await history("?foo=1", plain)).body, invalid("must NOT have additional properties"));
  const forbidden = await history("?sort=x", plain, "no-such-room");
  assert.equal(forbidden.status, 403);
  assert.deepEqual(forbidden.body, FORBIDDEN);
  const unknown = await history("", manager, "no-such-room");
  assert.equal(unknown.status, 400);
  assert.deepEqual(unknown.body, { success: false, error: "invalid-room" });
  assert.equal((await history("?sort=x", manager, "no-such-room")).body.errorType, "error-invalid-sort");
});

test("a visitor nobody knows has an empty history, through any room", async () => {
  const answer = await history("", manager, "room-000", "nobody");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { history: [], count: 0, offset: 0, total: 0, success: true });
  assert.equal((await history("?count=1", manager, "queued-any")).body.total, ROOMS);
});

test("agents see rooms that they serve or may take, managers and administrators all", async () => {
  const denied = { success: false, error: "error-not-allowed" };
  const cases = [
    // agents: what they serve, open or closed; what is queued for them
    [one, "room-001", 200], [one, "room-005", 200], [one, "room-000", 400], [one, "room-002", 400],
    [two, "room-000", 200], [two, "room-001", 400],
    [one, "queued-any", 200], [two, "queued-any", 200],
    [one, "queued-sales", 200], [two, "queued-sales", 400],
    [one, "queued-support", 400], [two, "queued-support", 400],
    [manager, "queued-support", 200], [admin, "room-001", 200], [manager, "room-001", 200],
  ];
  for (const [who, id, status] of cases) {
    const answer = await history("?count=1", who, id);
    assert.equal(answer.status, status, `${who["X-User-Id"]} ${id} ${answer.text.slice(0, 200)}`);
    if (status === 400) assert.deepEqual(answer.body, denied);
  }
});

test("another company's administrator knows neither room nor visitor", async () => {
  assert.deepEqual((await history("", stranger)).body, { success: false, error: "invalid-room" });
  await otherApi.import([line("other-room", { visitor: { id: "vera", name: "Another Vera" } })]);
  const answer = await history("", stranger, "other-room", "vera");
  assert.equal(answer.body.total, 1);
  assert.equal(answer.body.history[0].fname, "Another Vera");
  assert.equal((await history()).body.total, ROOMS);
});

test("unknown paths and wrong methods are refused in the router's own shape", async () => {
  const unknown = await rocketchat(server, "/no.such.thing", manager);
  assert.equal(unknown.status, 404);
  assert.deepEqual(unknown.body, { status: "error", message: "API endpoint does not exist" });
  const wrong = await call(server, "POST", "/api/v1/livechat/visitors.chatHistory/room/a/visitor/b", { headers: manager, json: {} });
  assert.equal(wrong.status, 405);
  assert.deepEqual(wrong.body, { status: "error", message: "API endpoint does not exist" });
  assert.match(wrong.headers.allow, /\bGET\b/);
});

test("HEAD answers the head of GET", async () => {
  const path = "/api/v1/livechat/visitors.chatHistory/room/room-000/visitor/vera?count=1";
  const get = await call(server, "GET", path, { headers: manager });
  const head = await call(server, "HEAD", path, { headers: manager });
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  assert.equal(head.headers["content-type"], get.headers["content-type"]);
});

test("CORS: the preflight is answered, so that browsers work out of the box", async () => {
  const answer = await call(server, "OPTIONS", "/api/v1/livechat/visitors.chatHistory/room/a/visitor/b", {
    headers: { Origin: "https://example.org", "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-auth-token,x-user-id" },
  });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, "OK");
  assert.equal(answer.headers["access-control-allow-origin"], "*");
  assert.equal(answer.headers["access-control-allow-methods"], "GET, POST, PUT, DELETE, HEAD, PATCH");
  assert.match(answer.headers["access-control-allow-headers"], /X-Auth-Token/);
});

test("livechat/:rid/messages: newest first, count = what was asked, paging, order, search", async () => {
  const texts = Array.from({ length: 70 }, (_, i) => (i % 10 ? `message ${i}` : `Special MESSAGE ${i} (a+b)`));
  await api.import([line("talk", { visitor: { id: "tina", name: "Tina" }, texts, close: 2 })]);
  const get = (query = "", who = manager, id = "talk") => rocketchat(server, `/livechat/${id}/messages${query}`, who);
  const all = await get("?count=0");
  assert.equal(all.status, 200, all.text);
  assert.deepEqual(Object.keys(all.body).sort(), ["count", "messages", "offset", "success", "total"]);
  assert.equal(all.body.messages.length, 71);
  assert.equal(all.body.total, 71);
  assert.equal(all.body.count, 0);
  assert.equal(all.body.messages[0].t, "livechat-close");
  assert.deepEqual(all.body.messages.slice(1).map((message) => message.msg), [...texts].reverse());
  const page = await get("?count=10&offset=5");
  assert.equal(page.body.count, 10);
  assert.equal(page.body.offset, 5);
  assert.deepEqual(page.body.messages, all.body.messages.slice(5, 15));
  const ascending = await get(`?count=0&${sorted({ ts: 1 })}`);
  assert.deepEqual(ascending.body.messages, [...all.body.messages].reverse());
  const found = await get(`?searchTerm=${encodeURIComponent("(A+B)")}&count=3`);
  assert.equal(found.body.total, 7);
  assert.deepEqual(found.body.messages.map((message) => message.msg), [60, 50, 40].map((i) => texts[i]));
  assert.deepEqual((await get("", manager, "no-such-room")).body, { success: false, error: "invalid-room" });
  assert.deepEqual((await get("", two, "room-001")).body, { success: false, error: "not-allowed" });
  assert.deepEqual((await get("", plain)).body, FORBIDDEN);
  assert.deepEqual((await get("?foo=1")).body, invalid("must NOT have additional properties"));
});

test("messages carry who wrote them", async () => {
  const { messages } = (await rocketchat(server, "/livechat/room-001/messages?count=0", manager)).body;
  const [answer, question] = messages.filter((message) => !message.t);
  assert.equal(question.token, "vera-token");
  assert.equal(question.alias, "Vera");
  assert.equal(question.u._id, "vera");
  assert.equal(answer.token, undefined);
  assert.deepEqual(answer.u, { _id: one["X-User-Id"], username: "one", name: answer.u.name });
  assert.deepEqual(question.md, [{ type: "PARAGRAPH", value: [{ type: "PLAIN_TEXT", value: "hi" }] }]);
  for (const name of ["urls", "mentions", "channels"]) assert.deepEqual(answer[name], []);
});

test("visitors.info shows a visitor by id, and refuses the unknown and the unentitled", async () => {
  const get = (query, who = manager) => rocketchat(server, `/livechat/visitors.info${query}`, who);
  const found = await get("?visitorId=vera");
  assert.equal(found.status, 200, found.text);
  assert.equal(found.body.success, true);
  assert.equal(found.body.visitor._id, "vera");
  assert.equal(found.body.visitor.name, "Vera");
  assert.equal(found.body.visitor.token, "vera-token");
  const unknown = await get("?visitorId=nobody");
  assert.equal(unknown.status, 400);
  assert.deepEqual(unknown.body, { success: false, error: "visitor-not-found" });
  assert.equal((await get("")).status, 400);
  assert.equal((await get("?visitorId=vera&x=1")).status, 400);
  assert.equal((await get("?visitorId=vera", plain)).status, 403);
  assert.equal((await get("?visitorId=vera", {})).status, 401);
});

/** The types of a document, member by member. */
function shape(value) {
  if (Array.isArray(value)) return value.length ? [shape(value[0])] : [];
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shape(one)]));
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) ? "date" : typeof value;
}

/** What of `wanted` is missing or of another type in `got`. */
function lacking(wanted, got, path = "") {
  if (typeof wanted === "string") return wanted === got ? [] : [`${path}: ${JSON.stringify(got)} is no ${wanted}`];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got)) return [`${path} is no array`];
    return wanted.length ? lacking(wanted[0], got[0], `${path}[]`) : [];
  }
  if (!got || typeof got !== "object") return [`${path} is missing`];
  return Object.entries(wanted).flatMap(([key, value]) => lacking(value, got[key], `${path}.${key}`));
}

test("a live chat of one visitor 'hi' and one answer has every key of the seed, with its type", async () => {
  parley(["department", "add", "Unit", "--id", "unit", "--data", server.data]);
  parley(["department", "add", "Shop", "--id", "shop", "--parent", "unit", "--data", server.data]);
  const { id } = await api.open({
    department: "shop",
    visitor: { id: "maria", name: "Maria" },
    participants: [
      { id: 1, type: "Client", name: "Maria" },
      { id: 2, type: "Agent", name: "One", operator: "one" },
    ],
  });
  await api.post(`/sessions/${id}/events`, { type: "joined", by: 1 });
  await api.post(`/sessions/${id}/events`, { type: "joined", by: 2 });
  await api.say(id, 1, "hi");
  const waiting = (await chatHistory(server, id, "maria", manager)).body;
  assert.equal(waiting.history[0].waitingResponse, true);
  await new Promise((resolve) => setTimeout(resolve, 5)); // so that the answer takes its time: a response of 0 s has no fd
  await api.say(id, 2, "hello");
  const { body } = await chatHistory(server, id, "maria", manager);
  // The seed's room waits, and its newest message is the visitor's; the metrics are those of the answer.
  const { metrics, ...rest } = shape(seeds.rocketchat.history[0]);
  assert.deepEqual(lacking(rest, shape(waiting.history[0])), []);
  assert.deepEqual(lacking(metrics, shape(body.history[0].metrics), "metrics"), []);
  const answered = body.history[0];
  assert.equal(answered.waitingResponse, undefined);
  assert.equal(answered.msgs, 2);
  assert.equal(answered.usersCount, 2);
  assert.equal(answered.lastMessage.msg, "hello");
  assert.equal(answered.servedBy.username, "one");
  assert.equal(answered.responseBy.username, "one");
  assert.equal(answered.metrics.response.total, 1);
  assert.deepEqual(answered.departmentAncestors, ["unit"]);
  assert.equal(answered.v.username.startsWith("guest-"), true);
  assert.equal(answered.v.status, "online");
});

test("a long history with count=0 comes whole", async () => {
  const long = "x".repeat(10000);
  await api.import(Array.from({ length: 150 }, (_, i) => line(`long-${i}`, { at: T0 + i * 1000, visitor: { id: "lena", name: "Lena" }, texts: [long], operator: "one" })));
  const answer = await history("?count=0", manager, "long-0", "lena");
  assert.equal(answer.headers["transfer-encoding"], "chunked");
  assert.equal(answer.body.history.length, 150);
  assert.ok(answer.body.history.every((one) => one.lastMessage.msg === long));
});
