// What the server says of all the conversations is what a scan of its export says: searches, summaries, and both after
// an erasure, of which no byte is left in the directory.
import assert from "node:assert/strict";
import { createReadStream, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { parley, place, serve } from "../support/server.mjs";
import { conversations, seeded, words } from "./data.mjs";

const zones = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata"];
const erasedVisitors = 20;
const mark = "qzxmarker"; // in no conversation

let at, data, server, bearer, agendize, rows, messages, starts;
let marked = []; // [visitor id, its marker]
const ending = [];

const byTime = (a, b) => b.time - a.time;

// What the export holds, as the scan wants it.
function scan(lines) {
  rows = lines.map((line) => JSON.parse(line));
  messages = [];
  starts = [];
  for (const row of rows) {
    const said = row.events.map((event, i) => ({ event, index: i + 1 })).filter(({ event }) => event.type === "message");
    for (const { event, index } of said)
      messages.push({ key: `${row.id} ${index}`, time: event.at, words: words(event.text), visitor: row.visitor.id });
    if (said.length)
      starts.push({ at: said[0].event.at, duration: said.at(-1).event.at - said[0].event.at, messages: said.length });
  }
  messages.sort(byTime);
  starts.sort((a, b) => a.at - b.at);
}

// Marks the visitors with most sessions, and some with few, in everything that is theirs.
function markVisitors(lines) {
  const sessions = new Map();
  lines = lines.map((line) => JSON.parse(line));
  for (const line of lines) sessions.set(line.visitor.id, (sessions.get(line.visitor.id) ?? 0) + 1);
  const ids = [...sessions.keys()].sort((a, b) => sessions.get(b) - sessions.get(a));
  const chosen = [...ids.slice(0, erasedVisitors / 2), ...ids.slice(-erasedVisitors / 2)];
  const marker = new Map(chosen.map((id, i) => [id, `${mark}${String.fromCharCode(97 + i)}`]));
  for (const line of lines) {
    const m = marker.get(line.visitor.id);
    if (!m) continue;
    Object.assign(line.visitor, { id: `id-${m}`, name: `Name ${m}`, email: `${m}@example.com`, phone: `+1 ${m}`,
      username: `user-${m}`, token: `token-${m}`, userAgent: `agent ${m}`, country: `land ${m}`, city: `city ${m}` });
    Object.assign(line, { startPage: `https://example.com/${m}`, subject: `about ${m}`, userData: { [m]: m }, source: { note: m } });
    for (const p of line.participants) if (p.type === "Client") p.name = `Name ${m}`;
    line.rocketchat = { room: { customFields: { note: m } } };
    line.events.forEach((event, i) => {
      if (event.type !== "message") return;
      event.text += ` ${m} ${m}${i}`;
      event.id = `${line.id}-${m}-${i}`;
    });
  }
  marked = chosen.map((id) => [`id-${marker.get(id)}`, marker.get(id)]);
  return lines.map((line) => JSON.stringify(line));
}

before(async () => {
  const stack = { after: (act) => ending.push(act) };
  at = place(stack);
  data = ["--data", at("d")];
  const lines = markVisitors(conversations(at("raw")));
  writeFileSync(at("in"), lines.join("\n") + "\n");
  assert.match(parley(["import", ...data, at("in")]), new RegExp(`created ${lines.length},`));
  const exported = parley(["export", ...data]);
  writeFileSync(at("before"), exported);
  scan(exported.trimEnd().split("\n"));
  assert.equal(rows.length, lines.length);
  agendize = JSON.parse(parley(["company", "token", "Environment", ...data]));
  bearer = agendize.bearer;
  server = await serve(stack, at("d"));
});

after(async () => { for (const act of ending) await act(); });

async function ask(path, headers = { authorization: `Bearer ${bearer}` }) {
  const answer = await fetch(server.url + path, { headers }).catch((error) => {
    throw new Error(`${path}: ${error.cause ?? error}; the server said: ${server.log.slice(-2000)}`);
  });
  const body = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${body}`);
  return JSON.parse(body);
}

// ---- search

async function hitsOf(query, order, most = Infinity) {
  const hits = [];
  let next = null;
  do {
    const page = await ask(`/parley/v1/search?${new URLSearchParams({ q: query, order, limit: "200", ...(next ? { cursor: next } : {}) })}`);
    assert.ok(page.hits.length <= 200);
    assert.equal(page.complete, page.next === null);
    hits.push(...page.hits);
    next = page.next;
  } while (next && hits.length < most);
  return hits;
}

const keys = (hits) => hits.map((hit) => `${hit.session} ${hit.index}`).sort();

const holds = (text, phrase, prefix = false) => text.some((_, i) => phrase.every((word, j) =>
  text[i + j]?.some((at) => (prefix && j === phrase.length - 1 ? at.startsWith(word) : at === word))));

// A query of a random kind made of what is said, in odd spelling, and what a scan must find.
function makeQuery(random) {
  const text = () => { let found; do found = random.of(messages).words; while (found.length < 4); return found.map((place) => place.at(-1)); };
  const shout = (word) => (random(3) ? word : word.toUpperCase());
  const accent = (word) => (random(4) ? word : word.replace(/[aeiou]/, (vowel) => `${vowel}\u0301`.normalize("NFC")));
  const written = (word) => accent(shout(word));
  const some = text(), i = random(some.length - 2), a = some[i], b = random.of(some), c = random.of(text());
  switch (random(6)) {
    case 0: return [written(a), (m) => holds(m, [a])];
    case 1: { const length = 2 + random(2), phrase = some.slice(i, i + length); return [`"${phrase.map(written).join(" ")}"`, (m) => holds(m, phrase)]; }
    case 2: { const start = [...a].slice(0, 3 + random(3)).join(""); return start.length < 3 ? [a, (m) => holds(m, [a])] : [`${start}*`, (m) => holds(m, [start], true)]; }
    case 3: return [`${written(a)} -${written(c)}`, (m) => holds(m, [a]) && !holds(m, [c])];
    case 4: return [`${written(a)} ${written(b)}`, (m) => holds(m, [a]) && holds(m, [b])];
    default: { const phrase = some.slice(i, i + 2), goesOn = phrase[1].length >= 3; return [`"${phrase.join(" ")}"${goesOn ? "*" : ""} ${written(c)}`, (m) => holds(m, phrase, goesOn) && holds(m, [c])]; }
  }
}

test("a search finds what a scan of the export finds, page by page, newest first", async (t) => {
  const random = seeded(t);
  let total = 0;
  for (let n = 0; n < 100; n++) {
    const [query, matches] = makeQuery(random);
    const wanted = messages.filter((message) => matches(message.words));
    total += wanted.length;
    // What stands in most messages is followed for some pages only.
    const hits = await hitsOf(query, "newest", wanted.length > 3000 ? 600 : Infinity);
    assert.deepEqual(hits.map((hit) => Date.parse(hit.time)), wanted.slice(0, hits.length).map((m) => m.time), `the order of ${query}`);
    if (hits.length < wanted.length) assert.ok(wanted.length > 3000, `${query}: ${hits.length} of ${wanted.length}`);
    else assert.deepEqual(keys(hits), wanted.map((m) => m.key).sort(), query);
    if (wanted.length > 1000) continue; // best first ranks the newest matches only
    const best = await hitsOf(query, "best");
    assert.deepEqual(keys(best), wanted.map((m) => m.key).sort(), `best first: ${query}`);
  }
  assert.ok(total > 100, `only ${total} hits`);
});

// ---- summaries

// How many starts lie before a time.
function startsBefore(time) {
  let low = 0, high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle].at < time) low = middle + 1; else high = middle;
  }
  return low;
}

// Sums over from <= at < to.
function sum(from, to) {
  const first = startsBefore(from), last = Math.max(startsBefore(to), first), count = last - first;
  let duration = 0, said = 0;
  for (let i = first; i < last; i++) { duration += starts[i].duration; said += starts[i].messages; }
  return { count, duration, messages: said, average: count ? Math.floor((duration + count / 2) / count) / 1000 : 0 };
}

const formats = new Map(zones.map((zone) => [zone, new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23",
  year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" })]));

// Milliseconds of the wall clock.
function localOf(zone, utc) {
  const part = Object.fromEntries(formats.get(zone).formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) + (utc % 1000);
}

// The first time the wall clock shows this; in a gap, as far behind it as asked.
function utcOf(zone, local) {
  const day = 86400000, offset = (utc) => localOf(zone, utc) - utc;
  const early = local - offset(local - day), late = local - offset(local + day);
  const right = [Math.min(early, late), Math.max(early, late)].find((utc) => localOf(zone, utc) === local);
  return right ?? early;
}

// The instants around which a zone's clocks change in the years of the data.
function changesOf(zone) {
  const changes = [], step = 3 * 3600000, offset = (utc) => localOf(zone, utc) - utc;
  for (let utc = starts[0].at - starts[0].at % step; utc < starts.at(-1).at; utc += step)
    if (offset(utc) !== offset(utc + step)) changes.push(utc);
  return changes;
}

function makeInstant(random, changes) {
  const span = starts.at(-1).at - starts[0].at;
  if (changes.length && random(3) === 0) return random.of(changes) + random(12 * 3600000) - 6 * 3600000;
  if (random(3) === 0) return random.of(starts).at + random(3) - 1; // the edge itself
  return starts[0].at + random(span);
}

test("Agendize: a summary between exclusive bounds is a full scan, in 5 zones, across changes of the clocks", async (t) => {
  const random = seeded(t);
  const headers = { apiKey: agendize.apiKey, token: agendize.token };
  for (const zone of zones) {
    parley(["company", "set", "Environment", ...data, "--time-zone", zone]);
    const changes = changesOf(zone);
    for (let n = 0; n < 60; n++) {
      const bound = () => {
        const instant = makeInstant(random, changes);
        if (random(2)) return [new Date(instant).toISOString(), instant];
        const local = localOf(zone, instant);
        return [new Date(local).toISOString().slice(0, random(2) ? 23 : 19), null];
      };
      const utc = ([text, instant]) => instant ?? utcOf(zone, Date.parse(`${text}Z`));
      let one = bound(), two = bound();
      const [low, high] = [utc(one), utc(two)].sort((a, b) => a - b);
      const wanted = sum(low + 1, high);
      const { summary } = await ask(`/api/2.0/chat/history/summary?${new URLSearchParams({ startDate: one[0], endDate: two[0] })}`, headers);
      assert.equal(summary.chatSessions, low === high ? 0 : wanted.count, `${zone} ${one[0]} ${two[0]}`);
      if (low !== high) assert.ok(Math.abs(summary.averageChatSessionDuration - wanted.average) < 0.0011, `${zone} ${one[0]} ${two[0]}`);
    }
  }
});

test("Parley: a summary is a full scan, and its hours, days, weeks and months sum to the whole", async (t) => {
  const random = seeded(t);
  for (const zone of zones) {
    const changes = changesOf(zone);
    for (let n = 0; n < 80; n++) {
      const by = random.of(["hour", "day", "week", "month"]);
      const from = makeInstant(random, changes);
      const to = by === "hour" ? from + random(200 * 86400000) : Math.max(from, makeInstant(random, changes));
      const answer = await ask(`/parley/v1/summary?${new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString(), by, timeZone: zone })}`);
      const wanted = sum(from, to), what = `${zone} ${from} ${to} by ${by}`;
      assert.equal(answer.count, wanted.count, what);
      assert.equal(answer.messages, wanted.messages, what);
      assert.equal(Math.round(answer.duration * 1000), wanted.duration, what);
      let end = from;
      const total = { count: 0, messages: 0, duration: 0 };
      for (const bucket of answer.buckets) {
        assert.equal(Date.parse(bucket.start), end, `${what}: hole or overlap`);
        end = Date.parse(bucket.end);
        const part = sum(Date.parse(bucket.start), end);
        assert.equal(bucket.count, part.count, what);
        for (const name of ["count", "messages", "duration"]) total[name] += bucket[name];
        if (end !== to) assert.equal(localOf(zone, end) % 3600000 === 0 || by === "hour", true, `${what}: ${bucket.end} is no edge`);
        if (end !== to && by !== "hour") assert.equal(new Date(localOf(zone, end)).getUTCHours(), 0, `${what}: ${bucket.end} is no midnight`);
      }
      if (from < to) assert.equal(end, to, what);
      assert.equal(total.count, wanted.count, what);
      assert.equal(total.messages, wanted.messages, what);
      assert.equal(Math.round(total.duration * 1000), wanted.duration, what);
    }
  }
});

// ---- erasure

const files = () => readdirSync(at("d")).map((name) => at(`d/${name}`)).filter((path) => statSync(path).isFile());

// Whether the bytes stand anywhere in the directory, in pieces so that no file need fit into memory.
async function found(text) {
  for (const path of files()) {
    let tail = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 24 })) {
      const bytes = Buffer.concat([tail, chunk]);
      if (bytes.includes(text)) return path;
      tail = bytes.subarray(-64);
    }
  }
  return null;
}

test("erased visitors: no byte of theirs is left, the counts stay, the rest is found as before", async () => {
  const whole = await ask("/parley/v1/summary");
  assert.ok(await found(mark), "the markers were there");
  const admin = { method: "DELETE", headers: { authorization: `Bearer ${bearer}` } };
  for (const [id] of marked.slice(0, erasedVisitors / 2)) {
    const answer = await fetch(`${server.url}/parley/v1/visitors/${id}`, admin);
    assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
  }
  for (const [, marker] of marked.slice(0, erasedVisitors / 2))
    assert.equal((await ask(`/parley/v1/search?q=${marker}`)).hits.length, 0, "unreadable at once");
  await server.stop();
  for (const [id] of marked.slice(erasedVisitors / 2)) parley(["erase", ...data, id]);
  parley(["scrub", ...data]);
  assert.match(parley(["check", ...data]), /^clean/);
  assert.equal(await found(mark), null);
  const rest = parley(["export", ...data]);
  assert.doesNotMatch(rest, new RegExp(mark));
  const gone = new Set(marked.map(([id]) => id));
  assert.deepEqual(rest.trimEnd().split("\n"), readFileSync(at("before"), "utf8").trimEnd().split("\n").filter((line) => !gone.has(JSON.parse(line).visitor.id)));
  server = await serve({ after: (act) => ending.unshift(act) }, at("d"));
  assert.deepEqual(await ask("/parley/v1/summary"), whole);
});
