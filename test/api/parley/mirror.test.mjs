// doc/mirror.py: a mirror of the feed stays equal to what the sessions show.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Parley } from "../../support/dialects.mjs";
import { emptyData, Server } from "../../support/server.mjs";

const READ = `import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(json.dumps(db.execute("SELECT session, number, text, revised FROM event WHERE type = 'message' ORDER BY session, number").fetchall()))`;

let server, api, made, file;
before(async () => {
  made = emptyData();
  server = await Server.start({ data: made.data });
  api = new Parley(server, made.bearer);
  file = join(made.data, "..", "mirror.db");
});
after(() => server?.stop());

const origin = () => `http://127.0.0.1:${server.port}`;
const mirror = () =>
  execFileSync("python3", ["doc/mirror.py", origin(), file, "--once"], { env: { ...process.env, PARLEY_TOKEN: made.bearer }, stdio: ["ignore", "pipe", "inherit"] });
const mirrored = () => JSON.parse(execFileSync("python3", ["-c", READ, file], { encoding: "utf8" }));

/** Every message as the sessions show it: [session, index, text, revised], by session and index; erased ones have no text. */
async function shown() {
  const sessions = [];
  for (let cursor = ""; cursor !== null; ) {
    const page = await api.get(`/sessions?limit=200${cursor && `&cursor=${cursor}`}`);
    sessions.push(...page.sessions.map(({ id }) => id));
    cursor = page.next;
  }
  const rows = [];
  for (const id of sessions.sort())
    for (const { type, index, text, revised } of await api.events(id)) if (type === "message") rows.push([id, index, text ?? null, revised ? 1 : 0]);
  return rows;
}

test("a mirror has every message as it stands after appends, edits, deletes and an erasure, in whatever steps it follows", async () => {
  const first = await api.open();
  const second = await api.open();
  for (let i = 0; i < 5; i++) {
    await api.say(first.id, 1, `first ${i}`);
    await api.say(second.id, 2, `second ${i}`);
  }
  mirror();
  assert.equal(mirrored().length, 10);
  assert.deepEqual(mirrored(), await shown());

  await api.post(`/sessions/${first.id}/events`, { type: "edit", by: 1, target: 1, text: "put better" });
  await api.post(`/sessions/${first.id}/events`, { type: "edit", by: 1, target: 1, text: "put best" });
  await api.post(`/sessions/${first.id}/events`, { type: "delete", by: 1, target: 2 });
  await api.say(second.id, 1, "last");
  mirror();
  const rows = mirrored();
  assert.deepEqual(rows.find(([id, index]) => id === first.id && index === 1).slice(2), ["put best", 1]);
  assert.deepEqual(rows, await shown());

  assert.ok((await api.call("DELETE", `/visitors/${second.visitor.id}`)).status < 300);
  mirror();
  assert.ok(mirrored().every(([id, , text]) => id !== second.id || text === null));
  assert.deepEqual(mirrored(), await shown());
});

test("an answer that is cut in its middle is said in one line, and the mirror keeps its place", async (t) => {
  const cutting = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" });
    response.write('{"changes":[', () => response.destroy());
  });
  await once(cutting.listen(0, "127.0.0.1"), "listening");
  t.after(() => cutting.close());
  const rows = mirrored();
  const child = spawn("python3", ["doc/mirror.py", `http://127.0.0.1:${cutting.address().port}`, file, "--once"], {
    env: { ...process.env, PARLEY_TOKEN: made.bearer },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => (said += text));
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(said, /^mirror: .*\n$/);
  assert.deepEqual(mirrored(), rows);
});
