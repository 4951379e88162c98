import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { withLock } from '../../scripts/lib/lock.mjs';

let home;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'vx11-lock-'));
});
after(() => rm(home, { recursive: true, force: true }));

const MODULE = JSON.stringify(new URL('../../scripts/lib/lock.mjs', import.meta.url).href);

/** A process that holds the lock until it is told to let go, or dies. */
async function holder(path) {
  const script = join(home, 'holder.mjs');
  await writeFile(
    script,
    `import { withLock } from ${MODULE};
     import { once } from 'node:events';
     await withLock(${JSON.stringify(path)}, async () => {
       process.send('held');
       await once(process, 'message');
     });
     process.disconnect();`,
  );
  const child = fork(script);
  await once(child, 'message');
  return child;
}

test('only one process holds the lock at a time', async () => {
  const path = join(home, 'many.lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(path, work)));
  assert.equal(most, 1);
  assert.equal(existsSync(path), false);
});

test('a waiter learns once which process holds the lock, and continues when it is released', async () => {
  const path = join(home, 'wait.lock');
  const child = await holder(path);
  const told = [];
  const result = await withLock(
    path,
    async () => 'mine',
    (owner) => {
      told.push(owner);
      child.send('let go');
    },
  );
  assert.equal(result, 'mine');
  assert.deepEqual(told, [String(child.pid)]);
});

test('the lock of a process that was killed is taken over', async () => {
  const path = join(home, 'killed.lock');
  const child = await holder(path);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(await withLock(path, async () => 'mine'), 'mine');
});

test('a lock from another host is taken over once its heartbeat has stopped for long', async () => {
  const path = join(home, 'elsewhere.lock');
  const owner = join(path, `1@not-${hostname()}@x`);
  await mkdir(path);
  await writeFile(owner, '');
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(owner, longAgo, longAgo);
  assert.equal(await withLock(path, async () => 'mine'), 'mine');
});

test('a job that fails releases the lock', async () => {
  const path = join(home, 'failed.lock');
  await assert.rejects(
    withLock(path, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await withLock(path, async () => 'mine'), 'mine');
});
