// login, logout, me, info: who comes in, and how long.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { rocketchat } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { emptyData, parley, run, Server } from "../../support/server.mjs";

const PASSWORD = "correct horse battery ä";
let server;

before(async () => {
  const { data } = emptyData();
  parley(["operator", "add", "jane", "--company", "Environment", "--role", "livechat-agent", "--name", "Jane Doe", "--email", "jane@example.org", "--password-stdin", "--data", data], { input: `${PASSWORD}\n` });
  server = await Server.start({ data });
});
after(() => server?.stop());

const login = (json, options = {}) => call(server, "POST", "/api/v1/login", { json, ...options });
const UNAUTHORIZED = { status: "error", error: "Unauthorized", message: "Unauthorized" };

function credentials(answer) {
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.body.status, "success");
  const { userId, authToken, me } = answer.body.data;
  assert.equal(me._id, userId);
  assert.equal(me.username, "jane");
  return { "X-User-Id": userId, "X-Auth-Token": authToken };
}

test("a user logs in with user, username or email and a plain password", async () => {
  const names = [{ username: "jane" }, { email: "jane@example.org" }];
  for (const body of [{ user: "jane" }, { user: "jane@example.org" }, ...names, ...names.map((user) => ({ user }))]) {
    const headers = credentials(await login({ ...body, password: PASSWORD }));
    assert.equal((await rocketchat(server, "/me", headers)).status, 200);
  }
});

test("a user logs in with the digest that clients send", async () => {
  const digest = createHash("sha256").update(PASSWORD).digest("hex");
  credentials(await login({ user: "jane", password: { digest, algorithm: "sha-256" } }));
  const wrong = await login({ user: "jane", password: { digest: createHash("sha256").update("x").digest("hex"), algorithm: "sha-256" } });
  assert.equal(wrong.status, 401);
});

test("a user logs in with a form, as curl -d sends it", async () => {
  const body = `user=jane&password=${encodeURIComponent(PASSWORD)}`;
  credentials(await login(undefined, { body, headers: { "Content-Type": "application/x-www-form-urlencoded" } }));
});

test("a user logs in by resuming a token, which stays the same", async () => {
  const headers = credentials(await login({ user: "jane", password: PASSWORD }));
  const resumed = credentials(await login({ resume: headers["X-Auth-Token"] }));
  assert.deepEqual(resumed, headers);
  credentials(await login({ resume: "", user: "jane", password: PASSWORD }));
});

test("a token that cannot be resumed is refused in the words by which the mobile app logs out", async () => {
  const ended = credentials(await login({ user: "jane", password: PASSWORD }));
  await call(server, "POST", "/api/v1/logout", { headers: ended });
  for (const resume of ["nonsense", ended["X-Auth-Token"]]) {
    const wrong = await login({ resume });
    assert.equal(wrong.status, 401);
    assert.deepEqual(wrong.body, { status: "error", error: 403, message: "You've been logged out by the server. Please log in again." });
  }
});

test("user names and addresses compare without case, and no two names differ in case only", async () => {
  for (const user of ["JANE", "Jane", "JANE@Example.ORG"]) credentials(await login({ user, password: PASSWORD }));
  const add = (username) => run(["operator", "add", username, "--company", "Environment", "--password-stdin", "--data", server.data], { input: "amilia\n" });
  assert.equal(add("Ämilia").code, 0);
  assert.equal((await login({ user: "äMILIA", password: "amilia" })).body.data.me.username, "Ämilia");
  assert.equal(add("ÄMILIA").code, 1);
});

test("a wrong password and an unknown user are the same answer", async () => {
  for (const body of [{ user: "jane", password: "wrong" }, { user: "nobody", password: PASSWORD }, { user: "jane" }, { password: "x" }, {}, { user: 1, password: [] }, { user: {}, password: PASSWORD }]) {
    const answer = await login(body);
    assert.equal(answer.status, 401, JSON.stringify(body));
    assert.deepEqual(answer.body, UNAUTHORIZED, JSON.stringify(body));
  }
});

test("logout ends that token and no other", async () => {
  const first = credentials(await login({ user: "jane", password: PASSWORD }));
  const second = credentials(await login({ user: "jane", password: PASSWORD }));
  assert.notEqual(first["X-Auth-Token"], second["X-Auth-Token"]);
  const answer = await call(server, "POST", "/api/v1/logout", { headers: first });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, { status: "success", data: { message: "You've been logged out!" } });
  assert.equal((await rocketchat(server, "/me", first)).status, 401);
  assert.equal((await rocketchat(server, "/me", second)).status, 200);
  assert.equal((await call(server, "POST", "/api/v1/logout", { headers: first })).status, 401);
});

test("a token outlives a restart, and ends with a new password at once", async () => {
  const headers = credentials(await login({ user: "jane", password: PASSWORD }));
  await server.stop();
  await server.restart();
  assert.equal((await rocketchat(server, "/me", headers)).status, 200);
  parley(["operator", "passwd", "jane", "--password-stdin", "--data", server.data], { input: "another\n" });
  assert.equal((await rocketchat(server, "/me", headers)).status, 401);
  parley(["operator", "passwd", "jane", "--password-stdin", "--data", server.data], { input: `${PASSWORD}\n` });
});

test("me tells who is there", async () => {
  const headers = credentials(await login({ user: "jane", password: PASSWORD }));
  const { body } = await rocketchat(server, "/me", headers);
  assert.equal(body.success, true);
  assert.equal(body._id, headers["X-User-Id"]);
  assert.equal(body.username, "jane");
  assert.equal(body.name, "Jane Doe");
  assert.equal(body.email, undefined, "an address that nobody verified is not `email`");
  assert.deepEqual(body.emails, [{ address: "jane@example.org", verified: false }]);
  assert.equal(body.active, true);
  assert.equal(body.type, "user");
  assert.equal(body.status, "online");
  assert.deepEqual(body.settings, { profile: {}, preferences: {} });
  assert.equal(body.avatarUrl, `http://127.0.0.1:${server.port}/avatar/jane`);
  assert.ok(body.roles.includes("livechat-agent"));
  const { success, ...me } = body;
  const { data } = (await login({ user: "jane", password: PASSWORD })).body;
  assert.deepEqual(data.me, me, "login tells the same");
});

test("info tells the line we answer as, and more to who is logged in", async () => {
  const headers = credentials(await login({ user: "jane", password: PASSWORD }));
  for (const path of ["/api/v1/info", "/api/info"]) {
    for (const anonymous of [{}, { ...headers, "X-Auth-Token": "wrong" }]) {
      const { status, body } = await call(server, "GET", path, { headers: anonymous });
      assert.equal(status, 200);
      assert.deepEqual(body, { version: "6.12", success: true });
    }
    const { body } = await call(server, "GET", path, { headers });
    assert.deepEqual(Object.keys(body), ["version", "info", "success"]);
    assert.deepEqual([body.version, body.info.version, body.success], ["6.12.0", "6.12.0", true]);
    for (const name of ["build", "commit", "marketplaceApiVersion"]) assert.ok(name in body.info, name);
  }
});

test("paths with one slash behind them or slashes doubled are the same routes", async () => {
  const headers = credentials(await login({ user: "jane", password: PASSWORD }));
  for (const path of ["/api/v1/me/", "//api/v1/me", "/api//v1//me/", "/api/v1/me//"]) {
    const { status, body } = await call(server, "GET", path, { headers });
    assert.equal(status, 200, path);
    assert.equal(body.username, "jane");
  }
  assert.equal((await call(server, "POST", "//api/v1/me/", { headers })).status, 405);
  assert.equal((await call(server, "OPTIONS", "//api/v1/me/")).text, "OK");
  assert.deepEqual((await call(server, "GET", "//api/v1/you/", { headers })).body, { status: "error", message: "API endpoint does not exist" });
});

test("malformed and oversized bodies are refused in the API's shape", async () => {
  for (const body of ["{", "[]", '"x"', "", '{"user":"jane",}', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])]) {
    const answer = await login(undefined, { body, headers: { "Content-Type": "application/json" } });
    assert.equal(answer.status, 400, String(body));
    assert.equal(answer.body.success, false);
    assert.equal(typeof answer.body.error, "string");
  }
  const large = await login({ user: "jane", password: "x".repeat(2 << 20) }).catch((error) => error);
  assert.ok(large.status === 413 || large.code === "ECONNRESET" || large.code === "EPIPE", String(large.status ?? large));
});

test("guessing is limited, however the user's name is written", async () => {
  let limited;
  for (let i = 0; i < 60 && !limited; i++) {
    const user = [..."guessed"].map((letter, k) => ((i >> k) & 1 ? letter.toUpperCase() : letter)).join("");
    const answer = await login({ user, password: `guess ${i}` });
    if (answer.status === 429) limited = answer;
    else assert.equal(answer.status, 401);
  }
  assert.ok(limited, "60 guesses in a row were all tried");
  assert.match(limited.body.error, /\[error-too-many-requests\]$/);
});
