// What changed: the filter changedSince.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley, unique } from "../../support/dialects.mjs";
import { emptyData, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const made = emptyData();
  server = await Server.start({ data: made.data });
  api = new Parley(server, made.bearer);
});
after(() => server?.stop());

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
