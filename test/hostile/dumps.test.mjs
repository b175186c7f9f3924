// A dump larger than the memory that its import may take: messages in no order, and files made to fill memory.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { writeDump } from "../support/rocketchat.mjs";
import { BINARY, parley, temporaryFolder } from "../support/server.mjs";

const LIMIT_MB = 128;
const ROOMS = 12000, MESSAGES = 16;

/** Runs an import to its end; answers {code, err, report, megabytes}, the last as the kernel tells it while it runs. */
function bring(...args) {
  return new Promise((resolve) => {
    const child = spawn(BINARY, ["import", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let out = "", err = "", megabytes = 0;
    child.stdout.on("data", (piece) => (out += piece));
    child.stderr.on("data", (piece) => (err += piece));
    const look = setInterval(() => {
      try {
        megabytes = Math.max(megabytes, +/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))[1] / 1024);
      } catch {} // it has ended
    }, 20);
    child.on("close", (code) => {
      clearInterval(look);
      resolve({ code, err, megabytes, report: out.trim() ? JSON.parse(out.trim().split("\n").at(-1)) : undefined });
    });
  });
}

const id = (letter, number) => letter + String(number).padStart(16, "0");
const time = (ms) => ({ $date: new Date(1700000000000 + ms).toISOString() });

function message(n) {
  const rid = Math.floor(n / MESSAGES);
  return { _id: id("m", n), rid: id("r", rid), ts: time(n * 1000), u: { _id: id("v", rid), username: `guest-${rid}` }, msg: `word${n % 997} `.repeat(60) };
}

test("a dump of 150 MB in no order goes in under 128 MB", async () => {
  const room = (n) => ({ _id: id("r", n), t: "l", msgs: MESSAGES, ts: time(n * MESSAGES * 1000), v: { _id: id("v", n), username: `guest-${n}`, token: id("t", n) } });
  const directory = writeDump(join(temporaryFolder(), "dump"), { rocketchat_room: Array.from({ length: ROOMS }, (_, n) => room((n * 7919) % ROOMS)) });
  const file = openSync(join(directory, "rocketchat_message.json"), "w");
  const count = ROOMS * MESSAGES;
  for (let n = 0; n < count; n += 1000) {
    const some = Array.from({ length: 1000 }, (_, i) => JSON.stringify(message(((n + i) * 104729) % count)) + "\n");
    writeSync(file, some.join(""));
  }
  closeSync(file);
  const data = join(temporaryFolder(), "data");
  const { report, megabytes } = await bring(directory, "--data", data);
  assert.deepEqual([report.created, report.refused, report.lost], [ROOMS, 0, {}]);
  assert.ok(megabytes > 0 && megabytes < LIMIT_MB, `${megabytes} MB`);
  const first = JSON.parse(parley(["export", "--data", data]).split("\n")[0]);
  assert.deepEqual(first.events.slice(0, MESSAGES).map(({ id }) => id), Array.from({ length: MESSAGES }, (_, n) => id("m", n)));
});

test("files made to fill memory are refused by their place", async () => {
  const folder = temporaryFolder();
  const text = (bytes) => Buffer.concat([Buffer.from('{"_id":"'), Buffer.alloc(bytes, 97)]);
  const bombs = {
    "rocketchat_message.json.gz": gzipSync(text(300 << 20), { level: 1 }),
    "rocketchat_room.json": Buffer.from(`[${'{"a":'.repeat(10000)}`),
    "rocketchat_room.bson.gz": gzipSync(Buffer.concat([Buffer.from([0xff, 0xff, 0xff, 0]), Buffer.alloc(300 << 20, 1)]), { level: 1 }),
  };
  for (const [name, bytes] of Object.entries(bombs)) {
    writeFileSync(join(folder, name), bytes);
    const { code, err, megabytes } = await bring(join(folder, name), "--data", join(temporaryFolder(), "data"));
    assert.equal(code, 1, name);
    assert.match(err, new RegExp(`${name}:`));
    assert.ok(megabytes < LIMIT_MB, `${name}: ${megabytes} MB`);
  }
});
