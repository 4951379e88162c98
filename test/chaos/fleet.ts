import type { Bitmap } from './bitmap.js';
import type { FleetCommands, FleetReport } from './fleet-worker.js';
import { Worker } from '../support/process/worker.ts';

const PROCESSES = 2;
const TYPESCRIPT = ['--import', new URL('../support/typescript.mjs', import.meta.url).href];

/** Clients with the client library, spread over a few processes. */
export class Fleet {
  private readonly workers = Array.from(
    { length: PROCESSES },
    () =>
      new Worker<FleetCommands>(new URL('fleet-worker.ts', import.meta.url), {
        nodeArgs: TYPESCRIPT,
      }),
  );

  /** Resolves when each client has a stream. */
  async open(clients: number, baseUrl: string, tokens: string[]): Promise<void> {
    const count = Math.ceil(clients / PROCESSES);
    await Promise.all(
      this.workers.map((worker, index) =>
        worker.ask('open', { baseUrl, tokens, first: index * count, count }),
      ),
    );
  }

  /**
   * From now on, how long does each client wait for an event made from now on?
   * @param over whether what the label names has just been made good
   */
  async mark(label: string, over = false): Promise<void> {
    const at = Date.now();
    await Promise.all(this.workers.map((worker) => worker.ask('mark', { label, at, over })));
  }

  /** How many deliveries have not been made yet. */
  async missing(accepted: readonly Bitmap[]): Promise<number> {
    const words = accepted.map((bits) => bits.toWords());
    const counts = await Promise.all(
      this.workers.map((worker) => worker.ask('missing', { accepted: words })),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async report(accepted: readonly Bitmap[]): Promise<FleetReport[]> {
    const words = accepted.map((bits) => bits.toWords());
    return Promise.all(this.workers.map((worker) => worker.ask('report', { accepted: words })));
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
