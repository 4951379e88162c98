/**
 * npm run test:load: the Locust file against a system of its own, judged by the service levels
 * of thresholds.json. Installs Locust from PyPI into ~/.cache/vx11-tools first.
 *
 *   --users N       readers and publishers together (100)
 *   --seconds N     how long (60)
 *   --url URL       a running gateway instead; VX11_TOKEN is its principal token
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bootstrap, giveUp, root, Stop } from '../../scripts/lib/bootstrap.mjs';
import { readOptions } from '../../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { values } = readOptions({
    options: {
      users: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '60' },
      url: { type: 'string' },
    },
  });
  process.exit(await load(values));
} catch (error) {
  giveUp(error);
}

async function load({ users, seconds, url }) {
  const { pythonTool } = await import('../../scripts/lib/python-tools.mjs');
  const locust = join(
    pythonTool('locust', (line) => console.log(line)),
    'locust',
  );
  const system = url === undefined ? await ownSystem() : running(url);
  try {
    const child = spawn(
      locust,
      [
        '--locustfile',
        join(root, 'test/load/locustfile.py'),
        '--headless',
        // The first requests find code that is not compiled yet, and arrive twenty at once.
        '--reset-stats',
        '--only-summary',
        '--host',
        system.url,
        '--users',
        users,
        '--spawn-rate',
        '20',
        '--run-time',
        `${seconds}s`,
      ],
      { env: { ...process.env, VX11_TOKEN: system.token }, stdio: 'inherit' },
    );
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    await system.stop?.();
  }
}

async function ownSystem() {
  const { startSystem } = await import('../../scripts/lib/own-system.mjs');
  // The command judges response times; the log of every request is not a part of them.
  return startSystem({ VX11_LOG_LEVEL: 'warn' });
}

function running(url) {
  const token = process.env.VX11_TOKEN;
  if (!token) throw new Stop('Set VX11_TOKEN to a principal token of that system.');
  return { url, token };
}
