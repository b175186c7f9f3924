// A client of this family keeps whatever nextPosition it saw last, from whichever answer.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GenesysChat, Parley } from "../../support/dialects.mjs";
import { emptyData, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

class KeepingClient {
  position = 1;
  seen = [];

  constructor(chat) {
    this.chat = chat;
    this.take(chat.first);
  }

  take({ body }) {
    assert.equal("messages" in body, "nextPosition" in body, JSON.stringify(body));
    this.seen.push(...(body.messages ?? []));
    this.position = body.nextPosition ?? this.position;
    return body;
  }

  async poll(fields = {}) {
    return this.take(await this.chat.messages({ transcriptPosition: this.position, ...fields }));
  }

  /** One of what such clients do, refusals among them. */
  async act(i) {
    const here = { transcriptPosition: this.position };
    const actions = [
      () => this.chat.send(`client ${i}`),
      () => this.chat.send(`client ${i}`, here),
      () => this.chat.operate("SendStartTypingNotification"),
      () => this.chat.operate("SendStopTypingNotification", here),
      () => this.chat.operate("UpdateUserData", { userData: { i: String(i) }, ...here }),
      () => this.chat.operate("SendUrl", { pushUrl: `https://shop.example/${i}` }),
      () => this.chat.send("", here),
      () => this.chat.send("x".repeat(65537), here),
      () => this.chat.operate("Nothing", here),
      () => this.chat.messages({ secureKey: "0000000000000000", ...here }),
      () => this.chat.messages({ ...here, limit: 3 }),
      () => this.chat.messages({ ...here, waitSeconds: 1 }),
    ];
    this.take(await actions[i % actions.length]());
  }
}

test("a client that keeps the last nextPosition it saw reads everything once and in order, while two parties write", async () => {
  const client = new KeepingClient(await GenesysChat.request(server, { text: "hello" }));
  const { chatId } = client.chat;
  await api.post(`/sessions/${chatId}/events`, { type: "joined", by: 2, data: { participant: { type: "Agent", name: "Otto" } } });
  let writing = true;
  const agent = (async () => {
    for (let i = 0; writing; i++) {
      const { index } = await api.say(chatId, 2, `agent ${i}`);
      if (i % 7 === 3) await api.post(`/sessions/${chatId}/events`, { type: "edit", by: 2, target: index, text: `agent ${i}, corrected` });
    }
    await api.post(`/sessions/${chatId}/events`, { type: "closed", by: 2 });
  })();
  for (let i = 0; i < 120; i++) await client.act(i);
  writing = false;
  await agent;
  client.take(await client.chat.send("too late"));
  client.take(await client.chat.operate("Complete"));
  while ((await client.poll()).messages.length);
  const all = await client.chat.transcript();
  assert.deepEqual(client.seen.map((message) => message.index), all.map((message) => message.index));
  assert.deepEqual(client.seen.map(({ type, from }) => [type, from]), all.map(({ type, from }) => [type, from]));
  assert.ok(all.filter(({ from }) => from.type === "Agent").length > 20, "the agent wrote as well");
});
