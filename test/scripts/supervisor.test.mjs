import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { restartDelay } from '../../scripts/lib/supervisor.mjs';
import { Child } from '../support/process/child.ts';
import { freePort } from '../support/process/ports.ts';

const SUPERVISOR = new URL('../../scripts/lib/supervisor.mjs', import.meta.url).href;
const STOP = new URL('../../scripts/lib/stop.mjs', import.meta.url).href;

/** Serves /health and says its pid; refuses one token; /crash ends it; STUBBORN ignores SIGTERM. */
const SERVICE = `
import { createServer } from 'node:http';
createServer((request, response) => {
  if (request.url === '/crash') process.exit(7);
  if (request.headers['x-vx11-token'] === 'revoked-token') response.statusCode = 403;
  response.end('ok');
}).listen(process.env.PORT_OF_TOY, '127.0.0.1', () => console.log('pid ' + process.pid));
process.on('SIGTERM', () => {
  console.log('asked to end');
  if (!process.env.STUBBORN) setTimeout(() => process.exit(0), 100);
});
`;

let home;
let port;
const started = [];

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-supervisor-'));
  await writeFile(join(home, 'service.mjs'), SERVICE);
  await writeFile(join(home, 'broken.mjs'), 'console.log("no luck"); process.exit(3);');
});
beforeEach(async () => {
  port = await freePort();
});
after(async () => {
  await Promise.all(started.map((child) => child.end('SIGKILL')));
  await rm(home, { recursive: true, force: true });
});

const toy = {
  name: 'toy',
  entry: 'service.mjs',
  colour: 'cyan',
  portVariable: 'PORT_OF_TOY',
  port: 1,
  health: '/health',
  env: {},
  needs: [],
  links: [],
};

/** A supervisor over toy processes, in a process of its own. */
function supervise({ rows = [toy], env = {}, clone = home } = {}) {
  const script = `
    import { giveUp } from ${JSON.stringify(STOP)};
    import { supervise } from ${JSON.stringify(SUPERVISOR)};
    try { process.exit(await supervise(${JSON.stringify(clone)}, ${JSON.stringify(rows)})); }
    catch (error) { giveUp(error); }`;
  const child = new Child({
    name: 'the supervisor',
    args: ['--input-type=module', '-e', script],
    env: { ...process.env, ...env, PORT_OF_TOY: String(port) },
  });
  started.push(child);
  return child;
}

const outputOf = (child) => child.lines.join('\n');

const isGone = (pid) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('restarts wait longer after each crash in a row, up to a ceiling', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8, 50].map(restartDelay);
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('shows one banner when all is healthy, and ends everything on SIGTERM with code 0', async () => {
  const system = supervise();
  await system.line(/VX11 Operator is up/);
  const [, pid] = await system.line(/\[toy\] pid (\d+)/);
  assert.equal((await system.end('SIGTERM')).code, 0);
  assert.ok(isGone(Number(pid)));
  assert.equal(outputOf(system).match(/VX11 Operator is up/g).length, 1);
});

test('ends everything with code 0 when nobody reads its output any more', async () => {
  const system = supervise();
  await system.line(/VX11 Operator is up/);
  const [, pid] = await system.line(/\[toy\] pid (\d+)/);
  system.stopReading();
  // Its restart is told.
  await fetch(`http://127.0.0.1:${port}/crash`).catch(() => undefined);
  assert.equal((await system.exited).code, 0);
  assert.ok(isGone(Number(pid)));
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('asks whether the development token of an earlier start is still accepted', async () => {
  const env = { npm_lifecycle_event: 'start' };
  for (const token of ['revoked-token', 'accepted-token']) {
    const VX11_DATA_DIR = token;
    await mkdir(join(home, VX11_DATA_DIR));
    await writeFile(join(home, VX11_DATA_DIR, 'dev-token'), token);
    const system = supervise({ env: { ...env, VX11_DATA_DIR } });
    await system.line(/Ctrl-C stops it/);
    assert.equal((await system.end('SIGTERM')).code, 0);
    const isRevoked = token === 'revoked-token';
    assert.equal(outputOf(system).includes('rm revoked-token/dev-token && npm start'), isRevoked);
    assert.equal(outputOf(system).includes('T=$(cat accepted-token/dev-token)'), !isRevoked);
  }
});

test('shows a crash and starts the process again', async () => {
  const system = supervise();
  await system.line(/VX11 Operator is up/);
  await fetch(`http://127.0.0.1:${port}/crash`).catch((error) => assert.ok(error));
  await system.line(/toy ended with 7; starting it again in 0\.5 s/);
  await system.line(/toy is up again/);
  assert.equal((await system.end('SIGINT')).code, 0);
  assert.equal(new Set(outputOf(system).match(/pid \d+/g)).size, 2);
});

test('a first start that fails ends everything and says so', async () => {
  const system = supervise({ rows: [{ ...toy, entry: 'broken.mjs' }] });
  assert.equal((await system.exited).code, 1);
  assert.match(outputOf(system), /\[toy\] no luck/);
  assert.match(outputOf(system), /toy ended with 3 before it was ready/);
});

test('a process that ignores SIGTERM is killed after the drain window', async () => {
  const system = supervise({ env: { STUBBORN: '1', VX11_DRAIN_SECONDS: '0' } });
  const [, pid] = await system.line(/\[toy\] pid (\d+)/);
  await system.line(/VX11 Operator is up/);
  assert.equal((await system.end('SIGTERM')).code, 1);
  assert.match(outputOf(system), /toy has not ended yet; killing it/);
  assert.ok(isGone(Number(pid)));
});

test('a process that the others need to their end is stopped after them', async () => {
  const store = { ...toy, name: 'store', portVariable: 'PORT_OF_STORE', endsLast: true };
  store.env = { PORT_OF_TOY: String(await freePort()) };
  const system = supervise({ rows: [store, toy], env: { PORT_OF_STORE: store.env.PORT_OF_TOY } });
  await system.line(/VX11 Operator is up/);
  assert.equal((await system.end('SIGTERM')).code, 0);
  const asked = [...outputOf(system).matchAll(/\[(toy|store) *\] asked to end/g)];
  assert.deepEqual(
    asked.map(([, name]) => name),
    ['toy', 'store'],
  );
});

test('no process stays behind when the supervisor itself is killed', async () => {
  const system = supervise();
  await system.line(/VX11 Operator is up/);
  const held = connect(port, '127.0.0.1');
  await once(held, 'connect');
  await system.end('SIGKILL');
  // The kernel closes the connection when the toy, now an orphan, has ended.
  held.resume();
  await once(held, 'close');
  await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
});

test('a port in use is named, with the variable that changes it', async () => {
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  const system = supervise();
  assert.equal((await system.exited).code, 1);
  assert.match(outputOf(system), new RegExp(`Port ${port} is in use, and toy needs it`));
  assert.match(outputOf(system), /PORT_OF_TOY=\d+ npm start/);
  squatter.close();
});

test(
  'of two starts at the same moment, of two clones too, one runs, and the other says that the port is in use',
  {
    timeout: 30_000,
  },
  async () => {
    // Like a real process, it listens only a while after its start.
    await writeFile(join(home, 'late.mjs'), `setTimeout(() => import('./service.mjs'), 500);`);
    const clone = join(home, 'clone');
    await mkdir(clone);
    const rows = [{ ...toy, entry: join(home, 'late.mjs') }];
    const systems = [home, clone].map((one) => supervise({ rows, clone: one }));
    const refused = await Promise.race(systems.map((system) => system.exited.then(() => system)));
    assert.equal((await refused.exited).code, 1);
    assert.match(outputOf(refused), new RegExp(`Port ${port} is in use, and toy needs it`));
    const [running] = systems.filter((system) => system !== refused);
    await running.line(/VX11 Operator is up/);
    assert.doesNotMatch(outputOf(running), /starting it again/);
    assert.equal((await running.end('SIGINT')).code, 0);
  },
);
