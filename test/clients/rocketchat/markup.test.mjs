// @rocket.chat/message-parser: the `md` of messages is what the original's parser makes of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Parley, rocketchat } from "../../support/dialects.mjs";
import { line } from "../../support/lines.mjs";
import { ROCKETCHAT } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { original } from "./markup/original.mjs";

let server, api;

before(async () => {
  server = await Server.start({ data: demoData() });
  api = new Parley(server, "sample-parley-token");
});
after(() => server?.stop());

async function documents(session) {
  const { body, text, status } = await rocketchat(server, `/livechat/${encodeURIComponent(session)}/messages?count=0`, ROCKETCHAT);
  assert.equal(status, 200, text);
  return body.messages.filter((one) => !one.t);
}

test("real messages have the md that the original's parser makes", async () => {
  const lines = readFileSync(new URL("../../../data/sample-conversations.ndjson", import.meta.url), "utf8").trimEnd().split("\n");
  let compared = 0;
  for (const { id } of lines.map((one) => JSON.parse(one)))
    for (const { msg, md } of await documents(id)) {
      if (!msg) continue;
      assert.deepEqual(md, original(msg), msg);
      compared++;
    }
  assert.ok(compared > 1000, `${compared} compared`);
});

test("messages with marks have the original's md, urls, mentions and channels", async () => {
  const texts = [
    "a\nb", "a\n\nb", "  in  between  ", "1 < 2 & 3 > 2", 'he said "no"', "日本語", "a\r\nb", "end\n\n",
    "*bold* _italic_ ~struck~ `code` ||hidden||", "> quoted\n\n# Title\n- one\n- two", "1. one\n2. two", "- [x] done", "```js\nlet a;\n```",
    "see https://a.com/x?y=z and [here](http://b.org), @ann and #news :) 👍🏽", "mail ann@example.org or call +12345678", ":smile:", "\\[x\\]\\(y\\)", "<t:1753178400:R> color:#ff0000",
  ];
  await api.import([line("marked", { texts })]);
  const messages = (await documents("marked")).reverse();
  assert.deepEqual(messages.map((one) => one.msg), texts);
  for (const { msg, md } of messages) assert.deepEqual(md, original(msg), JSON.stringify(msg));
  const full = messages.find(({ msg }) => msg.startsWith("see"));
  assert.deepEqual(full.urls, [{ url: "https://a.com/x?y=z", meta: {} }, { url: "http://b.org", meta: {} }]);
  assert.deepEqual(full.mentions, [{ _id: "ann", username: "ann", type: "user" }]);
  assert.deepEqual(full.channels, [{ _id: "news", name: "news" }]);
});
