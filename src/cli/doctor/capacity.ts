import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ok, problem, skipped, type CheckName, type Finding } from './finding.js';
import type { Patient } from './patient.js';
import type { Probe } from './probe.js';

/** Connections opened at once. Below what the gateway allows one address (1,000). */
const BURST = 200;
/** The kernel repeats a connection request that found the queue full after 1 s. */
const RETRIED_MS = 900;
const GIVE_UP_MS = 4_000;
/**
 * When this process itself is delayed by more than this, measured times mean nothing.
 * Milliseconds.
 */
const BUSY_MS = 400;
const ATTEMPTS = 3;
/** Fewer open files than this allow only a few hundred streams. */
const LEAST_FILES = 4_096;
const MOST_USED = 0.8;

/** Whether a burst of connections, as after a deployment, finds room in the accept queue. */
export async function checkAcceptQueue({ front }: Patient): Promise<Finding> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
    const times = await Promise.all(Array.from({ length: BURST }, () => connected(front)));
    delay.disable();
    const late = times.filter((ms) => ms >= RETRIED_MS).length;
    if (late === 0) return ok('accept-queue', `${BURST} connections at once are taken at once.`);
    if (delay.max / 1e6 < BUSY_MS) {
      return problem(
        'accept-queue',
        `${late} of ${BURST} connections at once had to wait: the accept queue of the proxy is full.`,
        'Raise the queue and the number of connections (nginx: `listen … backlog=16384` and worker_connections; HAProxy: maxconn and backlog; Envoy: tcp_backlog_size; all: sysctl net.core.somaxconn). After a deployment every client connects in the same second.',
      );
    }
  }
  return skipped('accept-queue', 'This machine is too busy to measure connections.');
}

/** Milliseconds until the connection was there; `GIVE_UP_MS` when it failed. */
function connected({ host, port }: Probe): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    // Kept open until the whole burst is over: a queue empties by connections that end.
    const hold = setTimeout(() => {
      socket.destroy();
      resolve(GIVE_UP_MS);
    }, GIVE_UP_MS);
    socket
      .once('error', () => {
        clearTimeout(hold);
        resolve(GIVE_UP_MS);
      })
      .once('connect', () => {
        clearTimeout(hold);
        setTimeout(() => socket.destroy(), RETRIED_MS);
        resolve(performance.now() - startedAt);
      });
  });
}

/** Files a process may have open, from its metrics. @param where name → address of /metrics */
export async function checkFileLimit(
  where: Readonly<Record<string, Probe | undefined>>,
): Promise<Finding> {
  const check: CheckName = 'file-limit';
  const given = Object.entries(where).filter((entry): entry is [string, Probe] =>
    Boolean(entry[1]),
  );
  if (given.length === 0) {
    return skipped(
      check,
      'The metrics are not public, which is right.',
      'Pass --backend URL and --gateway-metrics URL from inside the network.',
    );
  }
  const limits: string[] = [];
  for (const [name, probe] of given) {
    const { text } = await probe.ask('/metrics');
    const value = (metric: string) => Number(new RegExp(`^${metric} (\\S+)`, 'm').exec(text)?.[1]);
    const most = value('process_max_fds');
    const open = value('process_open_fds');
    if (Number.isNaN(most)) return skipped(check, `${name} does not report process_max_fds.`);
    if (most < LEAST_FILES || open > most * MOST_USED) {
      return problem(
        check,
        `${name} may have ${most} files open and has ${open}. Each stream needs one at operator-backend and two at the gateway.`,
        'Raise the limit: LimitNOFILE=65536 (systemd), --ulimit nofile=65536 (docker), ulimit -n in the shell that starts it.',
      );
    }
    limits.push(`${name}: ${open} of ${most}`);
  }
  return ok(check, `Open files: ${limits.join(', ')}.`);
}
