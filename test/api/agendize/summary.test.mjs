// The summary against brute force, over every form of bound and over changes of the clocks; Parley's own summary beside it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agendize, Parley } from "../../support/dialects.mjs";
import { emptyData, Server } from "../../support/server.mjs";

let server, api, keys;
const sessions = [];

/** A small generator with a fixed seed, so that a failure comes again. */
let seed = 12345;
const random = (below) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;

function add(start, duration) {
  sessions.push({ id: `s${sessions.length}`, start, duration });
}

before(async () => {
  const made = emptyData("Environment", "America/New_York");
  keys = { apiKey: made.apiKey, token: made.token };
  server = await Server.start({ data: made.data });
  api = new Parley(server, made.bearer);
  // At and beside every kind of edge: midnights of the zone, hours, roll-up quarters, both changes of the clocks.
  const edges = [
    Date.UTC(2026, 2, 8, 5), Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 2, 9, 4), Date.UTC(2026, 10, 1, 4), Date.UTC(2026, 10, 1, 5), Date.UTC(2026, 10, 1, 6),
    Date.UTC(2026, 10, 2, 5), Date.UTC(2026, 5, 15, 0, 15), Date.UTC(2026, 5, 15), Date.UTC(2025, 11, 31, 24), Date.UTC(2026, 0, 1, 5),
  ];
  for (const edge of edges) for (const beside of [-1000, -1, 0, 1, 1000]) add(edge + beside, random(100000));
  for (let i = 0; i < 400; i++) add(Date.UTC(2026, random(12), 1 + random(28), random(24), random(60), random(60), random(1000)), random(4) ? random(3600000) : 0);
  await api.import(sessions.map(({ id, start, duration }) => ({
    id, visitor: { id: `v${id}` }, participants: [{ id: 1, type: "Client" }, { id: 2, type: "Agent" }],
    events: [
      { type: "joined", at: start - 500, by: 1 },
      { type: "message", at: start, by: 1, text: "first" },
      ...(duration ? [{ type: "message", at: start + duration, by: 2, text: "last" }] : []),
    ],
  })));
  await api.import([{ id: "silent", visitor: { id: "vsilent" }, participants: [{ id: 1, type: "Client" }], events: [{ type: "joined", at: Date.UTC(2026, 5, 1), by: 1 }] }]);
});
after(() => server?.stop());

/** Both ends exclusive; undefined = open. */
function sum(lower, upper) {
  const inside = sessions.filter(({ start }) => (lower === undefined || start > lower) && (upper === undefined || start < upper));
  const total = inside.reduce((all, { duration }) => all + duration, 0);
  const average = inside.length ? Number((BigInt(total) * 2n + BigInt(inside.length)) / (2n * BigInt(inside.length))) / 1000 : 0;
  return { averageChatSessionDuration: average, chatSessions: inside.length };
}

async function summary(query) {
  const { status, body, text } = await agendize(server, `/history/summary${query}`, keys);
  assert.equal(status, 200, `${query}: ${text}`);
  return body.summary;
}

const HOUR = 3600000;
/** How a client may write a bound, and the time it means. */
const BOUNDS = [
  ["2026-03-08T07:00:00Z", Date.UTC(2026, 2, 8, 7)],
  ["2026-03-08T07:00:00.000Z", Date.UTC(2026, 2, 8, 7)],
  ["2026-03-08T06:59:59.999Z", Date.UTC(2026, 2, 8, 7) - 1],
  ["2026-03-08T06:59:59.9995Z", Date.UTC(2026, 2, 8, 7) - 0.5],
  ["2026-03-08T07:00:00.000001Z", Date.UTC(2026, 2, 8, 7) + 0.001],
  ["2026-03-08T02:00:00-05:00", Date.UTC(2026, 2, 8, 7)],
  ["2026-03-08T09:00:00+02:00", Date.UTC(2026, 2, 8, 7)],
  ["2026-03-08", Date.UTC(2026, 2, 8, 5)],
  ["2026-03-09", Date.UTC(2026, 2, 9, 4)],
  ["2026-11-01", Date.UTC(2026, 10, 1, 4)],
  ["2026-11-02", Date.UTC(2026, 10, 2, 5)],
  ["2026-03-08T01:59:59.999", Date.UTC(2026, 2, 8, 7) - 1],
  ["2026-03-08T02:30:00", Date.UTC(2026, 2, 8, 7) + HOUR / 2],
  ["2026-03-08T03:30:00", Date.UTC(2026, 2, 8, 7) + HOUR / 2],
  ["2026-11-01T01:00:00", Date.UTC(2026, 10, 1, 5)],
  ["2026-11-01T01:30:00", Date.UTC(2026, 10, 1, 5) + HOUR / 2],
  ["2026-11-01T02:00:00", Date.UTC(2026, 10, 1, 7)],
  ["2026-06-15T00:15:00Z", Date.UTC(2026, 5, 15, 0, 15)],
  ["2026-06-14T20:00:00", Date.UTC(2026, 5, 15)],
  ["2026-01-01", Date.UTC(2026, 0, 1, 5)],
  ["2026-12-31T23:59:59Z", Date.UTC(2026, 11, 31, 23, 59, 59)],
];

test("without bounds everything with a message counts", async () => {
  assert.deepEqual(await summary(""), sum());
  assert.deepEqual(await summary("?startDate=&endDate="), sum(), "empty = not given");
});

test("a lone bound is natural: startDate from, endDate to, both exclusive", async () => {
  for (const [text, ms] of BOUNDS) {
    assert.deepEqual(await summary(`?startDate=${encodeURIComponent(text)}`), sum(ms), `from ${text}`);
    assert.deepEqual(await summary(`?endDate=${encodeURIComponent(text)}`), sum(undefined, ms), `to ${text}`);
  }
});

test("every pair of bounds, either way round, sums what lies between them", async () => {
  for (const [from, fromMs] of BOUNDS)
    for (const [to, toMs] of BOUNDS.slice(0, from.length % 2 ? 30 : 8)) {
      const query = `?startDate=${encodeURIComponent(from)}&endDate=${encodeURIComponent(to)}`;
      assert.deepEqual(await summary(query), sum(Math.min(fromMs, toMs), Math.max(fromMs, toMs)), query);
    }
});

test("random bounds sum what lies between them, to the millisecond", async () => {
  for (let i = 0; i < 150; i++) {
    const edge = () => (i % 3 ? sessions[random(sessions.length)].start + random(3) - 1 : Date.UTC(2026, 0, 1) + random(365) * 86400000 + random(86400000));
    const [from, to] = [edge(), edge()];
    const query = `?startDate=${new Date(from).toISOString()}&endDate=${new Date(to).toISOString()}`;
    assert.deepEqual(await summary(query), sum(Math.min(from, to), Math.max(from, to)), query);
  }
});

test("a blank where an unescaped + stood is read as the +", async () => {
  assert.deepEqual(await summary("?startDate=2026-03-08T09:00:00+02:00"), sum(Date.UTC(2026, 2, 8, 7)));
});

test("the list knows the same sessions as the summary", async () => {
  for (const [from, to] of [["2026-03-08", "2026-03-09"], ["2026-11-01T01:30:00", "2026-11-02"], ["2026-06-01", "2026-06-30"]]) {
    const query = `startDate=${from}&endDate=${to}`;
    const { body } = await agendize(server, `/history?${query}&maxResults=100`, keys);
    assert.equal(body.items.length, (await summary(`?${query}`)).chatSessions, query);
  }
});

test("Parley's summary: half-open bounds, and its units add up to the whole", async () => {
  const bounds = [undefined, Date.UTC(2026, 2, 8, 7), Date.UTC(2026, 10, 1, 5), Date.UTC(2026, 5, 15, 0, 15)];
  for (const from of bounds)
    for (const to of bounds) {
      if (from !== undefined && to !== undefined && from > to) continue;
      const inside = sessions.filter(({ start }) => (from === undefined || start >= from) && (to === undefined || start < to));
      const range = [from === undefined ? "" : `&from=${new Date(from).toISOString()}`, to === undefined ? "" : `&to=${new Date(to).toISOString()}`].join("");
      const duration = inside.reduce((all, session) => all + session.duration, 0) / 1000;
      for (const zone of ["America/New_York", "UTC", "Asia/Kathmandu"])
        for (const by of ["", "&by=day", "&by=week", "&by=month"]) {
          const body = await api.get(`/summary?timeZone=${zone}${range}${by}`);
          assert.equal(body.count, inside.length, `${range}${by}`);
          assert.equal(Math.round(body.duration * 1000), Math.round(duration * 1000));
          if (!by) continue;
          for (const name of ["count", "messages"]) assert.equal(body.buckets.reduce((all, one) => all + one[name], 0), body[name], `${name} ${range}${by} ${zone}`);
          assert.equal(Math.round(body.buckets.reduce((all, one) => all + one.duration, 0) * 1000), Math.round(duration * 1000));
          body.buckets.forEach((one, i) => {
            assert.ok(one.start < one.end);
            if (i) assert.equal(one.start, body.buckets[i - 1].end, "no gap between buckets");
            const within = inside.filter(({ start }) => start >= Date.parse(one.start) && start < Date.parse(one.end));
            assert.equal(one.count, within.length);
          });
        }
    }
});

test("days of 23 and 25 hours are one bucket each", async () => {
  const hours = ({ start, end }) => (Date.parse(end) - Date.parse(start)) / HOUR;
  const march = await api.get("/summary?by=day&from=2026-03-07&to=2026-03-10&timeZone=America/New_York");
  assert.deepEqual(march.buckets.map(hours), [24, 23, 24]);
  const november = await api.get("/summary?by=day&from=2026-10-31&to=2026-11-03&timeZone=America/New_York");
  assert.deepEqual(november.buckets.map(hours), [24, 25, 24]);
  const byHour = await api.get("/summary?by=hour&from=2026-11-01&to=2026-11-02&timeZone=America/New_York");
  assert.equal(byHour.buckets.length, 25);
});

test("bounds are read as the page has them, literally, where that is set", async () => {
  await server.stop();
  server.env = { PARLEY_AGENDIZE_DATE_BOUNDS: "literal" };
  await server.restart();
  const ms = Date.UTC(2026, 2, 8, 7);
  assert.deepEqual(await summary("?startDate=2026-03-08T07:00:00Z"), sum(undefined, ms));
  assert.deepEqual(await summary("?endDate=2026-03-08T07:00:00Z"), sum(ms));
  assert.deepEqual(await summary("?startDate=2026-03-08T07:00:00Z&endDate=2026-06-15"), sum(ms, Date.UTC(2026, 5, 15, 4)));
});
