import { readFileSync } from 'node:fs';
import type { System } from './system.js';

const SAMPLE_MS = 500;
/** Signs that a curve has at most. */
const WIDTH = 60;
const HEIGHTS = '▁▂▃▄▅▆▇█';

/** Resident memory of each process of the system, from now on. */
export class MemoryCurve {
  private readonly mib = new Map<string, number[]>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly system: System) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** A line for each process; a gap in a curve is a time without the process. */
  lines(): string[] {
    const all = [...this.mib.values()].flat();
    const most = Math.max(...all, 1);
    return [
      `resident memory, 0 to ${most} MiB, a sign for each ${((this.perSign() * SAMPLE_MS) / 1000).toFixed(1)} s:`,
      ...[...this.mib].map(([name, values]) => {
        const last = values.at(-1) ?? 0;
        const own = Math.max(...values);
        return `  ${name.padEnd(16)} ${this.draw(values, most)}  most ${own} MiB, last ${last} MiB`;
      }),
    ];
  }

  private draw(values: readonly number[], most: number): string {
    const step = this.perSign();
    let curve = '';
    for (let from = 0; from < values.length; from += step) {
      const value = Math.max(...values.slice(from, from + step));
      const height = Math.min(HEIGHTS.length - 1, Math.floor((value / most) * HEIGHTS.length));
      curve += value === 0 ? ' ' : HEIGHTS[height];
    }
    return curve;
  }

  private perSign(): number {
    const longest = Math.max(...[...this.mib.values()].map(({ length }) => length), 1);
    return Math.ceil(longest / WIDTH);
  }

  private sample(): void {
    for (const { name, pid } of this.system.processes) {
      const values = this.mib.get(name) ?? [];
      this.mib.set(name, values);
      values.push(residentMiB(pid));
    }
  }
}

/** 0 for a process that has ended. */
function residentMiB(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kib ?? 0) / 1024);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 0;
  }
}
