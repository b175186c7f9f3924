// A session created through one dialect, read in every other: doc/events.md, one test per ordered pair. And texts byte for byte.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { agendize, chatHistory, GenesysChat, Parley, rocketchat, unique } from "../support/dialects.mjs";
import { call } from "../support/http.mjs";
import { addOperator, emptyData, Server } from "../support/server.mjs";

let server, api, keys, admin;
before(async () => {
  const { data, bearer, apiKey, token } = emptyData();
  const { userId, authToken } = addOperator(data, "Environment", "root", ["admin"]);
  addOperator(data, "Environment", "otto", ["livechat-agent"]);
  admin = { "X-User-Id": userId, "X-Auth-Token": authToken };
  keys = { apiKey, token };
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

const BIG = "ä€😀\"\\\n".repeat(10000);
const TEXTS = [
  "plain",
  "emoji 😀👩‍👩‍👧‍👦🇩🇪",
  `quotes " ' \` \\ / </script> &amp; %41 {"a":1}`,
  "lines\nof\r\ntext\ttabs",
  "  blanks kept  ",
  " ",
  "\u0001\u001f\u007f\u0080\u2028\u2029\ufeff\ufffd\uffff",
  "שלום e\u0301 \u202eabc",
  Buffer.from(BIG).subarray(0, 65536).toString("utf8").replace(/\ufffd+$/, ""),
  "x".repeat(65536),
];

const CLIENT = { id: 1, type: "Client", name: "Vera \"V\" 😀" };
const AGENT = { id: 2, type: "Agent", name: "Otto" };
const BOT = { id: 3, type: "External", name: "bot" };

/** The agent was still there when the client closed: the close brings this. */
const BROUGHT = ["left", AGENT];

/** What happens in the conversation: [kind, participant, text], in order. A dialect writes what it can; Parley the rest. */
const SCRIPT = [
  ["joined", CLIENT], ["joined", AGENT], ["joined", BOT],
  ["message", BOT, "beep"],
  ["typing_started", CLIENT, "pre\"view"], ["typing_stopped", CLIENT],
  ...TEXTS.map((text, i) => ["message", i % 2 ? AGENT : CLIENT, text]),
  ["url", AGENT, "https://example.org/?q=ä&x=\"1\""],
  ["url", CLIENT, "https://example.org/mine"],
  ["notice", AGENT, "a notice"],
  ["user_data", CLIENT],
  ["nickname", AGENT, "Otto II"],
  ["page_visited", CLIENT, "https://example.org/page"],
  ["left", BOT],
  ["message", CLIENT, "the last word"],
  ["left", CLIENT],
  BROUGHT,
  ["closed", CLIENT],
];

const eventOf = ([type, by, text]) => ({ type, by: by.id, ...(text === undefined ? {} : { text }), ...(type === "user_data" ? { data: { userData: { a: "b" } } } : {}) });

const creators = {
  async Genesys() {
    const chat = await GenesysChat.request(server, { nickname: CLIENT.name });
    const operations = {
      message: (text) => chat.send(text),
      typing_started: (text) => chat.operate("SendStartTypingNotification", { text }),
      typing_stopped: () => chat.operate("SendStopTypingNotification"),
      url: (text) => chat.operate("SendUrl", { pushUrl: text }),
      user_data: () => chat.operate("UpdateUserData", { userData: { a: "b" } }),
      left: () => chat.operate("Complete"), // which closes as well
    };
    for (const step of SCRIPT.slice(1, SCRIPT.indexOf(BROUGHT))) {
      const [kind, by, text] = step;
      if (by === CLIENT && operations[kind]) {
        const { status, body } = await operations[kind](text);
        assert.equal(status, 200);
        assert.equal(body.statusCode, 0, `${kind} ${JSON.stringify(body)}`);
      } else {
        const event = eventOf(step);
        if (kind === "joined") event.data = { participant: { type: by.type, name: by.name, ...(by === AGENT ? { operator: { username: "otto" } } : {}) } };
        await api.post(`/sessions/${chat.chatId}/events`, event);
      }
    }
    return { id: chat.chatId, dialect: "genesys" };
  },
  async Parley() {
    const { id } = await api.open({
      visitor: { id: `pv-${unique()}`, name: CLIENT.name },
      participants: [CLIENT, { ...AGENT, operator: "otto" }, BOT],
      events: [eventOf(SCRIPT[0])],
    });
    for (const step of SCRIPT.slice(1).filter((step) => step !== BROUGHT)) await api.post(`/sessions/${id}/events`, eventOf(step));
    return { id, dialect: "parley" };
  },
  async import() {
    const id = `imported "${unique()}" ä/b?c#d%41`;
    const line = {
      id, dialect: "agendize", visitor: { id: `iv-${unique()}`, name: CLIENT.name }, participants: [CLIENT, { ...AGENT, operator: "otto" }, BOT],
      events: SCRIPT.map((step, i) => ({ ...eventOf(step), at: Date.UTC(2026, 4, 1) + i * 1500 })),
    };
    const { created } = await api.import([line]);
    assert.equal(created, 1);
    return { id, dialect: "agendize" };
  },
};

/** Who is shown for whom: the nickname of an event's time is not kept, the participant's name is its newest. */
const nameOf = (by) => (by === AGENT ? "Otto II" : by.name);

const GENESYS_TYPES = {
  joined: "ParticipantJoined", left: "ParticipantLeft", message: "Message", typing_started: "TypingStarted", typing_stopped: "TypingStopped",
  notice: "Notice", url: "Notice", nickname: "Notice",
};

const readers = {
  async Parley({ id, dialect, events }) {
    const session = await api.get(`/sessions/${encodeURIComponent(id)}`);
    assert.equal(session.id, id);
    assert.equal(session.dialect, dialect);
    assert.equal(session.state, "closed");
    assert.equal(session.visitor.name, CLIENT.name);
    assert.equal(session.messages, SCRIPT.filter(([kind]) => kind === "message").length);
    assert.equal(session.lastMessage.text, "the last word");
    assert.equal(session.lastIndex, SCRIPT.length);
    assert.equal(session.operator.username, "otto");
    assert.equal(events.length, SCRIPT.length);
    events.forEach((event, i) => {
      const [kind, by, text] = SCRIPT[i];
      assert.equal(event.index, i + 1);
      assert.equal(event.type, kind);
      assert.equal(event.id, `${id}.${i + 1}`);
      assert.deepEqual(event.participant, { id: by.id, type: by.type, name: nameOf(by) });
      assert.equal(event.text, text, `${kind} ${i + 1}`);
    });
  },
  async Genesys({ id, events }) {
    const { chatId, ...credentials } = await api.post(`/sessions/${encodeURIComponent(id)}/genesys-credentials`);
    assert.equal(chatId, id);
    const { body } = await new GenesysChat(server, id, credentials).messages();
    assert.equal(body.chatEnded, true);
    assert.equal(body.nextPosition, SCRIPT.length + 1);
    const expected = SCRIPT.map(([kind, by, text], i) => ({
      from: { nickname: nameOf(by), participantId: by.id, type: by.type },
      index: i + 1,
      ...(text === undefined ? {} : { text }),
      type: GENESYS_TYPES[kind],
      utcTime: Date.parse(events[i].time),
    })).filter((message) => message.type);
    assert.deepEqual(body.messages, expected);
  },
  async "Rocket.Chat"({ id, dialect, events }) {
    const answer = await rocketchat(server, `/livechat/${encodeURIComponent(id)}/messages?count=0&sort=${encodeURIComponent('{"ts":1}')}`, admin);
    assert.equal(answer.status, 200, answer.text);
    const expected = SCRIPT.map(([kind, by, text], i) => ({ kind, by, text, i })).filter(({ kind }) => kind === "message" || kind === "closed");
    assert.equal(answer.body.messages.length, expected.length);
    assert.equal(answer.body.total, expected.length);
    answer.body.messages.forEach((message, k) => {
      const { kind, by, text, i } = expected[k];
      assert.equal(message.rid, id);
      assert.equal(message._id, `${id}.${i + 1}`);
      assert.equal(message.ts, events[i].time);
      if (kind === "closed") {
        assert.equal(message.t, "livechat-close");
        return;
      }
      assert.equal(message.msg, text);
      assert.equal("token" in message, by === CLIENT);
      if (by === AGENT) assert.equal(message.u.username, "otto");
    });
    const { visitor } = await api.get(`/sessions/${encodeURIComponent(id)}`);
    const { body } = await chatHistory(server, id, visitor.id, admin);
    assert.equal(body.total, 1, JSON.stringify(body));
    const [room] = body.history;
    assert.equal(room._id, id);
    assert.equal(room.lastMessage.msg, "the last word");
    assert.equal(room.fname, CLIENT.name);
    assert.equal(room.open, undefined);
    assert.equal(room.v.status, "offline");
    assert.equal(room.closer, "visitor");
    assert.equal(room.msgs, expected.length - 1, "another dialect's start and close add nothing");
    assert.equal(room.usersCount, 2);
    assert.equal(room.ts, events[0].time);
    assert.equal(room.lm, events[SCRIPT.findIndex(([, , text]) => text === "the last word")].time);
    assert.deepEqual(room.source, { type: "api", alias: dialect });
  },
  async Agendize({ id, events }) {
    const { status, body, text } = await agendize(server, `/history/${encodeURIComponent(id)}`, keys);
    assert.equal(status, 200, text);
    const local = (time) => time.slice(0, 19); // the company's zone is UTC
    const expected = SCRIPT.map(([kind, by, message], i) => ({ kind, by, message, i })).filter(({ kind }) => kind === "message").map(({ by, message, i }) => ({
      id: `${id}.${i + 1}`, sessionId: id, message, source: by === CLIENT ? "visitor" : "operator", sent: { dateTime: local(events[i].time), timeZone: "UTC" },
    }));
    assert.deepEqual(body.messages, expected);
    assert.equal(body.visitor.name, CLIENT.name);
    assert.deepEqual(body.start, expected[0].sent);
  },
};

for (const [from, create] of Object.entries(creators))
  describe(`created through ${from}`, () => {
    let made;
    before(async () => {
      made = await create();
      made.events = await api.events(made.id);
    });
    for (const [to, read] of Object.entries(readers)) test(`read in ${to}`, () => read(made));
  });

/** Each writing dialect: sends one message as raw JSON bytes of its text; answers whether it was taken. */
async function writers() {
  const chat = await GenesysChat.request(server);
  const { id } = await api.open();
  const json = { "Content-Type": "application/json" };
  const frame = (fields, bytes) => {
    const [head, tail] = JSON.stringify({ ...fields, text: "TEXT" }).split("TEXT");
    return Buffer.concat([Buffer.from(head), bytes, Buffer.from(tail)]);
  };
  const count = async (session) => (await api.events(session)).filter((event) => event.type === "message").length;
  return [
    {
      name: "Genesys", count: () => count(chat.chatId),
      send: (bytes) => call(server, "POST", chat.path, { body: frame({ operationName: "SendMessage", ...chat.credentials }, bytes), headers: json }),
      taken: ({ status, body }) => status === 200 && body.statusCode === 0,
      refused: ({ status, body }) => (status === 400 || status === 200) && body.statusCode === 2,
      last: async () => (await chat.transcript()).at(-1).text,
    },
    {
      name: "Parley", count: () => count(id),
      send: (bytes) => call(server, "POST", `/parley/v1/sessions/${id}/events`, { body: frame({ type: "message", by: 1 }, bytes), headers: { ...json, ...api.headers } }),
      taken: ({ status }) => status === 201,
      refused: ({ status, headers }) => (status === 400 || status === 413) && headers["content-type"] === "application/problem+json",
      last: async () => (await api.events(id)).at(-1).text,
    },
    {
      name: "import", count: async () => 0,
      send: (bytes) => call(server, "POST", "/parley/v1/import", {
        body: Buffer.concat([Buffer.from(`{"id":"i-${unique()}","visitor":{"id":"iv"},"participants":[{"id":1,"type":"Client"}],"events":[{"type":"message","at":1,"by":1,"text":"`), bytes, Buffer.from('"}]}\n')]),
        headers: { "Content-Type": "application/x-ndjson", ...api.headers },
      }),
      taken: ({ status, body }) => status === 200 && body.created === 1,
      refused: ({ status, headers }) => (status === 400 || status === 413) && headers["content-type"] === "application/problem+json",
    },
  ];
}

test("U+0000, invalid UTF-8 and lone surrogates are refused in every writing dialect, and nothing is stored", async () => {
  for (const writer of await writers()) {
    const before = await writer.count();
    for (const bytes of [
      Buffer.from("a\\u0000b"), Buffer.from([0x61, 0]), Buffer.from([0xff]), Buffer.from([0xc3]), Buffer.from([0xc0, 0xaf]), Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from([0xf4, 0x90, 0x80, 0x80]), Buffer.from([0xe2, 0x82]), Buffer.from("\\ud800"), Buffer.from("\\udc00\\ud800"), Buffer.from("\\ud800x"), Buffer.from([0x0a]), Buffer.from("\\x41"),
    ]) {
      const answer = await writer.send(bytes);
      assert.ok(writer.refused(answer), `${writer.name} ${bytes.toString("hex")}: ${answer.status} ${answer.text}`);
    }
    assert.equal(await writer.count(), before, writer.name);
  }
});

test("escapes and raw characters are the same text", async () => {
  for (const writer of await writers()) {
    const answer = await writer.send(Buffer.from("\\u0041\\ud83d\\ude00\\u00e4ä😀\\/\\b\\f\\n\\r\\t\\u0001"));
    assert.ok(writer.taken(answer), answer.text);
    if (writer.last) assert.equal(await writer.last(), "A😀ää😀/\b\f\n\r\t\u0001", writer.name);
  }
});

test("blanks are kept; an empty live message is refused, an imported one is history; one byte too long is refused", async () => {
  for (const writer of await writers()) {
    assert.ok(writer.taken(await writer.send(Buffer.from("   "))), writer.name);
    if (writer.last) assert.equal(await writer.last(), "   ");
    const empty = await writer.send(Buffer.alloc(0));
    assert.ok(writer.name === "import" ? writer.taken(empty) : writer.refused(empty), `${writer.name} ${empty.text}`);
    assert.ok(writer.taken(await writer.send(Buffer.alloc(65536, "y"))), writer.name);
    const long = await writer.send(Buffer.alloc(65537, "y"));
    assert.ok(writer.refused(long), `${writer.name} ${long.text}`);
    const bytes = await writer.send(Buffer.from("ä".repeat(32769)));
    assert.ok(writer.refused(bytes), `${writer.name}: the limit counts bytes`);
  }
});
