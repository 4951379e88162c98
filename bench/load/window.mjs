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
 * reads the server's CPU itself, so that it spans exactly what was counted. Where processes are
 * pinned, `foreign_core` is what others used of the server's core in the meantime, and
 * `load_core_busy` how busy the load's core was with everything: both tell the run's noise.
 */
export function openWindow({ pid, pinning }) {
  const busy = (core) => (pinning.pinned ? coreBusySeconds(core) : NaN);
  const read = () => ({
    at: nowMicros(),
    server: cpuSeconds(pid),
    own: ownCpuSeconds(),
    serverCore: busy(pinning.server),
    loadCore: busy(pinning.load),
  });
  const begin = read();
  return () => {
    const end = read();
    const seconds = (end.at - begin.at) / 1e6;
    const share = (name) => (end[name] - begin[name]) / seconds;
    return {
      seconds,
      serverSeconds: end.server - begin.server,
      cores: {
        server_core: share('server'),
        load_core: share('own'),
        foreign_core: Math.max(0, share('serverCore') - share('server')),
        load_core_busy: share('loadCore'),
      },
    };
  };
}
