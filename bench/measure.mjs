// What one run of the program takes.
import { spawnSync } from "node:child_process";

/** Runs it to its end (GNU time around it); answers seconds by the clock and of CPU, and the most memory taken. */
export function measure(binary, args) {
  const done = spawnSync("/usr/bin/time", ["-f", "%e %U %S %M", binary, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${args.join(" ")}: ${done.stderr}`);
  const [wall, user, system, kilobytes] = done.stderr.trim().split("\n").at(-1).split(" ").map(Number);
  return { wall, cpu: user + system, megabytes: kilobytes / 1024 };
}

export const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
