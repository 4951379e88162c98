import { bootstrap, refuseArguments, root } from './lib/bootstrap.mjs';
import { giveUp } from './lib/stop.mjs';

refuseArguments();
await bootstrap(import.meta.url);
const { buildAll } = await import('./lib/build.mjs');
try {
  for (const line of await buildAll(root)) console.log(line);
} catch (error) {
  giveUp(error);
}
