import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Reserve } from '../../scripts/lib/reserve.mjs';

const FOLLOW = new URL('../../scripts/lib/follow-parent.mjs', import.meta.url).href;
/** Says which arguments it has, and whether the package is there that its comment names. */
const PROGRAM = `// import {} from 'pino';
import { createRequire } from 'node:module';
const loaded = Object.keys(createRequire(import.meta.url).cache).some((file) => /node_modules.pino/.test(file));
console.log(JSON.stringify({ entry: process.argv[1], args: process.argv.slice(2), loaded }));
setInterval(() => {}, 1000);
`;

let home;
const started = [];

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-reserve-'));
  await writeFile(join(home, 'program.js'), PROGRAM);
});
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

/** Starts what the reserve names, for the program with an argument. */
function start(standby) {
  const files = ['--import', FOLLOW, standby, join(home, 'program.js'), 'madre'];
  const child = spawn(process.execPath, files, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  started.push(child);
  return child;
}

test('a process in reserve has loaded the packages, and runs the program when it is taken', async () => {
  const reserve = new Reserve();
  reserve.prepare(start);
  reserve.prepare(() => assert.fail('one in reserve is enough'));
  assert.equal(reserve.take(), undefined);
  await once(started.at(-1), 'message');
  const child = reserve.take();
  assert.equal(child, started.at(-1));
  const [output] = await once(child.stdout, 'data');
  assert.deepEqual(JSON.parse(output), {
    entry: join(home, 'program.js'),
    args: ['madre'],
    loaded: true,
  });
  assert.equal(reserve.take(), undefined);
});

test('a process in reserve that has ended is not taken, and another one can follow', async () => {
  const reserve = new Reserve();
  reserve.prepare(start);
  const first = started.at(-1);
  await once(first, 'message');
  first.kill('SIGKILL');
  await once(first, 'exit');
  assert.equal(reserve.take(), undefined);
  reserve.prepare(start);
  await once(started.at(-1), 'message');
  assert.equal(reserve.take(), started.at(-1));
});

test('a process in reserve ends with its parent', async () => {
  const child = start(new URL('../../scripts/lib/standby.mjs', import.meta.url).pathname);
  await once(child, 'message');
  child.disconnect();
  await once(child, 'exit');
});
