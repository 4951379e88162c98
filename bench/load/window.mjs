import { coreBusySeconds, cpuSeconds } from '../lib/machine.mjs';

/** Microseconds on the machine's monotonic clock: the same origin in every process. */
export function nowMicros() {
  return Number(process.hrtime.bigint() / 1000n);
}

/** CPU seconds of this process so far. */
export function ownCpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Opens a measuring window on a server process; the returned function closes it. The load process
 * reads the server's CPU itself, so that it spans exactly what was counted. `core` is the server's,
 * when it is pinned: what others used of it in the meantime is `foreign_core`, the run's noise.
 */
export function openWindow({ pid, core }) {
  const read = () => ({
    at: nowMicros(),
    server: cpuSeconds(pid),
    own: ownCpuSeconds(),
    busy: core === undefined ? NaN : coreBusySeconds(core),
  });
  const begin = read();
  return () => {
    const end = read();
    const seconds = (end.at - begin.at) / 1e6;
    const serverSeconds = end.server - begin.server;
    return {
      seconds,
      serverSeconds,
      cores: {
        server_core: serverSeconds / seconds,
        load_core: (end.own - begin.own) / seconds,
        foreign_core: Math.max(0, (end.busy - begin.busy - serverSeconds) / seconds),
      },
    };
  };
}
