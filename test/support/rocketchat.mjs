// Rocket.Chat's documents as its database tools write them: the samples, told in every form of Extended JSON.
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const SAMPLE = fileURLToPath(new URL("../samples/rocketchat", import.meta.url));

/** The visitor of the sample's closed room, and that room. */
export const VISITOR = "pTqNsmqQkzWcLdKxR", PARCEL = "hT7mKq2WzP9sLxEoA";

/** The sample's collections: {name: [document in relaxed Extended JSON]}. */
export function collections() {
  const names = readdirSync(SAMPLE).map((file) => file.replace(/\.json$/, ""));
  const documents = (name) =>
    readFileSync(join(SAMPLE, `${name}.json`), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  return Object.fromEntries(names.map((name) => [name, documents(name)]));
}

/** The value with each part that `change` has something else for changed. */
export function mapped(value, change) {
  if (value === null || typeof value !== "object") return change(value) ?? value;
  const changed = change(value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, mapped(one, change)]));
}

/** As the product's own API answers: times are strings. */
export const plain = (document) => mapped(document, (value) => value?.$date);

/** Canonical Extended JSON: every number and time says its type. */
export const canonical = (document) =>
  mapped(document, (value) => {
    if (value?.$date) return { $date: { $numberLong: String(Date.parse(value.$date)) } };
    if (typeof value !== "number") return undefined;
    return Number.isInteger(value) ? { $numberInt: String(value) } : { $numberDouble: String(value) };
  });

/** Version 1, in which times are milliseconds or have an offset. */
export const version1 = (document) =>
  mapped(document, (value) => {
    if (!value?.$date) return undefined;
    const ms = Date.parse(value.$date);
    return { $date: ms % 2 ? ms : new Date(ms + 7200000).toISOString().replace("Z", "+0200") };
  });

/** One file a collection, a document a line (or what `write` makes of them); answers the directory. */
export function writeDump(directory, dump, write = (documents) => documents.map((one) => JSON.stringify(one) + "\n").join("")) {
  mkdirSync(directory, { recursive: true });
  for (const [name, documents] of Object.entries(dump)) writeFileSync(join(directory, `${name}.json`), write(documents));
  return directory;
}
