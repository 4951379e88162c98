import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withLock } from './lock.mjs';

const POLL_MS = 100;

/**
 * Runs `work` while no other process of this machine does so under the same name.
 *
 * On Linux the turn is an abstract socket: it belongs to the network namespace, as ports do, so
 * clones and users share it, it needs no directory that can be written, and it ends with its
 * process. Elsewhere it is a lock in this clone.
 * @template T
 * @param {string} root
 * @param {string} name
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once when another process is at it
 * @returns {Promise<T>}
 */
export async function inTurn(root, name, work, onWait) {
  if (process.platform !== 'linux')
    return withLock(join(root, `.cache/${name}.lock`), work, onWait);
  let turn = await take(name);
  if (!turn) onWait();
  while (!turn) {
    await delay(POLL_MS);
    turn = await take(name);
  }
  try {
    return await work();
  } finally {
    turn.close();
  }
}

/** @returns {Promise<import('node:net').Server | undefined>} undefined: another process has it */
function take(name) {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(`\0vx11-${name}`, () => resolve(server));
  });
}
