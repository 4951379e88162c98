/** Starts what the bench needs, each process on its core. */
import { pathToFileURL } from 'node:url';

import { answers, Child, exitOnSignals } from '../../test/support/process/child.ts';
import { freePorts } from '../../test/support/process/ports.ts';
import { Worker } from '../../test/support/process/worker.ts';
import { killAll, processTree } from './process-tree.ts';

const START_MS = 120_000;
const GRACE_MS = 15_000;

exitOnSignals();

/** The servers that run: process id, and what it had started when it was ready. */
const servers = new Map();

/** Also what goes on although the process that started it has ended. */
const treeOfServer = (pid) => [...processTree(pid), ...servers.get(pid)];

// Before child.ts ends the servers themselves: what they have started is found while they run.
process.prependListener('exit', () => killAll([...servers.keys()].flatMap(treeOfServer)));

const onCore = (core) => (core === undefined ? [] : ['taskset', '-c', String(core)]);

/**
 * A server under test. `system` gives `entry`, or `command` and `args`, `env(port, publishPort)` and
 * `readyPath`; `prepare(port)` writes its configuration; `publishesApart`: it takes events on a port
 * of their own; `nodeArgs` go to Node.
 * Resolves when `readyPath` answers 200; rejects with the process's output when it does not. All
 * that the server has started ends with it.
 */
export async function startServer(system, core, nodeArgs = []) {
  const [port, publishPort = port] = await freePorts(system.publishesApart ? 2 : 1);
  system.prepare?.(port);
  const program = system.command
    ? [system.command, ...system.args]
    : [process.execPath, ...nodeArgs, system.entry];
  const [command, ...args] = [...onCore(core), ...program];
  const env = Object.fromEntries(
    Object.entries({ NODE_ENV: 'production', ...system.env(port, publishPort) }).map(
      ([name, value]) => [name, String(value)],
    ),
  );
  const child = new Child({ name: system.name, command, args, env });
  const { pid } = child;
  servers.set(pid, []);
  const stop = async (signal = 'SIGKILL') => {
    const tree = treeOfServer(pid);
    const ended = child.end(signal, GRACE_MS);
    // What outlives the server would also keep its output open, for whose end `ended` waits.
    const late = setTimeout(() => killAll(tree), signal === 'SIGKILL' ? 0 : GRACE_MS);
    const exit = await ended;
    clearTimeout(late);
    killAll(tree);
    servers.delete(pid);
    return exit;
  };
  const isReady = () => answers(`http://127.0.0.1:${port}${system.readyPath}`);
  try {
    await child.until(isReady, START_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  servers.set(pid, processTree(pid));
  /** What a server with load/counters.mjs has counted since the last call. */
  const counters = async () => {
    const { length } = child.lines;
    process.kill(pid, 'SIGUSR2');
    let found;
    await child.until(async () => {
      found = child.lines.slice(length).find((line) => line.startsWith('counters '));
      return found !== undefined;
    }, START_MS);
    return JSON.parse(found.slice('counters '.length));
  };
  return { system, port, publishPort, pid, stop, counters };
}

/** A load process: `ask(command, args)` resolves with its answer. */
export function startLoad(script, core) {
  return new Worker(pathToFileURL(script), { before: onCore(core) });
}
