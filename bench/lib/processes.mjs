/** Starts what the bench needs, each process on its core. */
import { pathToFileURL } from 'node:url';

import { answers, Child, exitOnSignals } from '../../test/support/process/child.ts';
import { freePort } from '../../test/support/process/ports.ts';
import { Worker } from '../../test/support/process/worker.ts';

const START_MS = 20_000;
const GRACE_MS = 15_000;

exitOnSignals();

const onCore = (core) => (core === undefined ? [] : ['taskset', '-c', String(core)]);

/**
 * A server under test. `system` gives `entry`, `env(port)` and `readyPath`; `nodeArgs` go to Node.
 * Resolves when `readyPath` answers 200; rejects with the process's output when it does not.
 */
export async function startServer(system, core, nodeArgs = []) {
  const port = await freePort();
  const [command, ...args] = [...onCore(core), process.execPath, ...nodeArgs, system.entry];
  const env = Object.fromEntries(
    Object.entries({ NODE_ENV: 'production', ...system.env(port) }).map(([name, value]) => [
      name,
      String(value),
    ]),
  );
  const child = new Child({ name: system.name, command, args, env });
  const isReady = () => answers(`http://127.0.0.1:${port}${system.readyPath}`);
  await child.until(isReady, START_MS);
  const stop = (signal = 'SIGKILL') => child.end(signal, GRACE_MS);
  return { system, port, pid: child.pid, stop };
}

/** A load process: `ask(command, args)` resolves with its answer. */
export function startLoad(script, core) {
  return new Worker(pathToFileURL(script), { before: onCore(core) });
}
