/** Processes together with all that they have started, by /proc: on Linux; elsewhere none is found. */
import { readdirSync, readFileSync } from 'node:fs';

/** One process, as /proc/<pid>/stat has it. */
export interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of its threads, and of children that have ended and were waited for. */
  readonly cpuTicks: number;
  /** Ticks between boot and its start: with the pid, what no other process has. */
  readonly startedAt: number;
}

function parse(pid: number, stat: string): Entry {
  // The second field is the program's name in brackets and may hold spaces: count from its end.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (number: number) => fields[number - 3] as number;
  return {
    pid,
    parent: field(4),
    cpuTicks: field(14) + field(15) + field(16) + field(17),
    startedAt: field(22),
  };
}

/** A process may end between being listed and being read, or signalled. */
function throwUnlessEnded(error: unknown): void {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'ESRCH') throw error;
}

function all(): Entry[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return parse(Number(name), readFileSync(`/proc/${name}/stat`, 'utf8'));
    } catch (error) {
      throwUnlessEnded(error);
      return [];
    }
  });
}

/** Those of `table` that are `pid` or come from it. */
export function treeOf(pid: number, table: readonly Entry[]): Entry[] {
  const tree = new Set([pid]);
  for (let before = 0; tree.size > before;) {
    before = tree.size;
    for (const entry of table) {
      if (tree.has(entry.parent)) tree.add(entry.pid);
    }
  }
  return table.filter((entry) => tree.has(entry.pid));
}

/**
 * A process and all that it has started, as far as it runs now. What a process had started is no
 * longer found by it once it has ended.
 */
export const processTree = (pid: number): Entry[] => treeOf(pid, all());

/** Ends with SIGKILL what is still running of `entries`. */
export function killAll(entries: readonly Entry[]): void {
  const startOf = new Map(all().map(({ pid, startedAt }) => [pid, startedAt]));
  for (const { pid, startedAt } of entries) {
    if (startOf.get(pid) !== startedAt) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      throwUnlessEnded(error);
    }
  }
}
