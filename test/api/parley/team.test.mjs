// What a team keeps beside its sessions: who is there, preferences, canned answers, who has a session open.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley, problem, unique } from "../../support/dialects.mjs";
import { Server, addBearer, addCompany, addOperator, emptyData, parley } from "../../support/server.mjs";

let server, data, api, plain;
const desk = {};

before(async () => {
  let bearer;
  ({ data, bearer } = emptyData());
  addCompany(data, "Other");
  for (const id of ["sales", "support"]) parley(["department", "add", id, "--id", id, "--data", data]);
  const add = (name, role, more = []) => addOperator(data, "Environment", name, [role], ["--id", `id-${name}`, "--name", name.toUpperCase(), ...more]);
  const tokens = {
    ann: add("ann", "livechat-agent", ["--department", "sales"]),
    ben: add("ben", "livechat-agent", ["--department", "support"]),
    mia: add("mia", "livechat-manager"),
    plain: add("plain", "user"),
    eve: addOperator(data, "Other", "eve", ["admin"], ["--id", "id-eve"]),
  };
  add("gone", "livechat-agent");
  parley(["operator", "set", "gone", "--disable", "--data", data]);
  plain = addBearer(data, "Environment", ["read"]);
  server = await Server.start({ data });
  api = new Parley(server, bearer);
  for (const [name, { authToken }] of Object.entries(tokens)) desk[name] = new Parley(server, authToken);
  plain = new Parley(server, plain);
});
after(async () => {
  await server?.stop();
  assert.match(parley(["check", "--data", data]), /clean/);
});

const put = (who, path, json) => who.call("PUT", path, { json });

// ---- who is there

test("operators say whether they are there, and since when; it outlasts a restart", async () => {
  assert.equal((await desk.ann.get("/me")).status, "offline");
  const began = Date.now();
  const said = await put(desk.ann, "/me/status", { status: "online" });
  assert.equal(said.status, 200, said.text);
  assert.equal(said.body.status, "online");
  assert.ok(Math.abs(Date.parse(said.body.statusSince) - began) < 60000);
  assert.deepEqual((await put(desk.ann, "/me/status", { status: "online" })).body, said.body, "still since then");
  await put(desk.ben, "/me/status", { status: "away" });
  const me = await desk.ann.get("/me");
  assert.deepEqual([me.status, me.statusSince], ["online", said.body.statusSince]);
  const { operators } = await desk.ben.get("/operators");
  assert.deepEqual(operators.map(({ username, status }) => [username, status]), [["ann", "online"], ["ben", "away"], ["mia", "offline"]], "who works at the desk, by user name");
  assert.deepEqual(operators[0], { id: "id-ann", username: "ann", name: "ANN", roles: ["livechat-agent"], departments: ["sales"], status: "online", statusSince: said.body.statusSince });
  assert.equal(operators[2].statusSince, undefined);
  const names = async (query) => (await plain.get(`/operators${query}`)).operators.map(({ username }) => username);
  assert.deepEqual(await names("?status=online"), ["ann"]);
  assert.deepEqual(await names("?department=support"), ["ben"]);
  assert.deepEqual(await names("?status=online&department=support"), []);
  assert.deepEqual((await desk.eve.get("/operators")).operators.map(({ username }) => username), ["eve"]);
  await server.stop();
  await server.restart();
  assert.equal((await desk.ben.get("/me")).status, "away");
});

test("a status that is none, and one of who does not work at the desk, are refused", async () => {
  problem(await put(desk.ann, "/me/status", { status: "busy" }), 400, "field_value", "status");
  problem(await put(desk.ann, "/me/status", { status: 1 }), 400, "field_type", "status");
  problem(await put(desk.ann, "/me/status", {}), 400, "field_missing", "status");
  problem(await put(desk.ann, "/me/status", { status: "away", until: 1 }), 400, "field_unknown", "until");
  problem(await put(desk.plain, "/me/status", { status: "away" }), 403, "right_missing");
  problem(await put(api, "/me/status", { status: "away" }), 403, "right_missing");
  problem(await desk.plain.call("GET", "/operators"), 403, "right_missing");
  problem(await desk.ann.call("GET", "/operators?status=busy"), 400, "parameter_value", "status");
});

test("departments, with what stands above them", async () => {
  parley(["department", "add", "Returns", "--id", "returns", "--parent", "sales", "--data", data]);
  const { departments } = await desk.ann.get("/departments");
  assert.deepEqual(departments[0], { id: "returns", name: "Returns", parent: "sales", enabled: true });
  assert.deepEqual(departments.map(({ id, parent }) => [id, parent]), [["returns", "sales"], ["sales", null], ["support", null]]);
  assert.deepEqual((await desk.eve.get("/departments")).departments, []);
  problem(await desk.plain.call("GET", "/departments"), 403, "right_missing");
});

// ---- preferences

test("preferences are each operator's own, any JSON object of at most 64 KB", async () => {
  assert.deepEqual(await desk.ann.get("/me/preferences"), {});
  const kept = { searches: [{ name: "Änne", q: 'is:open "a b"' }], keys: false, n: 1.5, nothing: null };
  const answer = await put(desk.ann, "/me/preferences", kept);
  assert.equal(answer.status, 204, answer.text);
  assert.deepEqual(await desk.ann.get("/me/preferences"), kept);
  assert.deepEqual(await desk.ben.get("/me/preferences"), {});
  await put(desk.ann, "/me/preferences", { b: 2 });
  assert.deepEqual(await desk.ann.get("/me/preferences"), { b: 2 }, "replaced, not merged");
  const full = { a: "x".repeat(65536 - 8) };
  assert.equal(JSON.stringify(full).length, 65536);
  assert.equal((await put(desk.ann, "/me/preferences", full)).status, 204);
  assert.deepEqual(await desk.ann.get("/me/preferences"), full);
  problem(await put(desk.ann, "/me/preferences", { a: "x".repeat(65536 - 7) }), 413, "body_too_large");
  problem(await put(desk.ann, "/me/preferences", []), 400, "body_malformed");
  problem(await put(api, "/me/preferences", {}), 403, "right_missing");
  problem(await api.call("GET", "/me/preferences"), 403, "right_missing");
  assert.equal((await put(desk.plain, "/me/preferences", { a: 1 })).status, 204, "any operator's");
});

// ---- canned answers

const shortcuts = async (who, query = "") => (await who.get(`/canned-answers${query}`)).cannedAnswers.map(({ shortcut, department }) => (department ? `${shortcut}@${department}` : shortcut));

test("canned answers, for the company and for departments: managers change them, agents see theirs", async () => {
  const add = async (json) => {
    const answer = await desk.mia.call("POST", "/canned-answers", { json });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  const hi = await add({ shortcut: "hi", text: "Hello, how can I help?" });
  assert.deepEqual(Object.keys(hi), ["id", "shortcut", "text", "department", "changed"]);
  assert.equal(hi.department, null);
  await add({ shortcut: "hi", text: "Sales here", department: "sales" });
  await add({ shortcut: "bye", text: "Bye", department: null });
  const other = await add({ shortcut: "price", text: "It costs", department: "support" });
  assert.deepEqual(await shortcuts(desk.mia), ["bye", "hi", "hi@sales", "price@support"]);
  assert.deepEqual(await shortcuts(desk.ann), ["bye", "hi", "hi@sales"]);
  assert.deepEqual(await shortcuts(desk.ben), ["bye", "hi", "price@support"]);
  assert.deepEqual(await shortcuts(desk.mia, "?department=sales"), ["bye", "hi", "hi@sales"]);
  assert.deepEqual(await shortcuts(plain), ["bye", "hi", "hi@sales", "price@support"]);
  assert.deepEqual(await shortcuts(desk.eve), []);
  const changed = await desk.mia.call("PATCH", `/canned-answers/${other.id}`, { json: { text: "It is free" } });
  assert.equal(changed.status, 200, changed.text);
  assert.deepEqual([changed.body.shortcut, changed.body.text, changed.body.department], ["price", "It is free", "support"]);
  const moved = await desk.mia.call("PATCH", `/canned-answers/${other.id}`, { json: { department: null, shortcut: "cost" } });
  assert.deepEqual([moved.body.shortcut, moved.body.department], ["cost", null]);
  assert.deepEqual(await shortcuts(desk.ann), ["bye", "cost", "hi", "hi@sales"]);
  problem(await desk.mia.call("PATCH", `/canned-answers/${other.id}`, { json: { shortcut: "hi" } }), 409, "name_taken", "shortcut");
  const removed = await desk.mia.call("DELETE", `/canned-answers/${other.id}`);
  assert.equal(removed.status, 204);
  problem(await desk.mia.call("DELETE", `/canned-answers/${other.id}`), 404, "canned_answer_unknown");
  problem(await desk.mia.call("PATCH", `/canned-answers/${other.id}`, { json: {} }), 404, "canned_answer_unknown");
  for (const [method, path] of [["POST", "/canned-answers"], ["PATCH", `/canned-answers/${hi.id}`], ["DELETE", `/canned-answers/${hi.id}`]]) {
    problem(await desk.ann.call(method, path, { json: { shortcut: "x", text: "x" } }), 403, "right_missing");
    if (method !== "POST") problem(await desk.eve.call(method, path, { json: { text: "x" } }), 404, "canned_answer_unknown");
  }
  assert.deepEqual(await shortcuts(desk.ann), ["bye", "hi", "hi@sales"]);
});

test("what is no canned answer is refused by the member at fault", async () => {
  const cases = [
    [{ text: "x" }, "field_missing", "shortcut"], [{ shortcut: "a" }, "field_missing", "text"], [{ shortcut: "a b", text: "x" }, "field_value", "shortcut"],
    [{ shortcut: "", text: "x" }, "field_value", "shortcut"], [{ shortcut: "x".repeat(129), text: "x" }, "field_value", "shortcut"],
    [{ shortcut: "a", text: "" }, "text_empty", "text"], [{ shortcut: "a", text: "x", department: 1 }, "field_type", "department"],
    [{ shortcut: "a", text: "x", id: "mine" }, "field_unknown", "id"],
  ];
  for (const [json, reason, field] of cases) problem(await desk.mia.call("POST", "/canned-answers", { json }), 400, reason, field);
  problem(await desk.mia.call("POST", "/canned-answers", { json: { shortcut: "a", text: "x".repeat(8193) } }), 413, "text_too_long", "text");
  problem(await desk.mia.call("POST", "/canned-answers", { json: { shortcut: "a", text: "x", department: "none" } }), 404, "department_unknown", "department");
});

test("a company has at most 2,000 of them, all in one answer", async () => {
  const before = (await shortcuts(desk.mia)).length;
  for (let i = before; i < 2000; i += 100)
    await Promise.all(Array.from({ length: Math.min(100, 2000 - i) }, (_, j) => desk.mia.post("/canned-answers", { shortcut: `s${String(i + j).padStart(4, "0")}`, text: "x".repeat(2000) })));
  const all = await shortcuts(desk.mia);
  assert.equal(all.length, 2000);
  assert.deepEqual(all, [...all].sort());
  problem(await desk.mia.call("POST", "/canned-answers", { json: { shortcut: "more", text: "x" } }), 413, "canned_answers_full");
});

// ---- who has a session open

test("who has a session open is told to who sees it, while they say so", async () => {
  const { id } = await api.post("/sessions", { visitor: { id: `v-${unique()}` }, department: "sales" });
  const path = `/sessions/${id}/viewers`;
  assert.deepEqual((await desk.ann.get(path)).viewers, []);
  const { viewers } = await desk.ann.post(path);
  assert.deepEqual(viewers, [{ operator: { id: "id-ann", username: "ann", name: "ANN" }, since: viewers[0].since, you: true }]);
  const both = (await desk.mia.post(path, {})).viewers;
  assert.deepEqual(both.map(({ operator, you }) => [operator.username, you]), [["ann", undefined], ["mia", true]]);
  assert.equal((await desk.ann.post(path)).viewers[0].since, viewers[0].since, "said again it is still since then");
  assert.deepEqual((await plain.get(path)).viewers.map(({ operator }) => operator.username), ["ann", "mia"]);
  const left = await desk.ann.call("DELETE", path);
  assert.deepEqual(left.body.viewers.map(({ operator }) => operator.username), ["mia"]);
  assert.equal((await desk.ann.call("DELETE", path)).status, 200);
  for (const method of ["GET", "POST", "DELETE"]) {
    problem(await desk.ben.call(method, path), 404, "session_unknown");
    problem(await desk.eve.call(method, path), 404, "session_unknown");
    problem(await desk.mia.call(method, `/sessions/none/viewers`), 404, "session_unknown");
    problem(await desk.plain.call(method, path), 403, "right_missing");
  }
  problem(await plain.call("POST", path), 403, "right_missing");
  problem(await desk.ann.call("POST", path, { json: { typing: true } }), 400, "field_unknown", "typing");
  assert.deepEqual((await desk.mia.get(path)).viewers.map(({ operator }) => operator.username), ["mia"]);
});
