/** Most open files that a process needs in addition to its connections: probes, logs, modules. */
const RESERVED_FILES = 256;
/** Of a low limit, no more than this share: an idle process has some thirty open. */
const RESERVED_SHARE = 0.5;
/** Open files for one client: its connection, and the connection to the service. */
const FILES_PER_CONNECTION = 2;
const MOST_WORKERS = 8;
/** Room for an uneven hash, in standard deviations of a process's number of connections. */
const DEVIATIONS = 4;

export interface WorkerPlan {
  readonly workers: number;
  /** Connections that each process accepts: its share, and more, because it may get more. */
  readonly connections: number;
  readonly perAddress: number;
  /** Connections that all processes accept; fewer than configured when the file limit is too low. */
  readonly carries: number;
}

/**
 * How many processes share the port. A stream takes two open files, and each process
 * has a limit on open files: a limit of 20,000 is too low for 10,000 streams.
 * @param wish.workers 0: as many as the file limit requires
 * @param files greatest number of open files of one process
 */
export function planWorkers(
  wish: { connections: number; perAddress: number; workers: number },
  files: number,
): WorkerPlan {
  const free = Math.max(files - RESERVED_FILES, files * RESERVED_SHARE);
  const fits = Math.max(1, Math.floor(free / FILES_PER_CONNECTION));
  let enough = 1;
  while (enough < MOST_WORKERS && atMostOf(wish.connections, enough) > fits) enough += 1;
  const workers = wish.workers || enough;
  const connections = Math.min(fits, atMostOf(wish.connections, workers));
  return {
    workers,
    connections,
    perAddress: atMostOf(wish.perAddress, workers),
    carries: Math.min(wish.connections, connections * workers),
  };
}

/**
 * How many of `all` connections one of the processes may have. The kernel spreads them by a
 * hash, so that a process gets its share give or take a few. It must not refuse those while
 * another process has room.
 */
function atMostOf(all: number, workers: number): number {
  const share = all / workers;
  return workers === 1 ? all : Math.ceil(share + DEVIATIONS * Math.sqrt(share));
}

/** The hard limit of this process; Node raises the soft limit to it at startup. */
export function openFileLimit(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { hard: number | 'unlimited' } };
  };
  const hard = userLimits?.open_files?.hard ?? 'unlimited';
  return hard === 'unlimited' ? Infinity : hard;
}
