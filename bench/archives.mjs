#!/usr/bin/env node
// Archives of other products beside NDJSON: the same messages in each form, imported in turns into directories of their own.
//
//     PARLEY_CONVERSATIONS=FILE bench/archives.mjs [FORM...]      lines of tools/convert-conversations; else the sample, many times over
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { median } from "./measure.mjs";

const ROUNDS = 5, SAMPLE_TIMES = 40;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "parley-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function conversations() {
  const file = process.env.PARLEY_CONVERSATIONS;
  const raw = readFileSync(file ?? here("../data/sample-conversations.ndjson"));
  const lines = (file?.endsWith(".gz") ? gunzipSync(raw) : raw).toString().trimEnd().split("\n").map((line) => JSON.parse(line));
  const all = file ? lines : Array.from({ length: SAMPLE_TIMES }, (_, i) => lines.map((line) => ({ ...line, id: `${line.id}-${i}` }))).flat();
  return all.map(({ id, visitor, participants, events }) => ({
    id,
    visitor: { id: visitor.id, name: visitor.name, email: visitor.email },
    participants,
    events: events.filter(({ type }) => type === "message").map((event, i) => ({ ...event, id: String(i + 1) })),
  }));
}

const all = conversations();
const messages = all.reduce((sum, { events }) => sum + events.length, 0);

/** Every message, far from the others of its conversation. */
function* scattered() {
  const longest = all.reduce((most, { events }) => Math.max(most, events.length), 0);
  for (let i = 0; i < longest; i++) for (const one of all) if (one.events[i]) yield [one, one.events[i]];
}

const author = ({ participants }, { by }) => participants.find(({ id }) => id === by);
const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function csvRows() {
  const rows = ["chat,id,at,who,name,text,email"];
  for (const [one, event] of scattered()) {
    const { type, name } = author(one, event);
    rows.push([one.id, event.id, String(event.at), type, name ?? "", event.text, one.visitor.email ?? ""].map(quoted).join(","));
  }
  return rows.join("\n") + "\n";
}

const crispLine = (one) =>
  JSON.stringify({
    session_id: one.id, website_id: "w", created_at: one.events[0]?.at,
    meta: { nickname: one.visitor.name, email: one.visitor.email },
    messages: one.events.map((event) => {
      const { type, name } = author(one, event);
      return { fingerprint: Number(event.id), type: "text", from: type === "Client" ? "user" : "operator", content: event.text, timestamp: event.at, user: { user_id: name, nickname: name } };
    }),
  });

const escaped = (text) => text.replace(/[&<>"\x00-\x08\x0b-\x1f]/g, (c) => (c < " " ? "" : `&#${c.charCodeAt(0)};`));

/** As Chat Server writes one: everybody comes, and each event has its own id. */
function transcript({ id, participants, events, visitor }) {
  const start = events[0].at - (events[0].at % 1000);
  const types = { Client: "CLIENT", Agent: "AGENT", Supervisor: "SUPERVISOR", External: "EXTERNAL" };
  const parties = participants.map(
    ({ id, type, name = "" }, i) =>
      `<newParty userId="${id}" timeShift="0" visibility="ALL" eventId="${i + 1}"><userInfo personId="${type === "Client" ? "" : escaped(name)}" userNick="${escaped(name)}" userType="${types[type]}" protocolType="FLEX" timeZoneOffset="0"/>${type === "Client" && visitor.email ? `<userData><item key="EmailAddress">${escaped(visitor.email)}</item></userData>` : ""}</newParty>\n`,
  );
  const messages = events.map(
    ({ by, at, text }, i) =>
      `<message userId="${by}" timeShift="${Math.floor((at - start) / 1000)}" visibility="ALL" eventId="${participants.length + i + 1}"><msgText msgType="text">${escaped(text)}</msgText></message>\n`,
  );
  return `<?xml version="1.0"?>\n<chatTranscript startAt="${new Date(start).toISOString().replace(".000", "")}" sessionId="${id}">\n${parties.join("")}${messages.join("")}</chatTranscript>\n`;
}

const spoken = () => all.filter(({ events }) => events.length);
const ucsRows = () =>
  "ID,MEDIATYPEID,STRUCTUREDTEXT\n" + spoken().map((one) => [one.id, "chat", transcript(one)].map(quoted).join(",") + "\n").join("");

const MAP = `[file]
type=csv
row=message
[map]
session.id=chat
event.id=id
event.time=at
event.text=text
participant.type=who
participant.name=name
visitor.email=email
`;

const forms = {
  ndjson: { file: "lines.ndjson", text: () => all.map((one) => JSON.stringify(one) + "\n").join(""), args: [] },
  "crisp, a conversation a line": { file: "crisp.ndjson", text: () => spoken().map((one) => crispLine(one) + "\n").join(""), args: ["--format", "crisp"] },
  "genesys-ucs, XML": { file: "transcripts.xml", text: () => spoken().map(transcript).join(""), args: [] },
  "genesys-ucs, a column of CSV": { file: "interactions.csv", text: ucsRows, args: [] },
  "csv, a row a message, scattered": { file: "rows.csv", text: csvRows, args: ["--map", join(folder, "map.ini")] },
};

/** Seconds by the clock, and of CPU. */
function importOnce({ file, args }, name) {
  const data = join(folder, name);
  const command = [here("../build/parley"), "import", ...args, join(folder, file), "--data", data];
  const done = spawnSync("bash", ["-c", 'TIMEFORMAT="%R %U %S"; time "$@" 2>/dev/null', "bash", ...command], { encoding: "utf8" });
  rmSync(data, { recursive: true, force: true });
  if (done.status !== 0) throw new Error(`${command.join(" ")}: ${done.stderr}`);
  const [wall, user, system] = done.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system };
}

writeFileSync(join(folder, "map.ini"), MAP);
for (const form of Object.values(forms)) writeFileSync(join(folder, form.file), form.text());
const times = Object.fromEntries(Object.keys(forms).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) for (const name of Object.keys(forms)) times[name].push(importOnce(forms[name], `data-${round}`));
const base = median(times.ndjson.map(({ wall }) => wall));
console.log(`import of ${messages} messages in ${all.length} conversations, medians of ${ROUNDS} rounds in turns`);
for (const [name, rounds] of Object.entries(times)) {
  const wall = median(rounds.map((time) => time.wall)), cpu = median(rounds.map((time) => time.cpu));
  console.log(`${name.padEnd(34)} ${Math.round(messages / wall).toLocaleString("en").padStart(9)} messages/s   ${(base / wall).toFixed(2)} of ndjson   ${cpu.toFixed(2)} s CPU`);
}
