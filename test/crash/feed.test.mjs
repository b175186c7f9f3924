// kill -9 while clients write and a reader follows the change feed: the reader, which stores the last cursor that it saw, sees each
// message that was answered once, in the order of its session. PARLEY_CRASH_KILLS makes the five kills more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley, unique } from "../support/dialects.mjs";
import { emptyData, Server } from "../support/server.mjs";

const KILLS = Number(process.env.PARLEY_CRASH_KILLS ?? 5);
const WRITERS = 6;
let server, bearer;

before(async () => {
  const made = emptyData();
  bearer = made.bearer;
  server = await Server.start({ data: made.data });
});
after(() => server?.stop());

/** The mirror: what the feed told, and the cursor behind it. Both are kept or neither. */
const seen = { cursor: undefined, changes: [] };

async function read(api, wait) {
  const page = await api.get(`/changes?limit=50&wait=${wait}${seen.cursor ? `&after=${seen.cursor}` : ""}`);
  seen.changes.push(...page.changes);
  seen.cursor = page.next ?? seen.cursor;
  return page.complete;
}

/** Works on until the server is gone. */
async function untilGone(work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
}

/** Writes into a session of its own; says what was answered. */
async function write(api, answered, acknowledge) {
  const { id } = await api.open();
  const texts = [];
  answered.set(id, texts);
  for (;;) {
    const text = unique();
    await api.say(id, 1, text);
    texts.push(text);
    acknowledge();
  }
}

async function follow(api) {
  for (;;) await read(api, 5);
}

/** By session, in the order of the feed. */
function grouped(changes) {
  const groups = new Map();
  for (const change of changes) {
    if (!groups.has(change.session)) groups.set(change.session, []);
    groups.get(change.session).push(change);
  }
  return groups;
}

test(`a reader sees every answered message once through ${KILLS} kills`, async () => {
  const answered = new Map();
  for (let kill = 0; kill < KILLS; kill++) {
    const api = new Parley(server, bearer);
    let left = 40 + ((30 * kill) % 150); // answers until the kill
    let now;
    const enough = new Promise((resolve) => (now = resolve));
    const acknowledge = () => --left || now();
    const clients = Array.from({ length: WRITERS }, () => untilGone(() => write(api, answered, acknowledge)));
    clients.push(untilGone(() => follow(api)));
    await Promise.race([enough, Promise.all(clients)]);
    assert.ok(left <= 0, "the clients stopped by themselves");
    await server.kill();
    await Promise.all(clients);
    await server.restart();
  }
  const api = new Parley(server, bearer);
  while (!(await read(api, 0)));

  assert.equal(new Set(seen.changes.map(({ cursor }) => cursor)).size, seen.changes.length, "a change came twice");
  const bySession = grouped(seen.changes);
  let told = 0;
  for (const [id, texts] of answered) {
    const changes = bySession.get(id);
    assert.deepEqual(changes.map(({ index }) => index), changes.map((_, i) => i), "each event once, in order");
    const said = changes.filter(({ kind }) => kind === "append").map(({ event }) => event.text);
    assert.deepEqual(said.slice(0, texts.length), texts);
    assert.ok(said.length <= texts.length + 1, "at most the message whose answer the kill took is there besides");
    told += texts.length;
  }
  assert.ok(told >= 40 * KILLS);
});
