import { setImmediate as turn } from 'node:timers/promises';
import type { EventLog } from '../../src/events/log/event-log.js';
import { ProblemError } from '../../src/kernel/problem.js';
import { newEvents } from './new-event.js';

/** One line on stdout; a pipe is written synchronously, so what was said before a kill is heard. */
export type Report =
  | { readonly answered: string; readonly positions: readonly (string | undefined)[] }
  | { readonly refused: string; readonly code: string }
  | { readonly emitted: readonly string[] };

/**
 * The whole of a child process: appends batches of different sizes, several at
 * a time, and reports each answer and each position that the tail emits, until
 * it is killed. A batch is the module of its events, its size is in their ids.
 */
export async function appendForever(log: EventLog): Promise<void> {
  log.tail.subscribe((events) => say({ emitted: events.map(({ position }) => position) }));
  await log.open();
  let batches = 0;
  const publish = async (): Promise<never> => {
    for (;;) {
      batches += 1;
      const module = `${process.pid}-${batches}`;
      const size = 1 + (batches % 20);
      const events = newEvents(size, (index) => ({ id: `${module}.${index}.${size}`, module }));
      try {
        say({ answered: module, positions: (await log.append(events)).positions });
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        say({ refused: module, code: error.code });
        await turn();
      }
    }
  };
  await Promise.all([publish(), publish(), publish(), publish()]);
}

function say(report: Report): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
