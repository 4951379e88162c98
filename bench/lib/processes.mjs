/** Starts what the bench needs, each process on its core. */
import { pathToFileURL } from 'node:url';

import { answers, Child, exitOnSignals } from '../../test/support/process/child.ts';
import { freePort } from '../../test/support/process/ports.ts';
import { Worker } from '../../test/support/process/worker.ts';

const START_MS = 120_000;
const GRACE_MS = 15_000;

exitOnSignals();

const onCore = (core) => (core === undefined ? [] : ['taskset', '-c', String(core)]);

/**
 * A server under test. `system` gives `entry`, or `command` and `args`, `env(port)` and `readyPath`;
 * `prepare(port)` writes its configuration; `nodeArgs` go to Node.
 * Resolves when `readyPath` answers 200; rejects with the process's output when it does not.
 */
export async function startServer(system, core, nodeArgs = []) {
  const port = await freePort();
  system.prepare?.(port);
  const program = system.command
    ? [system.command, ...system.args]
    : [process.execPath, ...nodeArgs, system.entry];
  const [command, ...args] = [...onCore(core), ...program];
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
  /** What a server with load/counters.mjs has counted since the last call. */
  const counters = async () => {
    const { length } = child.lines;
    process.kill(child.pid, 'SIGUSR2');
    let found;
    await child.until(async () => {
      found = child.lines.slice(length).find((line) => line.startsWith('counters '));
      return found !== undefined;
    }, START_MS);
    return JSON.parse(found.slice('counters '.length));
  };
  return { system, port, pid: child.pid, stop, counters };
}

/** A load process: `ask(command, args)` resolves with its answer. */
export function startLoad(script, core) {
  return new Worker(pathToFileURL(script), { before: onCore(core) });
}
