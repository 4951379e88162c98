import { bootstrap, refuseArguments, root } from './lib/bootstrap.mjs';
import { giveUp } from './lib/stop.mjs';

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { buildAll } = await import('./lib/build.mjs');
  const { processes } = await import('./lib/processes.mjs');
  const [{ supervise }] = await Promise.all([import('./lib/supervisor.mjs'), buildAll(root)]);
  process.exit(await supervise(root, processes));
} catch (error) {
  giveUp(error);
}
