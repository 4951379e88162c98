import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import type { Logger } from '../kernel/logger.js';
import type { Reading } from './summary-source.js';

/** Changes with the form of the file; another form is not read. */
const FORM = 1;

/** When a service came to its present state. */
export interface RememberedService {
  readonly name: string;
  readonly status: 'up' | 'down';
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface Remembered {
  /** Epoch milliseconds of the last write. */
  readonly at: number;
  /** The process ended in an orderly way; otherwise it crashed after `at`. */
  readonly isClean: boolean;
  readonly readings: readonly Reading[];
  readonly services: readonly RememberedService[];
}

/**
 * What the overview shows of the time before this process: the readings of the last 15
 * minutes, and since when each service is up or down. For one embedded instance, in a file of
 * the data directory; without a file nothing is remembered. A figure that is lost harms
 * nobody, so a fault is logged and nothing else.
 */
export class HealthMemory {
  private failed = false;

  constructor(
    private readonly file: string | undefined,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  read(): Remembered | undefined {
    if (this.file === undefined) return undefined;
    try {
      const { form, ...state } = JSON.parse(readFileSync(this.file, 'utf8')) as Remembered & {
        form: number;
      };
      const isOurs =
        form === FORM && Array.isArray(state.readings) && Array.isArray(state.services);
      return isOurs ? withInfinity(state) : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.complain(error);
      return undefined;
    }
  }

  write(state: Remembered): void {
    if (this.file === undefined) return;
    try {
      // Renamed, so that a crash leaves the old file or the new one, and never half of it.
      const draft = `${this.file}.new`;
      writeFileSync(draft, JSON.stringify({ form: FORM, ...state }), { mode: 0o600 });
      renameSync(draft, this.file);
      this.failed = false;
    } catch (error) {
      this.complain(error);
    }
  }

  /** Once, until it works again: this is written every few seconds. */
  private complain(error: unknown): void {
    if (!this.failed) {
      const reason = isNativeError(error) ? error.message : String(error);
      this.logger.warn({ file: this.file, reason }, 'the history of the overview is not kept');
    }
    this.failed = true;
  }
}

/** JSON has no Infinity: the last bound of a histogram was written as null. */
function withInfinity(state: Remembered): Remembered {
  const readings = state.readings.map((reading) => ({
    ...reading,
    latencies: Object.fromEntries(
      Object.entries(reading.latencies).map(([name, { bounds, counts }]) => [
        name,
        { bounds: bounds.map((bound) => bound ?? Infinity), counts },
      ]),
    ) as unknown as Reading['latencies'],
  }));
  return { ...state, readings };
}
