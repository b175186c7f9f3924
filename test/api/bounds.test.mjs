// Times at both ends of what is allowed, through every view; under the sanitizers no sum of them may overflow.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { agendize, chatHistory, Parley, rocketchat } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { addCompany, addOperator, emptyData, Server } from "../support/server.mjs";

const LAST = 2 ** 42 - 1; // LIMIT_TIME_MS: 15 May 2109
const ZONES = ["UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"];

let server;
const companies = [];
before(async () => {
  const { data, ...first } = emptyData("Company 0", ZONES[0]);
  companies.push({ zone: ZONES[0], ...first });
  ZONES.slice(1).forEach((zone, i) => companies.push({ zone, ...addCompany(data, `Company ${i + 1}`, zone) }));
  companies.forEach((company, i) => {
    const { userId, authToken } = addOperator(data, `Company ${i}`, `otto${i}`, ["livechat-manager"]);
    company.operator = { "X-User-Id": userId, "X-Auth-Token": authToken };
  });
  server = await Server.start({ data, env: { PARLEY_ROCKETCHAT_RATE_LIMITER: "0" } });
  for (const company of companies) company.api = new Parley(server, company.bearer);
});
after(() => server?.stop());

const participants = [{ id: 1, type: "Client", name: "Vera" }, { id: 2, type: "Agent", name: "Otto" }];
const visitor = { id: "v", name: "Vera" };

/** A conversation whose events have these times, whichever way they go. */
function conversation(id, times) {
  const kinds = [
    { type: "joined", by: 1 }, { type: "take", by: 2 }, { type: "message", by: 1, text: `first of ${id}` }, { type: "message", by: 2, text: "answer" },
    { type: "message", by: 1, text: "again" }, { type: "edit", by: 1, target: 3, text: "edited" }, { type: "message", by: 2, text: "bye" }, { type: "closed", by: 2 },
  ];
  return { id, visitor, participants, start: times[0], events: kinds.map((event, i) => ({ ...event, at: times[i % times.length] })) };
}
const SESSIONS = {
  beginning: [0], end: [LAST], all: [0, 0, 0, LAST], back: [LAST, LAST, LAST, 0], zigzag: [0, LAST], zagzig: [LAST, 0], inside: [1, LAST - 1],
};

test("sessions at the ends of time are shown as they are, in every dialect", async () => {
  for (const { api, operator, apiKey, token } of companies) {
    await api.import(Object.entries(SESSIONS).map(([id, times]) => conversation(id, times)));
    for (const [id, times] of Object.entries(SESSIONS)) {
      const session = await api.get(`/sessions/${id}`);
      assert.equal(Date.parse(session.start), times[0]);
      const events = await api.events(id);
      assert.deepEqual(events.map(({ time }) => Date.parse(time)), events.map((_, i) => times[i % times.length]));
      const resource = await agendize(server, `/history/${id}`, { apiKey, token });
      assert.equal(resource.body.messages.length, 4, resource.text);
      for (const path of [`/livechat/${id}/messages`, "/livechat/visitors.info?visitorId=v"]) {
        const answer = await rocketchat(server, path, operator);
        assert.notEqual(answer.status, 500, answer.text);
      }
      const rooms = await chatHistory(server, id, "v", operator);
      assert.equal(rooms.body.count, Object.keys(SESSIONS).length, rooms.text);
    }
    assert.equal((await api.call("GET", "/export")).text.split("\n").length, Object.keys(SESSIONS).length + 1);
  }
});

test("bounds at and beyond the ends of time are taken like others", async () => {
  const bounds = [undefined, "0000-01-01", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.001Z", "1970-01-01T14:00:00+14:00", "2109-05-15T07:35:11.103Z", "2109-05-15T07:35:11.104Z", "9999-12-31T23:59:59.9999-23:59", "9999-12-31"];
  for (const { api, apiKey, token } of companies.slice(1, 3)) {
    for (const from of bounds)
      for (const to of bounds) {
        const query = Object.entries({ from, to }).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
        for (const path of [`/sessions?${query}`, `/sessions?by=firstMessage&${query}`, `/summary?${query}`, `/search?q=answer&${query}`, `/export?${query}`, `/sessions/all/events?${query}`]) {
          const answer = await api.call("GET", path);
          assert.equal(answer.status, 200, `${path}: ${answer.text}`);
        }
        for (const by of ["hour", "day", "week", "month"]) assert.ok([200, 400].includes((await api.call("GET", `/summary?by=${by}&${query}`)).status));
        const dates = query.replace("from=", "startDate=").replace("to=", "endDate=");
        assert.equal((await agendize(server, `/history/summary?${dates}`, { apiKey, token })).status, 200, dates);
      }
    assert.equal((await api.get("/summary")).count, Object.keys(SESSIONS).length);
  }
});

test("a live event comes after the last of them; times beyond are refused", async () => {
  const { api } = companies[0];
  await api.import([{ id: "live", visitor, participants, events: [{ type: "message", at: LAST, by: 1, text: "late" }] }]);
  assert.equal(Date.parse((await api.say("live", 1, "later still")).time), LAST);
  for (const at of [-1, LAST + 1, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
    assert.equal((await api.call("POST", "/sessions/live/events", { json: { type: "message", by: 1, text: "x", at } })).status, 400, String(at));
    const answer = await api.call("POST", "/import", { body: JSON.stringify({ id: `x${at}`, visitor, participants, events: [{ type: "message", at, by: 1, text: "x" }] }) });
    assert.equal(answer.status, 400, answer.text);
  }
  for (const at of ["-9223372036854775808", "9223372036854775807", "-9223372036854775809", "1e18"]) {
    const answer = await api.call("POST", "/sessions/live/events", { body: `{"type":"message","by":1,"text":"x","at":${at}}`, headers: { "Content-Type": "application/json" } });
    assert.equal(answer.status, 400, `${at}: ${answer.text}`);
    for (const start of [`"start":${at},"events":[]`, `"events":[{"type":"message","by":1,"text":"x","at":${at}}]`]) {
      const imported = await api.call("POST", "/import", { body: `{"id":"i${at}","visitor":{"id":"v"},"participants":[{"id":1,"type":"Client"}],${start}}` });
      assert.equal(imported.status, 400, `${start}: ${imported.text}`);
    }
  }
  assert.equal((await call(server, "GET", "/healthz")).status, 200);
});
