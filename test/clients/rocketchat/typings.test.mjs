// @rocket.chat/rest-typings and core-typings: every answer has the type that the original promises its clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chatHistory, Parley, rocketchat } from "../../support/dialects.mjs";
import { ROCKETCHAT, ROOM, seeds, VISITOR } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { objections } from "./typings.mjs";
import { Truth } from "./truth.mjs";

let server, api;

before(async () => {
  server = await Server.start({ data: demoData() });
  api = new Parley(server, "sample-parley-token");
});
after(() => server?.stop());

async function get(path) {
  const { status, body, text } = await rocketchat(server, path, ROCKETCHAT);
  assert.equal(status, 200, text);
  return body;
}

async function answersOf(room, visitor) {
  return [
    ["history", (await chatHistory(server, room, visitor, ROCKETCHAT, "?count=0")).body],
    ["messages", await get(`/livechat/${encodeURIComponent(room)}/messages?count=0`)],
    ["visitor", await get(`/livechat/visitors.info?visitorId=${encodeURIComponent(visitor)}`)],
  ];
}

/** A session held live, read at each of its turns: nobody answered, answered, transferred, on hold, closed. */
async function liveAnswers() {
  const { id } = await api.open({
    visitor: { id: "lena", name: "Lena", email: "lena@example.org", phone: "+49 30 1" },
    participants: [
      { id: 1, type: "Client", name: "Lena" },
      { id: 2, type: "Agent", name: "One", operator: "agent.one" },
    ],
  });
  const turns = [
    { type: "joined", by: 1 },
    { type: "message", by: 1, text: "hi\n\nthere" },
    { type: "joined", by: 2 },
    { type: "message", by: 2, text: "hello", id: "chosen" },
    { type: "edit", by: 2, target: 4, text: "hello again" },
    { type: "file", by: 1, text: "map.png", data: { id: "f1", type: "image/png", size: 12, url: "https://files.example/f1" } },
    { type: "file", by: 2, text: "notes" },
    { type: "hold", by: 2 },
    { type: "resume", by: 2 },
    { type: "closed", by: 1, text: "bye" },
  ];
  const answers = [];
  for (const turn of turns) {
    await api.post(`/sessions/${id}/events`, turn);
    answers.push(...(await answersOf(id, "lena")));
  }
  return answers;
}

test("TypeScript has nothing against any answer", async () => {
  const sessions = await new Truth(server).longestHistory();
  const answers = [
    ["history", seeds.rocketchat],
    ...(await answersOf(ROOM, VISITOR)),
    ...(await answersOf(sessions[0].id, sessions[0].visitor.id)),
    ...(await liveAnswers()),
    ["me", await get("/me")],
    ["info", await get("/info")],
  ];
  const dialects = new Set(sessions.map((one) => one.dialect));
  for (const dialect of ["agendize", "genesys", "parley", "rocketchat"]) assert.ok(dialects.has(dialect), `no session of ${dialect}`);
  assert.deepEqual(objections(answers).flat(), []);
});

/** Copies of `value` with one member at any depth of another type, and with one member more than the type knows. */
function* mutants(value, path = "") {
  if (value === null || typeof value !== "object") return;
  for (const [key, member] of Object.entries(value)) {
    const here = `${path}.${key}`;
    const copy = (changed) => (Array.isArray(value) ? Object.assign([...value], { [key]: changed }) : { ...value, [key]: changed });
    yield [`${here} retyped`, copy(typeof member === "number" ? "1" : 1)];
    for (const [what, changed] of mutants(member, here)) yield [what, copy(changed)];
  }
  if (!Array.isArray(value)) yield [`${path}.unknown added`, { ...value, unknown: 1 }];
}

test("TypeScript would have seen a wrong type, a member too many or too few", async () => {
  const { history } = seeds.rocketchat;
  const wrong = [...mutants(seeds.rocketchat)].map(([what, value]) => ["history", value, what]);
  for (const name of ["_id", "t", "ts", "msgs", "usersCount", "v", "_updatedAt"]) {
    const { [name]: _, ...room } = history[0];
    wrong.push(["history", { ...seeds.rocketchat, history: [room] }, `.${name} missing`]);
  }
  const unseen = objections(wrong).flatMap((found, i) => (found.length ? [] : [wrong[i][2]]));
  assert.ok(wrong.length > 80, `${wrong.length} cases`);
  assert.deepEqual(unseen, [".history.0.waitingResponse retyped"]); // typed any
});
