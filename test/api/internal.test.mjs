// Events for agents only: in the log, and shown to nobody but who has the right `notes`.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../support/http.mjs";
import { Server, addBearer, addOperator, emptyData, parley } from "../support/server.mjs";

const SECRET = "the customer sounds angry";
let server, made, notes, plain, operator;

before(async () => {
  made = emptyData();
  notes = { Authorization: `Bearer ${addBearer(made.data, "Environment", ["read", "admin", "notes"])}` };
  plain = { Authorization: `Bearer ${addBearer(made.data, "Environment", ["read", "admin"])}` };
  const { userId, authToken } = addOperator(made.data, "Environment", "anna", ["livechat-manager"]);
  operator = { "X-User-Id": userId, "X-Auth-Token": authToken };
  const line = {
    id: "s1",
    visitor: { id: "v1" },
    participants: [
      { id: 1, type: "Client", name: "Guest" },
      { id: 2, type: "Agent", name: "Anna", operator: "anna" },
    ],
    events: [
      { type: "message", at: 1000, by: 1, text: "Where is my parcel?" },
      { type: "message", at: 2000, by: 2, text: "On its way" },
      { type: "message", at: 3000, by: 2, text: "to be put better", data: { visibility: "internal" } },
      { type: "edit", at: 4000, by: 2, target: 3, text: SECRET },
    ],
  };
  parley(["import", "-", "--data", made.data], { input: JSON.stringify(line) + "\n" });
  server = await Server.start({ data: made.data });
});
after(() => server?.stop());

test("Parley shows an internal event, marked, to tokens with the right notes", async () => {
  const { body } = await call(server, "GET", "/parley/v1/sessions/s1/events", { headers: notes });
  assert.deepEqual(
    body.events.map((event) => [event.index, event.text, event.visibility]),
    [
      [1, "Where is my parcel?", undefined],
      [2, "On its way", undefined],
      [3, SECRET, "internal"],
      [4, SECRET, undefined],
    ],
  );
});

for (const path of ["/parley/v1/sessions/s1/events", "/parley/v1/sessions?include=messages", "/parley/v1/sessions", "/parley/v1/sessions/s1"])
  test(`Parley shows nothing of it to other tokens: ${path}`, async () => {
    for (let round = 0; round < 2; round++) {
      // the second time from memory
      const answer = await call(server, "GET", path, { headers: plain });
      assert.equal(answer.status, 200);
      assert.ok(!answer.text.includes(SECRET), answer.text);
    }
  });

test("no dialect shows or counts it", async () => {
  const rooms = await call(server, "GET", "/api/v1/livechat/visitors.chatHistory/room/s1/visitor/v1", { headers: operator });
  assert.equal(rooms.body.history[0].msgs, 2);
  assert.equal(rooms.body.history[0].lastMessage.msg, "On its way");
  const messages = await call(server, "GET", "/api/v1/livechat/s1/messages", { headers: operator });
  assert.equal(messages.body.total, 2);
  const agendize = await call(server, "GET", "/api/2.0/chat/history/s1", { headers: { apiKey: made.apiKey, token: made.token } });
  assert.equal(agendize.body.messages.length, 2);
  const credentials = await call(server, "POST", "/parley/v1/sessions/s1/genesys-credentials", { headers: notes });
  const genesys = await call(server, "POST", "/api/v2/chats/s1/messages", {
    json: { ...credentials.body, tenantName: "Environment", transcriptPosition: 1 },
  });
  assert.equal(genesys.body.statusCode, 0, genesys.text);
  for (const answer of [rooms, messages, agendize, genesys]) assert.ok(!answer.text.includes(SECRET), answer.text);
});

test("check agrees with what is stored", async () => {
  await server.stop();
  assert.match(parley(["check", "--data", made.data]), /0 findings/);
});
