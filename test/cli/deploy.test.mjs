// What deploy/ holds: each file is read by the program it is for, and what it says works with this binary.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { monologue } from "../support/lines.mjs";
import { BINARY, parley, place, run, serve } from "../support/server.mjs";

const read = (name) => readFileSync(new URL(`../../deploy/${name}`, import.meta.url), "utf8");
const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
const root = process.getuid() === 0;
const needs = (...programs) => programs.filter((program) => !has(program)).map((program) => `no ${program}`)[0] ?? false;

// "Key=value" lines of a unit; a key that stands there twice has both.
function unit(name) {
  const keys = {};
  for (const [, key, value] of read(name).matchAll(/^(\w+)=(.*)$/gm)) (keys[key] ??= []).push(value);
  return keys;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

test("systemd finds nothing to say against the units, and little that they leave open", { skip: needs("systemd-analyze") }, (t) => {
  const at = place(t);
  const names = ["parley.service", "parley-backup.service", "parley-backup.timer"];
  for (const name of names) writeFileSync(at(name), read(name).replaceAll("/usr/local/bin/parley", BINARY));
  const done = spawnSync("systemd-analyze", ["verify", ...names.map(at)], { encoding: "utf8" });
  assert.equal(done.stderr, "");
  assert.equal(done.status, 0);
  const exposure = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=15", at("parley.service")], { encoding: "utf8" });
  assert.equal(exposure.status, 0, exposure.stdout.split("\n").at(-2));
});

test("the server's unit bounds memory, threads and addresses, and writes no core", () => {
  const { MemoryHigh, MemoryMax, TasksMax, LimitCORE, IPAddressDeny, IPAddressAllow, User } = unit("parley.service");
  assert.match(MemoryMax[0], /^\d+G$/);
  assert.match(MemoryHigh[0], /^\d+M$/);
  assert.ok(Number(TasksMax[0]) > 0);
  assert.deepEqual([LimitCORE, IPAddressDeny, IPAddressAllow, User], [["0"], ["any"], ["localhost"], ["parley"]]);
  for (const name of ["parley.service", "parley-backup.service"]) {
    const { StateDirectory, StateDirectoryMode, UMask, ProtectSystem } = unit(name);
    assert.deepEqual([StateDirectory, StateDirectoryMode, UMask, ProtectSystem], [["parley parley-backup"], ["0700"], ["0077"], ["strict"]]);
  }
  assert.match(read("parley.sysusers"), /^u parley /m);
});

// Everything as the user that the unit names, who is nobody here: the directories are theirs alone, as systemd makes them.
test("the commands of deploy/README.md work with the units as they are", { skip: root ? needs("setpriv", "find") : "only root can be another user" }, async (t) => {
  const at = place(t), somebody = 4321;
  chmodSync(at(""), 0o755);
  copyFileSync(BINARY, at("parley"));
  const state = unit("parley.service").StateDirectory[0].split(" ");
  assert.deepEqual(state, ["parley", "parley-backup"]);
  mkdirSync(at("lib"));
  for (const name of state) spawnSync("install", ["-d", "-m", "700", "-o", somebody, "-g", somebody, at(`lib/${name}`)]);
  mkdirSync(at("bin"));
  writeFileSync(at("bin/sudo"), `#!/bin/sh\n[ "$1 $2" = "-u parley" ] || exit 9\nshift 2\nexec setpriv --reuid ${somebody} --regid ${somebody} --clear-groups "$@"\n`);
  copyFileSync(BINARY, at("bin/parley"));
  for (const name of ["sudo", "parley"]) chmodSync(at(`bin/${name}`), 0o755);
  const here = (text) => text.replaceAll("/var/lib/", at("lib/")).replaceAll("/usr/local/bin/", at("bin/")).replaceAll("-o parley -g parley", `-o ${somebody} -g ${somebody}`);
  const shell = (command) => spawnSync("sh", ["-c", here(command)], { encoding: "utf8", cwd: at(""), env: { ...process.env, PATH: `${at("bin")}:${process.env.PATH}` } });
  const must = (command) => {
    const { status, stdout, stderr } = shell(command);
    assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
    return stdout;
  };

  let server;
  const start = async () => {
    const { ExecStart, Environment, User } = unit("parley.service");
    const words = here(`sudo -u ${User[0]} ${ExecStart[0].replace("127.0.0.1:3000", "127.0.0.1:0")}`).replace("sudo", at("bin/sudo")).split(" ");
    const env = Object.fromEntries(Environment.map((assignment) => assignment.split("=")));
    server = spawn(words[0], words.slice(1), { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((done) => server.on("exit", done));
    await new Promise((listening, failed) => {
      server.stdout.on("data", (text) => /on http:/.test(text) && listening());
      ended.then((code) => failed(new Error(`ended with ${code}`)));
    });
    server.stop = () => { server.kill("SIGTERM"); return ended; };
  };
  t.after(() => server?.stop());
  writeFileSync(at("password.txt"), "secret word\n", { mode: 0o600 });
  writeFileSync(at("conversations.ndjson"), monologue("a") + monologue("b"), { mode: 0o600 });

  const blocks = [...read("README.md").matchAll(/## (.*)\n[^#]*?```sh\n([^]*?)```/g)].map(([, title, commands]) => [title, commands.trim().split("\n")]);
  assert.deepEqual(blocks.map(([title]) => title), ["Install", "Everyday commands", "Back to a backup"]);
  const [, [, everyday], [, back]] = blocks;
  await start();
  for (const command of everyday) must(command);
  assert.equal(readFileSync(at("all.ndjson"), "utf8").trim().split("\n").length, 2);

  // The timer's service, with what it keeps and what it takes away.
  const backup = unit("parley-backup.service");
  const copies = () => readdirSync(at("lib/parley-backup")).filter((name) => name.startsWith("parley-")).sort();
  for (const name of ["parley-old.db", "parley-old.db.partial-x"]) {
    writeFileSync(at(`lib/parley-backup/${name}`), "");
    utimesSync(at(`lib/parley-backup/${name}`), new Date(0), new Date(0));
  }
  must(`sudo -u parley ${backup.ExecStart[0].replaceAll("%%", "%")}`);
  must(`sudo -u parley ${backup.ExecStartPost[0]}`);
  assert.equal(copies().length, 1);
  assert.match(copies()[0], /^parley-\d{8}T\d{6}Z\.db$/);
  assert.equal(statSync(at(`lib/parley-backup/${copies()[0]}`)).mode & 0o777, 0o600);

  for (const command of back) {
    if (command === "systemctl stop parley") await server.stop();
    else if (command === "systemctl start parley") await start();
    else must(command);
  }
  assert.equal(must(everyday.find((command) => / check /.test(command))).match(/(\d+) sessions/)[1], "2");
  // Without the server they do the same work; as root they do none, and leave nothing behind that the server could not open.
  await server.stop();
  for (const command of everyday.filter((command) => !/ add | backup /.test(command))) must(command);
  const before = readdirSync(at("lib/parley"));
  const done = shell("parley check --data /var/lib/parley");
  assert.equal(done.status, 1);
  assert.match(done.stderr, /belongs to the user #4321: run this as that user/);
  assert.deepEqual(readdirSync(at("lib/parley")), before);
  await start();
});

test("nginx as configured: the address that counts is the client's, limits hold, and nothing of the machine itself is open", { skip: needs("nginx", "openssl", "curl") }, async (t) => {
  const at = place(t);
  parley(["demo", "--data", at("d")]);
  const server = await serve(t, at("d"), ["--trust-forwarded"]);
  const [secure, plain] = [await freePort(), await freePort()];
  assert.equal(spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=chat.example.com",
    "-keyout", at("key.pem"), "-out", at("cert.pem")]).status, 0);
  const site = read("nginx.conf")
    .replace("server 127.0.0.1:3000", `server ${new URL(server.url).host}`)
    .replace(/listen \[::\].*\n/g, "")
    .replace("listen 443", `listen 127.0.0.1:${secure}`).replace("listen 80", `listen 127.0.0.1:${plain}`)
    .replace(/\/etc\/ssl\/certs\/\S+\.pem/, at("cert.pem")).replace(/\/etc\/ssl\/private\/\S+\.key/, at("key.pem"));
  writeFileSync(at("site.conf"), site);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${at(name)};`).join(" ");
  writeFileSync(at("nginx.conf"), `daemon off; master_process off; pid ${at("pid")}; error_log ${at("error.log")};
    events { worker_connections 512; } http { access_log off; ${temporary} include ${at("site.conf")}; }`);
  const check = spawnSync("nginx", ["-t", "-q", "-c", at("nginx.conf")], { encoding: "utf8" });
  assert.equal(check.status, 0, check.stderr);
  const nginx = spawn("nginx", ["-c", at("nginx.conf")], { stdio: "ignore" });
  const ended = new Promise((done) => nginx.on("exit", done));
  t.after(() => { nginx.kill("SIGTERM"); return ended; });
  while (!existsSync(at("pid")) || spawnSync("curl", ["-ks", `https://127.0.0.1:${secure}/healthz`]).status !== 0)
    assert.equal(nginx.exitCode, null, existsSync(at("error.log")) && readFileSync(at("error.log"), "utf8"));

  // {status, body} of a request from an address of this machine.
  const ask = (from, path, ...options) => {
    const { stdout } = spawnSync("curl", ["-ks", "--interface", from, "-w", "\n%{http_code}", ...options, `https://127.0.0.1:${secure}${path}`], { encoding: "utf8" });
    return { status: Number(stdout.slice(stdout.lastIndexOf("\n") + 1)), body: stdout.slice(0, stdout.lastIndexOf("\n")) };
  };
  assert.equal(ask("127.0.0.2", "/healthz").status, 200);
  assert.equal(ask("127.0.0.3", "/healthz", "-H", "X-Real-IP: 192.0.2.9", "-H", "X-Forwarded-For: 192.0.2.9").status, 200);
  assert.equal(ask("127.0.0.1", "/metrics").status, 403, "to Parley a proxy is not the machine itself");
  assert.equal(ask("127.0.0.1", "/parley/v1/sessions", "-H", "Authorization: Bearer sample-parley-token").status, 401);
  const { bearer } = JSON.parse(parley(["company", "token", "Environment", "--data", at("d"), "--right", "admin", "--right", "import"]));
  const authorized = ["-H", `Authorization: Bearer ${bearer}`];
  assert.match(ask("127.0.0.1", "/metrics", ...authorized).body, /^parley_uptime_seconds \d+$/m);
  writeFileSync(at("large"), "x".repeat(1100000));
  assert.equal(ask("127.0.0.1", "/parley/v1/sessions", ...authorized, "-H", "Content-Type: application/json", "--data-binary", `@${at("large")}`).status, 413);
  writeFileSync(at("lines"), Array.from({ length: 2000 }, (_, i) => monologue(`s${i}`, ["x".repeat(1000)])).join(""));
  const imported = ask("127.0.0.1", "/parley/v1/import", ...authorized, "-H", "Content-Type: application/x-ndjson", "--data-binary", `@${at("lines")}`);
  assert.equal(imported.status, 200, imported.body);
  const moved = spawnSync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", `http://127.0.0.1:${plain}/x`], { encoding: "utf8" });
  assert.match(moved.stdout, /^301 https:/);

  // Many at once from one address: the burst is served, the rest told to wait, and others do not notice.
  const config = Array.from({ length: 400 }, () => `url = https://127.0.0.1:${secure}/healthz\noutput = /dev/null`).join("\n");
  const many = spawnSync("curl", ["-ks", "--interface", "127.0.0.4", "-Z", "--parallel-max", "40", "-w", "%{http_code}\\n", "-K", "-"], { input: config, encoding: "utf8" });
  const statuses = many.stdout.trim().split("\n");
  assert.ok(statuses.filter((status) => status === "200").length >= 200);
  assert.ok(statuses.includes("429"));
  assert.equal(ask("127.0.0.5", "/healthz").status, 200);

  await server.stop();
  const addresses = new Set([...server.log.matchAll(/ address=(\S+)/g)].map(([, address]) => address));
  for (const address of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) assert.ok(addresses.has(address), address);
  assert.ok(!addresses.has("192.0.2.9"));
});

test("the alert rules speak of series that /metrics has", async (t) => {
  const at = place(t);
  parley(["company", "add", "Acme", "--data", at("d"), "--time-zone", "UTC"]);
  const { url } = await serve(t, at("d"));
  const series = new Set([...(await (await fetch(`${url}/metrics`)).text()).matchAll(/^(parley_\w+)/gm)].map(([, name]) => name));
  const rules = read("parley-alerts.yml").split(/^ {6}- alert: /m).slice(1);
  assert.ok(rules.length > 5);
  for (const rule of rules) {
    const expr = /^ {8}expr: (.*)$/m.exec(rule)[1];
    const names = [...expr.matchAll(/\bparley_\w+/g)].map(([name]) => name);
    assert.ok(names.length > 0 || expr.startsWith('up{job="parley"}'), rule);
    for (const name of names) assert.ok(series.has(name), name);
    assert.match(rule, /severity: (critical|warning)/);
    assert.match(rule, /summary: \S+[^]*action: \S+/);
  }
  // What Prometheus itself thinks of the file.
  const done = has("promtool") && spawnSync("promtool", ["check", "rules", new URL("../../deploy/parley-alerts.yml", import.meta.url).pathname], { encoding: "utf8" });
  if (done) assert.equal(done.status, 0, done.stderr);
});
