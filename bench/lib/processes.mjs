/** Starts what the bench needs, each process on its core, and ends all of it whatever happens. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const running = new Set();

/** Ends every process that is still there, at once. */
export function killAll() {
  for (const child of running) child.kill('SIGKILL');
}

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

function start(core, args, options) {
  const command =
    core === undefined ? [process.execPath] : ['taskset', '-c', core, process.execPath];
  const [program, ...rest] = [...command, ...args].map(String);
  const child = spawn(program, rest, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A TCP port that was free a moment ago. */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * A server under test. `system` gives `entry`, `env(port)` and `readyPath`; `nodeArgs` go to Node.
 * Resolves when `readyPath` answers 200; rejects with the process's last words when it does not.
 */
export async function startServer(system, core, nodeArgs = []) {
  const port = await freePort();
  const child = start(core, [...nodeArgs, system.entry], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...system.env(port) },
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-2000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);

  const deadline = Date.now() + 20_000;
  while (!(await answers(`http://127.0.0.1:${port}${system.readyPath}`))) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${system.name} did not become ready:\n${output}`);
    }
    await delay(50);
  }
  return { system, port, pid: child.pid, stop: (signal = 'SIGKILL') => stop(child, signal) };
}

async function answers(url) {
  try {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    // Not listening yet; anything else is a fault of the bench.
    if (error.cause?.code === 'ECONNREFUSED') return false;
    throw error;
  }
}

async function stop(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(patience);
}

/** A load process (see load/serve.mjs): `ask(command, args)` resolves with its answer. */
export function startLoad(script, core) {
  const child = start(core, [script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // NaN stays NaN.
    serialization: 'advanced',
  });
  const waiting = new Map();
  let last = 0;
  const failAll = () => {
    for (const { reject } of waiting.values()) reject(new Error('A load process ended early'));
    waiting.clear();
  };
  child.once('exit', failAll);
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(result);
  });
  return {
    ask: (command, args = {}) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        child.send({ id: last, command, args });
      }),
    stop: () => stop(child, 'SIGKILL'),
  };
}
