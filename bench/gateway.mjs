/**
 * `npm run bench:gateway`: what it costs to go through the gateway, in one run on this machine.
 *
 *   --quick        shorter
 *   --only <part>  firstByte, throughput, idleMemory, burst, arrivals or proxies (nginx and HAProxy)
 */

import { bootstrap, giveUp } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { values } = readOptions({
    options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const { benchGateway } = await import('./lib/through-gateway.mjs');
  await benchGateway(values);
  process.exit();
} catch (error) {
  giveUp(error);
}
