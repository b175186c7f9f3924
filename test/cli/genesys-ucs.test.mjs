// Genesys UCS transcripts: each trap of doc/imports.md 2, what is hostile, and the way back out.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { bring, logOf, newData, sessionsIn } from "../support/archive.mjs";
import { parley, temporaryFolder } from "../support/server.mjs";

const SAMPLES = fileURLToPath(new URL("../samples/genesys-ucs", import.meta.url));

const party = (userId, shift, { person = "", nick = "Lea Sample", type = "CLIENT", inside = "", visibility = "ALL" } = {}) =>
  `<newParty userId="${userId}" timeShift="${shift}" visibility="${visibility}" eventId="${shift + 1}"><userInfo personId="${person}" userNick="${nick}" userType="${type}"/>${inside}</newParty>`;
const message = (userId, shift, text, attributes = "") => `<message userId="${userId}" timeShift="${shift}" visibility="ALL" eventId="${shift + 1}"><msgText${attributes}>${text}</msgText></message>`;
const left = (userId, shift, attributes = "") => `<partyLeft userId="${userId}" timeShift="${shift}" visibility="ALL" eventId="${shift + 1}"${attributes}/>`;
const transcript = (events, { id = "0001aBcDeF000XYZ", start = "2019-03-04T09:15:02Z" } = {}) => `<chatTranscript startAt="${start}" sessionId="${id}">${[events].flat().join("\n")}</chatTranscript>`;

function fileOf(content, name = "transcript.xml") {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return file;
}

/** Imports it into a new directory, or one given. */
function read(content, { data = newData(), name, args = [] } = {}) {
  const file = fileOf(content, name);
  return { ...bring(data, ...args, file), data, file, sessions: sessionsIn(data) };
}

function comesBack(data) {
  const file = fileOf(parley(["export", "--format", "genesys-ucs", "--data", data]));
  const again = newData();
  const { report } = bring(again, file);
  assert.equal(report.refused, 0, JSON.stringify(report.refusals));
  assert.deepEqual(logOf(again), logOf(data));
  return readFileSync(file, "utf8");
}

const texts = (session) => session.events.filter(({ type }) => type === "message").map(({ text }) => text);
const refusal = ({ report }) => report.refusals.map(({ line, reason }) => [line, reason]);

// ---- traps ----

test("foreign event ids keep their gaps, and the log counts without", () => {
  const { sessions, data } = read(transcript([party("A", 0), message("A", 17, "one"), message("A", 91, "two")]));
  assert.deepEqual(sessions[0].events.map(({ data }) => data.genesys.eventId), ["1", "18", "92"]);
  assert.equal(sessions[0].events.length, 3);
  assert.match(comesBack(data), /eventId="92"/);
});

test("times are the start and seconds after it, the first one be it 1", () => {
  const [session] = read(transcript([party("A", 1), message("A", 3, "hi")])).sessions;
  const start = Date.parse("2019-03-04T09:15:02Z");
  assert.deepEqual([session.start, ...session.events.map(({ at }) => at)], [start, start + 1000, start + 3000]);
});

test("a line break in an attribute's value is a blank, and goes away at its ends", () => {
  const [session] = read(transcript(party("A", 0).replace('userType="CLIENT"', 'userType="\nCLIENT" timeZoneOffset="\n0"'))).sessions;
  assert.deepEqual([session.events[0].data.participant.type, session.events[0].data.genesys.userInfo.timeZoneOffset], ["Client", "0"]);
});

test("CDATA, entities and references are text; two references to surrogates are one character", () => {
  const { sessions, data } = read(transcript([party("A", 0), message("A", 1, "<![CDATA[<b> &amp; &#xD83C;]]> &lt;i&gt; &#233; &#xD83D;&#xDE00; &#55357;&#56832; &#xD83D; &#1; \u{1F600}")]));
  assert.deepEqual(texts(sessions[0]), ["<b> &amp; &#xD83C; <i> é 😀 😀 \uFFFD \uFFFD 😀"]);
  comesBack(data);
});

test("references in attributes are characters, too", () => {
  const { sessions, data } = read(transcript(party("A", 0, { nick: "A &amp; B &lt;&#38;&gt; &#xD83D;&#xDE00;" })));
  assert.equal(sessions[0].visitor.name, "A & B <&> 😀");
  comesBack(data);
});

test("without a nick a participant has no name, and an agent is known by the personId", () => {
  const [session] = read(transcript([party("A", 0, { nick: "" }), party("B", 1, { nick: "", person: "k.moss", type: "AGENT" })])).sessions;
  assert.deepEqual(session.events.map(({ data }) => data.participant), [{ type: "Client" }, { type: "Agent", operator: { username: "k.moss" } }]);
});

test("a bot's text as message and as HTML notice is one message, and the notice stays a notice", () => {
  const notice = '<notice userId="B" timeShift="2" visibility="ALL" eventId="4"><noticeText noticeType="USER_CUSTOM">&lt;p&gt;Hi&lt;/p&gt;</noticeText></notice>';
  const { sessions, data } = read(transcript([party("A", 0), party("B", 1, { type: "EXTERNAL", nick: "Bot" }), message("B", 2, "Hi"), notice]));
  assert.deepEqual(sessions[0].events.slice(2).map(({ type, text }) => [type, text]), [["message", "Hi"], ["notice", "<p>Hi</p>"]]);
  comesBack(data);
});

test("one personId is one participant, and coming again is rejoined", () => {
  const agent = { person: "k.moss", type: "AGENT", nick: "Kim" };
  const { sessions, data } = read(transcript([party("A", 0), party("B", 1, agent), left("B", 2), party("C", 3, agent), message("C", 4, "back"), party("D", 5)]));
  assert.deepEqual(sessions[0].events.map(({ by }) => by), [1, 2, 2, 2, 2, 3]);
  assert.deepEqual(sessions[0].events.map(({ data }) => data?.rejoined ?? false), [false, false, false, true, false, false]);
  comesBack(data);
});

test("bots are from outside, whether they came as AGENT or as EXTERNAL", () => {
  const style = '<userData><item key="GCTI_Chat_PartyStyle">BOT</item></userData>';
  const info = '<eventAttributes><item key="GCTI_SYSTEM" type="kvlist"><item key="party-info" type="kvlist"><item key="style">BOT</item></item></item></eventAttributes>';
  const { sessions, data } = read(
    transcript([party("A", 0), party("B", 1, { type: "AGENT", inside: style }), party("C", 2, { type: "AGENT", inside: info }), party("D", 3, { type: "EXTERNAL" })]),
  );
  assert.deepEqual(sessions[0].events.map(({ data }) => data.participant.type), ["Client", "External", "External", "External"]);
  assert.match(comesBack(data), /userType="AGENT"/);
});

test("declarations with an encoding, without, and UTF-16 with and without its mark read alike", () => {
  const body = transcript([party("A", 0, { nick: "Jørn" }), message("A", 1, "åpne")]);
  const wide = Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${body}`, "utf16le");
  const files = [
    body,
    `<?xml version="1.0"?>${body}`,
    `\uFEFF<?xml version="1.0" encoding="utf-8"?>${body}`,
    Buffer.from(`<?xml version="1.0" encoding="windows-1252"?>${body}`, "latin1"),
    Buffer.concat([Buffer.from([0xff, 0xfe]), wide]),
    wide,
    Buffer.from(wide).swap16(),
    gzipSync(body),
  ];
  for (const file of files) {
    const { sessions, said } = read(file);
    assert.match(said, /reading as genesys-ucs/);
    assert.deepEqual([sessions[0]?.visitor.name, texts(sessions[0])], ["Jørn", ["åpne"]]);
  }
});

test("in a row the declared encoding says nothing of the row's, and the ID counts for the sessionId", () => {
  const xml = (start) => `<?xml version="1.0" encoding="UTF-16"?>\n${transcript([party("A", 0), message("A", 1, "åpne")], { id: "OTHER", start })}`;
  const rows = [
    { ID: "0001ROW1", MEDIATYPEID: "chat", THREADID: "0001ROW1", CONTACTID: "C1", STRUCTUREDTEXT: xml("2019-03-04T09:00:00Z") },
    { ID: "0001ROW2", MEDIATYPEID: "chat", THREADID: "0001ROW1", PARENTID: "0001ROW1", CONTACTID: "C1", STRUCTUREDTEXT: xml("2019-03-04T10:00:00Z") },
  ];
  const { sessions, data } = read(rows.map((row) => JSON.stringify(row) + "\n").join(""), { name: "rows.ndjson" });
  assert.deepEqual(sessions.map(({ id, visitor, userData }) => [id, visitor.id, userData.interaction.THREADID, userData.interaction.PARENTID]), [
    ["0001ROW1", "C1", "0001ROW1", undefined],
    ["0001ROW2", "C1", "0001ROW1", "0001ROW1"],
  ]);
  assert.deepEqual(texts(sessions[0]), ["åpne"]);
  assert.match(comesBack(data), /sessionId="OTHER"/);
});

test("rows of other media are passed over and counted; a chat without transcript is refused by its line", () => {
  const rows = 'ID,MEDIATYPEID,STRUCTUREDTEXT\n1,email,\n2,chat,\n3,chat,"' + transcript(party("A", 0), { id: "3" }).replaceAll('"', '""') + '"\n';
  const done = read(rows, { name: "rows.csv" });
  assert.deepEqual(done.sessions.map(({ id }) => id), ["3"]);
  assert.deepEqual(done.report.lost, { "interaction of another medium": 1 });
  assert.deepEqual(refusal(done), [[3, "there is no chatTranscript in STRUCTUREDTEXT"]]);
});

test("text behind the message's own is kept beside it", () => {
  const { sessions, data } = read(transcript([party("A", 0), message("A", 1, "own").replace("</msgText>", "</msgText> other text ")]));
  assert.deepEqual([sessions[0].events[1].text, sessions[0].events[1].data.genesys.rest], ["own", "other text"]);
  comesBack(data);
});

test("treatAs, msgType, askerId and a reason's code come back", () => {
  const { sessions, data } = read(transcript([party("A", 0), message("A", 1, "x", ' treatAs="COMMAND" msgType="text"'), left("A", 2, ' askerId="A"').replace("/>", '><reason code="3">gone</reason></partyLeft>')]));
  assert.deepEqual(sessions[0].events.slice(1, 3).map(({ data }) => data), [
    { messageType: "text", genesys: { userId: "A", eventId: "2", msgText: { treatAs: "COMMAND" } } },
    { genesys: { userId: "A", eventId: "3", askerId: "A", reason: { code: "3", text: "gone" } } },
  ]);
  const out = comesBack(data);
  for (const part of ['treatAs="COMMAND" msgType="text"', 'askerId="A"', '<reason code="3">gone</reason>']) assert.ok(out.includes(part), part);
});

test("what is not for all is internal, whoever it is for, and comes back so", () => {
  const hidden = (visibility) => message("B", 2, "note", "").replace('"ALL"', `"${visibility}"`);
  const supervisor = party("B", 1, { type: "SUPERVISOR", person: "s.oak", visibility: "VIP" });
  const { sessions, data } = read(transcript([party("A", 0), supervisor, hidden("INT"), hidden("VIP"), hidden("FUTURE"), hidden("ALL"), hidden("")]));
  assert.deepEqual(sessions[0].events.map(({ data }) => data?.visibility === "internal"), [false, true, true, true, true, false, false]);
  assert.match(comesBack(data), /visibility="FUTURE"/);
});

test("user data keeps lists in lists, keys that come again, empty items and strange keys", () => {
  const inside =
    '<userData><item key="a">1</item><item key="a">2</item><item key="l" type="kvlist"><item key="x" type="string"> y </item><item key="e" type="kvlist"/></item><item key="n"/><item key="&quot;&#10;&lt;">z</item><item key="EmailAddress">lea@example.org</item></userData>';
  const { sessions, data } = read(transcript(party("A", 0, { inside })));
  assert.deepEqual(sessions[0].events[0].data.userData, { a: ["1", "2"], l: { x: " y ", e: {} }, n: "", '"\n<': "z", EmailAddress: "lea@example.org" });
  assert.deepEqual([sessions[0].visitor.id, sessions[0].visitor.email], ["lea@example.org", "lea@example.org"]);
  comesBack(data);
});

test("pushed addresses and typing have their events; other notices stay notices and are counted", () => {
  const notice = (type, text) => `<notice userId="A" timeShift="1" visibility="ALL" eventId="2"><noticeText noticeType="${type}">${text}</noticeText></notice>`;
  const { sessions, report, data } = read(transcript([party("A", 0), notice("PUSH_URL", "https://a.example.org/"), notice("PUSH_URL", ""), notice("TYPING_STARTED", ""), notice("TYPING_STOPPED", ""), notice("IDLE_CONTROL_ALERT", "x")]));
  assert.deepEqual(sessions[0].events.slice(1).map(({ type }) => type), ["url", "notice", "typing_started", "typing_stopped", "notice"]);
  assert.deepEqual(report.notices, { IDLE_CONTROL_ALERT: 1, PUSH_URL: 1 });
  comesBack(data);
});

test("somebody of whom no newParty tells is from outside", () => {
  const { sessions, data } = read(transcript([party("A", 0), message("Z", 1, "You are number 3")]));
  assert.deepEqual(sessions[0].events[1].data.participant, { type: "External" });
  comesBack(data);
});

test("a chat is closed when all but bots have left, by who began to leave; a row's ENDDATE says it too", () => {
  const bot = party("C", 2, { type: "EXTERNAL" }), agent = party("B", 1, { type: "AGENT", person: "k" });
  const open = transcript([party("A", 0), agent, left("A", 5)]), closed = transcript([party("A", 0), agent, bot, left("B", 5), left("A", 6)]);
  const closeOf = (content, options) => read(content, options).sessions[0].events.find(({ type }) => type === "closed")?.data.closer;
  assert.equal(closeOf(open), undefined);
  assert.equal(closeOf(closed), "operator");
  assert.equal(closeOf(transcript([party("A", 0), agent, left("A", 5), left("B", 6)])), "visitor");
  const row = (xml, ENDDATE) => JSON.stringify({ ID: "R", ENDDATE, STRUCTUREDTEXT: xml });
  assert.equal(closeOf(row(open, "2019-03-04 09:20:00"), { name: "r.ndjson" }), "visitor");
  assert.equal(closeOf(row(closed, ""), { name: "r.ndjson" }), undefined);
  const { data } = read(row(closed, null), { name: "r.ndjson" });
  assert.match(comesBack(data), /closed="false"/);
});

test("an agent's comment on a finished interaction is an internal notice", () => {
  const row = { ID: "R", ENDDATE: "2019-03-04 09:20:00", THECOMMENT: "angry, call back", STRUCTUREDTEXT: transcript([party("A", 0), left("A", 5)]) };
  const { sessions, data } = read(JSON.stringify(row), { name: "r.ndjson" });
  const notice = sessions[0].events.find(({ text }) => text === "angry, call back");
  assert.deepEqual([notice.type, notice.data.visibility], ["notice", "internal"]);
  comesBack(data);
});

test("a longer transcript of a known chat appends its tail, somebody new and a second end included", () => {
  const agent = party("B", 4, { type: "AGENT", person: "k.moss" });
  const begun = [party("A", 0), message("A", 1, "hello"), left("A", 2)];
  const { data } = read(transcript(begun));
  const longer = [...begun, party("A2", 3), agent, message("B", 5, "here"), left("A2", 6), left("B", 7)];
  assert.equal(read(transcript(longer), { data }).report.extended, 1);
  assert.deepEqual(sessionsIn(data)[0].events.map(({ type }) => type), ["joined", "message", "left", "closed", "joined", "joined", "message", "left", "left", "closed"]);
  assert.equal(read(transcript(longer), { data }).report.unchanged, 1);
  const other = read(transcript([party("A", 0), message("A", 9, "somebody else's")]), { data });
  assert.match(other.report.refusals[0].reason, /exists and has another event/);
});

// ---- hostile ----

test("a document type is never read: bombs and files of the host stay what they are", () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>';
  const done = read(`<?xml version="1.0"?>\n${bomb}\n${transcript([party("A", 0), message("A", 1, "&b;&f;")])}`);
  assert.deepEqual(refusal(done), [[3, "the document has a type declaration (DOCTYPE), which is never read"]]);
  assert.deepEqual(refusal(read(transcript([party("A", 0), message("A", 1, "&b;")])))[0][1].replace(/: .*/, ""), "line 2 of the transcript");
});

for (const [what, bad, why] of [
  ["elements nested without end", transcript(party("A", 0, { inside: `<userData>${'<item key="k">'.repeat(10000)}${"</item>".repeat(10000)}</userData>` })), /nested deeper/],
  ["a huge attribute", transcript(party("A", 0, { nick: "x".repeat(70000) })), /attribute is longer/],
  ["too many attributes", transcript(party("A", 0)).replace("<newParty", `<newParty ${Array.from({ length: 100000 }, (_, i) => `a${i}=""`).join(" ")}`), /more attributes/],
  ["items without end", transcript(party("A", 0, { inside: `<userData>${'<item key="k"/>'.repeat(20000)}</userData>` })), /more user data/],
  ["a NUL byte", transcript(message("A", 1, "a\0b")), /line 1 of the transcript/],
  ["invalid UTF-8", Buffer.from(transcript(message("A", 1, "aéb")), "latin1"), /line 1 of the transcript: Input is not proper UTF-8/],
  ["a tag that never closes", transcript(message("A", 1, "<b>")), /mismatch/],
  ["no start", transcript(party("A", 0)).replace(/startAt="[^"]*"/, ""), /nothing says when the chat began/],
  ["a time without zone", transcript(party("A", 0), { start: "2019-03-04T09:15:02" }), /--time-zone/],
  ["no seconds", transcript(party("A", 0)).replace('timeShift="0"', 'timeShift="soon"'), /timeShift must be seconds/],
  ["seconds beyond all times", transcript(party("A", 0)).replace('timeShift="0"', 'timeShift="9223372036854775807"'), /timeShift must be seconds/],
  ["no user", transcript(party("A", 0)).replace('userId="A"', ""), /whose event/],
  ["no id", transcript(party("A", 0), { id: "" }), /no sessionId/],
  ["an end in the middle", transcript(party("A", 0)).slice(0, -9), /ends in the middle/],
]) {
  test(`${what}: refused by its place, and what stands before it in other files goes in`, () => {
    const data = newData();
    const good = fileOf(transcript(party("A", 0), { id: "GOOD" })), file = fileOf(bad);
    const { report, status } = bring(data, good, file);
    assert.deepEqual([status, report.read, report.created, report.refused], [0, 2, 1, 1]);
    assert.match(report.refusals[0].reason, why);
    assert.equal(report.refusals[0].line, 1);
    assert.deepEqual(sessionsIn(data).map(({ id }) => id), ["GOOD"]);
  });
}

test("one that is no XML spoils none of those before and behind it in a file", () => {
  const all = ["<interactions>", transcript(party("A", 0), { id: "1" }), transcript("<b>", { id: "2" }), transcript(party("A", 1), { id: "3", start: "2019-03-04T10:00:00Z" }), "</interactions>"];
  const done = read(all.join("\n"));
  assert.deepEqual(done.sessions.map(({ id }) => id), ["1", "3"]);
  assert.equal(done.report.refusals[0].line, 3);
});

test("a transcript longer than one may be is refused in bounded memory", () => {
  const file = fileOf(transcript(Array.from({ length: 40 }, () => message("A", 1, "x".repeat(1 << 20)))));
  const { report } = bring(newData(), file);
  assert.match(report.refusals[0].reason, /longer than one may be/);
});

test("XML without a transcript, and an encoding that there is none of, are refused by the file", () => {
  const data = newData();
  const { report } = bring(data, "--format", "genesys-ucs", fileOf("<other/>"), fileOf(`<?xml version="1.0" encoding="nothing-8"?>${transcript(party("A", 0))}`));
  assert.deepEqual(report.refusals.map(({ reason }) => reason), ["there is no chatTranscript in this file", "there is no encoding nothing-8"]);
});

// ---- the way back ----

test("import, export, import gives the same log, for every sample", () => {
  const data = newData();
  bring(data, SAMPLES);
  const out = comesBack(data);
  assert.equal(out.match(/<chatTranscript /g).length, 5);
});

test("an export into a directory that has it all changes nothing", () => {
  const data = newData();
  bring(data, SAMPLES);
  const before = parley(["export", "--data", data]);
  const { report } = bring(data, fileOf(parley(["export", "--format", "genesys-ucs", "--data", data])));
  assert.deepEqual([report.unchanged, report.refused], [5, 0]);
  assert.equal(parley(["export", "--data", data]), before);
});

test("conversations of elsewhere become transcripts with their messages, people and times in seconds", () => {
  const data = newData();
  const line = {
    id: "s1", dialect: "rocketchat", visitor: { id: "v1", name: "Lea", email: "lea@example.org" },
    participants: [{ id: 1, type: "Client", name: "Lea" }, { id: 2, type: "Agent", name: "Tom", operator: "tom" }],
    events: [
      { type: "joined", at: 1700000000500, by: 1 },
      { type: "joined", at: 1700000001000, by: 2 },
      { type: "message", at: 1700000002400, by: 1, text: "a < b\u0001" },
      { type: "message", at: 1700000003000, by: 2, text: "old" },
      { type: "edit", at: 1700000004000, by: 2, target: 4, text: "new" },
      { type: "message", at: 1700000005000, by: 2, text: "gone" },
      { type: "delete", at: 1700000006000, by: 2, target: 6 },
      { type: "message", at: 1700000007000, by: 2, text: "note", data: { visibility: "internal" } },
      { type: "file", at: 1700000008000, by: 1, text: "a.pdf", data: { name: "a.pdf", url: "https://f.example.org/a.pdf" } },
      { type: "closed", at: 1700000009000, by: 2 },
    ],
  };
  assert.equal(read(JSON.stringify(line) + "\n", { data, name: "line.ndjson" }).report.created, 1);
  const out = parley(["export", "--format", "genesys-ucs", "--data", data]);
  const again = read(out);
  assert.equal(again.report.created, 1);
  const [session] = again.sessions;
  assert.deepEqual(session.events.map(({ type, by, text }) => [type, by, text]), [
    ["joined", 1, undefined],
    ["joined", 2, undefined],
    ["message", 1, "a < b\uFFFD"],
    ["message", 2, "new"],
    ["message", 2, "note"],
    ["notice", 1, "a.pdf https://f.example.org/a.pdf"],
    ["closed", 0, undefined],
  ]);
  assert.deepEqual([session.id, session.dialect, session.visitor.email, session.start ?? session.events[0].at], ["s1", "genesys", "lea@example.org", 1700000000500]);
  assert.equal(parley(["export", "--format", "genesys-ucs", "--data", again.data]).replaceAll(/eventId="\d+"/g, ""), out.replaceAll(/eventId="\d+"/g, ""));
});

test("filters choose the transcripts, and none is still a file that reads", () => {
  const data = newData();
  bring(data, SAMPLES);
  const one = parley(["export", "--format", "genesys-ucs", "--from", "2019-03-07T00:00:00Z", "--data", data]);
  assert.deepEqual(one.match(/ ID="[^"]*"/g), [' ID="0001aBcDeF0001G5"']);
  const none = read(parley(["export", "--format", "genesys-ucs", "--from", "2030-01-01T00:00:00Z", "--data", data]));
  assert.deepEqual([none.status, none.report.read], [0, 0]);
});
