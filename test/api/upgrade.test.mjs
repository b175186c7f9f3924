// A database that the last program of schema 1 wrote (test/support/schema-1), opened by this one: every answer is that of a
// database which this program filled with the same conversations.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { call } from "../support/http.mjs";
import { parley, Server, temporaryFolder } from "../support/server.mjs";

const FIXTURE = fileURLToPath(new URL("../support/schema-1", import.meta.url));
const tokens = JSON.parse(readFileSync(join(FIXTURE, "tokens.json")));
const lines = readFileSync(join(FIXTURE, "lines.ndjson"), "utf8").trim().split("\n").map((text) => JSON.parse(text));

function migrated() {
  const data = join(temporaryFolder(), "data");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, "parley.db"), gunzipSync(readFileSync(join(FIXTURE, "parley.db.gz"))), { mode: 0o600 });
  return data;
}

function filled() {
  const data = join(temporaryFolder(), "data");
  parley(["company", "add", "Shop", "--time-zone", "UTC", "--data", data]);
  parley(["operator", "add", "bob", "--name", "Bob", "--id", "op-bob", "--role", "livechat-manager", "--data", data]);
  parley(["import", join(FIXTURE, "lines.ndjson"), "--data", data]);
  parley(["erase", "v3", "--data", data]);
  return data;
}

async function metric(server, name) {
  const { text } = await call(server, "GET", "/metrics");
  return Number(new RegExp(`^parley_${name} (\\d+)`, "m").exec(text)[1]);
}

const servers = [];
const clients = [];

before(async () => {
  const [old, fresh] = [migrated(), filled()];
  const { authToken } = JSON.parse(parley(["operator", "token", "bob", "--data", fresh]));
  clients.push({ rocketchat: tokens.authToken, bearer: tokens.bearer, agendize: tokens });
  const made = JSON.parse(parley(["company", "token", "Shop", "--data", fresh]));
  clients.push({ rocketchat: authToken, bearer: made.bearer, agendize: made });
  for (const data of [old, fresh]) servers.push(await Server.start({ data }));
  const deadline = Date.now() + 30000; // the search index is filled beside the service
  while ((await metric(servers[0], "search_indexed_from_seconds")) !== 0) assert.ok(Date.now() < deadline, servers[0].log);
});
after(() => Promise.all(servers.map((server) => server.stop())));

/** The answers of both to the same request. */
const both = (path, headers) =>
  Promise.all(servers.map(async (server, i) => {
    const answer = await call(server, "GET", path, { headers: headers(clients[i]) });
    const erased = (await call(server, "GET", "/parley/v1/sessions/erased", { headers: bearer(clients[i]) })).body;
    return { status: answer.status, text: answer.text.replaceAll(erased.end, "THEN") }; // erased just now, or when the file was made
  }));

async function assertEqual(path, headers) {
  const [old, fresh] = await both(path, headers);
  assert.equal(old.status, fresh.status, path);
  assert.equal(old.text, fresh.text, path);
  return old;
}

const rocketchat = (client) => ({ "X-User-Id": "op-bob", "X-Auth-Token": client.rocketchat });
const bearer = (client) => ({ Authorization: `Bearer ${client.bearer}` });
const agendize = (client) => ({ apiKey: client.agendize.apiKey, token: client.agendize.token });

test("Rocket.Chat: rooms in every order by index, and their messages", async () => {
  for (const visitor of new Set(lines.map((line) => line.visitor.id)))
    for (const sort of ["{}", '{"ts":1}', '{"lm":-1}', '{"lm":1}', '{"msgs":-1}']) {
      const path = `/api/v1/livechat/visitors.chatHistory/room/plain/visitor/${visitor}?count=0&sort=${encodeURIComponent(sort)}`;
      const { status, text } = await assertEqual(path, rocketchat);
      assert.equal(status, 200, text);
    }
  for (const { id } of lines) await assertEqual(`/api/v1/livechat/${id}/messages?count=0`, rocketchat);
});

test("Rocket.Chat: what the old program showed otherwise", async () => {
  const { text } = await assertEqual("/api/v1/livechat/visitors.chatHistory/room/plain/visitor/v1?count=0", rocketchat);
  const rooms = Object.fromEntries(JSON.parse(text).history.map((room) => [room._id, room]));
  const at = (ms) => new Date(1700000000000 + ms).toISOString();
  assert.equal(rooms["last-deleted"].lm, at(21000));
  assert.equal(rooms["last-deleted"].lastMessage.msg, "two");
  assert.equal(rooms["last-deleted"].msgs, 2);
  assert.equal("lastMessage" in rooms["all-deleted"], false);
  assert.equal(rooms["times-back-deleted"].lastMessage.msg, "second");
  assert.deepEqual(rooms["closed-here"].tags, ["sale", "vip"]);
  assert.equal(rooms["closed-here"].lastMessage.t, "livechat-close");
  assert.deepEqual(rooms["closed-by-named"].closedBy, { _id: "op-eve", username: "eve" });
});

test("Parley: sessions, their events, search, the summary, export", async () => {
  await assertEqual("/parley/v1/sessions?limit=200", bearer);
  for (const { id } of lines) {
    await assertEqual(`/parley/v1/sessions/${id}`, bearer);
    await assertEqual(`/parley/v1/sessions/${id}/events?limit=200`, bearer);
  }
  for (const q of ["hello", "three", "forget", "message"]) await assertEqual(`/parley/v1/search?q=${q}&limit=200`, bearer);
  await assertEqual("/parley/v1/summary", bearer);
  await assertEqual("/parley/v1/export", bearer);
});

test("the old messages are found in the new index, whose words are ours", async () => {
  assert.ok((await metric(servers[0], "search_refill_messages_total")) > 0);
  assert.match(servers[0].log, /"the search index is filled"/);
  const { text } = await assertEqual("/parley/v1/search?q=hello&limit=200", bearer);
  const { hits, indexedFrom } = JSON.parse(text);
  assert.ok(hits.length > 0);
  assert.equal(indexedFrom, undefined);
});

test("Agendize: the list", async () => {
  const { status } = await assertEqual("/api/2.0/chat/history", agendize);
  assert.equal(status, 200);
});

test("the check finds nothing, and the next start has nothing to migrate", async () => {
  const [old] = servers;
  assert.match(parley(["check", "--data", old.data]), /^clean: 40 sessions, 8 visitors, 240 events; 0 findings/);
  assert.match(old.log, /"migrating the database" from=1/);
  await old.stop();
  await old.restart();
  assert.doesNotMatch(old.log, /migrating/);
  assert.equal((await call(old, "GET", "/parley/v1/sessions?limit=1", { headers: bearer(clients[0]) })).status, 200);
});
