// Parley's own API: sessions, events, visitors, rights, errors.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley, problem, unique } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { addBearer, addOperator, emptyData, parley, Server } from "../../support/server.mjs";

let server, api, none;
const only = {};
before(async () => {
  const { data, bearer } = emptyData();
  for (const right of ["read", "write", "import", "admin"]) only[right] = addBearer(data, "Environment", [right]);
  addOperator(data, "Environment", "otto", ["livechat-agent"]);
  parley(["department", "add", "Sales", "--id", "sales", "--data", data]);
  parley(["button", "add", "Buy", "--id", "buy", "--data", data]);
  server = await Server.start({ data });
  api = new Parley(server, bearer);
  for (const right of Object.keys(only)) only[right] = new Parley(server, only[right]);
  none = new Parley(server, "nonsense");
});
after(() => server?.stop());

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** An RFC 9457 problem. */
test("a live session is opened, written, read and closed", async () => {
  const began = Date.now();
  const opened = await api.call("POST", "/sessions", {
    json: {
      visitor: { id: "v1", name: "Vera", email: "vera@example.org", phone: "+1 555" }, department: "sales", button: { id: "buy" }, startPage: "https://example.org/", subject: "shoes",
      participants: [{ id: 1, type: "Client", name: "Vera" }, { id: 2, type: "Agent", name: "Otto", operator: "otto" }],
    },
  });
  assert.equal(opened.status, 201, opened.text);
  const session = opened.body;
  assert.equal(session.dialect, "parley");
  assert.equal(session.state, "open");
  assert.deepEqual(session.visitor, { id: "v1", name: "Vera" });
  assert.match(session.start, TIME);
  assert.equal(session.firstMessage, null);
  assert.equal(session.end, null);
  assert.equal(session.messages, 0);
  assert.equal(session.lastMessage, null);
  assert.equal(session.department, "sales");
  assert.deepEqual(session.button, { id: "buy", name: "Buy" });
  const path = `/sessions/${session.id}`;
  const first = await api.say(session.id, 1, "hello");
  assert.deepEqual(Object.keys(first), ["id", "index", "time"]);
  assert.equal(first.index, 1);
  assert.ok(Math.abs(Date.parse(first.time) - began) < 60000);
  await api.post(`${path}/events`, { type: "joined", by: 2 });
  await api.post(`${path}/events`, { type: "typing_started", by: 2, text: "hi V" });
  await api.say(session.id, 2, "hi Vera", { id: "chosen" });
  await api.post(`${path}/events`, { type: "page_visited", by: 1, text: "https://example.org/cart", data: { title: "Cart" } });
  const closed = await api.post(`${path}/events`, { type: "closed", by: 2, data: { comment: "done" } });
  assert.equal(closed.index, 7, "the close's own, behind the leave that it brought");
  const read = await api.get(path);
  assert.equal(read.state, "closed");
  assert.equal(read.messages, 2);
  assert.equal(read.firstMessage, first.time);
  assert.equal(read.lastMessage.text, "hi Vera");
  assert.equal(read.lastIndex, 7);
  assert.equal(read.operator.username, "otto");
  assert.match(read.end, TIME);
  const { events, complete } = await api.get(`${path}/events`);
  assert.equal(complete, true);
  assert.deepEqual(events.map((event) => event.type), ["message", "joined", "typing_started", "message", "page_visited", "left", "closed"]);
  assert.deepEqual(events.map((event) => event.index), [1, 2, 3, 4, 5, 6, 7]);
  assert.deepEqual(events[0].participant, { id: 1, type: "Client", name: "Vera" });
  assert.equal(events[3].id, "chosen");
  assert.deepEqual(events[5].data, { reason: "closed" });
  assert.equal(events[6].data.comment, "done");
  for (let i = 1; i < events.length; i++) assert.ok(events[i].time >= events[i - 1].time);
  const listed = (await api.get("/sessions?visitor=v1")).sessions;
  const { participants, ...light } = read;
  assert.deepEqual(listed, [light], "the list shows what the session shows");
  assert.equal(participants.length, 2);
});

test("a session may come with its first events", async () => {
  const session = await api.open({ events: [{ type: "message", by: 1, text: "at once" }, { type: "message", by: 2, text: "answer" }] });
  assert.equal(session.messages, 2);
  assert.deepEqual((await api.events(session.id)).map((event) => event.text), ["at once", "answer"]);
});

test("one call opens a session with at most 1,000 events", async () => {
  const events = (count) => Array.from({ length: count }, (_, i) => ({ type: "message", by: 1, text: `m${i}` }));
  assert.equal((await api.open({ events: events(1000) })).messages, 1000);
  const visitor = { id: "many" }, participants = [{ id: 1, type: "Client" }];
  problem(await api.call("POST", "/sessions", { json: { visitor, participants, events: events(1001) } }), 400, undefined, "events");
});

test("the same client-chosen id is the same event", async () => {
  const { id } = await api.open();
  const path = `/sessions/${id}/events`;
  const first = await api.call("POST", path, { json: { type: "message", by: 1, text: "once", id: "m1" } });
  assert.equal(first.status, 201);
  const again = await api.call("POST", path, { json: { type: "message", by: 1, text: "once", id: "m1" } });
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, first.body);
  const other = [{ by: 2 }, { text: "another's" }, { text: "once " }, { type: "notice" }, { data: { a: 1 } }, { type: "edit", target: 1 }, { at: T0 }];
  for (const change of other) {
    const refused = await api.call("POST", path, { json: { type: "message", by: 1, text: "once", id: "m1", ...change } });
    assert.equal(problem(refused, 409, undefined, "id").type, "urn:parley:problem:id_taken", JSON.stringify(change));
  }
  assert.equal((await api.call("POST", path, { json: { type: "message", by: 1, text: "once", id: "m1", at: first.body.time } })).status, 200);
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.say(id, 1, "race", { id: "m2" })));
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  assert.equal((await api.events(id)).length, 2);
  assert.equal((await api.say((await api.open()).id, 1, "elsewhere", { id: "m1" })).index, 1, "ids are unique within their session only");
});

test("what the server adds to an event makes it no other one", async () => {
  const { id } = await api.open();
  const path = `/sessions/${id}/events`;
  for (const event of [{ type: "joined", by: 1 }, { type: "left", by: 1 }]) await api.post(path, event);
  for (const event of [{ type: "joined", by: 1, id: "again" }, { type: "transfer", by: 2, id: "to otto", data: { operator: { username: "otto" } } }]) {
    const first = await api.call("POST", path, { json: event });
    assert.equal(first.status, 201, first.text);
    const again = await api.call("POST", path, { json: event });
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(again.body, first.body);
  }
  problem(await api.call("POST", path, { json: { type: "joined", by: 1, id: "again", data: { a: 1 } } }), 409, undefined, "id");
});

test("events of some types and times, paged by what is told", async () => {
  const start = Date.UTC(2020, 0, 1);
  const kinds = ["message", "typing_started", "file", "notice", "message", "typing_stopped", "message"];
  const events = Array.from({ length: 1000 }, (_, i) => ({ type: kinds[i % kinds.length], at: start + ((i * 37) % 1000) * 1000, by: 1, text: `e${i}` }));
  await api.import([{ id: "mixed", visitor: { id: "mixed" }, participants: [{ id: 1, type: "Client" }], events }]);
  const all = events.map((event, i) => ({ ...event, index: i + 1 }));
  const ask = async (query) => {
    const { events, complete } = await api.get(`/sessions/mixed/events?${query}`);
    return [events.map((event) => event.index), complete];
  };
  const time = (ms) => encodeURIComponent(new Date(ms).toISOString());
  const [from, to] = [start + 100000, start + 600000];
  const filters = [
    ["type=message", (event) => event.type === "message"],
    ["type=file,notice", (event) => event.type === "file" || event.type === "notice"],
    ["type=closed", () => false],
    [`from=${time(from)}&to=${time(to)}`, (event) => event.at >= from && event.at < to],
    [`type=message&from=${time(from)}`, (event) => event.type === "message" && event.at >= from],
    [`to=${time(start + 1)}`, (event) => event.at < start + 1],
  ];
  for (const [query, wanted] of filters) {
    const told = all.filter(wanted).map((event) => event.index);
    for (const limit of [1, 2, 7, 200])
      for (const index of [0, 1, 2, 64, 65, 500, 777, 999, 1000, 1001, 5000]) {
        const below = told.filter((i) => i < index), above = told.filter((i) => i > index), on = told.filter((i) => i >= index);
        const say = `${query} limit ${limit} at ${index}`;
        assert.deepEqual(await ask(`${query}&limit=${limit}&before=${index}`), [below.slice(-limit), below.length <= limit], `${say} before`);
        assert.deepEqual(await ask(`${query}&limit=${limit}&after=${index}`), [above.slice(0, limit), above.length <= limit], `${say} after`);
        const half = below.slice(below.length - Math.min(below.length, limit >> 1)), rest = [...half, ...on].slice(0, limit);
        assert.deepEqual(await ask(`${query}&limit=${limit}&around=${index}`), [rest, rest.length === told.length], `${say} around`);
      }
    assert.deepEqual(await ask(`${query}&limit=200`), [told.slice(0, 200), told.length <= 200], query);
  }
  for (const [query, field] of [["type=nothing", "type"], ["type=", "type"], ["type=message,", "type"], ["from=x", "from"], ["to=2026-02-30", "to"]])
    problem(await api.call("GET", `/sessions/mixed/events?${query}`), 400, undefined, field);
});

test("before, after and around page through events", async () => {
  const { id } = await api.open();
  for (let i = 1; i <= 30; i++) await api.say(id, 1, `m${i}`);
  const page = async (query) => {
    const { events, complete } = await api.get(`/sessions/${id}/events?${query}`);
    return [events.map((event) => event.index), complete];
  };
  const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assert.deepEqual(await page("limit=10"), [range(1, 10), false]);
  assert.deepEqual(await page("after=10&limit=10"), [range(11, 20), false]);
  assert.deepEqual(await page("after=20&limit=10"), [range(21, 30), true]);
  assert.deepEqual(await page("after=30"), [[], true]);
  assert.deepEqual(await page("after=4000000000"), [[], true]);
  assert.deepEqual(await page("before=11&limit=10"), [range(1, 10), true]);
  assert.deepEqual(await page("before=12&limit=10"), [range(2, 11), false]);
  assert.deepEqual(await page("before=0"), [[], true]);
  assert.deepEqual(await page("before=999999&limit=3"), [range(28, 30), false]);
  const [around, complete] = await page("around=15&limit=7");
  assert.ok(around.includes(15) && around.length === 7 && !complete);
  assert.deepEqual((await page("around=15&limit=200"))[1], true);
  for (const [query, field] of [["before=x", "before"], ["after=-1", "after"], ["limit=0", "limit"], ["limit=201", "limit"], ["before=1&after=2", "after"], ["foo=1", "foo"], ["limit=1&limit=2", "limit"]])
    problem(await api.call("GET", `/sessions/${id}/events?${query}`), 400, undefined, field);
});

test("cursors never skip nor repeat what was there, while sessions come in", async () => {
  const visitor = { id: `cursor-${unique()}`, name: "Vera" };
  const there = new Set();
  for (let i = 0; i < 90; i++) there.add((await api.open({ visitor })).id);
  let inserting = true;
  const writer = (async () => {
    while (inserting) await api.open({ visitor });
  })();
  for (const limit of [1, 7, 40]) {
    const seen = [];
    let cursor = "";
    let page;
    do {
      page = await api.get(`/sessions?visitor=${visitor.id}&limit=${limit}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      assert.ok(page.sessions.length <= limit);
      assert.equal(page.complete, page.next === null);
      seen.push(...page.sessions);
      cursor = page.next;
    } while (cursor);
    const ids = seen.map((session) => session.id);
    assert.equal(new Set(ids).size, ids.length, "none twice");
    for (const id of there) assert.ok(ids.includes(id), "none skipped");
    for (let i = 1; i < seen.length; i++) {
      const [a, b] = [seen[i - 1], seen[i]];
      assert.ok(a.start > b.start || (a.start === b.start && a.id !== b.id), "newest first");
    }
    // And all the way back.
    const back = [];
    for (let previous = page.previous; previous; ) {
      const earlier = await api.get(`/sessions?visitor=${visitor.id}&limit=${limit}&cursor=${encodeURIComponent(previous)}`);
      back.unshift(...earlier.sessions.map((session) => session.id));
      previous = earlier.previous;
    }
    const lastPage = new Set(page.sessions.map((session) => session.id));
    for (const id of ids) assert.ok(lastPage.has(id) || back.includes(id), "the way back meets the same");
  }
  inserting = false;
  await writer;
});

test("a cursor belongs to its query", async () => {
  const { next } = await api.get("/sessions?limit=1");
  problem(await api.call("GET", `/sessions?limit=1&state=open&cursor=${encodeURIComponent(next)}`), 400);
  problem(await api.call("GET", `/sessions?cursor=nonsense`), 400);
  const flipped = next.slice(0, -2) + (next.at(-2) === "A" ? "B" : "A") + next.at(-1);
  problem(await api.call("GET", `/sessions?limit=1&cursor=${encodeURIComponent(flipped)}`), 400);
});

test("filters give what a filter of all sessions gives", async () => {
  await api.import([
    line("f1", { visitor: { id: "fv", name: "F" }, at: T0, operator: "otto", close: 2 }),
    line("f2", { visitor: { id: "fv", name: "F" }, at: T0 + 1000, department: "sales" }),
    line("f3", { visitor: { id: "fw", name: "W" }, at: T0 + 2000, dialect: "genesys", button: { id: "buy" } }),
    line("f4", { visitor: { id: "fv", name: "F" }, at: T0 + 3000, texts: [] }),
  ]);
  const ids = async (query) => {
    const listed = (await api.get(`/sessions?${query}`)).sessions.map((session) => session.id);
    if (query.includes("by=")) return listed;
    const exported = await api.call("GET", `/export?${query}`);
    assert.equal(exported.status, 200, exported.text);
    const lines = exported.text.split("\n").filter(Boolean).map((text) => JSON.parse(text).id);
    assert.deepEqual(lines.reverse(), listed, `the export of ${query}`);
    return listed;
  };
  const range = `from=${new Date(T0).toISOString()}&to=${new Date(T0 + 5000).toISOString()}`;
  assert.deepEqual(await ids(range), ["f4", "f3", "f2", "f1"]);
  assert.deepEqual(await ids(`${range}&visitor=fv`), ["f4", "f2", "f1"]);
  assert.deepEqual(await ids(`${range}&state=closed`), ["f1"]);
  assert.deepEqual(await ids(`${range}&state=open&visitor=fv`), ["f4", "f2"]);
  assert.deepEqual(await ids(`${range}&department=sales`), ["f2"]);
  assert.deepEqual(await ids(`${range}&button=buy`), ["f3"]);
  assert.deepEqual(await ids(`${range}&dialect=genesys`), ["f3"]);
  assert.deepEqual(await ids(`${range}&visitor=nobody`), []);
  assert.deepEqual(await ids(`${range}&by=firstMessage`), ["f3", "f2", "f1"]);
  assert.deepEqual(await ids(`from=${new Date(T0).toISOString()}&to=${new Date(T0 + 1000).toISOString()}`), ["f1"], "half-open");
  const operator = (await api.get("/sessions/f1")).operator;
  assert.deepEqual(await ids(`${range}&operator=${operator.id}`), ["f1"]);
  const [f1] = (await api.get(`/sessions?visitor=fv&state=closed&include=messages`)).sessions;
  assert.deepEqual(f1.transcript.map((event) => event.text), ["hi", "hello"]);
  assert.deepEqual([f1.messages, f1.transcriptMessages, f1.transcriptComplete], [2, 2, true]);
  for (const [query, field] of [["state=x", "state"], ["from=x", "from"], ["include=messages", "include"], ["limit=1", "limit"], ["visitor=a&visitor=b", "visitor"]])
    problem(await api.call("GET", `/export?${query}`), 400, undefined, field);
  for (const [query, field] of [["state=x", "state"], ["dialect=x", "dialect"], ["include=all", "include"], ["by=x", "by"], ["from=x", "from"], ["to=x", "to"], ["limit=x", "limit"], ["nope=1", "nope"], ["state=open&state=open", "state"]])
    problem(await api.call("GET", `/sessions?${query}`), 400, undefined, field);
});

test("a list says how many messages of a session it has, and whether these are all", async () => {
  const typing = (count) => Array.from({ length: count }, (_, i) => ({ type: "typing_started", at: T0 + 900000 + i, by: 1, text: `t${i}` }));
  const many = (count) => Array.from({ length: count }, (_, i) => `m${i}`);
  const cases = [["few", 3, 0], ["just", 64, 0], ["over", 65, 0], ["hidden", 3, 300], ["long hidden", 70, 300], ["far", 3, 2000]];
  const visitor = { id: "transcripts" };
  await api.import(cases.map(([id, messages, hidden]) => {
    const made = line(id, { visitor, texts: many(messages) });
    return { ...made, events: [...made.events, ...typing(hidden)] };
  }));
  const { sessions } = await api.get("/sessions?visitor=transcripts&include=messages");
  for (const [id, messages] of cases) {
    const session = sessions.find((one) => one.id === id);
    const told = id === "far" ? [] : many(messages).slice(-64);
    assert.deepEqual(session.transcript.map((event) => event.text), told, id);
    assert.deepEqual([session.messages, session.transcriptMessages, session.transcriptComplete], [messages, told.length, told.length === messages], id);
  }
});

test("an event of a wrong shape is refused by the member that is wrong", async () => {
  const { id } = await api.open();
  const path = `/sessions/${id}/events`;
  for (const [json, field] of [
    [{ by: 1, text: "x" }, "type"], [{ type: "nonsense", by: 1 }, "type"], [{ type: "opened", by: 1 }, "type"], [{ type: "erased", by: 0 }, "type"], [{ type: 5, by: 1 }, "type"],
    [{ type: "message", by: "1", text: "x" }, "by"], [{ type: "message", by: 1.5, text: "x" }, "by"], [{ type: "message", by: -1, text: "x" }, "by"], [{ type: "message", by: 1e10, text: "x" }, "by"],
    [{ type: "message", by: 1, text: "" }, null], [{ type: "message", by: 1 }, null], [{ type: "message", by: 1, text: 5 }, "text"], [{ type: "message", by: 1, text: null }, "text"],
    [{ type: "message", by: 1, text: "x", data: "y" }, "data"], [{ type: "message", by: 1, text: "x", data: [] }, "data"], [{ type: "message", by: 1, text: "x", id: "" }, null], [{ type: "message", by: 1, text: "x", id: 7 }, "id"],
    [{ type: "message", by: 1, text: "x", id: "y".repeat(129) }, null], [{ type: "message", by: 1, text: "x", what: 1 }, "what"],
    [{ type: "message", by: 0, text: "x" }, null], [{ type: "message", by: 9, text: "x" }, null],
    [{ type: "edit", by: 1, text: "x" }, null], [{ type: "delete", by: 1, target: "1" }, "target"],
  ]) {
    const body = problem(await api.call("POST", path, { json }), 400);
    if (field) assert.equal(body.field, field, JSON.stringify(json));
  }
  problem(await api.call("POST", path, { json: { type: "message", by: 1, text: "x".repeat(65537) } }), 413);
  problem(await api.call("POST", path, { json: { type: "edit", by: 1, target: 99, text: "x" } }), 404, undefined, "target");
  problem(await api.call("POST", "/sessions/no-such/events", { json: { type: "message", by: 1, text: "x" } }), 404);
  assert.equal((await api.events(id)).length, 0);
  await api.post(path, { type: "closed", by: 1 });
  problem(await api.call("POST", path, { json: { type: "message", by: 1, text: "x" } }), 409);
});

test("opening: a known id is refused, an unknown member named, times need the import right", async () => {
  const { id } = await api.open({ id: `own-${unique()}` });
  problem(await api.call("POST", "/sessions", { json: { id, visitor: { id: "v" }, participants: [{ id: 1, type: "Client" }] } }), 409);
  for (const json of [{}, { visitor: {} }, { visitor: { id: "v" }, what: 1 }, { visitor: { id: "v", what: 1 } }, { visitor: { id: "v" }, participants: [{ id: 1, type: "Robot" }] }, { visitor: { id: "v" }, participants: [{ id: 0, type: "Client" }] }, { visitor: { id: "v" }, participants: [{ id: 1, type: "Client" }, { id: 1, type: "Agent" }] }, { visitor: { id: 5 } }, { visitor: { id: "v" }, events: {} }, { visitor: { id: "v" }, timeZone: "Mars/Olympus" }, { visitor: { id: "" } }])
    problem(await api.call("POST", "/sessions", { json }), 400);
  const past = { visitor: { id: "v" }, participants: [{ id: 1, type: "Client" }], events: [{ type: "message", by: 1, text: "x", at: T0 }] };
  problem(await only.write.call("POST", "/sessions", { json: past }), 403, undefined, "at");
  problem(await only.write.call("POST", `/sessions/${id}/events`, { json: { type: "message", by: 1, text: "x", at: "2026-01-01T00:00:00Z" } }), 403, undefined, "at");
  const made = await api.call("POST", "/sessions", { json: past });
  assert.equal(made.body.firstMessage, new Date(T0).toISOString());
});

test("each right opens its routes and no other", async () => {
  const { id } = await api.open({ visitor: { id: "rights", name: "R" } });
  const routes = [
    ["read", "GET", "/sessions"], ["read", "GET", `/sessions/${id}`], ["read", "GET", `/sessions/${id}/events`], ["read", "GET", "/visitors"], ["read", "GET", "/visitors/rights"],
    ["read", "GET", "/search?q=x"], ["read", "GET", "/summary"],
    ["write", "POST", "/sessions", { visitor: { id: "rights2" }, participants: [{ id: 1, type: "Client" }] }],
    ["write", "POST", `/sessions/${id}/events`, { type: "message", by: 1, text: "x" }],
    ["admin", "POST", `/sessions/${id}/genesys-credentials`], ["admin", "DELETE", "/visitors/rights"],
  ];
  for (const [right, method, path, json] of routes) {
    const unauthorized = problem(await none.call(method, path, { json }), 401);
    assert.ok(unauthorized);
    const missing = await call(server, method, `/parley/v1${path}`, { json });
    problem(missing, 401);
    assert.match(missing.headers["www-authenticate"], /^Bearer/);
    for (const other of Object.keys(only)) {
      if (other === right) continue;
      const answer = await only[other].call(method, path, { json });
      problem(answer, 403);
    }
    const answer = await only[right].call(method, path, { json });
    assert.ok(answer.status < 300, `${right} ${method} ${path}: ${answer.text}`);
  }
});

test("unknown paths and methods and bodies that are none are problems of their own type", async () => {
  problem(await api.call("GET", "/nothing"), 404);
  const wrong = await api.call("PUT", "/sessions", { json: {} });
  problem(wrong, 405);
  assert.match(wrong.headers.allow, /GET/);
  for (const body of ["{", "[]", "", '"x"', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])])
    problem(await api.call("POST", "/sessions", { body, headers: { "Content-Type": "application/json" } }), 400);
});

test("visitors: found by name, e-mail and phone, paged", async () => {
  const word = `zebra${unique()}`;
  for (let i = 0; i < 25; i++) await api.open({ visitor: { id: `${word}-${i}`, name: `${word} number ${i}`, email: `${word}.${i}@example.org`, phone: `+49 ${i}` } });
  const find = async (query) => (await api.get(`/visitors?${query}`)).visitors.map((visitor) => visitor.id);
  assert.deepEqual(await find(`q=${encodeURIComponent(`${word} number 7`)}`), [`${word}-7`]);
  assert.deepEqual(await find(`q=${word}.9%40example.org`), [`${word}-9`]);
  const all = [];
  let cursor = "";
  do {
    const page = await api.get(`/visitors?q=${word}&limit=10${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    all.push(...page.visitors.map((visitor) => visitor.id));
    cursor = page.next;
  } while (cursor);
  assert.equal(all.length, 25);
  assert.equal(new Set(all).size, 25);
  const one = await api.get(`/visitors/${word}-3`);
  assert.equal(one.name, `${word} number 3`);
  assert.equal(one.sessions, 1);
  problem(await api.call("GET", "/visitors/no-such"), 404);
});

test("erasure: nothing of the visitor can be read any more, in any view", async () => {
  const secret = `secret${unique()}`;
  const chat = await GenesysChat.request(server, { nickname: secret, emailAddress: `${secret}@example.org` });
  await chat.send(`my word is ${secret}`);
  const { visitor } = await api.get(`/sessions/${chat.chatId}`);
  assert.equal((await api.get(`/search?q=${secret}`)).hits.length, 1);
  const erased = await api.call("DELETE", `/visitors/${encodeURIComponent(visitor.id)}`);
  assert.equal(erased.status, 202, erased.text);
  assert.equal(erased.body.sessions, 1);
  for (const path of [`/sessions/${chat.chatId}`, `/sessions/${chat.chatId}/events`, `/visitors/${encodeURIComponent(visitor.id)}`, `/search?q=${secret}`, `/visitors?q=${secret}`, "/sessions?limit=200&include=messages"]) {
    const answer = await api.call("GET", path);
    assert.ok(!answer.text.includes(secret), `${path} still shows ${secret}`);
  }
  const one = await api.get(`/sessions/${chat.chatId}`);
  assert.match(one.visitor.id, /^erased-\d+$/);
  assert.deepEqual([one.visitor.name, one.erased], [null, true]);
  const { sessions } = await api.get("/sessions?limit=200");
  assert.deepEqual(sessions.find(({ id }) => id === chat.chatId).visitor, one.visitor, "as in the list");
  const poll = await chat.messages();
  assert.equal(poll.status, 200);
  assert.equal(poll.body.statusCode, 2);
  assert.ok(!poll.text.includes(secret));
  const exported = await api.call("GET", "/export");
  assert.equal(exported.status, 200);
  assert.ok(!exported.text.includes(secret));
  problem(await api.call("DELETE", `/visitors/${encodeURIComponent(visitor.id)}`), 404);
  parley(["check", "--data", server.data]);
});

test("export, import elsewhere, export: the same bytes", async () => {
  const exported = await api.call("GET", "/export");
  const second = emptyData();
  addOperator(second.data, "Environment", "otto", ["livechat-agent"]);
  parley(["department", "add", "Sales", "--id", "sales", "--data", second.data]);
  parley(["button", "add", "Buy", "--id", "buy", "--data", second.data]);
  const other = await Server.start({ data: second.data });
  try {
    const to = new Parley(other, second.bearer);
    const imported = await to.call("POST", "/import", { body: exported.bytes, headers: { "Content-Type": "application/x-ndjson" } });
    assert.equal(imported.status, 200, imported.text);
    const again = await to.call("GET", "/export");
    const lines = (text) => text.trim().split("\n").sort();
    assert.deepEqual(lines(again.text), lines(exported.text));
    const repeated = await to.call("POST", "/import", { body: exported.bytes, headers: { "Content-Type": "application/x-ndjson" } });
    assert.equal(repeated.body.created, 0);
    assert.equal(repeated.body.unchanged, lines(exported.text).length);
  } finally {
    await other.stop();
  }
});

test("an import that differs from what is known is refused, and says where", async () => {
  const first = line("differs", { texts: ["a", "b"] });
  await api.import([first]);
  assert.equal((await api.import([{ ...first, events: [...first.events, { type: "message", at: T0 + 90000, by: 1, text: "more" }] }])).appended, 1);
  const other = structuredClone(first);
  other.events[2].text = "changed";
  const answer = await api.call("POST", "/import", { body: JSON.stringify(other) + "\n", headers: { "Content-Type": "application/x-ndjson" } });
  problem(answer, 409);
  problem(await api.call("POST", "/import", { body: "{}\n", headers: { "Content-Type": "application/x-ndjson" } }), 400);
});

test("include=markup gives a message's tree, and nothing else has one", async () => {
  await api.import([line("marked", { texts: ["*hi* @ann"] })]);
  const path = "/sessions/marked/events";
  const [message] = (await api.get(`${path}?type=message&include=markup`)).events;
  assert.deepEqual(message.markup, [
    { type: "PARAGRAPH", value: [
      { type: "BOLD", value: [{ type: "PLAIN_TEXT", value: "hi" }] },
      { type: "PLAIN_TEXT", value: " " },
      { type: "MENTION_USER", value: { type: "PLAIN_TEXT", value: "ann" } },
    ] },
  ]);
  const { events } = await api.get(`${path}?include=markup`);
  assert.deepEqual(events.filter((one) => "markup" in one).map((one) => one.type), ["message"]);
  assert.ok((await api.get(path)).events.every((one) => !("markup" in one)));
  problem(await api.call("GET", `${path}?include=messages`), 400, undefined, "include");
});
