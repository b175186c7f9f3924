// @rocket.chat/api-client: the RestClient of the web application and the apps, of the 6.x line and the newest.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { PASSWORD, ROCKETCHAT } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { load } from "../packages.mjs";
import { eventFacts, messageFacts, roomFacts, sessionFacts, Truth } from "./truth.mjs";

const LIMIT = 5;
let server, limited, truth, sessions;

before(async () => {
  const data = demoData();
  server = await Server.start({ data });
  truth = new Truth(server);
  sessions = await truth.longestHistory();
  limited = await Server.start({ data: demoData(), env: { PARLEY_ROCKETCHAT_RATE_LIMITER: String(LIMIT) } });
});
after(async () => {
  await server?.stop();
  await limited?.stop();
});

const digest = { digest: createHash("sha256").update(PASSWORD).digest("hex"), algorithm: "sha-256" };
const historyPath = (room, visitor) => `/v1/livechat/visitors.chatHistory/room/${room}/visitor/${visitor}`;

for (const name of ["@rocket.chat/api-client-6", "@rocket.chat/api-client"])
  describe(name, () => {
    function client(credentials, of = server) {
      const { RestClient } = load(name);
      const made = new RestClient({ baseUrl: `http://127.0.0.1:${of.port}`, credentials });
      made.handleTwoFactorChallenge(() => assert.fail("the client took a refusal for a question for a second factor"));
      return made;
    }

    async function loggedIn(login, of = server) {
      const made = client(undefined, of);
      const { status, data } = await made.post("/v1/login", login);
      assert.equal(status, "success");
      made.setCredentials({ "X-User-Id": data.userId, "X-Auth-Token": data.authToken });
      return made;
    }

    /** The client rejects with the answer; gives its status and body. */
    async function refusal(promise) {
      const answer = await promise.then(
        (body) => assert.fail(`answered ${JSON.stringify(body).slice(0, 300)}`),
        (rejected) => rejected,
      );
      assert.ok(answer instanceof Response, String(answer));
      return { status: answer.status, body: await answer.json() };
    }

    test("logs in with every form that it may send, and out", async () => {
      const forms = [
        { user: "agent.one", password: PASSWORD },
        { username: "agent.one", password: PASSWORD },
        { user: "agent.one", password: digest },
        { user: { username: "agent.one" }, password: PASSWORD },
        { user: { username: "agent.one" }, password: digest },
      ];
      for (const form of forms) {
        const agent = await loggedIn(form);
        const me = await agent.get("/v1/me");
        assert.equal(me.username, "agent.one");
        assert.equal(me._id, agent.getCredentials()["X-User-Id"]);
        const resumed = await loggedIn({ resume: agent.getCredentials()["X-Auth-Token"] });
        assert.deepEqual(resumed.getCredentials(), agent.getCredentials());
        await agent.post("/v1/logout", {});
        assert.deepEqual(await refusal(resumed.get("/v1/me")), {
          status: 401,
          body: { status: "error", message: "You must be logged in to do this." },
        });
      }
    });

    test("is told that a login is wrong", async () => {
      for (const user of ["agent.one", { username: "agent.one" }, { username: 1 }, {}, { email: "nobody@example.org" }]) {
        const { status, body } = await refusal(client().post("/v1/login", { user, password: "wrong" }));
        assert.equal(status, 401);
        assert.equal(body.error, "Unauthorized");
      }
    });

    test("pages the whole history and reads every message, as the server holds them", async () => {
      assert.ok(sessions.length > 10, `${sessions.length} sessions are no history to page through`);
      const admin = client(ROCKETCHAT);
      const rooms = [];
      for (;;) {
        const page = await admin.get(historyPath(sessions[0].id, sessions[0].visitor.id), { offset: rooms.length, count: 4 });
        assert.equal(page.total, sessions.length);
        rooms.push(...page.history);
        if (page.history.length < 4) break;
      }
      assert.deepEqual(rooms.map(roomFacts), sessions.map(sessionFacts));
      for (const room of rooms) {
        const { visitor } = await admin.get("/v1/livechat/visitors.info", { visitorId: room.v._id });
        assert.equal(visitor.token, room.v.token);
        const events = await truth.messages(room._id);
        const messages = [];
        while (messages.length < events.length) {
          const page = await admin.get(`/v1/livechat/${room._id}/messages`, { offset: messages.length, count: 9 });
          assert.equal(page.total, events.length);
          assert.ok(page.messages.length, "a page with nothing on it before the end");
          messages.push(...page.messages);
        }
        assert.deepEqual(messages.map(messageFacts), events.map(eventFacts));
      }
    });

    test("sorts and searches with parameters of its own making", async () => {
      const admin = client(ROCKETCHAT);
      const oldest = await admin.get(historyPath(sessions[0].id, sessions[0].visitor.id), { sort: JSON.stringify({ ts: 1 }), count: 0 });
      assert.deepEqual(oldest.history.map((room) => room._id), sessions.map((one) => one.id).reverse());
      const events = await truth.messages(sessions[0].id);
      const searchTerm = events.find((one) => one.text?.includes(" ")).text.slice(0, 12).toUpperCase();
      const found = await admin.get(`/v1/livechat/${sessions[0].id}/messages`, { searchTerm });
      const wanted = events.filter((one) => one.text?.toUpperCase().includes(searchTerm));
      assert.deepEqual(found.messages.map((one) => one._id), wanted.map((one) => one.id));
    });

    test("rejects what is refused, with a body that says why", async () => {
      const admin = client(ROCKETCHAT);
      const [{ id, visitor }] = sessions;
      const plain = await loggedIn({ user: "plain.user", password: PASSWORD });
      const cases = [
        [() => client().get(historyPath(id, visitor.id)), 401, /^You must be logged in to do this\.$/],
        [() => plain.get(historyPath(id, visitor.id)), 403, /\[error-unauthorized\]$/],
        [() => admin.get(historyPath("nowhere", visitor.id)), 400, /^invalid-room$/],
        [() => admin.get(historyPath(id, visitor.id), { fields: "{}" }), 400, /\[invalid-params\]$/],
        [() => admin.get(historyPath(id, visitor.id), { count: "many" }), 400, /\[invalid-params\]$/],
        [() => admin.get(historyPath(id, visitor.id), { sort: "ts" }), 400, /\[error-invalid-sort\]$/],
        [() => admin.get("/v1/livechat/nowhere/messages"), 400, /^invalid-room$/],
        [() => admin.get("/v1/livechat/visitors.info", { visitorId: "nobody" }), 400, /^visitor-not-found$/],
        [() => admin.get("/v1/no.such.thing"), 404, /^API endpoint does not exist$/],
        [() => admin.post("/v1/me", {}), 405, /^API endpoint does not exist$/],
      ];
      for (const [ask, status, why] of cases) {
        const refused = await refusal(ask());
        assert.equal(refused.status, status, JSON.stringify(refused.body));
        assert.match(refused.body.error ?? refused.body.message, why);
        assert.notEqual(refused.body.success, true);
      }
    });

    test("rejects a call too many with the time to wait", async () => {
      const agent = await loggedIn({ user: "agent.one", password: PASSWORD }, limited);
      const answers = await Promise.allSettled(Array.from({ length: 2 * LIMIT }, () => agent.get("/v1/me")));
      const refused = answers.filter((one) => one.status === "rejected");
      assert.ok(refused.length >= LIMIT, `${refused.length} of ${2 * LIMIT} calls were refused`);
      for (const { reason } of refused) {
        assert.equal(reason.status, 429);
        assert.match((await reason.json()).error, /You must wait \d+ seconds .*\[error-too-many-requests\]$/);
      }
    });
  });
