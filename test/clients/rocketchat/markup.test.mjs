// @rocket.chat/message-parser: the `md` of real messages is what the original's parser makes of them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Parley, rocketchat } from "../../support/dialects.mjs";
import { line } from "../../support/lines.mjs";
import { ROCKETCHAT } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { loadBundled } from "../packages.mjs";

const PLAIN = new Set(["PARAGRAPH", "PLAIN_TEXT", "LINE_BREAK"]);
let server, api, parse;

before(async () => {
  server = await Server.start({ data: demoData() });
  api = new Parley(server, "sample-parley-token");
  ({ parse } = loadBundled("@rocket.chat/message-parser"));
});
after(() => server?.stop());

/** Marks are not read yet (src/text/markup.h): only what the original reads as plain text can be compared. */
function isPlain(nodes) {
  return nodes.every((node) => PLAIN.has(node.type) && (!Array.isArray(node.value) || isPlain(node.value)));
}

/** With the options of the original's server, and as JSON carries it. */
const original = (text) => JSON.parse(JSON.stringify(parse(text, { colors: true, emoticons: true, customDomains: [] })));

async function documents(session) {
  const { body, text, status } = await rocketchat(server, `/livechat/${encodeURIComponent(session)}/messages?count=0`, ROCKETCHAT);
  assert.equal(status, 200, text);
  return body.messages.filter((one) => !one.t);
}

test("real messages", async () => {
  const lines = readFileSync(new URL("../../../data/sample-conversations.ndjson", import.meta.url), "utf8").trimEnd().split("\n");
  let compared = 0, marked = 0;
  for (const { id } of lines.map((one) => JSON.parse(one)))
    for (const message of await documents(id)) {
      const wanted = original(message.msg);
      if (!isPlain(wanted)) marked++;
      else {
        assert.deepEqual(message.md, wanted, message.msg);
        compared++;
      }
    }
  assert.ok(compared > 20 * marked, `${compared} plain, ${marked} with marks`);
});

test("lines, blanks and signs that are no marks", async () => {
  const texts = ["a\nb", "a\n\nb", "a\n\n\nb\n", "  in  between  ", "tab\tbed", "1 < 2 & 3 > 2", "50 %", 'he said "no"', "a - b", "c'est ça", "日本語", "x\n y", "a\r\nb", "end\n\n", "1.5 of 2", "( a )", "é", "a\n "];
  await api.import([line("plain", { texts })]);
  const messages = (await documents("plain")).reverse();
  assert.deepEqual(messages.map((one) => one.msg), texts);
  for (const { msg, md } of messages) {
    const wanted = original(msg);
    assert.ok(isPlain(wanted), `${JSON.stringify(msg)} is marked: ${JSON.stringify(wanted)}`);
    assert.deepEqual(md, wanted, JSON.stringify(msg));
  }
});
