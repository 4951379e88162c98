import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { EventLog } from '../../src/events/log/event-log.js';
import type { LoggedEvent } from '../../src/events/event.js';
import { comparePositions, ORIGIN, type Position } from '../../src/events/position.js';
import type { Report } from '../support/append-forever.js';
import { newEvents } from '../support/new-event.js';
import { idOf } from './event-log.acceptance.js';

/** What a process that runs `appendForever` has said. */
export interface Reports {
  readonly answered: Map<string, readonly (Position | undefined)[]>;
  readonly refused: Map<string, string>;
  readonly emitted: Position[];
  until(enough: (reports: Reports) => boolean): Promise<void>;
}

export function reportsOf(child: ChildProcess): Reports {
  if (!child.stdout || !child.stderr) throw new Error('spawn the process with pipes');
  let complaints = '';
  let ended = false;
  let wake = () => {};
  child.stderr.on('data', (chunk) => (complaints += String(chunk)));
  child.on('close', () => {
    ended = true;
    wake();
  });
  const reports: Reports = {
    answered: new Map(),
    refused: new Map(),
    emitted: [],
    async until(enough) {
      while (!enough(reports)) {
        if (ended) throw new Error(`the process has ended: ${complaints}`);
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The kill may have cut the last line short.
    if (!line.endsWith('}')) return;
    const report = JSON.parse(line) as Report;
    if ('answered' in report) reports.answered.set(report.answered, report.positions);
    else if ('refused' in report) reports.refused.set(report.refused, report.code);
    else reports.emitted.push(...report.emitted);
    wake();
  });
  return reports;
}

/**
 * @param known events that were in the log before
 * @returns events that are in the log now
 */
export async function expectKept(log: EventLog, reports: Reports, known: number): Promise<number> {
  const events = await everything(log);
  const batches = Map.groupBy(events.slice(known), ({ module }) => module);
  const wrong: string[] = [];

  for (const [batch, positions] of reports.answered) {
    const kept = batches.get(batch)?.map(({ position }) => position) ?? [];
    if (String(kept) !== String(positions)) wrong.push(`${batch} was answered but is not kept`);
  }
  for (const batch of reports.refused.keys()) {
    if (batches.has(batch)) wrong.push(`${batch} was refused but is kept`);
  }
  for (const [batch, members] of batches) {
    const size = Number(idOf(members[0] ?? { json: '{}' }).split('.')[2]);
    if (members.length !== size) wrong.push(`${batch} is kept in part`);
  }
  const positions = events.map(({ position }) => position);
  const kept = new Set(positions);
  for (const position of reports.emitted) {
    if (!kept.has(position)) wrong.push(`${position} was emitted but is not kept`);
  }
  expect(wrong).toEqual([]);
  expect(positions).toEqual([...kept].toSorted(comparePositions));
  expect(reports.answered.size).toBeGreaterThan(0);
  expect((await log.bounds()).length).toBe(events.length);

  const next = await log.append(newEvents(1));
  expect(comparePositions(next.positions[0] ?? ORIGIN, positions.at(-1) ?? ORIGIN)).toBeGreaterThan(
    0,
  );
  return events.length + 1;
}

async function everything(log: EventLog): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  for (let after = ORIGIN; ;) {
    const { events, through } = await log.read({ limit: 5000, after });
    all.push(...events);
    if (events.length < 5000) return all;
    after = through;
  }
}
