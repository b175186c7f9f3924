// What the tests of the commands share: running the binary in a directory that goes away with the test.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const binary = resolve(process.env.PARLEY ?? 'build/parley');

// Runs a command to its end: {code, out, err}. `input` is its standard input.
export function parley(args, { input = '', env = {} } = {}) {
  const done = spawnSync(binary, args, {
    input, encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, PARLEY_DATA: '', ...env },
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

// The same for what must succeed; answers its output.
export function fine(args, options) {
  const done = parley(args, options);
  if (done.code !== 0) throw new Error(`parley ${args.join(' ')}: ${done.code}\n${done.err}`);
  return done.out;
}

// A directory for one test.
export function place(t) {
  const directory = mkdtempSync(join(tmpdir(), 'parley-cli-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return (name) => join(directory, name);
}

// A server on a free port; answers {url, stop, process}. Stopped with the test.
export async function serve(t, data, args = []) {
  const server = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  server.stderr.on('data', (text) => { said += text; });
  const ended = new Promise((done) => server.on('exit', (code, signal) => done({ code, signal })));
  const url = await new Promise((found, failed) => {
    let out = '';
    server.stdout.on('data', (text) => {
      out += text;
      const match = /on (http:\S+)\n/.exec(out);
      if (match) found(match[1]);
    });
    ended.then(({ code }) => failed(new Error(`serve ended with ${code}: ${said}`)));
  });
  const stop = () => { server.kill('SIGTERM'); return ended; };
  t.after(stop);
  return { url, stop, process: server, ended, said: () => said };
}

// One session as a line of import.
export function line(id, texts = ['hello'], more = {}) {
  return JSON.stringify({
    id, visitor: { id: `visitor-${id}` }, participants: [{ id: 1, type: 'Client', name: 'Ann' }],
    events: texts.map((text, i) => ({ type: 'message', at: 1700000000000 + 1000 * i, by: 1, text })), ...more,
  }) + '\n';
}
