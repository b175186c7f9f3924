// The one harness: commands of the real binary, and its server on a free port with a data directory of its own: started,
// stopped, killed and restarted.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SECRETS } from "./sample.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BINARIES = [process.env.PARLEY, process.env.PARLEY_BIN, join(ROOT, "build-test/parley"), join(ROOT, "build/parley")];
export const BINARY = BINARIES.find((path) => path && existsSync(path));

const running = new Set();
const folders = new Set();

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "parley-test-"));
  folders.add(folder);
  return folder;
}

const endings = new WeakMap();

/** What a test made goes away with it, the newest first. */
function atEnd(t, act) {
  if (!endings.has(t)) {
    endings.set(t, []);
    t.after(async () => {
      for (const one of endings.get(t).reverse()) await one();
    });
  }
  endings.get(t).push(act);
}

/** A directory for one test, as a function from names to paths in it. */
export function place(t) {
  const folder = temporaryFolder();
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Runs a command of the program to its end; answers {code, out, err}. `input` goes to its standard input. */
export function run(args, { input = "", env = {}, cwd } = {}) {
  assert.ok(BINARY, "no parley binary: build first, or say where it is with PARLEY");
  const settings = { ...process.env, PARLEY_DATA: "", ...env };
  const done = spawnSync(BINARY, args, { input, encoding: "utf8", maxBuffer: 1 << 30, env: settings, cwd });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** The same for what must succeed; answers its standard output. */
export function parley(args, options) {
  const { code, out, err } = run(args, options);
  assert.equal(code, 0, `parley ${args.join(" ")}: ${err}`);
  return out;
}

let demo;

/** A fresh data directory with the sample company. */
export function demoData() {
  if (!demo) {
    demo = join(temporaryFolder(), "data");
    parley(["demo", "--data", demo]);
  }
  const data = join(temporaryFolder(), "data");
  cpSync(demo, data, { recursive: true });
  return data;
}

/** A fresh data directory with one company that has no conversations; answers {data, apiKey, token, bearer}. */
export function emptyData(name = "Environment", timeZone = "UTC") {
  const data = join(temporaryFolder(), "data");
  return { data, ...addCompany(data, name, timeZone) };
}

/** Adds a company; answers its {apiKey, token, bearer}. */
export function addCompany(data, name, timeZone = "UTC") {
  parley(["company", "add", name, "--time-zone", timeZone, "--data", data]);
  return JSON.parse(parley(["company", "token", name, "--data", data]));
}

/** A bearer with some of the rights only. */
export function addBearer(data, name, rights) {
  const options = rights.flatMap((right) => ["--right", right]);
  return JSON.parse(parley(["company", "token", name, ...options, "--data", data])).bearer;
}

/** Adds an operator; answers {userId, authToken}. */
export function addOperator(data, company, username, roles, more = []) {
  const options = roles.flatMap((role) => ["--role", role]);
  parley(["operator", "add", username, "--company", company, ...options, ...more, "--data", data]);
  return JSON.parse(parley(["operator", "token", username, "--data", data]));
}

export class Server {
  /** Starts and waits until it listens. `env` are settings (PARLEY_...), `args` more of the command line. */
  static async start({ data, env = {}, args = [] }) {
    const server = new Server();
    server.data = data;
    server.env = env;
    server.args = args;
    await server.#launch();
    return server;
  }

  async #launch() {
    assert.ok(BINARY, "no parley binary: build first, or say where it is with PARLEY");
    const child = spawn(BINARY, ["serve", "--data", this.data, "--listen", "127.0.0.1:0", ...this.args], {
      env: { ...process.env, ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    this.child = child;
    this.output = ""; // what it says to whoever started it
    this.log = "";
    this.port = 0;
    this.exited = new Promise((resolve) =>
      child.on("exit", (code, signal) => {
        running.delete(child);
        resolve({ code, signal });
      }),
    );
    await new Promise((resolve, reject) => {
      const read = (name) => (piece) => {
        this[name] += piece;
        const found = / on (http:\S+)\n/.exec(this.output);
        if (found && !this.port) {
          this.url = found[1];
          this.port = +new URL(this.url).port;
          resolve();
        }
      };
      child.stdout.setEncoding("utf8").on("data", read("output"));
      child.stderr.setEncoding("utf8").on("data", read("log"));
      child.on("error", reject);
      this.exited.then(({ code, signal }) => reject(new Error(`serve ended with ${code ?? signal}: ${this.log}`)));
    });
  }

  /** Ends it as a service manager does; nothing may have leaked and no credential may stand in the log. */
  async stop() {
    if (!this.alive) return;
    this.child.kill("SIGTERM");
    const { code, signal } = await this.exited;
    assert.equal(code, 0, `serve ended with ${code ?? signal}: ${this.log.slice(-4000)}`);
    for (const secret of SECRETS) assert.ok(!this.log.includes(secret), `the log shows ${secret}`);
  }

  async kill() {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  /** Starts again on the same data, on another port. */
  async restart() {
    await this.#launch();
  }

  get alive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }
}

/** A server for one test. */
export async function serve(t, data, args = [], env = {}) {
  const server = await Server.start({ data, args, env });
  atEnd(t, () => server.stop());
  return server;
}
