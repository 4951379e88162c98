import type { Outcome } from './outcome.js';

const BIN_MS = 500;
const BAR = 40;

/** The lines of a report. Times in milliseconds. */
export function describe(outcome: Outcome): string[] {
  const { publishing, log, fleet } = outcome;
  const { latencies } = publishing;
  const of = (q: number) => ms(quantile(latencies, q));
  const causes: Record<string, number> = {};
  for (const report of fleet) {
    for (const [cause, count] of Object.entries(report.causes)) {
      causes[cause] = (causes[cause] ?? 0) + count;
    }
  }
  return [
    `accepted       ${publishing.accepted} of ${publishing.made} events, in ${publishing.requests} requests; ${publishing.abandoned} batches given up`,
    `               not 202 at first: ${list(publishing.failures)}; kept already when sent again: ${publishing.duplicates}`,
    `               until the 202: p50 ${of(0.5)}, p99 ${of(0.99)}, most ${of(1)}`,
    ...(log
      ? [
          `in the log     ${log.held}; accepted and missing there: ${log.missing.length}, twice there: ${log.doubled.length}`,
        ]
      : []),
    `expected       ${outcome.expected} deliveries to ${outcome.clients} clients by their filters`,
    `delivered      ${outcome.delivered} (the last ${ms(outcome.settledMs)} after the last 202)`,
    `lost           ${outcome.lost}`,
    `doubled        ${outcome.doubled}`,
    `out of order   ${outcome.disordered}`,
    `foreign        ${outcome.foreign} (not matching the filter); without a 202: ${outcome.unconfirmed}`,
    `gap messages   ${outcome.gaps}, to ${outcome.clientsWithGap} clients`,
    `reconnections  ${fleet.reduce((sum, { reconnects }) => sum + reconnects.length, 0)}: ${list(causes)}`,
    ...waits(outcome),
    ...outcome.stopped.map((line) => `gave up        ${line}`),
    ...outcome.crashes.map((line) => `crashed        ${line}`),
    ...outcome.examples.map((line) => `example        ${line}`),
  ];
}

const TOTAL = 'all faults';

/** Until a client had an event that was made after the fault: all clients, and those whose stream broke. */
function waits({ fleet }: Outcome): string[] {
  return [
    ...table('until the first event made after it:', fleet, false),
    ...table('until the first event made after it was made good:', fleet, true),
  ];
}

function table(title: string, fleet: Outcome['fleet'], ofEnds: boolean): string[] {
  const rows = new Map<string, { all: number[]; broken: number[]; times: number }>();
  for (const report of fleet) {
    for (const { label, over, waits: seen } of report.marks) {
      if (over !== ofEnds) continue;
      for (const name of [label, TOTAL]) {
        const row = rows.get(name) ?? { all: [], broken: [], times: 0 };
        rows.set(name, row);
        row.times += 1;
        for (const one of seen) {
          row.all.push(one.ms);
          if (one.broke) row.broken.push(one.ms);
        }
      }
    }
  }
  if (rows.size === 0) return [];
  const total = rows.get(TOTAL);
  rows.delete(TOTAL);
  if (total && rows.size > 1) rows.set(TOTAL, total);
  return [
    title,
    ...[...rows].map(([label, { all, broken, times }]) => {
      const line = `  ${label.padEnd(16)} ${String(times / fleet.length).padStart(3)} times  all: ${spread(all)}`;
      return broken.length === 0
        ? line
        : `${line}   ${broken.length} broken streams: ${spread(broken)}`;
    }),
  ];
}

/** @param values milliseconds */
export function spread(values: readonly number[]): string {
  const sorted = Float64Array.from(values).sort();
  return `p50 ${ms(quantile(sorted, 0.5))}, p99 ${ms(quantile(sorted, 0.99))}, most ${ms(quantile(sorted, 1))}`;
}

/** Connections tried after each of these moments, in bins of half a second. */
export function histogram(times: readonly number[], from: number, until: number): string[] {
  const bins = new Map<number, number>();
  for (const time of times) {
    if (time < from || time >= until) continue;
    const bin = Math.floor((time - from) / BIN_MS);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const most = Math.max(...bins.values(), 1);
  return [...bins.keys()]
    .sort((a, b) => a - b)
    .map((bin) => {
      const count = bins.get(bin) ?? 0;
      const bar = '#'.repeat(Math.ceil((count / most) * BAR));
      return `  ${((bin * BIN_MS) / 1000).toFixed(1).padStart(6)} s  ${String(count).padStart(4)}  ${bar}`;
    });
}

export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? NaN;
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

function list(counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  return rows.length === 0 ? 'none' : rows.map(([name, count]) => `${count} ${name}`).join(', ');
}
