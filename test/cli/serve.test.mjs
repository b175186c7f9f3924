// The server as a process: starting, saying where it is, its log, its own routes, stopping.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { monologue } from "../support/lines.mjs";
import { BINARY, parley, place, run, serve } from "../support/server.mjs";

const token = "RScctEHSmLGZGywfIhWyRpyofhKOiMoUIpimhvheU3f";
const user = "rbAXPnMktTFbNpwtJ";
const sample = [
  ["/api/v1/me", { headers: { "X-Auth-Token": token, "X-User-Id": user } }],
  ["/api/2.0/chat/history/sample-session-0001", { headers: { apiKey: "sample-api-key", token: "sample-token" } }],
  ["/parley/v1/sessions", { headers: { authorization: "Bearer sample-parley-token" } }],
];
const chat = (url) => fetch(`${url}/api/v2/chats/00019aParley0001/messages`, {
  method: "POST", headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ alias: "117", secureKey: "8b31761b2154884c", userId: "007553863DC30029", tenantName: "Environment" }),
}).then((answer) => answer.json());
const login = (url) => fetch(`${url}/api/v1/login`, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user: "environment", password: "parley-sample" }),
});

test("the sample company: made once, printed at the start, works on loopback", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  parley(["demo", "--data", at("d")]);
  assert.match(parley(["check", "--data", at("d")]), /^clean: 303 sessions/);
  const { url } = await serve(t, at("d"));
  for (const [path, options] of sample) assert.equal((await fetch(url + path, options)).status, 200, path);
  const transcript = await chat(url);
  assert.equal(transcript.statusCode, 0);
  assert.equal(transcript.messages.length, 15);
  assert.equal((await login(url)).status, 200);
  assert.equal(run(["demo", "--data", at("d")]).code, 1, "a served directory is left alone");
});

// An address of this machine alone that Parley does not know as loopback.
test("beyond loopback the sample credentials are refused, unless that is wanted", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const beyond = await serve(t, at("d"), ["--listen", "[::ffff:127.0.0.1]:0"]);
  for (const [path, options] of sample) assert.equal((await fetch(beyond.url + path, options)).status, 401, path);
  assert.equal((await chat(beyond.url)).statusCode, 2);
  assert.equal((await login(beyond.url)).status, 401);
  await beyond.stop();
  const wanted = await serve(t, at("d"), ["--listen", "[::ffff:127.0.0.1]:0", "--allow-demo-credentials"]);
  for (const [path, options] of sample) assert.equal((await fetch(wanted.url + path, options)).status, 200, path);
  assert.equal((await chat(wanted.url)).statusCode, 0);
});

test("through a proxy on the machine the sample credentials are refused, unless that is wanted", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = await serve(t, at("d"));
  for (const name of ["X-Real-IP", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via"]) {
    const through = (path, options = {}) => fetch(server.url + path, { ...options, headers: { ...options.headers, [name]: "192.0.2.1" } });
    for (const [path, options] of sample) assert.equal((await through(path, options)).status, 401, `${name} ${path}`);
    assert.equal((await through("/api/v1/login", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ user: "environment", password: "parley-sample" }) })).status, 401);
    const answer = await through("/api/v2/chats/00019aParley0001/messages", { method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ alias: "117", secureKey: "8b31761b2154884c", userId: "007553863DC30029", tenantName: "Environment" }) });
    assert.equal((await answer.json()).statusCode, 2);
    assert.equal((await through("/metrics")).status, 403);
  }
  // What a login on the machine made does not leave it.
  const { data } = await (await login(server.url)).json();
  const me = (headers) => fetch(`${server.url}/api/v1/me`, { headers: { "X-User-Id": data.userId, "X-Auth-Token": data.authToken, ...headers } });
  assert.equal((await me({})).status, 200);
  assert.equal((await me({ Via: "1.1 proxy" })).status, 401);
  await server.stop();
  const wanted = await serve(t, at("d"), ["--allow-demo-credentials"]);
  for (const [path, options] of sample)
    assert.equal((await fetch(wanted.url + path, { headers: { ...options.headers, "X-Real-IP": "192.0.2.1" } })).status, 200, path);
});

test("what a limit refused is counted by the reason that the client was told", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const { url } = await serve(t, at("d"));
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  const count = async (reason) => Number(new RegExp(`^parley_refusals_total\\{reason="${reason}"\\} (\\d+)$`, "m").exec(await metrics())[1]);
  const told = [...readFileSync("doc/limits.md", "utf8").matchAll(/\| `(\w+)` \|$/gm)].map(([, reason]) => reason);
  for (const reason of told) assert.equal(await count(reason), 0, reason);
  const headers = { authorization: "Bearer sample-parley-token" };
  const refused = async (path, options, reason) => {
    const answer = await fetch(url + path, { ...options, headers: { ...headers, ...options?.headers } });
    assert.equal((await answer.json()).type, `urn:parley:problem:${reason}`);
    assert.equal(await count(reason), 1, reason);
  };
  await refused("/parley/v1/sessions?limit=201", {}, "parameter_value");
  await refused(`/parley/v1/search?q=${"x".repeat(1025)}`, {}, "query_invalid");
  await refused("/parley/v1/sessions", { method: "POST", body: "x".repeat(1024 * 1024 + 1), headers: { "Content-Type": "application/json" } }, "body_too_large");
  assert.equal((await fetch(`${url}/parley/v1/sessions`, { headers: { "X-Long": "x".repeat(16 * 1024) } })).status, 431);
  assert.equal(await count("head_too_large"), 1);
});

test("demo leaves a directory with other companies alone", (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  assert.equal(run(["demo", "--data", at("d")]).code, 1);
  assert.equal(parley(["export", "--data", at("d")]), "");
});

test("health and metrics answer, unknown paths and methods are problems", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  assert.deepEqual(await (await fetch(`${url}/healthz`)).json(), { status: "ok", version: parley(["version"]).trim().split(" ")[1] });
  const metrics = await fetch(`${url}/metrics`);
  assert.equal(metrics.status, 200);
  const text = await metrics.text();
  for (const name of ["store_groups_total", "http_connections", "live_tails", "resident_bytes"]) assert.match(text, new RegExp(`^parley_${name} \\d+$`, "m"));
  for (const row of text.trim().split("\n")) assert.match(row, /^(# (HELP|TYPE) parley_\w+ .+|parley_\w+(\{.*\})? \d+)$/);
  // Through a proxy on this machine only with an administrator's credentials.
  const through = (headers) => fetch(`${url}/metrics`, { headers: { "X-Forwarded-For": "192.0.2.1", ...headers } });
  assert.equal((await through({})).status, 403);
  const bearer = (right) => JSON.parse(parley(["company", "token", "Acme", "--data", at("d"), "--right", right])).bearer;
  assert.equal((await through({ authorization: `Bearer ${bearer("read")}` })).status, 403);
  assert.equal((await through({ authorization: `Bearer ${bearer("admin")}` })).status, 200);
  const unknown = await fetch(`${url}/nope`);
  assert.equal(unknown.status, 404);
  assert.match(unknown.headers.get("content-type"), /problem\+json/);
  const method = await fetch(`${url}/healthz`, { method: "DELETE" });
  assert.equal(method.status, 405);
  assert.match(method.headers.get("allow"), /GET/);
});

test("the commands' route is for the unix socket only", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  const { bearer } = JSON.parse(parley(["company", "token", "Acme", "--data", at("d")]));
  const answer = await fetch(`${url}/parley/v1/admin/command`, {
    method: "POST", headers: { authorization: `Bearer ${bearer}` }, body: JSON.stringify({ command: "company.list" }),
  });
  assert.equal(answer.status, 404);
  assert.equal(statSync(at("d/parley.sock")).mode & 0o777, 0o600);
  // Over the socket: what is no command, and what is no JSON, is refused by name.
  const raw = (body) => new Promise((done, failed) => {
    const socket = connect(at("d/parley.sock"));
    let text = "";
    socket.on("data", (piece) => { text += piece; });
    socket.on("end", () => done(text));
    socket.on("error", failed);
    socket.write(`POST /parley/v1/admin/command HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
  assert.match(await raw('{"command":"nonsense"}'), /^HTTP\/1\.1 400 [^]*no such command/);
  assert.match(await raw('{"command":"company.list","more":1}'), /^HTTP\/1\.1 400 [^]*more/);
  assert.match(await raw("not json"), /^HTTP\/1\.1 400 /);
  assert.match(await raw('{"command":"company.list"}'), /^HTTP\/1\.1 200 [^]*Acme/);
});

test("the log has a line for each request, and no credential", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = await serve(t, at("d"));
  for (const [path, options] of sample) await (await fetch(server.url + path, options)).text();
  await chat(server.url);
  await login(server.url);
  await (await fetch(`${server.url}/parley/v1/search?q=secretword&token=sample-token`)).text();
  await server.stop();
  const log = server.log;
  assert.equal(log.match(/ info request /g).length, sample.length + 3);
  for (const secret of [token, "sample-token", "sample-api-key", "sample-parley-token", "8b31761b2154884c", "parley-sample", "secretword"])
    assert.ok(!log.includes(secret), secret);
});

test("a second server on the same directory, or on the same port, says so", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  parley(["company", "add", "Acme", "--data", at("e"), "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  const same = run(["serve", "--data", at("d"), "--listen", "127.0.0.1:0"]);
  assert.equal(same.code, 1);
  assert.match(same.err, /another process/);
  const port = run(["serve", "--data", at("e"), "--listen", new URL(url).host]);
  assert.equal(port.code, 1);
  assert.match(port.err, /address already in use|in use/);
});

test("SIGTERM: what is under way is answered, then it ends with 0 and starts again", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = await serve(t, at("d"));
  const held = fetch(`${server.url}/api/v2/chats/00019aParley0001/messages`, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ alias: "117", secureKey: "8b31761b2154884c", userId: "007553863DC30029", tenantName: "Environment", transcriptPosition: 16, waitSeconds: 60 }),
  });
  const metrics = async () => /^parley_http_requests_held (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())[1];
  while (await metrics() === "0");
  const began = Date.now();
  await server.stop();
  assert.ok(Date.now() - began < 8000);
  assert.equal((await (await held).json()).statusCode, 0);
  assert.equal(existsSync(at("d/parley.sock")), false);
  const again = await serve(t, at("d"));
  assert.equal((await fetch(`${again.url}/healthz`)).status, 200);
});

test("a data directory whose name is too long for a socket serves its commands too", async (t) => {
  const at = place(t), data = at("long".repeat(30));
  parley(["import", "--data", data, "-"], { input: monologue("a") });
  const server = await serve(t, data);
  assert.equal(existsSync(`${data}/parley.sock`), true);
  assert.match(parley(["import", "--data", data, "-"], { input: monologue("b") }), /created 1/);
  assert.match(parley(["company", "list", "--data", data]), /Environment/);
  await server.stop();
  assert.equal(existsSync(`${data}/parley.sock`), false);
});

test("kill -9 leaves a directory that the next server opens", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = await serve(t, at("d"));
  server.child.kill("SIGKILL");
  assert.equal((await server.exited).signal, "SIGKILL");
  assert.match(parley(["check", "--data", at("d")]), /^clean/, "the stale socket does not mislead a command");
  const again = await serve(t, at("d"));
  assert.equal((await fetch(`${again.url}/healthz`)).status, 200);
});

test("what it prints: where it listens, the sample credentials, one curl line a seed", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = spawn(BINARY, ["serve", "--data", at("d"), "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => server.kill("SIGKILL"));
  const out = await new Promise((done) => {
    let text = "";
    server.stdout.on("data", (piece) => {
      text += piece;
      if (/\/parley\/v1\/sessions\n/.test(text)) done(text);
    });
  });
  const port = /http:\/\/127\.0\.0\.1:(\d+)\n/.exec(out)[1];
  for (const part of [token, user, "sample-api-key", "sample-token", "sample-parley-token", "8b31761b2154884c", "parley-sample"])
    assert.ok(out.includes(part), part);
  assert.equal(out.match(new RegExp(`curl .*http://127\\.0\\.0\\.1:${port}/`, "g")).length, 5);
});

test("an empty directory, as a service manager makes it, becomes a data directory; one that is not there does not", async (t) => {
  const at = place(t);
  mkdirSync(at("d"));
  const { url } = await serve(t, at("d"));
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/parley/v1/sessions`)).status, 401);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  const { bearer } = JSON.parse(parley(["company", "token", "Acme", "--data", at("d")]));
  assert.equal((await fetch(`${url}/parley/v1/sessions`, { headers: { authorization: `Bearer ${bearer}` } })).status, 200);
  assert.equal(run(["serve", "--data", at("none")]).code, 1);
  assert.equal(existsSync(at("none")), false);
});

test("what fails here: the client hears no more than that, the log why, under the same id", async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  parley(["import", "--data", at("d"), "-"], { input: monologue("torn", ["a needle in the stack", "the newest stands in the session, too"]) });
  const { bearer } = JSON.parse(parley(["company", "token", "Environment", "--data", at("d")]));
  const bytes = readFileSync(at("d/parley.db"));
  for (let found; (found = bytes.indexOf("a needle in the stack")) >= 0;) bytes.fill(0, found - found % 4096, found - found % 4096 + 4096);
  writeFileSync(at("d/parley.db"), bytes);
  const server = await serve(t, at("d"));
  const answer = await fetch(`${server.url}/parley/v1/sessions/torn/events`, { headers: { authorization: `Bearer ${bearer}` } });
  const { type, requestId, ...rest } = await answer.json();
  assert.deepEqual([answer.status, type, rest.title], [500, "urn:parley:problem:internal", "Internal Server Error"]);
  while (!/request failed.*\n/.test(server.log)) await once(server.child.stderr, "data");
  assert.match(server.log, new RegExp(`error "request failed" id=${requestId} reason=database_corrupt detail=`));
});
