// What mongodump writes, written by the bson package: files, compressed files, archives, and damaged ones.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bring, newData } from "../../support/archive.mjs";
import { chatHistory } from "../../support/dialects.mjs";
import { collections, mapped, PARCEL, SAMPLE, VISITOR } from "../../support/rocketchat.mjs";
import { addCompany, addOperator, parley, Server, temporaryFolder } from "../../support/server.mjs";
import { load } from "../packages.mjs";

const { BSON, Binary, Decimal128, Double, Long, ObjectId } = load("bson");

const dated = (document) => mapped(document, (value) => (value?.$date ? new Date(value.$date) : undefined));
const bson = (document) => Buffer.from(BSON.serialize(dated(document), { ignoreUndefined: false }));
const file = (documents) => Buffer.concat(documents.map(bson));

const exported = (data) => parley(["export", "--data", data]);

/** A file of one name with these bytes. */
function written(name, bytes) {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** As mongodump lays out a directory, with what is no concern of ours beside it. */
function tree(suffix, change) {
  const directory = join(temporaryFolder(), "dump/parties");
  mkdirSync(directory, { recursive: true });
  const write = (name, bytes) => writeFileSync(join(directory, name), bytes);
  for (const [name, documents] of Object.entries(collections())) {
    write(`${name}.bson${suffix}`, change(file(documents)));
    write(`${name}.metadata.json${suffix}`, change(Buffer.from(JSON.stringify({ indexes: [], collectionName: name }))));
  }
  write(`rocketchat_subscription.bson${suffix}`, change(file([{ _id: "s1", rid: PARCEL, u: { _id: "x" } }])));
  write(`rocketchat_uploads.chunks.bson${suffix}`, change(file([{ _id: "c1", files_id: "f1", n: 0, data: new Binary(Buffer.alloc(3000)) }])));
  write("prelude.json", Buffer.from('{"ServerVersion":"6.0.1"}'));
  return join(directory, "../..");
}

const END = Buffer.from([0xff, 0xff, 0xff, 0xff]);

/** mongodump --archive: a head, then parts of all collections, one document at a time, as its threads mix them. */
function archive() {
  const dump = { ...collections(), rocketchat_settings: [{ _id: "Site_Url", value: "https://chat.example.org" }] };
  const head = (collection, EOF) => BSON.serialize({ db: "rocketchat", collection, EOF, CRC: Long.fromNumber(0) });
  const pieces = [Buffer.from([0x6d, 0xe2, 0x99, 0x81]), BSON.serialize({ concurrent_collections: 4, version: "0.1", server_version: "6.0.1", tool_version: "100.9.4" })];
  for (const name of Object.keys(dump)) pieces.push(BSON.serialize({ db: "rocketchat", collection: name, metadata: "{}", size: 0, type: "collection" }));
  pieces.push(END);
  const most = Math.max(...Object.values(dump).map((documents) => documents.length));
  for (let i = 0; i < most; i++)
    for (const [name, documents] of Object.entries(dump)) if (documents[i]) pieces.push(head(name, false), bson(documents[i]), END);
  for (const name of Object.keys(dump)) pieces.push(head(name, true), END);
  return Buffer.concat(pieces);
}

test("directories, compressed files and archives hold the conversations that mongoexport's lines hold", () => {
  const lines = newData();
  bring(lines, SAMPLE);
  const dumps = {
    tree: tree("", (bytes) => bytes),
    compressed: tree(".gz", (bytes) => gzipSync(bytes)),
    archive: written("shop.archive", archive()),
    "compressed archive": written("shop.gz", gzipSync(archive())),
  };
  for (const [form, path] of Object.entries(dumps)) {
    const data = newData();
    const { report, said } = bring(data, path);
    assert.match(said, /reading as rocketchat/, form);
    assert.equal(report.created, 2, form);
    assert.equal(exported(data), exported(lines), form);
  }
});

test("values are what the product itself makes JSON of", async () => {
  const { rocketchat_room } = collections();
  const room = {
    ...rocketchat_room[0],
    own: {
      id: new ObjectId("65f1c0ffee65f1c0ffee0001"),
      long: Long.fromString("9007199254740991"),
      whole: new Double(5),
      part: 0.1 + 0.2,
      small: 1e-7,
      bytes: new Binary(Buffer.from([0, 1, 254, 255])),
      price: Decimal128.fromString("12.340"),
      nothing: null,
      list: [1, "two", [3, { four: true }], new Date(0)],
      empty: {},
      text: "Grüße \u{1f44b} \"quoted\" \\ \n\t",
      before: new Date(-1),
    },
  };
  const data = newData();
  assert.equal(bring(data, written("rocketchat_room.bson", bson(room))).report.created, 1);
  addCompany(data, "Elsewhere");
  const { userId, authToken } = addOperator(data, "Environment", "asker", ["livechat-manager"]);
  const server = await Server.start({ data });
  const { body } = await chatHistory(server, PARCEL, VISITOR, { "X-User-Id": userId, "X-Auth-Token": authToken });
  await server.stop();
  assert.deepEqual(body.history, [JSON.parse(JSON.stringify(BSON.deserialize(bson(room))))]);
});

/** An object inside an object, `depth` times. */
function nested(depth) {
  let inner = { end: true };
  for (let i = 0; i < depth; i++) inner = { inner };
  return inner;
}

test("a document that cannot be read is refused by its place, and the others go in", () => {
  const [parcel, queued] = collections().rocketchat_room;
  const text = (bytes) => {
    const whole = bson({ ...parcel, topic: "XXXX" });
    whole.set(bytes, whole.indexOf("XXXX"));
    return whole;
  };
  const damaged = bson(parcel);
  damaged[4] = 0x20; // a type that there is not
  const bad = {
    "no UTF-8": text([0xff, 0xfe, 0x80, 0xc0]),
    surrogate: text([0xed, 0xa0, 0x80, 0x20]),
    "a zero": text([0x41, 0, 0x42, 0x43]),
    deep: bson({ ...parcel, own: nested(200) }),
    damaged,
    "no _id": bson({ ...parcel, _id: 5 }),
    long: bson({ ...parcel, own: "x".repeat(5 << 20) }),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const before = bson(collections().rocketchat_room[2]);
    const path = written("rocketchat_room.bson", Buffer.concat([before, bytes, bson(queued)]));
    const { status, report, said } = bring(newData(), path);
    assert.equal(status, 0, what);
    assert.deepEqual([report.read, report.created, report.refused], [2, 1, 1], what);
    assert.equal(report.refusals[0].offset, before.length, what);
    assert.match(said, new RegExp(`rocketchat_room.bson: byte ${before.length}: `), what);
  }
});

test("a length that cannot be ends the reading, and says where", () => {
  const first = bson(collections().rocketchat_room[0]);
  const length = (value) => {
    const bytes = Buffer.alloc(64);
    bytes.writeInt32LE(value);
    return bytes;
  };
  const whole = archive();
  const bad = {
    negative: ["rocketchat_room.bson", Buffer.concat([first, length(-5)]), first.length],
    "too small": ["rocketchat_room.bson", Buffer.concat([first, length(4)]), first.length],
    "beyond the end": ["rocketchat_room.bson", Buffer.concat([first, length(4096)]), first.length],
    "beyond all documents": ["rocketchat_room.bson", Buffer.concat([first, length(0x7fffffff)]), first.length],
    "two bytes": ["rocketchat_room.bson", Buffer.concat([first, Buffer.alloc(2)]), first.length],
    "archive cut off": ["shop.archive", whole.subarray(0, whole.length - 3)],
    "archive cut off in its head": ["shop.archive", whole.subarray(0, 30)],
    "archive of marks": ["shop.archive", Buffer.concat([whole.subarray(0, 4), END, END, END]), 12],
  };
  for (const [what, [name, bytes, at]] of Object.entries(bad)) {
    const { status, said } = bring(newData(), written(name, bytes));
    assert.equal(status, 1, what);
    assert.match(said, new RegExp(`${name}: byte ${at ?? "\\d+"}: `), what);
  }
  const { status, said } = bring(newData(), written("rocketchat_room.bson.gz", gzipSync(first).subarray(0, 200)));
  assert.equal(status, 1);
  assert.match(said, /cut off/);
});
