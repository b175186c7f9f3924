// Operators sign in to Parley's own API: tokens, the console's cookie, a proxy's user header; and what they may see.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley, problem } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line } from "../../support/lines.mjs";
import { Server, addBearer, addCompany, emptyData, parley, serve } from "../../support/server.mjs";

const PASSWORD = "correct horse";
let server, data, bearer, other, hostHeader;

function addOperator(username, role, more = []) {
  const about = ["--company", "Environment", "--role", role, "--id", `id-${username}`, "--password-stdin", ...more];
  parley(["operator", "add", username, ...about, "--data", data], { input: `${PASSWORD}\n` });
}

before(async () => {
  ({ data, bearer } = emptyData());
  other = addCompany(data, "Other");
  for (const id of ["sales", "support"]) parley(["department", "add", id, "--id", id, "--data", data]);
  addOperator("ann", "livechat-agent", ["--name", "Ann A.", "--email", "ann@example.org", "--department", "sales"]);
  addOperator("ben", "livechat-agent");
  addOperator("mia", "livechat-manager");
  addOperator("moe", "livechat-monitor");
  addOperator("root", "admin");
  addOperator("plain", "user");
  server = await Server.start({ data });
  hostHeader = `127.0.0.1:${server.port}`;
});
after(() => server?.stop());

const post = (path, json, headers = {}, to = server) => call(to, "POST", `/parley/v1${path}`, { json, headers });
const get = (path, headers, to = server) => call(to, "GET", `/parley/v1${path}`, { headers });
const as = (token) => ({ Authorization: `Bearer ${token}` });

async function signIn(username, more = {}) {
  const answer = await post("/sign-in", { username, password: PASSWORD, ...more });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}
const operator = async (username) => as((await signIn(username)).body.token);

test("a name and a password give a token, and who that is", async () => {
  const { body, headers } = await signIn("ann");
  assert.equal(headers["set-cookie"], undefined);
  assert.equal(headers["cache-control"], "no-store");
  assert.ok(Math.abs(Date.parse(body.expires) - Date.now() - 2592000 * 1000) < 60000, body.expires);
  const me = await get("/me", as(body.token));
  assert.equal(me.status, 200, me.text);
  assert.deepEqual(me.body, {
    company: { name: "Environment", timeZone: "UTC" },
    operator: { id: "id-ann", username: "ann", name: "Ann A.", email: "ann@example.org" },
    roles: ["livechat-agent"],
    departments: [{ id: "sales", name: "sales" }],
    status: "offline",
    rights: ["read", "notes", "desk"],
  });
  const { token, expires, ...rest } = body;
  assert.deepEqual(rest, me.body);
  for (const username of ["ANN", "ann@example.org"]) await signIn(username);
});

test("rights follow from roles", async () => {
  const rights = async (username) => (await get("/me", await operator(username))).body.rights;
  assert.deepEqual(await rights("moe"), ["read", "notes", "desk"]);
  assert.deepEqual(await rights("mia"), ["read", "notes", "manage", "desk"]);
  assert.deepEqual(await rights("root"), ["read", "write", "import", "admin", "notes", "manage", "desk"]);
  assert.deepEqual(await rights("plain"), []);
  problem(await get("/sessions", await operator("plain")), 403, "right_missing");
  problem(await get("/export", await operator("ann")), 403, "right_missing");
  const own = await get("/me", as(bearer));
  assert.equal(own.body.operator, null);
  assert.deepEqual((await get("/me", as(addBearer(data, "Environment", ["read"])))).body.rights, ["read"]);
});

test("a token of Rocket.Chat's login is one here, and the reverse", async () => {
  const { body } = await call(server, "POST", "/api/v1/login", { json: { user: "ann", password: PASSWORD } });
  assert.equal((await get("/me", as(body.data.authToken))).body.operator.id, "id-ann");
  const { token } = (await signIn("ann")).body;
  assert.equal((await call(server, "GET", "/api/v1/me", { headers: { "X-User-Id": "id-ann", "X-Auth-Token": token } })).body.username, "ann");
});

test("an unknown user, a wrong password and another company are refused alike", async () => {
  const bodies = [{ username: "ann", password: "x" }, { username: "nobody", password: PASSWORD }, { username: "ann", password: PASSWORD, company: "Other" }, { username: "ann", password: PASSWORD, company: "None" }];
  const answers = [];
  for (const json of bodies) answers.push(await post("/sign-in", json));
  for (const answer of answers) {
    problem(answer, 401, "password_wrong");
    assert.deepEqual(answer.body, answers[0].body);
  }
  assert.equal((await signIn("ann", { company: "Environment" })).body.company.name, "Environment");
  parley(["operator", "add", "anna", "--company", "Other", "--email", "ann@example.org", "--password-stdin", "--data", data], { input: `${PASSWORD}\n` });
  for (const [company, username] of [["Environment", "ann"], ["Other", "anna"]])
    assert.equal((await signIn("ann@example.org", { company })).body.operator.username, username, "one address, two companies");
});

test("what is no sign-in is refused by the member at fault", async () => {
  const cases = [[{}, "username"], [{ username: "ann" }, "password"], [{ username: 1, password: "x" }, "username"], [{ username: "ann", password: PASSWORD, remember: true }, "remember"], [{ username: "ann", password: PASSWORD, cookie: "yes" }, "cookie"]];
  for (const [json, field] of cases) {
    const answer = await post("/sign-in", json);
    problem(answer, 400);
    assert.equal(answer.body.field, field, answer.text);
  }
  problem(await call(server, "POST", "/parley/v1/sign-in?x=1", { json: {} }), 400, "parameter_unknown");
});

test("wrong passwords are limited for that user, and say when to try again", async (t) => {
  addOperator("guessed", "livechat-agent");
  const fresh = await serve(t, emptyData().data);
  for (let i = 0; i < 10; i++) problem(await post("/sign-in", { username: "guessed", password: `no${i}` }, {}, fresh), 401);
  const limited = await post("/sign-in", { username: "guessed", password: "no" }, {}, fresh);
  problem(limited, 429, "attempts_limited");
  assert.ok(+limited.headers["retry-after"] > 0);
});

test("signing out ends this token, everywhere ends all that came by signing in", async () => {
  const permanent = as(JSON.parse(parley(["operator", "token", "ann", "--data", data])).authToken);
  const [one, two, three] = [await operator("ann"), await operator("ann"), await operator("ann")];
  const ben = await operator("ben");
  const out = await call(server, "POST", "/parley/v1/sign-out", { headers: one });
  assert.equal(out.status, 204, out.text);
  assert.equal(out.text, "");
  problem(await get("/me", one), 401, "credential_wrong");
  problem(await call(server, "POST", "/parley/v1/sign-out", { headers: one }), 401);
  assert.equal((await get("/me", two)).status, 200);
  assert.equal((await post("/sign-out", { everywhere: true }, two)).status, 204);
  for (const ended of [two, three]) problem(await get("/me", ended), 401);
  for (const left of [permanent, ben]) assert.equal((await get("/me", left)).status, 200);
  problem(await post("/sign-out", {}, as(bearer)), 403, "right_missing");
  problem(await post("/sign-out", { all: true }, ben), 400, "field_unknown");
  problem(await post("/sign-out", {}), 401, "credential_missing");
});

test("of one operator's sign-ins the newest hundred last", async () => {
  addOperator("often", "livechat-agent");
  const first = await operator("often"), second = await operator("often");
  for (let i = 0; i < 99; i++) await operator("often");
  problem(await get("/me", first), 401);
  assert.equal((await get("/me", second)).status, 200);
});

test("a disabled operator's sign-ins end at once, and give none", async () => {
  addOperator("gone", "livechat-agent");
  const token = await operator("gone");
  parley(["operator", "set", "gone", "--disable", "--data", data]);
  problem(await get("/me", token), 401);
  problem(await post("/sign-in", { username: "gone", password: PASSWORD }), 401, "password_wrong");
});

test("sign-ins last as long as the setting says", async (t) => {
  const short = emptyData();
  parley(["operator", "add", "ann", "--company", "Environment", "--role", "livechat-agent", "--password-stdin", "--data", short.data], { input: `${PASSWORD}\n` });
  const other = await serve(t, short.data, ["--sign-in-time", "1"]);
  const { body } = await post("/sign-in", { username: "ann", password: PASSWORD }, {}, other);
  assert.ok(Date.parse(body.expires) <= Date.now() + 1000);
  const deadline = Date.now() + 20000;
  while ((await get("/me", as(body.token), other)).status !== 401) assert.ok(Date.now() < deadline, "it does not end");
});

// ---- the cookie

const cookieOf = (answer) => /^([^;]+)/.exec(answer.headers["set-cookie"][0])[1];

test("the console's cookie is HttpOnly and SameSite=Strict, Secure behind TLS, and its token is told to nobody", async () => {
  const answer = await signIn("ann", { cookie: true });
  assert.equal(answer.body.token, undefined);
  const [cookie] = answer.headers["set-cookie"];
  assert.match(cookie, /^parley_session=[A-Za-z0-9]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
  assert.equal((await get("/me", { Cookie: `a=b; ${cookieOf(answer)}; c=d` })).body.operator.username, "ann");
  const secure = await post("/sign-in", { username: "ann", password: PASSWORD, cookie: true }, { "X-Forwarded-Proto": "https" });
  assert.match(secure.headers["set-cookie"][0], /; Secure$/);
  const out = await call(server, "POST", "/parley/v1/sign-out", { headers: { Cookie: cookieOf(answer) } });
  assert.equal(out.status, 204);
  assert.match(out.headers["set-cookie"][0], /^parley_session=; Path=\/; Max-Age=0;/);
  problem(await get("/me", { Cookie: cookieOf(answer) }), 401, "credential_wrong");
});

test("a write that comes with the cookie must come from a page of this server", async () => {
  const cookie = cookieOf(await signIn("root", { cookie: true }));
  const write = (origin) => post("/sessions", { visitor: { id: "v-origin" } }, { Cookie: cookie, ...(origin && { Origin: origin }) });
  for (const origin of ["http://evil.example", "https://evil.example:443", "null", `http://${hostHeader}.evil.example`, "http://127.0.0.1:1", "http://127.0.0.1", `http://evil.example/http://${hostHeader}`])
    problem(await write(origin), 403, "origin_foreign");
  for (const origin of [`http://${hostHeader}`, `https://${hostHeader}`, undefined]) assert.equal((await write(origin)).status, 201, origin);
  assert.equal((await get("/me", { Cookie: cookie, Origin: "http://evil.example" })).status, 200, "reading changes nothing");
  const bare = await post("/sign-out", {}, { Cookie: cookie, Host: "chat.example.org", Origin: "https://chat.example.org:8443" });
  assert.equal(bare.status, 204, "a proxy may leave the port out of Host");
  const withBearer = await post("/sessions", { visitor: { id: "v-origin" } }, { ...as(bearer), Origin: "http://evil.example" });
  assert.equal(withBearer.status, 201, "a bearer is not sent by itself");
  problem(await post("/sign-in", { username: "ann", password: PASSWORD, cookie: true }, { Origin: "http://evil.example" }), 403, "origin_foreign");
});

// ---- single sign-on

test("a proxy's user header counts only when it is set up, and only where the proxy is believed", async (t) => {
  const header = { "X-Remote-User": "ann" };
  problem(await get("/me", header), 401, "credential_missing");
  const sso = emptyData();
  parley(["operator", "add", "ann", "--company", "Environment", "--role", "admin", "--data", sso.data]);
  parley(["operator", "add", "bob", "--company", "Environment", "--role", "admin", "--data", sso.data]);
  const alone = await serve(t, sso.data, ["--user-header", "X-Remote-User"]);
  problem(await get("/me", header, alone), 401, "credential_missing");
  await alone.stop();
  const trusted = await serve(t, sso.data, ["--user-header", "X-Remote-User", "--trust-forwarded"]);
  assert.equal((await get("/me", header, trusted)).body.operator.username, "ann");
  problem(await get("/me", { "X-Remote-User": "nobody" }, trusted), 401, "credential_wrong");
  problem(await get("/me", { "X-Remote-User": "" }, trusted), 401, "credential_missing");
  problem(await get("/me", { "X-Remote-User": ["ann", "bob"] }, trusted), 401);
  problem(await post("/sessions", { visitor: { id: "v" } }, { ...header, Origin: "http://evil.example" }, trusted), 403, "origin_foreign");
  assert.equal((await post("/sessions", { visitor: { id: "v" } }, header, trusted)).status, 201);
  assert.equal((await get("/me", { ...header, ...as(sso.bearer) }, trusted)).body.operator, null, "a bearer goes before");
  assert.equal((await post("/sign-out", {}, header, trusted)).status, 204);
  parley(["operator", "set", "ann", "--disable", "--data", sso.data]);
  problem(await get("/me", header, trusted), 401, "credential_wrong");
});

// ---- what an operator sees

test("an agent sees own and the departments' sessions and their queue, a manager all: in lists, sessions, events, search", async () => {
  const api = new Parley(server, bearer);
  const waits = (id, department) => ({ ...line(id, { texts: [`zebra ${id}`] }), department, participants: [{ id: 1, type: "Client", name: "Vera" }], events: [{ type: "joined", at: 1767000000000, by: 1 }, { type: "message", at: 1767000001000, by: 1, text: `zebra ${id}` }] });
  await api.import([
    line("own-open", { operator: "ann", texts: ["zebra own-open"] }),
    line("own-closed", { operator: "ann", texts: ["zebra own-closed"], close: 2 }),
    line("bens", { operator: "ben", texts: ["zebra bens"] }),
    line("bens-closed", { operator: "ben", texts: ["zebra bens-closed"], close: 2 }),
    line("sales-bens", { operator: "ben", department: "sales", texts: ["zebra sales-bens"], close: 2 }),
    line("support-bens", { operator: "ben", department: "support", texts: ["zebra support-bens"], close: 2 }),
    waits("waits", undefined),
    waits("waits-sales", "sales"),
    waits("waits-support", "support"),
  ]);
  const everything = ["bens", "bens-closed", "own-closed", "own-open", "sales-bens", "support-bens", "waits", "waits-sales", "waits-support"];
  const sees = {
    ann: ["own-closed", "own-open", "sales-bens", "waits", "waits-sales"],
    ben: ["bens", "bens-closed", "sales-bens", "support-bens", "waits"],
    mia: everything, moe: everything, root: everything,
  };
  for (const [username, expected] of Object.entries(sees)) {
    const who = await operator(username);
    const list = (await get("/sessions?limit=200", who)).body;
    assert.deepEqual(list.sessions.map(({ id }) => id).filter((id) => everything.includes(id)).sort(), expected, username);
    assert.equal(list.complete, true);
    assert.equal(list.partial, undefined);
    const { hits } = (await get("/search?q=zebra&limit=200", who)).body;
    assert.deepEqual(hits.map(({ session }) => session).sort(), expected, username);
    for (const id of everything)
      for (const path of [`/sessions/${id}`, `/sessions/${id}/events`, `/sessions/${id}/transcript`])
        for (let round = 0; round < 2; round++) {
          const answer = await get(path, who);
          if (expected.includes(id)) assert.equal(answer.status, 200, `${username} ${path}`);
          else problem(answer, 404, "session_unknown");
        }
  }
  problem(await get("/summary", await operator("ann")), 403, "right_missing");
  assert.equal((await get("/summary", await operator("mia"))).status, 200);
  assert.deepEqual((await get("/export", await operator("mia"))).text, (await get("/export", as(bearer))).text);
  const stranger = new Parley(server, other.bearer);
  assert.deepEqual((await stranger.get("/sessions")).sessions, []);
});

test("lists and searches that had to leave out much are partial, and their cursors come to the end", async (t) => {
  const crowd = emptyData();
  for (const name of ["ann", "ben"]) parley(["operator", "add", name, "--company", "Environment", "--role", "livechat-agent", "--data", crowd.data]);
  const token = as(JSON.parse(parley(["operator", "token", "ann", "--data", crowd.data])).authToken);
  const busy = await serve(t, crowd.data);
  const many = Array.from({ length: 2500 }, (_, i) => line(`s${i}`, { at: 1767000000000 + i * 1000, operator: i === 0 || i === 1300 ? "ann" : "ben", texts: ["zebra"] }));
  await new Parley(busy, crowd.bearer).import(many);
  const walk = async (path, names) => {
    const found = [];
    let partial = 0, cursor = "";
    do {
      const { body, status, text } = await get(`${path}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, token, busy);
      assert.equal(status, 200, text);
      found.push(...body[names].map((one) => one.session ?? one.id));
      partial += body.partial === true;
      assert.equal(body.complete, body.next === null);
      cursor = body.next;
    } while (cursor);
    return { found, partial };
  };
  const list = await walk("/sessions?limit=20", "sessions");
  assert.deepEqual(list.found, ["s1300", "s0"]);
  assert.ok(list.partial >= 1 && list.partial <= 3, `${list.partial}`);
  const search = await walk("/search?q=zebra&limit=20", "hits");
  assert.deepEqual(search.found, ["s1300", "s0"]);
  assert.ok(search.partial >= 1);
  const best = await walk("/search?q=zebra&limit=200&order=best", "hits");
  assert.ok(best.found.includes("s1300"));
  const first = await get("/sessions?limit=1", token, busy);
  assert.deepEqual(first.body.sessions, []);
  assert.equal(first.body.partial, true);
  const back = [];
  let page = (await get(`/sessions?limit=1&visitor=v-s0`, token, busy)).body;
  assert.deepEqual(page.sessions.map(({ id }) => id), ["s0"], "a filter that an index serves needs no cursor");
  for (page = first.body; page.next; page = (await get(`/sessions?limit=1&cursor=${encodeURIComponent(page.next)}`, token, busy)).body);
  for (; page.previous; page = (await get(`/sessions?limit=1&cursor=${encodeURIComponent(page.previous)}`, token, busy)).body) back.push(...page.sessions.map(({ id }) => id));
  back.push(...page.sessions.map(({ id }) => id));
  assert.deepEqual(back, ["s0", "s1300"], "and back");
});
