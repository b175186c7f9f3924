// @rocket.chat/sdk: the driver that bots, the livechat widget and the mobile apps are made with. Its REST half.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { PASSWORD } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { load } from "../packages.mjs";
import { eventFacts, messageFacts, roomFacts, sessionFacts, Truth } from "./truth.mjs";

const LIMIT = 5;
let server, limited, truth, sessions;

before(async () => {
  server = await Server.start({ data: demoData() });
  truth = new Truth(server);
  sessions = await truth.longestHistory();
  limited = await Server.start({ data: demoData(), env: { PARLEY_ROCKETCHAT_RATE_LIMITER: String(LIMIT) } });
});
after(async () => {
  await server?.stop();
  await limited?.stop();
});

function api(of = server) {
  const { default: ApiRocketChat } = load("@rocket.chat/sdk/lib/api/RocketChat");
  return new ApiRocketChat({ host: `http://127.0.0.1:${of.port}` });
}

async function loggedIn(username, of = server) {
  const made = api(of);
  await made.login({ username, password: PASSWORD });
  assert.equal(made.username, username);
  return made;
}

const historyOf = ({ id, visitor }) => `livechat/visitors.chatHistory/room/${id}/visitor/${visitor.id}`;

test("logs in, knows itself and the server, and logs out", async () => {
  const digest = { digest: createHash("sha256").update(PASSWORD).digest("hex"), algorithm: "sha-256" };
  for (const credentials of [{ user: "agent.one", password: PASSWORD }, { user: { username: "agent.one" }, password: digest }]) {
    const agent = api();
    const { userId, authToken } = await agent.login(credentials);
    assert.equal((await agent.get("me"))._id, userId);
    const resumed = api();
    assert.equal((await resumed.login({ resume: authToken })).userId, userId);
    assert.match((await agent.info()).version, /^6\.12\./);
    assert.equal((await agent.logout()).status, "success");
    await assert.rejects(resumed.get("me"), { status: 401, data: { status: "error", message: "You must be logged in to do this." } });
  }
});

test("pages the whole history and reads every message, as the server holds them", async () => {
  const admin = await loggedIn("environment");
  const rooms = [];
  for (;;) {
    const page = await admin.get(historyOf(sessions[0]), { offset: rooms.length, count: 4, sort: { ts: -1 } });
    rooms.push(...page.history);
    if (page.history.length < 4) break;
  }
  assert.deepEqual(rooms.map(roomFacts), sessions.map(sessionFacts));
  for (const room of rooms) {
    const { messages } = await admin.get(`livechat/${room._id}/messages`, { count: 0 });
    assert.deepEqual(messages.map(messageFacts), (await truth.messages(room._id)).map(eventFacts));
  }
});

test("throws what is refused, with its status and why", async () => {
  const [plain, admin] = [await loggedIn("plain.user"), await loggedIn("environment")];
  const invalid = { success: false, error: "must NOT have additional properties [invalid-params]", errorType: "invalid-params" };
  await assert.rejects(api().login({ user: "agent.one", password: "wrong" }), { status: 401 });
  await assert.rejects(api().get(historyOf(sessions[0])), { status: 401 });
  await assert.rejects(plain.get(historyOf(sessions[0])), { status: 403 });
  await assert.rejects(admin.get(historyOf(sessions[0]), { query: { t: "l" } }), { status: 400, data: invalid });
  await assert.rejects(admin.get("livechat/nowhere/messages"), { status: 400, data: { success: false, error: "invalid-room" } });
  await assert.rejects(admin.get("users.list"), { status: 404 });
  await assert.rejects(admin.del("me"), { status: 405 });
});

test("throws a call too many", async () => {
  const agent = await loggedIn("agent.one", limited);
  for (let i = 0; i < LIMIT; i++) await agent.get("me");
  await assert.rejects(agent.get("me"), ({ status, data }) => status === 429 && /\[error-too-many-requests\]$/.test(data.error));
});
