/**
 * `npm run bench`: operator-backend against two baselines, all in one run on this machine.
 *
 *   --quick        fewer and shorter rounds; nothing is recorded
 *   --streams <n>  streams in the fan-out (default 500); nothing is recorded
 *   --peers        no baselines: other systems in turn with operator-backend; what is missing is named
 *   --profile      no comparison: where operator-backend spends its time
 */

import { bootstrap, giveUp, Stop } from '../scripts/lib/bootstrap.mjs';
import { readOptions } from '../scripts/lib/options.mjs';

await bootstrap(import.meta.url, { build: true });
try {
  const { values } = readOptions({
    options: {
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      streams: { type: 'string' },
    },
  });
  if (values.streams !== undefined && !/^[1-9]\d*$/.test(values.streams)) {
    throw new Stop('--streams takes a whole number from 1 on.');
  }
  const { bench } = await import('./bench.mjs');
  await bench(values);
  process.exit();
} catch (error) {
  giveUp(error);
}
