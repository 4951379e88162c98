/**
 * `npm run bench:gateway`: what it costs to go through the gateway, in one run on this machine.
 *
 *   --quick        shorter
 *   --only <part>  firstByte, throughput, idleMemory, burst or proxies (nginx and HAProxy)
 */
import path from 'node:path';
import { parseArgs } from 'node:util';

import { bootstrap, giveUp, root } from '../scripts/lib/bootstrap.mjs';

await bootstrap(import.meta.url);
try {
  const { values } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const { withLock } = await import('../scripts/lib/lock.mjs');
  const { buildSource } = await import('../scripts/lib/build.mjs');
  await withLock(path.join(root, '.cache/build.lock'), () => buildSource(root));
  const { benchGateway } = await import('./lib/through-gateway.mjs');
  await benchGateway(values);
  process.exit();
} catch (error) {
  giveUp(error);
}
