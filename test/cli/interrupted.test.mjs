// Imports of archives that are killed or interrupted while they read, and while they write: run again, they come to the same
// end as one that was left alone.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { logOf, newData } from "../support/archive.mjs";
import { writeDump } from "../support/rocketchat.mjs";
import { BINARY, parley, run, temporaryFolder } from "../support/server.mjs";

const ROOMS = 1500, MESSAGES = 12;
const SOME = 800 * 1024; // bytes of a database with some of them
const LONG = " and more".repeat(40); // so that not all fits into what an import takes ahead

const id = (letter, number) => letter + String(number).padStart(16, "0");
const time = (ms) => ({ $date: new Date(1700000000000 + ms).toISOString() });

/** Of Rocket.Chat, in no order. */
function dump() {
  const count = ROOMS * MESSAGES;
  const room = (n) => ({ _id: id("r", n), t: "l", msgs: MESSAGES, ts: time(n * 1000), v: { _id: id("v", n % 100), username: `guest-${n % 100}`, token: id("t", n % 100) } });
  const message = (n) => ({ _id: id("m", n), rid: id("r", n % ROOMS), ts: time(n * 1000), u: { _id: id("v", n % ROOMS % 100), username: `guest-${n % ROOMS % 100}` }, msg: `${n} said` });
  const order = (n) => (n * 7919) % count;
  const folder = writeDump(join(temporaryFolder(), "dump"), {
    rocketchat_message: Array.from({ length: count }, (_, n) => message(order(n))),
    rocketchat_room: Array.from({ length: ROOMS }, (_, n) => room(n)),
  });
  return [folder];
}

/** Rows of messages in no order, by a map. */
function table() {
  const folder = temporaryFolder(), count = ROOMS * MESSAGES;
  const row = (n) => `${n % ROOMS},m${n},${1700000000 + n},${n % 3 ? "guest" : "staff"},${n} said${LONG},v${(n % ROOMS) % 100}@example.org\n`;
  writeFileSync(join(folder, "rows.csv"), `chat,id,at,who,text,mail\n${Array.from({ length: count }, (_, n) => row((n * 7919) % count)).join("")}`);
  writeFileSync(join(folder, "map.ini"), "[file]\nrow=message\n[map]\nsession.id=chat\nevent.id=id\nevent.time=at\nevent.text=text\nparticipant.type=who\nvisitor.email=mail\n[participant.type]\nguest=Client\nstaff=Agent\n");
  return ["--map", join(folder, "map.ini"), join(folder, "rows.csv")];
}

/** A conversation a line: nothing is sorted. */
function lines() {
  const file = join(temporaryFolder(), "tickets.ndjson");
  const message = (n) => ({ id: `m${n}`, created_at: new Date(1700000000000 + n * 1000), plain_text_body: `${n} said${LONG}`, author: { type: n % 3 ? "Customer" : "Agent", name: `P${n % 3}` } });
  const ticket = (n) => ({ ticket_number: n, state: "closed", customer: { email: `v${n % 100}@example.org` }, messages: Array.from({ length: MESSAGES }, (_, i) => message(n * MESSAGES + i)) });
  writeFileSync(file, Array.from({ length: ROOMS }, (_, n) => JSON.stringify(ticket(n)) + "\n").join(""));
  return [file];
}

const size = (path) => (existsSync(path) ? statSync(path).size : 0);
const scratchFiles = (data) => readdirSync(dirname(data)).filter((name) => name.endsWith(".scratch"));

/** Starts the import, and ends it by a signal as soon as `when` is so. */
async function endWhen(when, signal, data, args) {
  const child = spawn(BINARY, ["import", ...args, "--data", data], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.on("exit", (code, by) => resolve(by ?? code)));
  let running = true;
  ended.then(() => (running = false));
  while (running && !when()) await new Promise((resolve) => setImmediate(resolve));
  child.kill(signal);
  return ended;
}

for (const [name, make] of Object.entries({ dump, table, lines })) test(`${name}: an import that is killed or interrupted comes to the same end when it is run again`, async () => {
  const args = make();
  const whole = newData();
  assert.equal(run(["import", ...args, "--data", whole]).code, 0);
  const expected = logOf(whole);
  const log = (data) => size(join(data, "parley.db-wal")) + size(join(data, "parley.db"));
  const moments = {
    "killed while it reads": ["SIGKILL", (data) => scratchFiles(data).some((name) => size(join(dirname(data), name)) > 512 * 1024)],
    "killed while it writes": ["SIGKILL", (data) => log(data) > SOME],
    "interrupted while it writes": ["SIGINT", (data) => log(data) > SOME],
  };
  if (make === lines) delete moments["killed while it reads"];
  for (const [what, [signal, when]] of Object.entries(moments)) {
    const data = newData();
    const ended = await endWhen(() => when(data), signal, data, args);
    assert.equal(ended, signal === "SIGKILL" ? signal : 1, what);
    const again = run(["import", ...args, "--data", data]);
    const report = JSON.parse(again.out.trim().split("\n").at(-1));
    assert.deepEqual([report.read, report.created + report.unchanged + report.extended, report.refused], [ROOMS, ROOMS, 0], what);
    assert.deepEqual(logOf(data), expected, what);
    assert.deepEqual(scratchFiles(data), [], what);
    assert.match(parley(["check", "--data", data]), / 0 findings/, what);
  }
});

test("an archive whose sorting takes more disk than there is is refused before anything is read", () => {
  const folder = temporaryFolder();
  const file = openSync(join(folder, "rocketchat_message.bson"), "w");
  ftruncateSync(file, 2 ** 43); // nothing but a hole
  closeSync(file);
  const data = newData();
  const { code, err } = run(["import", join(folder, "rocketchat_message.bson"), "--data", data]);
  assert.equal(code, 1);
  assert.match(err, /sorting the archive takes about \d+ MB; so much is not free/);
  assert.deepEqual(scratchFiles(data), []);
});
