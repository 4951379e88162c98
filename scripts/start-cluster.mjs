// npm run start:cluster: three instances of operator-backend on one Redis, and the rest of the system.
import { bootstrap, refuseArguments, root } from './lib/bootstrap.mjs';
import { giveUp } from './lib/stop.mjs';

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { buildAll } = await import('./lib/build.mjs');
  const { clusterProcesses, clusterSettings, needsRedisServer } =
    await import('./lib/cluster-processes.mjs');
  const { loadSettings } = await import('./lib/settings.mjs');
  const { supervise } = await import('./lib/supervisor.mjs');
  const { requireSystemPackages } = await import('./lib/system-packages.mjs');
  loadSettings(root);
  if (needsRedisServer(process.env)) requireSystemPackages(['redis-server']);
  const rows = clusterProcesses(process.env);
  Object.assign(process.env, clusterSettings(rows, process.env));
  await buildAll(root);
  process.exit(await supervise(root, rows));
} catch (error) {
  giveUp(error);
}
