// What writing a company's conversations costs in each format of `parley export`: medians of rounds in turns, as a table.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, median } from "./measure.mjs";

const binary = process.env.PARLEY ?? "build/parley", rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const folder = mkdtempSync(join(tmpdir(), "parley-bench-")), data = join(folder, "data"), out = join(folder, "out");
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function parley(args) {
  const done = spawnSync(binary, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`parley ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

const { created } = JSON.parse(parley(["import", "--data", data, process.env.PARLEY_CONVERSATIONS ?? "data/sample-conversations.ndjson"]).trim().split("\n").at(-1));
const kinds = [["ndjson"], ["ndjson", "--gzip"], ["csv-sessions"], ["csv-messages"], ["text"], ["markdown"], ["html"]];
const seen = kinds.map(() => []);
const sizes = [];
for (let round = 0; round < rounds; round++)
  kinds.forEach(([format, ...more], i) => {
    seen[i].push(measure(binary, ["export", "--data", data, "--format", format, ...more, "-o", out]));
    sizes[i] = statSync(out).size;
  });
console.log(`| ${created} sessions as | MB | CPU s | sessions/s | MB/s | most memory, MB |\n|---|---|---|---|---|---|`);
kinds.forEach((kind, i) => {
  const seconds = median(seen[i].map((one) => one.cpu)), megabytes = sizes[i] / 1e6;
  const memory = Math.max(...seen[i].map((one) => one.megabytes));
  console.log(`| ${kind.join(" ")} | ${megabytes.toFixed(1)} | ${seconds.toFixed(2)} | ${Math.round(created / seconds)} | ${Math.round(megabytes / seconds)} | ${memory.toFixed(1)} |`);
});
