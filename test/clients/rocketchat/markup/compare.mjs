// Texts through test/markup/lines.c and through the original's parser.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { original } from "./original.mjs";

const LINES = join(dirname(process.env.PARLEY ?? "build/parley"), "test/markup/markup_lines");
const BATCH = 1000;

/** The texts whose trees differ, of any number of texts: [{text, ours, theirs}], and how many were compared. */
export async function compare(texts) {
  const program = spawn(LINES, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const different = [];
  let compared = 0;
  const flush = async (batch) => {
    if (!program.stdin.write(batch.map((text) => JSON.stringify(text) + "\n").join(""))) await once(program.stdin, "drain");
    for (const text of batch) {
      const ours = (await answers.next()).value;
      const theirs = JSON.stringify(original(text));
      if (ours !== theirs) different.push({ text, ours, theirs });
      compared++;
    }
  };
  let batch = [];
  for await (const text of texts) {
    if (text) batch.push(text);
    if (batch.length === BATCH) {
      await flush(batch);
      batch = [];
    }
  }
  await flush(batch);
  program.stdin.end();
  await once(program, "exit");
  return { compared, different };
}
