// Importing archives, and what came of it.
import { spawnSync } from "node:child_process";
import { BINARY, parley } from "./server.mjs";

/** Runs an import; answers {report, said, status}. Options for spawnSync may come first. */
export function bring(data, ...args) {
  const options = typeof args[0] === "object" ? args.shift() : {};
  const done = spawnSync(BINARY, ["import", ...args, "--data", data], { encoding: "utf8", ...options });
  const last = done.stdout.trim().split("\n").at(-1);
  return { status: done.status, said: done.stderr, printed: done.stdout, report: last?.startsWith("{") ? JSON.parse(last) : undefined };
}

export const sessionsIn = (data) => parley(["export", "--data", data]).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
