import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { Child } from '../../test/support/process/child.ts';
import { freePort } from '../../test/support/process/ports.ts';

/** Waits until Redis answers on the port; resolves with a function that counts the commands that it has processed, less its own. */
export async function answersRedis(port) {
  let own = 0;
  const ask = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('error', reject);
      socket.on('data', (bytes) => {
        text += bytes;
        const found = /total_commands_processed:(\d+)/.exec(text);
        if (!found) return;
        socket.destroy();
        resolve(Number(found[1]));
      });
      socket.write('INFO stats\r\n');
    });
  for (;;) {
    try {
      await ask();
      break;
    } catch {
      // Redis does not listen yet.
      await delay(50);
    }
  }
  return async () => (await ask()) - own++;
}

/** Runs `work(url)` with a redis-server of its own that writes nothing to disk. */
export async function onRedis(work) {
  const port = await freePort();
  const directory = mkdtempSync(path.join(os.tmpdir(), 'vx11-bench-redis-'));
  const child = new Child({
    name: 'redis-server',
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', String(port), '--save', ''],
    cwd: directory,
  });
  try {
    await answersRedis(port);
    return await work(`redis://127.0.0.1:${port}`);
  } finally {
    await child.end('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}
