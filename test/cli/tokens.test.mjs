// Tokens of companies and operators: made with the rights that were asked for, listed without their secret, ended by their id.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parley, place, run, serve } from "../support/server.mjs";

const words = (text) => text.trim().split("\n").filter(Boolean).map((row) => JSON.parse(row));

for (const running of [false, true]) {
  const how = running ? ", through the running server" : "";

  test(`company token gives what is asked for${how}`, async (t) => {
    const at = place(t), data = ["--data", at("d")];
    parley(["company", "add", "Acme", ...data, "--time-zone", "UTC"]);
    if (running) await serve(t, at("d"));
    const made = (...options) => Object.keys(words(parley(["company", "token", "Acme", ...data, ...options]))[0]);
    assert.deepEqual(made(), ["apiKey", "token", "bearer"]);
    assert.deepEqual(made("--right", "read"), ["bearer"]);
    assert.deepEqual(made("--right", "import", "--right", "write", "--agendize"), ["apiKey", "token", "bearer"]);
    assert.deepEqual(made("--agendize"), ["apiKey", "token"]);
    assert.equal(run(["company", "token", "Acme", ...data, "--right", "king"]).code, 1);
    const kinds = words(parley(["company", "tokens", "Acme", ...data])).map(({ kind, rights }) => [kind, ...rights ?? []].join(" ")).sort();
    assert.deepEqual(kinds, ["agendize", "agendize", "agendize", "bearer read", "bearer read write import admin notes manage desk", "bearer write import"]);
  });

  test(`company tokens never shows a secret; company revoke ends one alone${how}`, async (t) => {
    const at = place(t), data = ["--data", at("d")];
    parley(["company", "add", "Acme", ...data, "--time-zone", "UTC"]);
    parley(["company", "add", "Other", ...data, "--time-zone", "UTC"]);
    if (running) await serve(t, at("d"));
    const secrets = Object.values(words(parley(["company", "token", "Acme", ...data]))[0]);
    parley(["company", "token", "Other", ...data, "--right", "read"]);
    const listed = parley(["company", "tokens", "Acme", ...data]);
    for (const secret of secrets) assert.ok(!listed.includes(secret));
    const tokens = words(listed);
    for (const { id, made, lastUsed } of tokens) {
      assert.match(id, /^[0-9a-f]+$/);
      assert.ok(!secrets.some((secret) => secret.includes(id)));
      assert.ok(Date.parse(made) > 1.7e12);
      assert.equal(lastUsed, undefined, "never used");
    }
    const [{ id }] = tokens.filter(({ kind }) => kind === "bearer");
    const others = run(["company", "revoke", "Other", id, ...data]);
    assert.equal(others.code, 1, "another company has no such token");
    assert.match(others.err, /no token/);
    assert.deepEqual(words(parley(["company", "revoke", "Acme", id, ...data])), [{ revoked: id }]);
    assert.deepEqual(words(parley(["company", "tokens", "Acme", ...data])).map(({ kind }) => kind), ["agendize"]);
    assert.equal(run(["company", "revoke", "Acme", id, ...data]).code, 1);
    assert.equal(words(parley(["company", "tokens", "Other", ...data])).length, 1);
  });
}

test("a revoked token is refused from the next request on, and a used one says when", async (t) => {
  const at = place(t), data = ["--data", at("d")];
  parley(["company", "add", "Acme", ...data, "--time-zone", "UTC"]);
  parley(["operator", "add", "ann", ...data, "--role", "livechat-manager", "--password-stdin"], { input: "secret word\n" });
  const { url } = await serve(t, at("d"));
  const { bearer, apiKey, token } = words(parley(["company", "token", "Acme", ...data]))[0];
  const { userId, authToken } = words(parley(["operator", "token", "ann", ...data]))[0];
  const asks = {
    bearer: () => fetch(`${url}/parley/v1/sessions`, { headers: { authorization: `Bearer ${bearer}` } }),
    agendize: () => fetch(`${url}/api/2.0/chat/history`, { headers: { apiKey, token } }),
    operator: () => fetch(`${url}/api/v1/me`, { headers: { "X-User-Id": userId, "X-Auth-Token": authToken } }),
  };
  for (const [kind, ask] of Object.entries(asks)) {
    const [verb, name] = kind === "operator" ? ["operator", "ann"] : ["company", "Acme"];
    const known = () => words(parley([verb, "tokens", name, ...data])).find((row) => row.kind === kind);
    assert.equal((await ask()).status, 200, kind);
    while (!known().lastUsed); // noted by a write that nobody waits for
    assert.ok(Date.parse(known().lastUsed) >= Date.parse(known().made) - 1000);
    parley([verb, "revoke", name, known().id, ...data]);
    assert.equal((await ask()).status, 401, kind);
  }
  // A login makes a token, too.
  const login = await fetch(`${url}/api/v1/login`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: "ann", password: "secret word" }),
  });
  assert.equal(login.status, 200);
  const [made] = words(parley(["operator", "tokens", "ann", ...data]));
  assert.ok(Date.parse(made.expires) > Date.parse(made.made));
  assert.equal(run(["operator", "revoke", "bob", made.id, ...data]).code, 1);
  parley(["operator", "revoke", "ann", made.id, ...data]);
  assert.deepEqual(words(parley(["operator", "tokens", "ann", ...data])), []);
});
