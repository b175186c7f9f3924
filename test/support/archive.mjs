// Importing archives, and what came of it.
import { join } from "node:path";
import { parley, run, temporaryFolder } from "./server.mjs";

/** Runs an import; answers {report, said, printed, status}. Options of `run` may come first. */
export function bring(data, ...args) {
  const options = typeof args[0] === "object" ? args.shift() : {};
  const { code, out, err } = run(["import", ...args, "--data", data], options);
  const last = out.trim().split("\n").at(-1);
  return { status: code, said: err, printed: out, report: last?.startsWith("{") ? JSON.parse(last) : undefined };
}

/** A new data directory, not made yet. */
export const newData = () => join(temporaryFolder(), "data");

export const sessionsIn = (data) => parley(["export", "--data", data]).trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));

/** The same without what each directory makes anew: tokens and usernames that the archive does not have. */
export const logOf = (data) => sessionsIn(data).map(({ visitor: { token, username, ...visitor }, ...session }) => ({ ...session, visitor }));
