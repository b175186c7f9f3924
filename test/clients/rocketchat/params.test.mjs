// @rocket.chat/rest-typings: the original's own validators say which parameters a request may have, and what is told of the others.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ROCKETCHAT, ROOM, VISITOR } from "../../support/sample.mjs";
import { demoData, Server } from "../../support/server.mjs";
import { load, loadBundled } from "../packages.mjs";

let server, client, validators;

before(async () => {
  server = await Server.start({ data: demoData() });
  const { RestClient } = load("@rocket.chat/api-client");
  client = new RestClient({ baseUrl: `http://127.0.0.1:${server.port}`, credentials: ROCKETCHAT });
  validators = loadBundled("@rocket.chat/rest-typings/dist/v1/omnichannel.js");
});
after(() => server?.stop());

// Left out: negative and hexadecimal numbers and "Infinity". The original's validators let them pass and its database makes
// of them what it can; Parley refuses them.
const PAGING = [
  {},
  { count: "10" },
  { count: "0" },
  { count: "" },
  { count: "1.5" },
  { count: "1e1" },
  { count: " 7" },
  { count: " " },
  { count: "x" },
  { count: "null" },
  { count: "true" },
  { count: "+5" },
  { count: "5 " },
  { count: "10,5" },
  { count: "9".repeat(70) },
  { offset: "1e30" },
  { count: "NaN" },
  { count: ["1", "2"] },
  { offset: "3" },
  { offset: "" },
  { offset: "three" },
  { offset: ["0"] },
  { offset: "0", count: "5", sort: '{"ts":1}' },
  { sort: '{"ts":-1}' },
  { sort: ['{"ts":1}'] },
  { sort: '{"v.lastMessageTs":1,"_id":-1}' },
  { fields: "{}" },
  { query: "{}" },
  { roomId: "x" },
  { Count: "1" },
  { count: "1", foo: "" },
  { searchTerm: "hi" },
  { searchTerm: ["hi"] },
];

const ENDPOINTS = [
  [`/v1/livechat/visitors.chatHistory/room/${ROOM}/visitor/${VISITOR}`, "isGETLivechatVisitorsChatHistoryRoomRoomIdVisitorVisitorIdParams", PAGING],
  [`/v1/livechat/${ROOM}/messages`, "isLivechatRidMessagesProps", PAGING],
  ["/v1/livechat/visitors.info", "isLivechatVisitorsInfoProps", [{}, { visitorId: VISITOR }, { visitorId: VISITOR, fields: "{}" }, { visitorId: [VISITOR] }, { visitorId: [VISITOR, VISITOR] }, { visitor: VISITOR }]],
];

for (const [path, name, requests] of ENDPOINTS)
  test(`${name} and the server refuse the same, in the same words`, async () => {
    const verdicts = new Set();
    for (const params of requests) {
      const validate = validators[name];
      const good = validate(structuredClone(params)); // it coerces in place
      verdicts.add(good);
      const wanted = good ? { status: 200 } : { status: 400, error: `${validate.errors.map((one) => one.message).join("\n ")} [invalid-params]`, errorType: "invalid-params" };
      const answer = await client.get(path, params).then(
        () => ({ status: 200 }),
        async (refused) => {
          const { error, errorType } = await refused.json();
          return { status: refused.status, error, errorType };
        },
      );
      assert.deepEqual(answer, wanted, JSON.stringify(params));
    }
    assert.equal(verdicts.size, 2, "the validator has something to refuse and something to let pass");
  });
