import type { Output } from '../output.js';
import type { Gate } from './thresholds.js';
import { figure, type Readings } from './watchdog.js';

const WIDTH = 24;

/** What a person at a terminal sees; a pipe gets the notes only. */
export class Progress {
  private readings: Readings = new Map();
  private isShown = false;

  constructor(
    private readonly output: Output,
    private readonly gates: readonly Gate[],
    private readonly write: (text: string) => void = (text) => void process.stdout.write(text),
  ) {}

  figures(readings: Readings): void {
    this.readings = readings;
  }

  note(text: string): void {
    this.clear();
    this.output.line(`${new Date().toISOString().slice(11, 19)} ${text}`);
  }

  /** @param share of the present phase, 0 to 1 */
  show(phase: number, phases: number, share: number, what: string): void {
    if (!this.output.color) return;
    const filled = Math.round(((phase + Math.min(1, Math.max(0, share))) / phases) * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const figures = this.gates
      .map(({ name, unit }) => `${name} ${figure(this.readings.get(name) ?? Number.NaN)}${unit}`)
      .join(' · ');
    this.clear();
    this.write(`${bar} phase ${phase + 1}/${phases} ${what} · ${figures}`);
    this.isShown = true;
  }

  private clear(): void {
    if (this.isShown) this.write('\r\u001b[2K');
    this.isShown = false;
  }
}
