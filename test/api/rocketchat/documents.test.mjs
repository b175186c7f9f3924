// What the documents of rooms, messages, visitors and users say.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat, unique } from "../../support/dialects.mjs";
import { line } from "../../support/lines.mjs";
import { addOperator, emptyData, Server } from "../../support/server.mjs";

let server, api, manager, otto;

before(async () => {
  const { data, bearer } = emptyData();
  const headers = ({ userId, authToken }) => ({ "X-User-Id": userId, "X-Auth-Token": authToken });
  manager = headers(addOperator(data, "Environment", "manager", ["livechat-manager"]));
  otto = headers(addOperator(data, "Environment", "otto", ["livechat-agent"], ["--name", "Otto O."]));
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

async function roomOf(id, visitor) {
  const { body, text } = await chatHistory(server, id, visitor, manager);
  assert.equal(body.success, true, text);
  return body.history.find((room) => room._id === id);
}

test("an operator whom a transfer, a take or a join names by username or id alone is shown whole", async () => {
  const whole = { _id: otto["X-User-Id"], username: "otto" };
  for (const operator of [{ username: "otto" }, { id: whole._id }])
    for (const event of [
      { type: "transfer", data: { operator } },
      { type: "take", by: 2, data: { operator } },
      { type: "joined", by: 3, data: { participant: { type: "Agent", name: "Otto", operator } } },
    ]) {
      const visitor = `visitor-${unique()}`;
      const { id } = await api.open({ visitor: { id: visitor, name: "Vera" } });
      await api.post(`/sessions/${id}/events`, event);
      const { servedBy } = await roomOf(id, visitor);
      assert.deepEqual({ _id: servedBy._id, username: servedBy.username }, whole, JSON.stringify(event));
      const [stored] = await api.events(id);
      assert.deepEqual((stored.data.participant ?? stored.data).operator, { id: whole._id, username: "otto", name: "Otto O." });
    }
});

test("a line that names an operator by half is the same line when it comes again", async () => {
  const moved = line("moved");
  moved.events.push({ type: "transfer", at: moved.events.at(-1).at + 1, by: 2, data: { operator: { username: "otto" } } });
  assert.equal((await api.import([moved])).created, 1);
  assert.equal((await roomOf("moved", "v-moved")).servedBy._id, otto["X-User-Id"]);
  assert.equal((await api.import([moved])).unchanged, 1);
  moved.events.at(-1).data.operator.username = "nobody";
  assert.equal((await api.call("POST", "/import", { body: JSON.stringify(moved), headers: { "Content-Type": "application/x-ndjson" } })).status, 409);
});

test("visitors.info knows where the visitor's newest session came from, and how it stands", async () => {
  const visitor = { id: "ida", name: "Ida", email: "ida@example.org", phone: "+49 30 1" };
  const past = line("ida-past", { visitor: { ...visitor, ip: "192.0.2.1" } });
  await api.import([past]);
  const get = async () => (await rocketchat(server, "/livechat/visitors.info?visitorId=ida", manager)).body.visitor;
  const before = await get();
  assert.equal(before.ip, "192.0.2.1");
  assert.equal(before.status, "online");
  assert.equal(before._updatedAt, new Date(past.events.at(-1).at).toISOString());
  const { id, start } = await api.open({ visitor: { ...visitor, ip: "2001:db8::7", userAgent: "Browser/1" }, department: "sales" });
  await api.post(`/sessions/${id}/events`, { type: "closed" });
  const after = await get();
  assert.deepEqual(after.lastChat, { _id: id, ts: start });
  assert.ok(after._updatedAt >= start, after._updatedAt);
  delete after._updatedAt;
  assert.deepEqual(after, {
    ...{ _id: "ida", username: before.username, token: before.token, name: "Ida", ts: before.ts },
    ...{ ip: "2001:db8::7", userAgent: "Browser/1", department: "sales", status: "offline", lastChat: { _id: id, ts: start } },
    ...{ visitorEmails: [{ address: "ida@example.org" }], phone: [{ phoneNumber: "+49 30 1" }] },
  });
});

test("a room has the weights that rooms without priority have", async () => {
  await api.import([line("weighed")]);
  const room = await roomOf("weighed", "v-weighed");
  assert.equal(room.priorityWeight, 99);
  assert.equal(room.estimatedWaitingTimeQueue, 9999999);
});
