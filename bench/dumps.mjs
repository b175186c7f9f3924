// Importing a dump of Rocket.Chat (BSON, messages in no order, through the scratch file) beside importing the same
// conversations as lines: messages a second of wall clock and of CPU, and the most memory taken. BENCH_ROOMS=20000.
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "../test/clients/packages.mjs";
import { measure } from "./measure.mjs";

const { BSON } = load("bson");
const ROOMS = +(process.env.BENCH_ROOMS ?? 20000);
const MESSAGES = 15;
const PARLEY = fileURLToPath(new URL("../build/parley", import.meta.url));
const WORDS = "parcel invoice late refund number please thank you the carrier lost my order again today colour size shop return label".split(" ");

let seed = 7;
const random = (below) => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 8) % below;
const text = () => Array.from({ length: 4 + random(16) }, () => WORDS[random(WORDS.length)]).join(" ");
const id = (letter, number) => letter + String(number).padStart(16, "0");

/** Numbers below `count` in an order that is none: a step that shares no divisor with it. */
function* scattered(count) {
  const divides = (a, b) => (b ? divides(b, a % b) : a);
  let step = Math.floor(count * 0.618) | 1;
  while (divides(count, step) !== 1) step += 2;
  for (let i = 0, at = 0; i < count; i++, at = (at + step) % count) yield at;
}

function message(n) {
  const room = Math.floor(n / MESSAGES), place = n % MESSAGES;
  const ts = new Date(1700000000000 + room * 60000 + place * 20000), own = place % 2;
  const u = own ? { _id: id("a", room % 50), username: `agent${room % 50}`, name: `Agent ${room % 50}` } : { _id: id("v", room % 5000), username: `guest-${room % 5000}`, name: "Guest" };
  const base = { _id: id("m", n), rid: id("r", room), ts, u, _updatedAt: ts };
  if (place === MESSAGES - 1) return { ...base, t: "livechat-close", msg: "", groupable: false };
  const msg = text();
  return { ...base, msg, ...(own ? {} : { token: id("t", room % 5000), alias: "Guest" }), urls: [], mentions: [], channels: [], md: [{ type: "PARAGRAPH", value: [{ type: "PLAIN_TEXT", value: msg }] }] };
}

function room(n) {
  const ts = new Date(1700000000000 + n * 60000), v = { _id: id("v", n % 5000), username: `guest-${n % 5000}`, token: id("t", n % 5000), status: "offline" };
  return { _id: id("r", n), t: "l", msgs: MESSAGES, usersCount: 2, fname: "Guest", ts, lm: ts, v, cl: false, closedAt: new Date(+ts + 300000), closer: "user", closedBy: { _id: id("a", n % 50), username: `agent${n % 50}` }, servedBy: { _id: id("a", n % 50), username: `agent${n % 50}`, ts }, source: { type: "widget" }, metrics: { chatDuration: 300 }, _updatedAt: ts };
}

function write(path, order, make) {
  const file = openSync(path, "w");
  let pieces = [];
  for (const n of order) if (pieces.push(BSON.serialize(make(n))) === 5000) pieces = void writeSync(file, Buffer.concat(pieces)) ?? [];
  writeSync(file, Buffer.concat(pieces));
  closeSync(file);
}

const place = mkdtempSync(join(tmpdir(), "parley-bench-"));
const dump = join(place, "dump"), lines = join(place, "lines.ndjson");
mkdirSync(dump);
write(join(dump, "rocketchat_message.bson"), scattered(ROOMS * MESSAGES), message);
write(join(dump, "rocketchat_room.bson"), scattered(ROOMS), room);
const bytes = statSync(join(dump, "rocketchat_message.bson")).size + statSync(join(dump, "rocketchat_room.bson")).size;
const through = measure(PARLEY, ["import", dump, "--data", join(place, "one")]);
spawnSync("sh", ["-c", `"${PARLEY}" export --data "${join(place, "one")}" > "${lines}"`]);
const direct = measure(PARLEY, ["import", lines, "--data", join(place, "two")]);
const rate = ({ wall }) => Math.round((ROOMS * MESSAGES) / wall);
console.log(`| ${ROOMS * MESSAGES} messages | MB | messages/s | CPU us a message | most memory, MB |`);
console.log("|---|---|---|---|---|");
for (const [name, took, size] of [["lines", direct, statSync(lines).size], ["dump of Rocket.Chat, BSON", through, bytes]])
  console.log(`| ${name} | ${(size / 1e6).toFixed(0)} | ${rate(took)} | ${((1e6 * took.cpu) / (ROOMS * MESSAGES)).toFixed(1)} | ${took.megabytes.toFixed(0)} |`);
console.log(`the dump at ${(direct.wall / through.wall).toFixed(2)} of the lines' speed, ${(direct.cpu / through.cpu).toFixed(2)} by CPU`);
rmSync(place, { recursive: true });
