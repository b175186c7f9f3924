// kill -9 while clients write through every writing dialect: after the restart each message that was answered is there, once,
// in order. PARLEY_HTTP_KILLS says how often (20); make test-crash-long makes it more.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley, unique } from "../support/dialects.mjs";
import { emptyData, parley, Server } from "../support/server.mjs";

const KILLS = Number(process.env.PARLEY_HTTP_KILLS ?? (process.env.PARLEY_CRASH_KILLS ? 200 : 20));
const CLIENTS = 6; // of each dialect
let server, bearer;

before(async () => {
  const made = emptyData();
  bearer = made.bearer;
  server = await Server.start({ data: made.data });
});
after(() => server?.stop());

/** Sends text after text until the server is gone; says what was answered, in order. `acknowledge` counts; `open` gives {id, send}. */
async function write(dialect, open, acknowledge) {
  const told = { dialect, texts: [], pending: null };
  try {
    const { send, ...opened } = await open();
    Object.assign(told, opened);
    for (;;) {
      told.pending = `${dialect}-${unique()}`;
      await send(told.pending, told.texts.length);
      told.texts.push(told.pending);
      told.pending = null;
      acknowledge();
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
  }
  return told;
}

async function openGenesys() {
  const chat = await GenesysChat.request(server);
  return { id: chat.chatId, chat, send: async (text) => assert.equal((await chat.send(text)).body.statusCode, 0) };
}

async function openParley() {
  const api = new Parley(server, bearer);
  const { id } = await api.open();
  return { id, send: async (text, sent) => assert.equal((await api.say(id, 1, text, { id: text })).index, sent + 1) };
}

/** What was answered is there, once, in order; what was not answered is there at most once, at the end. */
function verify(told, texts) {
  const tail = texts.slice(told.texts.length);
  assert.deepEqual(texts.slice(0, told.texts.length), told.texts, `${told.dialect} ${told.id}`);
  assert.ok(tail.length === 0 || (tail.length === 1 && tail[0] === told.pending), `${told.dialect} ${told.id} has ${JSON.stringify(tail)} behind what was answered`);
}

test(`${KILLS} kills lose nothing that was answered`, async () => {
  const all = [];
  let random = 7;
  for (let kill = 0; kill < KILLS; kill++) {
    random = (random * 1103515245 + 12345) & 0x7fffffff;
    let left = 10 + (random % 150); // answers until the kill
    let now;
    const enough = new Promise((resolve) => (now = resolve));
    const acknowledge = () => --left || now();
    const writers = Array.from({ length: CLIENTS }, () => [write("Genesys", openGenesys, acknowledge), write("Parley", openParley, acknowledge)]).flat();
    await Promise.race([enough, Promise.all(writers)]);
    assert.ok(left <= 0, "the writers stopped by themselves");
    await server.kill();
    const round = (await Promise.all(writers)).filter((told) => told.id);
    await server.restart();
    const api = new Parley(server, bearer);
    for (const told of round) {
      const events = await api.events(told.id);
      assert.deepEqual(events.map((event) => event.index), events.map((_, i) => i + 1));
      verify(told, events.filter((event) => event.type === "message").map((event) => event.text));
      if (told.dialect === "Parley" && told.pending) {
        // Whether it was stored or not: sent again under its id it is there once.
        const stored = await api.say(told.id, 1, told.pending, { id: told.pending });
        assert.equal(stored.index, told.texts.length + 1);
        told.texts.push(told.pending);
        told.pending = null;
      }
    }
    all.push(...round);
  }
  // Everything once more, through each dialect's own view, after all those restarts.
  const api = new Parley(server, bearer);
  for (const told of all) {
    if (told.chat) {
      told.chat.server = server;
      verify(told, (await told.chat.transcript()).filter((message) => message.type === "Message").map((message) => message.text));
    } else {
      assert.deepEqual((await api.events(told.id)).map((event) => event.text), told.texts);
    }
  }
  parley(["check", "--data", server.data]);
});
