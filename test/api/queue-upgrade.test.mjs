// A database that the last program of schema 2 wrote (test/support/schema-2), opened by this one.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { Parley } from "../support/dialects.mjs";
import { parley, Server, temporaryFolder } from "../support/server.mjs";

const FIXTURE = fileURLToPath(new URL("../support/schema-2", import.meta.url));
const tokens = JSON.parse(readFileSync(join(FIXTURE, "tokens.json")));
const T = 1700000100000;
let server, company, bob;

before(async () => {
  const data = join(temporaryFolder(), "data");
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(join(data, "parley.db"), gunzipSync(readFileSync(join(FIXTURE, "parley.db.gz"))), { mode: 0o600 });
  server = await Server.start({ data });
  company = new Parley(server, tokens.company.bearer);
  bob = new Parley(server, tokens.operator.authToken);
});
after(() => server?.stop());

test("who waited waits, since the right time, in the right order", async () => {
  assert.match(server.log, /"migrating the database" from=2/);
  const { sessions } = await company.get("/queue");
  const since = sessions.map(({ id, waitingSince }) => [id, Date.parse(waitingSince) - T]);
  assert.deepEqual(since, [["waits-longer", -5000], ["waits", 0], ["moved", 0], ["waits-in-sales", 2500], ["gave-back", 3000]]);
  assert.equal((await company.get("/sessions/served")).waitingSince, undefined);
  assert.equal((await company.get("/sessions/over")).waitingSince, undefined);
});

test("a token that may administer may still export, and old logins are sign-ins", async () => {
  assert.equal((await company.call("GET", "/export")).text.trim().split("\n").length, 7);
  assert.deepEqual((await company.get("/me")).rights, ["read", "write", "import", "admin", "notes", "manage"]);
  assert.equal((await bob.get("/me")).operator.username, "bob");
  assert.equal((await bob.post("/sessions/waits/take")).operator.id, "op-bob");
});

test("the check finds nothing", () => {
  assert.match(parley(["check", "--data", server.data]), /^clean: 7 sessions/);
});
