import { Bitmap } from './bitmap.js';
import type { Fleet } from './fleet.js';
import type { FleetReport } from './fleet-worker.js';
import type { PublishingReport, Publishers } from './publishers.js';
import type { System } from './system.js';
import { logOf } from './topology.js';
import { readEvent, type Numbered } from './workload.js';
import { setTimeout as delay } from 'node:timers/promises';

/** Without one more delivery for so long, nothing more will come: a replay of a long log takes its time. */
const SILENCE_MS = 60_000;
const POLL_MS = 1_000;
const EXAMPLES = 5;

/** What the log itself holds of what was accepted. */
export interface LogReport {
  readonly held: number;
  /** Accepted, and not in the log. */
  readonly missing: readonly Numbered[];
  /** In the log more than once. */
  readonly doubled: readonly Numbered[];
}

/** The end of a scenario under load, in numbers. */
export interface Outcome {
  readonly publishing: PublishingReport;
  readonly fleet: readonly FleetReport[];
  readonly log: LogReport | undefined;
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly foreign: number;
  readonly unconfirmed: number;
  readonly clients: number;
  readonly clientsWithGap: number;
  readonly gaps: number;
  readonly stopped: readonly string[];
  readonly examples: readonly string[];
  /** How long the last deliveries took to come after the last 202, milliseconds. */
  readonly settledMs: number;
  readonly crashes: readonly string[];
}

/** Ends the load, waits for what is under way, and counts. */
export async function settle(
  publishers: Publishers,
  fleet: Fleet,
  system: System,
): Promise<Outcome> {
  const publishing = await publishers.stop();
  const endedAt = performance.now();
  const { accepted } = publishers;
  let least = Infinity;
  let progressAt = endedAt;
  for (;;) {
    const missing = await fleet.missing(accepted);
    if (missing < least) [least, progressAt] = [missing, performance.now()];
    if (missing === 0 || performance.now() - progressAt > SILENCE_MS) break;
    await delay(POLL_MS);
  }
  const settledMs = progressAt - endedAt;
  const reports = await fleet.report(accepted);
  const log = await readLog(system, accepted);
  const rows = reports.flatMap(({ balances }) => balances);
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    publishing,
    fleet: reports,
    log,
    expected: sum(({ balance }) => balance.expected),
    delivered: sum(({ balance }) => balance.delivered),
    lost: sum(({ balance }) => balance.lost.length),
    doubled: sum(({ balance }) => balance.doubled.length),
    disordered: sum(({ balance }) => balance.disordered.length),
    foreign: sum(({ balance }) => balance.foreign.length),
    unconfirmed: sum(({ balance }) => balance.unconfirmed),
    clients: rows.length,
    clientsWithGap: rows.filter(({ gaps }) => gaps > 0).length,
    gaps: sum(({ gaps }) => gaps),
    stopped: reports.flatMap((report) => report.stopped),
    examples: rows
      .flatMap(({ client, balance }) =>
        (['lost', 'doubled', 'disordered', 'foreign'] as const).flatMap((fault) => {
          const [first] = balance[fault];
          if (!first) return [];
          const count = balance[fault].length;
          return [`client ${client}: ${count} ${fault}, first ${first.publisher}.${first.n}`];
        }),
      )
      .slice(0, EXAMPLES),
    settledMs,
    crashes: system.crashes,
  };
}

async function readLog(
  { topology }: System,
  accepted: readonly Bitmap[],
): Promise<LogReport | undefined> {
  if (!(await topology.owner())) return undefined;
  const held = accepted.map(() => new Bitmap());
  const doubled: Numbered[] = [];
  for await (const event of logOf(topology)) {
    const ours = readEvent(event as { source: string; data?: unknown });
    if (ours && !held[ours.publisher]?.add(ours.n)) doubled.push(ours);
  }
  const missing = accepted.flatMap((bits, publisher) =>
    [...bits.numbers()].filter((n) => !held[publisher]?.has(n)).map((n) => ({ publisher, n })),
  );
  return { held: held.reduce((sum, { count }) => sum + count, 0), missing, doubled };
}
