/** Open files of a process besides its connections: probes, logs, modules. */
const RESERVED_FILES = 256;
/** A client's connection, and the one to the service that serves it. */
const FILES_PER_CONNECTION = 2;
const MOST_WORKERS = 8;

export interface WorkerPlan {
  readonly workers: number;
  /** What each of them takes. */
  readonly connections: number;
  readonly perAddress: number;
  /** What all of them take; less than was asked for where the file limit is too low. */
  readonly carries: number;
}

/**
 * How many processes share the port. A stream takes two open files, and their
 * number is limited for each process: 10,000 streams do not fit into one with a
 * limit of 20,000.
 * @param wish.workers 0: as many as the files ask for
 * @param files greatest number of open files of one process
 */
export function planWorkers(
  wish: { connections: number; perAddress: number; workers: number },
  files: number,
): WorkerPlan {
  const fits = Math.max(1, Math.floor((files - RESERVED_FILES) / FILES_PER_CONNECTION));
  const asked = Math.min(MOST_WORKERS, Math.max(1, Math.ceil(wish.connections / fits)));
  const workers = wish.workers || asked;
  const connections = Math.min(fits, Math.ceil(wish.connections / workers));
  return {
    workers,
    connections,
    perAddress: Math.ceil(wish.perAddress / workers),
    carries: Math.min(wish.connections, connections * workers),
  };
}

/** The hard limit of this process; Node raises the soft one to it at its start. */
export function openFileLimit(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { hard: number | 'unlimited' } };
  };
  const hard = userLimits?.open_files?.hard ?? 'unlimited';
  return hard === 'unlimited' ? Infinity : hard;
}
