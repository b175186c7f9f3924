// Search: hits, highlights, filters, paging.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Parley } from "../../support/dialects.mjs";
import { call } from "../../support/http.mjs";
import { line, T0 } from "../../support/lines.mjs";
import { addBearer, emptyData, Server } from "../../support/server.mjs";

let server, api;
before(async () => {
  const { data, bearer } = emptyData();
  server = await Server.start({ data });
  api = new Parley(server, bearer);
  await api.import([
    line("s1", { at: T0, visitor: { id: "a" }, texts: ["The red shoes are late", "Which shoes, red or blue?", "red ones 😀 please"], close: 2 }),
    line("s2", { at: T0 + 100000, visitor: { id: "b" }, texts: ["I want blue shoes", "Crème brûlée?", "shoe-shop"] }),
    ...Array.from({ length: 45 }, (_, i) => line(`p${i}`, { at: T0 + 200000 + i * 1000, visitor: { id: "c" }, texts: [`penguin number${i}`] })),
  ]);
});
after(() => server?.stop());

const search = (query) => api.get(`/search?${query}`);
const found = async (q, more = "") => (await search(`q=${encodeURIComponent(q)}${more}`)).hits.map((hit) => `${hit.session}.${hit.index}`);

test("a search finds all its words, phrases and prefixes, and nothing with a word that it excludes", async () => {
  assert.deepEqual(await found("shoes red"), ["s1.4", "s1.3"]);
  assert.deepEqual(await found('"red shoes"'), ["s1.3"]);
  assert.deepEqual(await found("sho*"), ["s2.5", "s2.3", "s1.4", "s1.3"]);
  assert.deepEqual(await found("shoes -blue"), ["s1.3"]);
  assert.deepEqual(await found("CREME"), ["s2.4"], "letters match without case and accents");
  assert.deepEqual(await found("nothingofthesort"), []);
});

test("highlights are places in the snippet", async () => {
  const { hits } = await search(`q=${encodeURIComponent("red")}`);
  assert.equal(hits.length, 3);
  for (const hit of hits) {
    assert.ok(hit.highlights.length > 0);
    const bytes = Buffer.from(hit.snippet);
    for (const { start, length } of hit.highlights) {
      const places = [hit.snippet.slice(start, start + length), bytes.subarray(start, start + length).toString(), [...hit.snippet].slice(start, start + length).join("")];
      assert.ok(places.every((place) => place.toLowerCase() === "red"), JSON.stringify(hit));
    }
    assert.equal(hit.fromStart, true);
    assert.equal(hit.toEnd, true);
  }
});

test("a search with a filter finds what the filter leaves", async () => {
  assert.deepEqual(await found("shoes", "&visitor=b"), ["s2.3"]);
  assert.deepEqual(await found("shoes", "&state=closed"), ["s1.4", "s1.3"]);
  assert.deepEqual(await found("shoes", "&dialect=genesys"), []);
  assert.deepEqual(await found("shoes", `&from=${new Date(T0 + 100000).toISOString()}`), ["s2.3"]);
  assert.deepEqual(await found("shoes", `&to=${new Date(T0 + 100000).toISOString()}`), ["s1.4", "s1.3"]);
  assert.deepEqual(await found("shoes", "&visitor=nobody"), []);
});

test("paging, newest first and best first, meets every hit once", async () => {
  for (const order of ["newest", "best"]) {
    const seen = [];
    let cursor = "";
    do {
      const page = await search(`q=penguin&order=${order}&limit=7${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      assert.equal(page.complete, page.next === null);
      seen.push(...page.hits.map((hit) => hit.session));
      cursor = page.next;
    } while (cursor);
    assert.equal(seen.length, 45, order);
    assert.equal(new Set(seen).size, 45, order);
    if (order === "newest") assert.deepEqual(seen, Array.from({ length: 45 }, (_, i) => `p${44 - i}`));
  }
});

test("a message is found as soon as it was answered, and by its new text after an edit", async () => {
  const { id } = await api.open();
  await api.say(id, 1, "walrusone");
  assert.deepEqual(await found("walrusone"), [`${id}.1`]);
  await api.post(`/sessions/${id}/events`, { type: "edit", by: 1, target: 1, text: "walrustwo" });
  assert.deepEqual(await found("walrusone"), []);
  assert.deepEqual(await found("walrustwo"), [`${id}.1`]);
  await api.post(`/sessions/${id}/events`, { type: "delete", by: 1, target: 1 });
  assert.deepEqual(await found("walrustwo"), []);
});

test("what cannot be searched is a 400, never a failure", async () => {
  assert.equal((await api.call("GET", "/search")).status, 400);
  for (const q of ["", " ", '"', '""', "-", "*", "-a", "a".repeat(2000), "(", "a AND", "a OR b", "NEAR(a b)", "{a}:b", "^a", "scope:1", "'; DROP TABLE x; --", "\u0001", "💥", "a* b* c* -d", Array(50).fill("w").join(" ")]) {
    const answer = await api.call("GET", `/search?q=${encodeURIComponent(q)}`);
    assert.ok([200, 400].includes(answer.status), `${q}: ${answer.status} ${answer.text}`);
    if (answer.status === 400) assert.equal(answer.headers["content-type"], "application/problem+json");
  }
  for (const query of ["q=a&order=x", "q=a&limit=0", "q=a&foo=1", "q=a&q=b", "q=a&cursor=x", "q=%ff", "q=%00"])
    assert.equal((await api.call("GET", `/search?${query}`)).status, 400, query);
});

test("words of every language, signs and part numbers are found", async () => {
  const texts = ["我家在上海东边", "Die Straße, bitte", "I write C++ and C#", "part 2345-6789", "한국어를 배워요", "ok 👍🏽", "שָׁלוֹם"];
  await api.import([line("languages", { at: T0 + 400000, visitor: { id: "polyglot" }, texts })]);
  const text = async (q) => (await search(`q=${encodeURIComponent(q)}&visitor=polyglot`)).hits.map((hit) => hit.snippet);
  for (const [query, index] of [["上海", 0], ["海", 0], ["STRASSE", 1], ["C#", 2], ["c++", 2], ["23456789", 3], ["2345", 3], ["국어", 4], ["👍", 5], ["שלום", 6]])
    assert.deepEqual(await text(query), [texts[index]], query);
  for (const query of ["上东", "C+", "234", "한어", "👎"]) assert.deepEqual(await text(query), [], query);
});

test("a search is bounded in words and prefixes, and says which bound it met", async () => {
  const refused = async (q, words) => {
    const { status, body } = await call(server, "GET", `/parley/v1/search?q=${encodeURIComponent(q)}`, { headers: api.headers });
    assert.equal(status, 400, q);
    assert.equal(body.type, "urn:parley:problem:query_invalid");
    assert.match(body.detail, words);
  };
  await refused(`"${"a ".repeat(33)}"`, /32 words/);
  await refused("上".repeat(34), /32 words/);
  await refused("aaa* bbb* ccc* ddd* eee*", /4 words with a \*/);
  await refused("to*", /3 letters/);
  assert.deepEqual(await found(`"${"a ".repeat(32)}"`), []);
});

test("internal notes are found by who may see them", async () => {
  await api.import([{
    id: "noted",
    visitor: { id: "noted" },
    participants: [{ id: 1, type: "Client", name: "Ann" }, { id: 2, type: "Agent", name: "Bob" }],
    events: [
      { type: "message", at: T0 + 500000, by: 1, text: "quokka outside" },
      { type: "message", at: T0 + 500001, by: 2, text: "quokka inside", data: { visibility: "internal" } },
    ],
  }]);
  const names = async (rights) => {
    const reader = new Parley(server, addBearer(server.data, "Environment", rights));
    return (await reader.get("/search?q=quokka")).hits.map((hit) => hit.index);
  };
  assert.deepEqual(await names(["read"]), [1]);
  assert.deepEqual(await names(["read", "notes"]), [2, 1]);
});
