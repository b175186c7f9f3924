// The desk: operators take, write in, hand on, hold and close sessions over Parley's own API; visitors see each at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley, problem, unique } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line } from "../../support/lines.mjs";
import { Server, addBearer, addCompany, addOperator, emptyData, parley } from "../../support/server.mjs";

let server, data, api, plain;
const desk = {};

before(async () => {
  let bearer;
  ({ data, bearer } = emptyData());
  addCompany(data, "Other");
  for (const id of ["sales", "support"]) parley(["department", "add", id[0].toUpperCase() + id.slice(1), "--id", id, "--data", data]);
  const add = (name, role, more = []) => addOperator(data, "Environment", name, [role], ["--id", `id-${name}`, "--name", name[0].toUpperCase() + name.slice(1), ...more]);
  const tokens = {
    ann: add("ann", "livechat-agent", ["--department", "sales"]),
    ben: add("ben", "livechat-agent", ["--department", "sales"]),
    cat: add("cat", "livechat-agent", ["--department", "support"]),
    mia: add("mia", "livechat-manager"),
    root: add("root", "admin"),
    plain: add("plain", "user"),
    eve: addOperator(data, "Other", "eve", ["admin"], ["--id", "id-eve"]),
  };
  plain = addBearer(data, "Environment", ["read", "write", "admin", "manage"]);
  server = await Server.start({ data, env: { PARLEY_GENESYS_CHAT_TIMEOUT: "0" } });
  api = new Parley(server, bearer);
  for (const [name, { authToken }] of Object.entries(tokens)) desk[name] = new Parley(server, authToken);
});
after(async () => {
  await server?.stop();
  assert.match(parley(["check", "--data", data]), /clean/);
});

const at = (id, act) => `/sessions/${encodeURIComponent(id)}/${act}`;
const act = (who, id, what, json) => who.call("POST", at(id, what), { json });

async function good(answer) {
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}
const take = async (who, id) => good(await act(who, id, "take"));

/** A live session that waits; its visitor has said something. */
async function waiting(fields = {}) {
  const { id } = await api.post("/sessions", { visitor: { id: `v-${unique()}`, name: "Vera" }, participants: [{ id: 1, type: "Client", name: "Vera" }], ...fields });
  await api.post(at(id, "events"), { type: "joined", by: 1 });
  await api.say(id, 1, "hello?");
  return id;
}
const kinds = async (id, from = 3) => (await api.events(id)).filter(({ index }) => index >= from).map(({ type, participant }) => [type, participant?.name ?? null].join(" "));

// ---- the queue

test("the queue holds what waits for its reader, longest first, with waiting times", async () => {
  const began = Date.now();
  const ids = [];
  for (const department of [undefined, "sales", "support"]) ids.push(await waiting({ department }));
  const [any, sales, support] = ids;
  const mine = async (who, query = "") => {
    const { sessions, complete } = await desk[who].get(`/queue?limit=200${query}`);
    assert.equal(complete, true);
    return sessions.filter(({ id }) => ids.includes(id));
  };
  const names = async (who, query) => (await mine(who, query)).map(({ id }) => id);
  assert.deepEqual(await names("ann"), [any, sales]);
  assert.deepEqual(await names("cat"), [any, support]);
  assert.deepEqual(await names("mia"), [any, sales, support]);
  assert.deepEqual(await names("mia", "&department=sales"), [sales]);
  assert.deepEqual(await names("eve"), []);
  const [first] = await mine("mia");
  assert.ok(Date.parse(first.waitingSince) >= began - 1000 && first.waiting >= 0 && first.waiting <= (Date.now() - began) / 1000 + 1, JSON.stringify(first));
  assert.equal(first.waitingSince, first.start);
  assert.equal(first.lastMessage.text, "hello?");
  await take(desk.ann, any);
  assert.deepEqual(await names("mia"), [sales, support]);
  await good(await act(desk.ann, any, "release"));
  assert.deepEqual(await names("mia"), [sales, support, any], "who comes back waits since then");
  await good(await act(desk.mia, sales, "close"));
  assert.deepEqual(await names("mia"), [support, any]);
  problem(await desk.plain.call("GET", "/queue"), 403, "right_missing");
  problem(await desk.mia.call("GET", "/queue?state=open"), 400, "parameter_unknown", "state");
});

test("the queue goes on by its cursor, and back", async () => {
  const ids = [];
  for (let i = 0; i < 7; i++) ids.push(await waiting({ department: "support" }));
  const seen = [];
  let cursor = "", page;
  do {
    page = await desk.cat.get(`/queue?limit=3&department=support${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    assert.ok(page.sessions.length <= 3);
    seen.push(...page.sessions.map(({ id }) => id));
    cursor = page.next;
  } while (cursor);
  assert.deepEqual(seen.slice(-7), ids);
  const back = await desk.cat.get(`/queue?limit=3&department=support&cursor=${encodeURIComponent(page.previous)}`);
  assert.deepEqual(back.sessions.map(({ id }) => id), seen.slice(-page.sessions.length - 3, -page.sessions.length));
  problem(await desk.cat.call("GET", `/sessions?cursor=${encodeURIComponent(page.previous)}`), 400, "cursor_invalid", "cursor");
});

// ---- taking

test("a take joins and serves; the one who has it may take it again", async () => {
  const id = await waiting();
  const taken = await take(desk.ann, id);
  assert.deepEqual(taken.operator, { id: "id-ann", username: "ann", name: "Ann" });
  assert.equal(taken.waitingSince, undefined);
  assert.deepEqual(taken.participants[1], { id: 2, type: "Agent", name: "Ann", operator: taken.operator, present: true });
  assert.deepEqual(await kinds(id), ["joined Ann", "take Ann"]);
  assert.equal((await take(desk.ann, id)).lastIndex, taken.lastIndex, "nothing was appended");
});

test("of many who take at once one wins, the others are 409", async () => {
  for (let round = 0; round < 10; round++) {
    const id = await waiting();
    const who = ["ann", "ben", "cat", "mia", "root"];
    const answers = await Promise.all(who.map((name) => act(desk[name], id, "take")));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409, 409, 409]);
    for (const answer of answers) if (answer.status === 409) problem(answer, 409, "session_taken");
    const winner = who[answers.findIndex(({ status }) => status === 200)];
    const session = await api.get(`/sessions/${id}`);
    assert.equal(session.operator.username, winner);
    assert.equal((await api.events(id)).filter(({ type }) => type === "take").length, 1);
  }
});

test("what cannot be taken: unknown, another company's, another department's, closed", async () => {
  const id = await waiting({ department: "support" });
  problem(await act(desk.ann, "nothing", "take"), 404, "session_unknown");
  problem(await act(desk.eve, id, "take"), 404, "session_unknown");
  problem(await act(desk.ann, id, "take"), 404, "session_unknown");
  await take(desk.cat, id);
  await good(await act(desk.cat, id, "close"));
  problem(await act(desk.cat, id, "take"), 409, "session_closed");
  problem(await act(desk.plain, id, "take"), 403, "right_missing");
  problem(await act(new Parley(server, plain), id, "take"), 403, "right_missing");
  problem(await act(api, id, "take"), 403, "right_missing");
  problem(await act(desk.cat, id, "take", { comment: "x" }), 400, "field_unknown", "comment");
  problem(await desk.cat.call("POST", at(id, "take?x=1")), 400, "parameter_unknown", "x");
});

// ---- handing on

test("a release gives it back to the queue, and who served leaves", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  const released = await good(await act(desk.ann, id, "release", { comment: "shift is over" }));
  assert.equal(released.operator, undefined);
  assert.ok(released.waitingSince);
  assert.equal(released.participants[1].present, false);
  assert.deepEqual(await kinds(id, 5), ["transfer Ann", "left Ann"]);
  assert.deepEqual((await api.events(id))[4].data, { comment: "shift is over" });
  problem(await act(desk.ann, id, "release"), 403, "not_served_by_caller");
  problem(await act(desk.ann, id, "messages", { text: "still here" }), 409, "participant_gone");
  assert.equal((await take(desk.ann, id)).participants.length, 2, "she comes back as who she was");
  assert.deepEqual(await kinds(id, 7), ["joined Ann", "take Ann"]);
  assert.equal((await api.events(id)).at(-2).data.rejoined, true);
});

test("a transfer to an operator: one leaves, the other joins and serves", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  const moved = await good(await act(desk.ann, id, "transfer", { operator: "ben", comment: "knows shoes" }));
  assert.deepEqual(moved.operator, { id: "id-ben", username: "ben", name: "Ben" });
  assert.deepEqual(moved.participants.map(({ name, present }) => [name, present]), [["Vera", true], ["Ann", false], ["Ben", true]]);
  assert.deepEqual(await kinds(id, 5), ["transfer Ann", "left Ann", "joined Ben"]);
  assert.deepEqual((await api.events(id))[4].data, { operator: { id: "id-ben", username: "ben", name: "Ben" }, comment: "knows shoes" });
  assert.equal((await act(desk.ben, id, "messages", { text: "hi" })).status, 201);
  problem(await act(desk.ann, id, "transfer", { operator: "ann" }), 404, "session_unknown");
  assert.equal((await good(await act(desk.ben, id, "transfer", { operator: "id-ann" }))).operator.username, "ann", "by id, too");
  assert.equal((await good(await act(desk.ann, id, "transfer", { operator: "ann" }))).operator.username, "ann", "to oneself nobody leaves");
  assert.equal((await api.get(`/sessions/${id}`)).participants[1].present, true);
});

test("a transfer to a department goes to its queue", async () => {
  const id = await waiting({ department: "sales" });
  await take(desk.ann, id);
  const moved = await good(await act(desk.ann, id, "transfer", { department: "Support" }));
  assert.equal(moved.department, "support");
  assert.equal(moved.operator, undefined);
  assert.deepEqual(await kinds(id, 5), ["transfer Ann", "left Ann"]);
  assert.deepEqual((await api.events(id))[4].data, { department: { id: "support", name: "Support" } });
  problem(await desk.ann.call("GET", `/sessions/${id}`), 404, "session_unknown");
  assert.equal((await take(desk.cat, id)).operator.username, "cat");
  const both = await good(await act(desk.cat, id, "transfer", { department: "sales", operator: "ben" }));
  assert.deepEqual([both.department, both.operator.username], ["sales", "ben"]);
});

test("a transfer to nobody, to another company's, to who does not work at the desk is refused", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  parley(["operator", "add", "gone", "--company", "Environment", "--role", "livechat-agent", "--data", data]);
  parley(["operator", "set", "gone", "--disable", "--data", data]);
  for (const operator of ["nobody", "eve", "id-eve", "plain", "gone"]) problem(await act(desk.ann, id, "transfer", { operator }), 404, "operator_unknown", "operator");
  problem(await act(desk.ann, id, "transfer", { department: "nothing" }), 404, "department_unknown", "department");
  problem(await act(desk.ann, id, "transfer", {}), 400, "field_missing", "operator");
  problem(await act(desk.ann, id, "transfer", { operator: 7 }), 400, "field_type", "operator");
  problem(await act(desk.ann, id, "transfer", { operator: "ben", comment: "x".repeat(4097) }), 400, "field_too_long", "comment");
  assert.equal((await api.get(`/sessions/${id}`)).operator.username, "ann", "nothing was changed");
});

test("a manager may hand on, hold and close what others serve; a colleague may not", async () => {
  const id = await waiting({ department: "sales" });
  await take(desk.ann, id);
  for (const [what, json] of [["release"], ["transfer", { operator: "ben" }], ["hold"], ["resume"], ["close"]]) problem(await act(desk.ben, id, what, json), 403, "not_served_by_caller");
  problem(await act(desk.ben, id, "messages", { text: "me too" }), 403, "not_served_by_caller");
  problem(await act(desk.mia, id, "messages", { text: "me too" }), 403, "not_served_by_caller");
  problem(await act(desk.mia, id, "take"), 409, "session_taken");
  assert.equal((await good(await act(desk.mia, id, "hold"))).onHold, true);
  const moved = await good(await act(desk.mia, id, "transfer", { operator: "mia" }));
  assert.equal(moved.operator.username, "mia");
  assert.deepEqual(moved.participants.map(({ name, type, present }) => [name, type, present]), [["Vera", "Client", true], ["Ann", "Agent", false], ["Mia", "Supervisor", true]]);
  assert.deepEqual(await kinds(id, 5), ["hold Mia", "transfer Mia", "left Ann", "joined Mia"]);
  await good(await act(desk.mia, id, "release"));
  await good(await act(desk.mia, id, "transfer", { department: "support" }));
  assert.equal((await good(await act(desk.mia, id, "close", { comment: "done" }))).state, "closed");
});

// ---- hold, close

test("hold and resume, each once", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  const held = await good(await act(desk.ann, id, "hold", { comment: "looking it up" }));
  assert.equal(held.onHold, true);
  assert.equal((await good(await act(desk.ann, id, "hold"))).lastIndex, held.lastIndex);
  const resumed = await good(await act(desk.ann, id, "resume"));
  assert.equal(resumed.onHold, undefined);
  assert.equal((await good(await act(desk.ann, id, "resume"))).lastIndex, resumed.lastIndex);
  assert.deepEqual(await kinds(id, 5), ["hold Ann", "resume Ann"]);
  assert.deepEqual((await api.events(id))[4].data, { comment: "looking it up" });
});

test("a close says who, a comment and tags; everybody leaves before it, and it happens once", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  const closed = await good(await act(desk.ann, id, "close", { comment: "sold", tags: ["sale", "vip"] }));
  assert.equal(closed.state, "closed");
  assert.deepEqual(closed.tags, ["sale", "vip"]);
  assert.deepEqual(closed.participants.map(({ present }) => present), [false, false]);
  assert.deepEqual(await kinds(id, 5), ["left Ann", "left Vera", "closed Ann"]);
  assert.deepEqual((await api.events(id)).at(-1).data, { comment: "sold", tags: ["sale", "vip"] });
  for (const [what, json] of [["close"], ["release"], ["hold"], ["messages", { text: "x" }], ["notes", { text: "x" }], ["typing"]]) problem(await act(desk.ann, id, what, json), 409, "session_closed");
  const other = await waiting();
  await take(desk.ann, other);
  for (const tags of [["x".repeat(129)], [""], [1], Array.from({ length: 65 }, (_, i) => `t${i}`), "sale"]) assert.equal((await act(desk.ann, other, "close", { tags })).status, 400);
  assert.equal((await api.get(`/sessions/${other}`)).state, "open");
});

// ---- writing

test("messages by the operator: once by their id, also when the answer comes after the close", async () => {
  const id = await waiting();
  await take(desk.ann, id);
  const said = await act(desk.ann, id, "messages", { text: "hello Vera", id: "m1" });
  assert.equal(said.status, 201, said.text);
  assert.deepEqual(Object.keys(said.body), ["id", "index", "time"]);
  const again = await act(desk.ann, id, "messages", { text: "hello Vera", id: "m1" });
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, said.body);
  problem(await act(desk.ann, id, "messages", { text: "other", id: "m1" }), 409, "id_taken", "id");
  await good(await act(desk.ann, id, "close"));
  const late = await act(desk.ann, id, "messages", { text: "hello Vera", id: "m1" });
  assert.deepEqual([late.status, late.body], [200, said.body]);
  for (const [json, field] of [[{}, "text"], [{ text: "" }, "text"], [{ text: 1 }, "text"], [{ text: "x", by: 1 }, "by"], [{ text: "x", id: "" }, "id"]]) {
    const answer = await act(desk.ann, await ready(), "messages", json);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.field, field);
  }
  assert.equal((await act(desk.ann, await ready(), "messages", { text: "x".repeat(65537) })).status, 413);
});

async function ready() {
  const id = await waiting();
  await take(desk.ann, id);
  return id;
}

test("typing", async () => {
  const id = await ready();
  assert.equal((await act(desk.ann, id, "typing")).status, 201);
  assert.equal((await act(desk.ann, id, "typing", { typing: false })).status, 201);
  assert.deepEqual(await kinds(id, 5), ["typing_started Ann", "typing_stopped Ann"]);
  problem(await act(desk.ben, id, "typing"), 404, "session_unknown");
  problem(await act(desk.ann, id, "typing", { typing: 1 }), 400, "field_type", "typing");
});

test("notes are for operators only: shown with the right notes, to nobody else, and by whoever sees the session", async () => {
  const id = await waiting({ department: "sales" });
  await take(desk.ann, id);
  const noted = await act(desk.ben, id, "notes", { text: "pays late", id: "n1" });
  assert.equal(noted.status, 201, noted.text);
  const again = await act(desk.ben, id, "notes", { text: "pays late", id: "n1" });
  assert.deepEqual([again.status, again.body], [200, noted.body]);
  await good(await act(desk.ann, id, "release"));
  assert.equal((await act(desk.ann, id, "notes", { text: "call back" })).status, 201, "also by who has left");
  problem(await act(desk.cat, id, "notes", { text: "x" }), 404, "session_unknown");
  problem(await act(desk.eve, id, "notes", { text: "x" }), 404, "session_unknown");
  const seen = (events) => events.filter(({ visibility }) => visibility === "internal").map(({ text, participant }) => [participant.name, text]);
  assert.deepEqual(seen(await desk.ann.events(id)), [["Ben", "pays late"], ["Ann", "call back"]]);
  assert.deepEqual(seen(await new Parley(server, plain).events(id)), []);
  const session = await api.get(`/sessions/${id}`);
  assert.equal(session.messages, 1);
  assert.equal(session.lastMessage.text, "hello?");
  const names = async (reader) => (await reader.get(`/sessions/${id}`)).participants.map(({ name }) => name);
  assert.deepEqual(await names(api), ["Vera", "Ann", "Ben"]);
  assert.deepEqual(await names(new Parley(server, plain)), ["Vera", "Ann"], "who only noted takes no part for others");
  await take(desk.ben, id);
  assert.deepEqual(await names(new Parley(server, plain)), ["Vera", "Ann", "Ben"]);
});

// ---- what visitors see

test("a Genesys visitor who polls sees take, typing, messages, transfer and close at once, and no note", async () => {
  const chat = await GenesysChat.request(server, { nickname: "Vera" });
  let position = 2;
  /** A poll held before the operator acts is woken by that; what Genesys does not show answers with nothing. */
  const news = async (doing) => {
    const held = chat.messages({ transcriptPosition: position, waitSeconds: 30 });
    assert.ok((await doing()).status < 300);
    let { body } = await held;
    while (!body.messages.length && body.statusCode === 0) ({ body } = await chat.messages({ transcriptPosition: body.nextPosition, waitSeconds: 30 }));
    assert.equal(body.statusCode, 0, JSON.stringify(body));
    position = body.nextPosition;
    return [body.messages.map(({ type, from, text }) => [type, from.nickname, text].filter((word) => word !== undefined).join(" ")), body.chatEnded];
  };
  const id = chat.chatId;
  assert.deepEqual(await news(() => act(desk.ann, id, "take")), [["ParticipantJoined Ann"], false]);
  assert.deepEqual(await news(() => act(desk.ann, id, "typing")), [["TypingStarted Ann"], false]);
  assert.deepEqual(await news(() => act(desk.ann, id, "messages", { text: "Good day" })), [["Message Ann Good day"], false]);
  assert.equal((await act(desk.ann, id, "notes", { text: "secret" })).status, 201);
  assert.deepEqual(await news(() => act(desk.ann, id, "transfer", { operator: "ben" })), [["ParticipantLeft Ann", "ParticipantJoined Ben"], false]);
  assert.deepEqual(await news(() => act(desk.ben, id, "messages", { text: "Hello, Ben here" })), [["Message Ben Hello, Ben here"], false]);
  assert.deepEqual(await news(() => act(desk.ben, id, "close", { comment: "fine" })), [["ParticipantLeft Ben", "ParticipantLeft Vera"], true]);
  assert.ok(!(await chat.messages({ transcriptPosition: 1 })).text.includes("secret"));
});

test("Rocket.Chat's dialect shows what the desk did", async () => {
  const id = await ready();
  await act(desk.ann, id, "messages", { text: "hello" });
  await good(await act(desk.ann, id, "close", { comment: "bye", tags: ["sale"] }));
  const visitor = (await api.get(`/sessions/${id}`)).visitor.id;
  const token = desk.ann.headers.Authorization.slice(7);
  const answer = await call(server, "GET", `/api/v1/livechat/visitors.chatHistory/room/${id}/visitor/${visitor}`, { headers: { "X-User-Id": "id-ann", "X-Auth-Token": token } });
  assert.equal(answer.status, 200, answer.text);
  const [room] = answer.body.history;
  assert.equal(room.servedBy.username, "ann");
  assert.deepEqual([room.closer, room.closedBy.username, room.tags, room.lastMessage.msg], ["user", "ann", ["sale"], "hello"]);
});

test("an imported conversation that is still open waits and is taken as any other", async () => {
  const id = `old-${unique()}`;
  await api.import([{ ...line(id), participants: [{ id: 1, type: "Client", name: "Vera" }], events: [{ type: "message", at: 1767000000000, by: 1, text: "hi" }] }]);
  assert.equal((await api.get(`/sessions/${id}`)).waitingSince, (await api.get(`/sessions/${id}`)).start);
  assert.equal((await take(desk.ann, id)).operator.username, "ann");
});
