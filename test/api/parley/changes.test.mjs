// The change feed: what happened, once, in order, by pages, held polls and streams; and the filter changedSince.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley, unique } from "../../support/dialects.mjs";
import { EventStream } from "../../support/event_stream.mjs";
import { call } from "../../support/http.mjs";
import { addBearer, addCompany, addOperator, emptyData, parley, place, serve, Server } from "../../support/server.mjs";

let server, api, data, other;
before(async () => {
  const made = emptyData();
  data = made.data;
  other = addCompany(data, "Other");
  server = await Server.start({ data });
  api = new Parley(server, made.bearer);
});
after(() => server?.stop());

const event = (id, fields) => api.post(`/sessions/${id}/events`, fields);

/** All changes behind a cursor, page by page. */
async function walk(reader, query = "", cursor = undefined) {
  const all = [];
  for (;;) {
    const page = await reader.get(`/changes?${query}${cursor ? `&after=${cursor}` : ""}`);
    all.push(...page.changes);
    cursor = page.next;
    if (page.complete) return all;
  }
}

/** Where the feed ends by now. */
async function end(reader = api) {
  let page = await reader.get("/changes?limit=1000");
  while (!page.complete) page = await reader.get(`/changes?limit=1000&after=${page.next}`);
  return page.next;
}

const brief = ({ kind, session, index, event }) => [kind, session, index, event.text];

/** A session with an event of each kind; answers its id and what the feed has to say of it. */
async function play() {
  const { id, visitor } = await api.open();
  await event(id, { type: "message", by: 1, text: "one" });
  await event(id, { type: "take", data: { participant: 2 } });
  await event(id, { type: "message", by: 2, text: "two" });
  await event(id, { type: "edit", by: 1, target: 1, text: "first" });
  await event(id, { type: "user_data", data: { visitor: { email: "vera@example.com" } } });
  await event(id, { type: "message", by: 2, text: "three" });
  await event(id, { type: "delete", by: 2, target: 6 });
  await event(id, { type: "closed", by: 2 });
  return {
    id,
    visitor: visitor.id,
    changes: [
      ["open", id, 0, undefined], ["append", id, 1, "first"], ["take", id, 2, undefined], ["append", id, 3, "two"], ["edit", id, 4, "first"],
      ["visitor", id, 5, undefined], ["append", id, 6, ""], ["delete", id, 7, undefined], ["close", id, 8, undefined],
    ],
  };
}

// ---- pages ----

test("a change is an event: its kind, session, time, index, and the event as the session shows it", async () => {
  const from = await end();
  const { id, changes } = await play();
  const before = Date.now();
  const told = await walk(api, "", from);
  assert.deepEqual(told.map(brief), changes);
  const events = await api.events(id);
  assert.deepEqual(told.slice(1).map((change) => change.event), events);
  for (const change of told) {
    assert.deepEqual(Object.keys(change), ["cursor", "kind", "session", "time", "index", "event"]);
    assert.ok(Math.abs(Date.parse(change.time) - before) < 60000, change.time);
  }
  const { event: head } = told[0];
  assert.equal(head.type, "opened");
  assert.equal(head.data.visitor.name, "Vera");
  assert.equal(head.data.visitor.token, undefined, "a visitor's token is nobody's to read");
});

test("pages of any size tell the same, from the oldest on, and from behind any change the rest", async () => {
  await play();
  const whole = await walk(api, "limit=1000");
  assert.equal(whole[0].index, 0);
  assert.equal(new Set(whole.map((change) => change.cursor)).size, whole.length);
  for (const limit of [1, 7, whole.length - 1, whole.length]) assert.deepEqual(await walk(api, `limit=${limit}`), whole);
  for (let i = 0; i < whole.length; i += 3) assert.deepEqual(await walk(api, "limit=5", whole[i].cursor), whole.slice(i + 1));
  const page = await api.get(`/changes?limit=${whole.length}`);
  assert.equal(page.complete, true, "nothing is left");
  assert.equal((await api.get(`/changes?limit=${whole.length - 1}`)).complete, false);
  assert.deepEqual(await api.get(`/changes?after=${page.next}`), { changes: [], next: page.next, complete: true });
});

test("kinds and session choose, with the same cursors", async () => {
  const from = await end();
  const [one, two] = [await play(), await play()];
  const all = await walk(api, "", from);
  assert.deepEqual(await walk(api, "kinds=open,close&limit=1", from), all.filter(({ kind }) => kind === "open" || kind === "close"));
  assert.deepEqual(await walk(api, `session=${two.id}&limit=2`, from), all.slice(one.changes.length));
  assert.deepEqual(await walk(api, `session=${two.id}`), all.slice(one.changes.length), "from its beginning");
  assert.deepEqual(await walk(api, `session=${one.id}&kinds=edit`, all[0].cursor), [all[4]]);
  assert.deepEqual(await walk(api, "kinds=redact,retention,hold"), []);
});

test("an import is told session by session, event by event", async () => {
  const from = await end();
  const line = (id, count) => ({
    id, visitor: { id: `v-${id}` }, participants: [{ id: 1, type: "Client", name: "V" }],
    events: Array.from({ length: count }, (_, i) => ({ type: "message", at: 1600000000000 + i, by: 1, text: `${id} ${i}` })),
  });
  const ids = [unique(), unique()];
  await api.import([line(ids[0], 150), line(ids[1], 3)]);
  const told = await walk(api, "limit=40", from);
  assert.deepEqual(told.map((change) => [change.session, change.index]), [
    ...Array.from({ length: 151 }, (_, i) => [ids[0], i]), ...Array.from({ length: 4 }, (_, i) => [ids[1], i]),
  ]);
});

test("bad parameters and cursors that are none of this company are refused", async () => {
  const theirs = new Parley(server, other.bearer);
  const cursor = await end();
  const changed = cursor.slice(0, -1) + (cursor.endsWith("A") ? "B" : "A");
  for (const [reader, query, field] of [[api, "after=x", "after"], [api, "after=", "after"], [api, `after=${changed}`, "after"], [theirs, `after=${cursor}`, "after"],
    [api, "limit=0", "limit"], [api, "limit=1001", "limit"], [api, "wait=61", "wait"], [api, "wait=x", "wait"], [api, "kinds=nothing", "kinds"], [api, "kinds=", "kinds"], [api, "from=x", "from"]])
    for (const path of ["/changes", "/changes/stream"]) {
      const answer = path === "/changes" ? await reader.call("GET", `${path}?${query}`) : await EventStream.open(server, `/parley/v1${path}?${query}`, reader.headers);
      assert.deepEqual([answer.status, answer.body?.field], [400, field], `${path}?${query}`);
    }
  for (const path of ["/changes", "/changes/stream"]) {
    const { id } = await api.open();
    assert.equal((await theirs.call("GET", `${path}?session=${id}`)).status, 404, "another company's session");
    assert.equal((await api.call("GET", `${path}?session=nobody`)).status, 404);
    assert.equal((await call(server, "GET", `/parley/v1${path}`)).status, 401);
    const writer = new Parley(server, addBearer(data, "Environment", ["write"]));
    assert.equal((await writer.call("GET", path)).status, 403);
  }
  assert.equal((await theirs.get("/changes")).changes.length, 0);
});

// ---- waiting ----

test("with wait the answer comes with the next change, or empty when the time is over", async () => {
  const from = await end();
  const held = api.get(`/changes?after=${from}&wait=60`);
  const { id } = await api.open();
  const page = await held;
  assert.deepEqual(page.changes.map(brief), [["open", id, 0, undefined]]);
  assert.deepEqual(await api.get(`/changes?after=${page.next}&wait=1`), { changes: [], next: page.next, complete: true });
});

test("a held poll sleeps through what its kinds and session leave out, and hears what comes behind a session's end", async () => {
  const from = await end();
  const { id } = await api.open();
  const closes = api.get(`/changes?after=${from}&wait=60&kinds=close`);
  const ones = api.get(`/changes?after=${await end()}&wait=60&session=${id}`);
  await play();
  await event(id, { type: "message", by: 1, text: "mine" });
  assert.deepEqual((await closes).changes.map(({ kind }) => kind), ["close"]);
  assert.deepEqual((await ones).changes.map(brief), [["append", id, 1, "mine"]]);
  await event(id, { type: "closed", by: 1 });
  const late = api.get(`/changes?after=${await end()}&wait=60&session=${id}`);
  await event(id, { type: "survey", data: { answer: 5 } });
  assert.deepEqual((await late).changes.map(({ kind, index }) => [kind, index]), [["append", 3]]);
});

test("a hundred held polls all hear of the same change", async () => {
  const from = await end();
  const held = Array.from({ length: 100 }, () => api.get(`/changes?after=${from}&wait=60`));
  const { id } = await api.open();
  for (const page of await Promise.all(held)) assert.deepEqual(page.changes.map(brief), [["open", id, 0, undefined]]);
});

test("a held poll may be answered to another page's origin", async (t) => {
  const bare = emptyData();
  const open = await serve(t, bare.data, [], { PARLEY_PARLEY_CORS_ORIGIN: "https://a.example" });
  const reader = new Parley(open, bare.bearer);
  const answer = await reader.call("GET", "/changes?wait=1", { headers: { Origin: "https://a.example" } });
  assert.equal(answer.headers["access-control-allow-origin"], "https://a.example");
});

// ---- who may see what ----

test("of what was deleted, edited again or erased no change tells anything, in earlier changes neither", async () => {
  const from = await end();
  const { id, visitor } = await api.open();
  await event(id, { type: "message", by: 1, text: "SECRET zero", data: { more: "SECRET one" } });
  await event(id, { type: "edit", by: 1, target: 1, text: "SECRET two" });
  assert.match(JSON.stringify(await walk(api, "", from)), /SECRET two/);
  await event(id, { type: "delete", by: 1, target: 1 });
  const told = async () => JSON.stringify([await walk(api, "", from), await (async () => {
    const stream = await EventStream.open(server, `/parley/v1/changes/stream?session=${id}`, api.headers);
    const events = await stream.take((await walk(api, `session=${id}`)).length);
    stream.close();
    return events;
  })()]);
  assert.doesNotMatch(await told(), /SECRET/);
  await event(id, { type: "message", by: 1, text: "VERA said" });
  await api.call("DELETE", `/visitors/${visitor.id}`);
  const text = await told();
  assert.doesNotMatch(text, /VERA|Vera/);
  const changes = await walk(api, "", from);
  assert.deepEqual(changes.map(({ kind }) => kind), ["open", "append", "edit", "delete", "append", "erase"]);
  assert.ok(changes.slice(0, 5).every(({ event }) => event.erased));
});

test("internal events take the right notes", async () => {
  const plain = new Parley(server, addBearer(data, "Environment", ["read"]));
  const notes = new Parley(server, addBearer(data, "Environment", ["read", "notes"]));
  const from = await end();
  const { id } = await api.open();
  await event(id, { type: "message", by: 2, text: "SECRET", data: { visibility: "internal" } });
  await event(id, { type: "edit", by: 2, target: 1, text: "SECRET still" });
  await event(id, { type: "message", by: 2, text: "hello" });
  assert.deepEqual((await walk(plain, "", from)).map(({ index }) => index), [0, 3]);
  assert.deepEqual((await walk(notes, "", from)).map(({ index }) => index), [0, 1, 2, 3]);
  const streams = await Promise.all([plain, notes].map(({ headers }) => EventStream.open(server, `/parley/v1/changes/stream?after=${from}`, headers)));
  assert.deepEqual((await streams[0].take(2)).map(({ data }) => data.index), [0, 3]);
  assert.deepEqual((await streams[1].take(4)).map(({ data }) => data.index), [0, 1, 2, 3]);
  for (const stream of streams) stream.close();
});

test("an agent is told of the sessions that they see, also over a stream that others share", async () => {
  const { authToken } = addOperator(data, "Environment", "anna", ["livechat-agent"]);
  const anna = new Parley(server, authToken);
  const from = await end();
  const streams = await Promise.all([anna, api].map(({ headers }) => EventStream.open(server, `/parley/v1/changes/stream?after=${from}`, headers)));
  const line = (operator) => ({ visitor: { id: unique() }, participants: [{ id: 1, type: "Client", name: "V" }, { id: 2, type: "Agent", name: "A", operator }], operator });
  const [theirs, hers] = [await api.post("/sessions", line("ben")), await api.post("/sessions", line("anna"))];
  await api.say(theirs.id, 1, "not hers");
  await api.say(hers.id, 1, "hers");
  assert.deepEqual((await walk(anna, "", from)).map(brief), [["open", hers.id, 0, undefined], ["append", hers.id, 1, "hers"]]);
  assert.deepEqual((await streams[0].take(2)).map(({ data }) => brief(data)), [["open", hers.id, 0, undefined], ["append", hers.id, 1, "hers"]]);
  assert.equal((await streams[1].take(4)).length, 4);
  for (const stream of streams) stream.close();
  assert.equal((await anna.call("GET", `/changes?session=${theirs.id}`)).status, 404);
  assert.deepEqual((await walk(anna, `session=${hers.id}`)).map(({ index }) => index), [0, 1]);
});

test("the cookie of a page that signed in opens a stream", async () => {
  addOperator(data, "Environment", "carl", ["livechat-manager"]);
  parley(["operator", "passwd", "carl", "--password-stdin", "--data", data], { input: "correct horse battery\n" });
  const signed = await call(server, "POST", "/parley/v1/sign-in", { json: { username: "carl", password: "correct horse battery", cookie: true } });
  assert.equal(signed.status, 200, signed.text);
  const cookie = signed.headers["set-cookie"][0].split(";")[0];
  const stream = await EventStream.open(server, `/parley/v1/changes/stream?after=${await end()}`, { Cookie: cookie });
  const { id } = await api.open();
  assert.deepEqual(brief((await stream.next()).data), ["open", id, 0, undefined]);
  assert.equal((await call(server, "POST", "/parley/v1/sign-out", { headers: { Cookie: cookie, Origin: server.url }, json: {} })).status, 204);
  await api.open();
  assert.equal(await stream.next(), undefined, "who signed out is told nothing more");
});

// ---- after a restore ----

test("a cursor from behind the copy that was restored is 410 with the last one that is still true", async (t) => {
  const at = place(t);
  const made = emptyData();
  const before = await serve(t, made.data);
  const reader = new Parley(before, made.bearer);
  const shared = await reader.open();
  const common = (await reader.get("/changes")).changes.at(-1).cursor;
  parley(["backup", at("copy"), "--data", made.data]);
  const lost = await reader.open();
  const beyond = (await reader.get("/changes")).next;
  parley(["restore", at("copy"), "--data", at("new")]);
  const restored = await serve(t, at("new"));
  const again = new Parley(restored, made.bearer);
  const found = await again.open();
  assert.deepEqual((await again.get(`/changes?after=${common}`)).changes.map(({ session }) => session), [found.id], "what both have goes on");
  for (const answer of [await again.call("GET", `/changes?after=${beyond}`), await EventStream.open(restored, "/parley/v1/changes/stream", { ...again.headers, "Last-Event-ID": beyond })]) {
    assert.equal(answer.status, 410);
    assert.equal(answer.body.type, "urn:parley:problem:cursor_gone");
    assert.equal(answer.body.field, "after");
    assert.deepEqual((await again.get(`/changes?after=${answer.body.cursor}`)).changes.map(({ session }) => session), [found.id]);
  }
  assert.deepEqual((await again.get("/changes")).changes.map(({ session }) => session), [shared.id, found.id]);
  assert.equal((await reader.get("/changes")).changes[1].session, lost.id);
  const new_end = (await again.get("/changes")).next;
  assert.equal((await reader.call("GET", `/changes?after=${new_end}`)).status, 410, "the old one does not know the new line either");
});

test("cursors outlive a restart, and a reader that keeps the last one goes on", async () => {
  const { id } = await api.open();
  const from = await end();
  const stream = await EventStream.open(server, `/parley/v1/changes/stream?after=${from}`, api.headers);
  const held = api.get(`/changes?after=${from}&wait=60`);
  await waiting();
  await server.stop();
  assert.equal(await stream.next(), undefined);
  assert.deepEqual((await held).changes, [], "a held poll is answered before the server goes");
  await server.restart();
  await api.say(id, 1, "after the restart");
  assert.deepEqual((await api.get(`/changes?after=${from}`)).changes.map(brief), [["append", id, 1, "after the restart"]]);
});

// ---- streams ----

test("a stream tells what was, then what comes: id is the cursor, event the kind, data the change", async () => {
  const stream = await EventStream.open(server, "/parley/v1/changes/stream", api.headers);
  assert.match(stream.response.headers["content-type"], /^text\/event-stream/);
  const past = await walk(api, "limit=1000");
  assert.deepEqual((await stream.take(past.length)).map(({ data }) => data), past);
  const from = await end();
  await play();
  const now = await walk(api, "", from);
  const told = await stream.take(now.length);
  assert.deepEqual(told.map(({ id, event, data }) => [id, event, data.cursor]), now.map(({ cursor, kind }) => [cursor, kind, cursor]));
  stream.close();
});

test("kinds and session choose of a stream too, and Last-Event-ID goes before after", async () => {
  const from = await end();
  const { id } = await api.open();
  const open = (query, headers = {}) => EventStream.open(server, `/parley/v1/changes/stream?${query}`, { ...api.headers, ...headers });
  const [closes, ones, oldest] = [await open(`after=${from}&kinds=close`), await open(`session=${id}`), await open("kinds=open")];
  const other = await play();
  await event(id, { type: "message", by: 1, text: "mine" });
  await event(id, { type: "closed", by: 1 });
  await event(id, { type: "survey", data: { answer: 5 } });
  assert.deepEqual((await closes.take(2)).map(({ data }) => data.session), [other.id, id]);
  const mine = await ones.take(4);
  assert.deepEqual(mine.map(({ data }) => [data.kind, data.index]), [["open", 0], ["append", 1], ["close", 2], ["append", 3]], "it goes on behind the end");
  assert.equal((await oldest.next()).data.index, 0);
  const back = await open(`session=${id}&after=${from}`, { "Last-Event-ID": mine[1].id });
  assert.deepEqual((await back.take(2)).map(({ data }) => data.index), [2, 3]);
  for (const stream of [closes, ones, oldest, back]) stream.close();
});

test("streams that begin at any moment beside writers each tell every change once, in order", async () => {
  const from = await end();
  const sessions = await Promise.all(Array.from({ length: 4 }, () => api.open()));
  const streams = [];
  let writing = true;
  const writers = Promise.all(sessions.map(async ({ id }) => {
    for (let i = 0; i < 100; i++) await api.say(id, 1, `${i}`);
  })).then(() => (writing = false));
  const opening = (async () => {
    while (writing) {
      const query = streams.length % 3 === 2 ? `session=${sessions[0].id}` : `after=${from}`;
      streams.push({ query, stream: await EventStream.open(server, `/parley/v1/changes/stream?${query}`, api.headers) });
    }
  })();
  await Promise.all([writers, opening]);
  assert.ok(streams.length > 3);
  const wanted = { all: await walk(api, "limit=1000", from), one: await walk(api, `session=${sessions[0].id}`) };
  assert.equal(wanted.all.length, 404);
  for (const { query, stream } of streams) {
    const all = query.startsWith("session") ? wanted.one : wanted.all;
    assert.deepEqual((await stream.take(all.length)).map(({ id }) => id), all.map(({ cursor }) => cursor), query);
    assert.equal(stream.events.length, 0);
    stream.close();
  }
});

test("a client that does not take what it is sent is cut, and goes on by Last-Event-ID", async (t) => {
  const made = emptyData();
  const small = await serve(t, made.data, [], { PARLEY_HTTP_CONNECTION_MEMORY: "64" });
  const writer = new Parley(small, made.bearer);
  const { id } = await writer.open();
  const slow = await EventStream.open(small, "/parley/v1/changes/stream", writer.headers);
  await slow.take(1);
  slow.pause();
  const text = "x".repeat(60000);
  const count = 300; // far more than the sockets hold between them
  for (let i = 0; i < count; i++) await writer.say(id, 1, `${i} ${text}`);
  slow.resume();
  const seen = [];
  let stream = slow;
  for (let event; seen.length < count; ) {
    while (seen.length < count && (event = await stream.next())) seen.push(Number.parseInt(event.data.event.text, 10));
    if (seen.length < count) stream = await EventStream.open(small, "/parley/v1/changes/stream", { ...writer.headers, "Last-Event-ID": stream.lastId });
  }
  assert.notEqual(stream, slow, "it was cut");
  assert.deepEqual(seen, Array.from({ length: count }, (_, i) => i));
  stream.close();
});

test("a stream and a held poll end when their token is revoked", async () => {
  const made = JSON.parse(parley(["company", "token", "Environment", "--right", "read", "--data", data]));
  const reader = new Parley(server, made.bearer);
  const from = await end();
  const stream = await EventStream.open(server, `/parley/v1/changes/stream?after=${from}`, reader.headers);
  const held = reader.call("GET", `/changes?after=${from}&wait=60`);
  const { id } = await api.open();
  assert.equal((await stream.next()).data.session, id);
  assert.equal((await held).status, 200);
  const again = reader.call("GET", `/changes?after=${await end()}&wait=60`);
  await waiting();
  revokeReaders();
  await api.open();
  assert.equal(await stream.next(), undefined);
  assert.equal((await again).status, 401);
});

/** Ends the tokens of "Environment" that may only read. */
function revokeReaders() {
  const lines = parley(["company", "tokens", "Environment", "--data", data]).trim().split("\n");
  for (const { id, rights } of lines.map((line) => JSON.parse(line)))
    if (`${rights}` === "read") parley(["company", "revoke", "Environment", id, "--data", data]);
}

/** Until the server holds a request. */
async function waiting() {
  for (let text = ""; !/^parley_http_requests_held [1-9]/m.test(text); ) ({ text } = await call(server, "GET", "/metrics"));
}

// ---- changedSince ----

/** A time that all later changes are stored after, and none before. */
async function moment() {
  const now = Date.now();
  while (Date.now() <= now + 1) await new Promise((resolve) => setImmediate(resolve));
  return new Date(now + 1).toISOString();
}

test("changedSince leaves the sessions that changed here since, in lists and in the export, whatever times their events have", async () => {
  const [old, touched] = [await api.open(), await api.open()];
  await api.say(old.id, 1, "before");
  const since = await moment();
  await api.say(touched.id, 1, "after");
  const imported = unique();
  await api.import([{ id: imported, visitor: { id: "v" }, participants: [{ id: 1, type: "Client", name: "V" }],
    events: [{ type: "message", at: 1600000000000, by: 1, text: "long ago" }] }]);
  const list = await api.get(`/sessions?changedSince=${since}`);
  assert.deepEqual(list.sessions.map((session) => session.id), [touched.id, imported]);
  assert.equal(list.complete, true);
  const lines = (await api.call("GET", `/export?changedSince=${since}`)).text.trim().split("\n").map((line) => JSON.parse(line).id);
  assert.deepEqual(lines, [imported, touched.id]);
  const first = await api.get(`/sessions?changedSince=${since}&limit=1`);
  assert.deepEqual((await api.get(`/sessions?changedSince=${since}&limit=1&cursor=${first.next}`)).sessions.map((session) => session.id), [imported]);
  assert.equal((await api.call("GET", `/sessions?changedSince=2000-01-01T00:00:00Z&limit=1&cursor=${first.next}`)).status, 400, "another query's cursor");
  assert.deepEqual((await api.get(`/sessions?changedSince=2100-01-01T00:00:00Z`)).sessions, []);
  for (const [query, field] of [["changedSince=x", "changedSince"], ["changedSince=2020-01-01&changedSince=2020-01-01", "changedSince"]]) {
    const refused = await api.call("GET", `/sessions?${query}`);
    assert.deepEqual([refused.status, refused.body.field], [400, field]);
  }
  assert.equal((await api.call("GET", `/search?q=after&changedSince=${since}`)).body.type, "urn:parley:problem:parameter_unknown");
});
