// Bad input on every route there is (the table comes from the server itself), and one company's credentials on another's ids.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../support/dialects.mjs";
import { call, raw } from "../support/http.mjs";
import { Server, addCompany, addOperator, emptyData, parley } from "../support/server.mjs";

const MARK = "Zanzibar-Kiwi-77"; // stands in everything that company B keeps
let server, ours, theirs, routes;

/** What one company may show, and how to get in. */
async function fill(company, credentials, mark) {
  const user = addOperator(server.data, company, `op-${company}`, ["admin", "livechat-agent"]);
  const api = new Parley(server, credentials.bearer);
  const session = `${company}-session`;
  await api.import([{
    id: session,
    visitor: { id: `${company}-visitor`, name: mark, email: `${mark}@example.com` },
    participants: [{ id: 1, type: "Client", name: mark }],
    events: [{ type: "message", at: 1700000000000, by: 1, id: `${company}-message`, text: mark }],
  }]);
  const key = await api.post(`/sessions/${session}/genesys-credentials`, undefined);
  const canned = (await api.post("/canned-answers", { shortcut: mark, text: mark })).id;
  return {
    company, session, canned, visitor: `${company}-visitor`, key,
    headers: {
      rocketchat: { "X-User-Id": user.userId, "X-Auth-Token": user.authToken },
      agendize: { apiKey: credentials.apiKey, token: credentials.token },
      parley: { Authorization: `Bearer ${user.authToken}` }, // an operator's, as some routes are for those only
      genesys: {},
    },
  };
}

const dialectOf = (path) =>
  path.startsWith("/parley/") ? "parley" : path.startsWith("/api/2.0") ? "agendize" : path.includes("/api/v2/chats") ? "genesys" : "rocketchat";

const isRefusal = {
  genesys: (body) => [1, 2].includes(body?.statusCode) && Array.isArray(body.errors) && typeof body.chatId === "string",
  agendize: (body) => typeof body?.error?.statusCode === "string" && Array.isArray(body.error.fields),
  rocketchat: (body) => (body?.success === false && typeof body.error === "string") || body?.status === "error",
  parley: (body) => body?.type?.startsWith("urn:parley:problem:") && typeof body.detail === "string",
};

function isDialectRefusal(route, answer, what) {
  assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);
  assert.ok(isRefusal[dialectOf(route.path)](answer.body), `${what}: not this dialect's shape: ${answer.status} ${answer.text.slice(0, 300)}`);
}

/** Does it read a body, and leave the credentials alone? */
const takesBody = ({ method, path }) => /^(POST|PUT|PATCH)$/.test(method) && !/logout$|sign-out$|genesys-credentials$|import$/.test(path);

const fillPath = (path, id) => path.replaceAll(/:\w+/g, id);

before(async () => {
  const { data, ...credentials } = emptyData("Environment");
  const others = addCompany(data, "Other");
  server = await Server.start({ data, env: { PARLEY_ROCKETCHAT_RATE_LIMITER: "0", PARLEY_GENESYS_CHAT_TIMEOUT: "0" } });
  ours = await fill("Environment", credentials, "ours");
  theirs = await fill("Other", others, MARK);
  const { text } = await call(server, "GET", "/metrics");
  routes = [...text.matchAll(/^parley_http_answers_total\{method="(\w+)",route="([^"]+)",status="2xx"\}/gm)]
    .map(([, method, path]) => ({ method, path }))
    .filter(({ path }) => !["/healthz", "/metrics", "/parley/v1/admin/command", "unknown"].includes(path));
  assert.ok(routes.length >= 30, text);
});
after(() => server.stop());

test("a body that is no JSON object of the right kind is refused in the dialect's shape", async () => {
  const bodies = ["{x", "", "[]", '"text"', "7", '{"a":1,"a":2}', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), '{"n":1e999}',
    '{"n":99999999999999999999999}', "[".repeat(100000), '{"a":"\\u0000"}', '{"a":"\\ud800"}', "{} x"];
  for (const route of routes.filter(takesBody))
    for (const body of bodies) {
      if (!body.length && /\/(take|release|hold|resume|close|typing|viewers)$/.test(route.path)) continue; // these need none
      const path = fillPath(route.path, ours.session);
      const answer = await call(server, route.method, path, { headers: { "Content-Type": "application/json", ...ours.headers[dialectOf(path)] }, body });
      isDialectRefusal(route, answer, `${path} with ${String(body).slice(0, 40)}`);
      assert.ok([400, 401].includes(answer.status), `${path} with ${String(body).slice(0, 40)}: ${answer.status}`);
    }
});

test("wrong types in every member are refused, never stored", async () => {
  const members = ["tenantName", "nickname", "userId", "secureKey", "alias", "operationName", "text", "transcriptPosition", "userData", "pushUrl",
    "type", "by", "id", "data", "at", "target", "visitor", "participants", "events", "user", "password", "resume"];
  const values = [null, true, -1, 1.5, 1e300, "", [], {}, [[]], { a: { b: {} } }];
  for (const route of routes.filter(takesBody).filter(({ path }) => !/preferences$/.test(path))) // which are any object
    for (const value of values) {
      const path = fillPath(route.path, ours.session);
      const json = Object.fromEntries(members.map((name) => [name, value]));
      const answer = await call(server, route.method, path, { headers: ours.headers[dialectOf(path)], json });
      isDialectRefusal(route, answer, `${path} with ${JSON.stringify(value)}`);
    }
});

test("a body over the limit is 413 in the dialect's shape", async () => {
  for (const route of routes.filter(({ method, path }) => method === "POST" && !/import$/.test(path))) {
    const path = fillPath(route.path, ours.session);
    const body = JSON.stringify({ text: "x".repeat(9 * 1024 * 1024) });
    const head = Object.entries({ "Content-Type": "application/json", ...ours.headers[dialectOf(path)] }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const answer = await raw(server, [`POST ${path} HTTP/1.1\r\nHost: x\r\n${head}Content-Length: ${body.length}\r\n\r\n`]);
    assert.equal(answer.status, 413, `${path}: ${answer.all.slice(0, 200)}`);
    isDialectRefusal(route, { status: 413, text: answer.body, body: JSON.parse(answer.body) }, path);
  }
});

test("ids of any shape are ids that nobody has", async () => {
  const ids = ["a%2Fb", "%22%27", "summary", "%25", "..%2f..%2fetc", "%F0%9F%98%80", "x".repeat(3000), "%27%20OR%201=1--", "%0d%0aX:1", "%ff", "0", "-1"];
  for (const route of routes.filter(({ path }) => path.includes(":")))
    for (const id of ids) {
      const path = fillPath(route.path, id);
      const json = route.method === "POST" ? { ...ours.key, chatId: undefined, operationName: "SendMessage", text: "x", type: "message", by: 1 } : undefined;
      const answer = await call(server, route.method, path, { headers: ours.headers[dialectOf(path)], json });
      if (/\/(history|sessions)\/summary$/.test(path) && dialectOf(path) === "agendize") assert.equal(answer.status, 200); // the summary's own route
      else isDialectRefusal(route, answer, `${route.method} ${path}`);
    }
  for (const id of ["%00", "%zz", "%"])
    for (const route of routes.filter(({ path }) => path.includes(":"))) {
      const path = fillPath(route.path, id);
      const answer = await call(server, route.method, path, { headers: ours.headers[dialectOf(path)] });
      isDialectRefusal(route, answer, `${route.method} ${path}`);
      assert.equal(answer.status, 400, path);
    }
});

test("unknown and repeated parameters are refused by name where the dialect knows parameters", async () => {
  for (const route of routes.filter(({ method, path }) => method === "GET" && /parley|api\/2\.0/.test(path)))
    for (const query of ["?nonsense=1", "?limit=1&limit=2", "?a=%zz", "?%00=1"]) {
      const path = fillPath(route.path, ours.session) + query;
      const answer = await call(server, "GET", path, { headers: ours.headers[dialectOf(path)] });
      isDialectRefusal(route, answer, path);
      assert.equal(answer.status, 400, path);
    }
});

test("a method that a path does not have is 405 with Allow; a path that is none is 404; both in the dialect's shape", async () => {
  for (const route of routes) {
    const path = fillPath(route.path, ours.session);
    const other = routes.some(({ method, path }) => method === "PATCH" && path === route.path) ? "PUT" : "PATCH";
    const answer = await call(server, other, path, { headers: ours.headers[dialectOf(path)] });
    assert.equal(answer.status, 405, path);
    assert.match(answer.headers.allow, new RegExp(`\\b${route.method}\\b`));
    isDialectRefusal(route, answer, path);
  }
  for (const prefix of ["/api/v1", "/api/2.0", "/api/v2/chats", "/webapi/api/v2/chats", "/parley/v1"]) {
    const path = `${prefix}/no/such/path/at/all`;
    const answer = await call(server, "GET", path);
    assert.equal(answer.status, 404, path);
    isDialectRefusal({ path }, answer, path);
  }
});

test("requests that could be read in two ways are refused and the connection is closed", async () => {
  const shapes = [
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\n{}",
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\n{}",
    "POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "GET /api/v1/me HTTP/1.1\r\nHost: x\r\n folded: yes\r\n\r\n",
    "GET /api/v1/me HTTP/1.1\nHost: x\n\n",
    "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET /api/v1/me HTTP/1.1\r\n\r\n",
    "GET /api/v1/me HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
    "GET /api/v1/me\r\n\r\n",
    "GET  /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00",
  ];
  for (const shape of shapes) {
    const answer = await raw(server, [Buffer.from(shape, "latin1")], { end: true });
    assert.ok(answer.status === 400 || (answer.status === 0 && answer.closed), `${JSON.stringify(shape)}: ${answer.all.slice(0, 100)}`);
  }
});

/** What Parley's routes of one session or canned answer take. */
function parleyBody(path) {
  if (/events$/.test(path)) return { type: "message", by: 1, text: "x" };
  if (/(messages|notes|canned-answers\/:id)$/.test(path)) return { text: "x" };
  return /transfer$/.test(path) ? { department: "x" } : {};
}

test("with one company's credentials another's ids are ids that nobody has", async () => {
  for (const route of routes.filter(({ path }) => path.includes(":"))) {
    const dialect = dialectOf(route.path);
    const path = route.path.replace(/canned-answers\/:id/, `canned-answers/${theirs.canned}`).replace(/:visitorId|:id$/, (name) => (name === ":id" && !route.path.includes("visitors") ? theirs.session : theirs.visitor)).replaceAll(/:\w+/g, theirs.session);
    for (const tenantName of dialect === "genesys" ? ["Environment", "Nobody"] : [undefined]) {
      const json = ["POST", "PUT", "PATCH"].includes(route.method) ? { ...theirs.key, chatId: undefined, tenantName, operationName: "SendMessage", text: "x", type: "message", by: 1 } : undefined;
      const answer = await call(server, route.method, path, { headers: ours.headers[dialect], json: dialect === "parley" && json ? parleyBody(route.path) : json });
      assert.ok(!answer.text.includes(MARK), `${route.method} ${path}: ${answer.text}`);
      isDialectRefusal(route, answer, `${route.method} ${path}`);
      if (dialect === "parley") assert.equal(answer.status, 404, `${route.method} ${path}: ${answer.text}`);
    }
  }
  for (const path of ["/parley/v1/sessions", `/parley/v1/search?q=${MARK}`, `/parley/v1/visitors?q=${MARK}`, "/parley/v1/export", "/parley/v1/queue", "/parley/v1/operators", "/parley/v1/canned-answers", "/parley/v1/changes"]) {
    const answer = await call(server, "GET", path, { headers: ours.headers.parley });
    assert.equal(answer.status, 200, path);
    assert.ok(!answer.text.includes(MARK), `${path}: ${answer.text}`);
  }
  for (const path of ["/parley/v1/changes", "/parley/v1/changes/stream"]) {
    const answer = await call(server, "GET", `${path}?session=${theirs.session}`, { headers: ours.headers.parley });
    assert.equal(answer.status, 404, path);
  }
  const list = await call(server, "GET", "/api/2.0/chat/history", { headers: ours.headers.agendize });
  assert.ok(list.status === 200 && !list.text.includes(MARK), list.text);
});

test("Parley: who has no rights is 403 on every route that needs one, who says nothing is 401", async () => {
  const { authToken } = addOperator(server.data, "Environment", "no-rights", ["user"]);
  const own = /\/(sign-in|sign-out|me|me\/preferences)$/; // these are anybody's, or any operator's
  const parleys = routes.filter(({ path }) => dialectOf(path) === "parley");
  assert.ok(parleys.length >= 35, `${parleys.length}`);
  for (const route of parleys)
    for (const [headers, status] of [[{ Authorization: `Bearer ${authToken}` }, 403], [{}, 401], [{ Cookie: "parley_session=nonsense" }, 401], [{ Cookie: "parley_session=; a" }, 401]]) {
      if (/sign-in$/.test(route.path) || (status === 403 && own.test(route.path))) continue;
      const path = fillPath(route.path, ours.session);
      const answer = await call(server, route.method, path, { headers, json: takesBody(route) ? parleyBody(route.path) : undefined });
      assert.equal(answer.status, status, `${route.method} ${path}: ${answer.text}`);
      isDialectRefusal(route, answer, path);
    }
});

test("after all that nothing was stored, nothing is broken, and the other company's chat still answers its owner", async () => {
  const chat = new GenesysChat(server, theirs.session, theirs.key);
  assert.deepEqual((await chat.transcript()).map(({ text }) => text), [MARK]);
  const api = new Parley(server, ours.headers.parley.Authorization.slice(7));
  const { sessions } = await api.get("/sessions?limit=200");
  assert.deepEqual(sessions.filter(({ dialect }) => dialect === "parley").map(({ id }) => id), [ours.session]);
  assert.deepEqual((await api.events(ours.session)).map(({ type }) => type), ["message"]);
  assert.equal((await call(server, "GET", "/healthz")).status, 200);
  await server.stop();
  assert.match(parley(["check", "--data", server.data]), /clean/);
  server = await Server.start({ data: server.data });
});
