// Import over HTTP: odd files at the usual rate, and what becomes of a client that left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley } from "../../support/dialects.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { emptyData, parley, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data });
  api = new Parley(server, bearer);
});
after(() => server?.stop());

test("20,000 messages of one millisecond are found, edited and deleted one by one", async () => {
  const count = 20000;
  const one = line("same", { texts: Array.from({ length: count }, (_, i) => `w${i} everywhere`), step: 0 });
  assert.equal((await api.import([one])).events, count + 2);
  const found = async (word) => (await api.get(`/search?q=${word}`)).hits.map((hit) => hit.index);
  for (const i of [0, 1, 1023, 1024, 5000, count - 1]) assert.deepEqual(await found(`w${i}`), [i + 3]);
  const changed = Array.from({ length: count }, (_, i) => i).filter((i) => i % 4 === 0);
  one.events.push(...changed.map((i) => (i % 8 ? { type: "edit", at: T0 + 2, by: 2, target: i + 3, text: `changed${i}` } : { type: "delete", at: T0 + 2, by: 2, target: i + 3 })));
  assert.equal((await api.import([one])).appended, 1);
  for (const i of [0, 8, 1024, 16000]) assert.deepEqual(await found(`w${i}`), []);
  for (const i of [4, 1028, 19996]) {
    assert.deepEqual(await found(`w${i}`), []);
    assert.deepEqual(await found(`changed${i}`), [i + 3]);
  }
  let cursor = "", hits = 0;
  do {
    const page = await api.get(`/search?q=everywhere&limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    hits += page.hits.length;
    cursor = page.next;
  } while (cursor);
  assert.equal(hits, count - changed.length);
  await server.stop();
  assert.match(parley(["check", "--data", server.data]), /0 findings/);
  await server.restart();
});
