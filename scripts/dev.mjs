// npm run dev: the system, rebuilt and restarted as its files change.
import { bootstrap, refuseArguments, root } from './lib/bootstrap.mjs';
import { giveUp } from './lib/stop.mjs';

refuseArguments();
await bootstrap(import.meta.url);
try {
  const { buildAll } = await import('./lib/build.mjs');
  const { devProcesses } = await import('./lib/dev-processes.mjs');
  const { restartOnChange } = await import('./lib/restart-on-change.mjs');
  const { loadSettings } = await import('./lib/settings.mjs');
  const { supervise } = await import('./lib/supervisor.mjs');
  loadSettings(root);
  // The compiler and Vite build the rest themselves, and show what does not compile.
  await buildAll(root, ['src', 'bundles', 'frontend']);
  const rows = devProcesses(process.env);
  process.exit(await supervise(root, rows, restartOnChange(root, rows)));
} catch (error) {
  giveUp(error);
}
