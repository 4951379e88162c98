import type { OperatorEvent } from '@vx11/events-client';
import { timeOf, type Entry, type EventEntry } from '../entry.js';
import { alertKey, alertsOf } from './alerts.js';

/** A line on screen. */
export type Row =
  | {
      readonly kind: 'event';
      readonly key: string;
      readonly event: OperatorEvent;
      /** It belongs to the opened burst above it. */
      readonly inBurst: boolean;
    }
  | {
      readonly kind: 'burst';
      readonly key: string;
      /** The newest one. */
      readonly event: OperatorEvent;
      readonly count: number;
      readonly isOpen: boolean;
      /** They are about one alert, not just similar. */
      readonly isAlert: boolean;
    }
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | Exclude<Entry, EventEntry>;

/** From this many similar events in a row they are one line. */
const BURST_SIZE = 3;
/** Similar events farther apart than this, milliseconds, are not one burst. */
const BURST_GAP_MS = 10_000;

export interface RowOptions {
  readonly group: boolean;
  /** Keys of opened bursts. */
  readonly open: ReadonlySet<string>;
  /** The calendar day of a moment and its offset, in the zone on screen. */
  readonly dayOf: (ms: number) => string;
}

/** Entries, oldest first → lines, newest first. */
export function rowsOf(entries: readonly Entry[], options: RowOptions): Row[] {
  const rows: Row[] = [];
  const alerts = options.group ? alertsOf(entries) : undefined;
  let day: string | undefined;
  for (let index = entries.length - 1; index >= 0;) {
    const entry = entries[index] as Entry;
    if (entry.kind !== 'event') {
      rows.push(entry);
      index -= 1;
      continue;
    }
    const key = alerts && alertKey(entry.event);
    const alert = key === undefined ? undefined : alerts?.get(key);
    if (key !== undefined && alert && alert[0] !== entry) {
      // The line of the alert's newest event, above, contains it.
      index -= 1;
      continue;
    }
    const at = timeOf(entry.event);
    const today = options.dayOf(at);
    if (day !== undefined && today !== day) rows.push({ kind: 'day', key: `day ${today}`, at });
    day = today;
    if (key !== undefined && alert && alert.length > 1) {
      rows.push(...folded(`alert ${key}`, alert, options.open, true));
      index -= 1;
      continue;
    }
    const first = options.group ? startOfBurst(entries, index) : index;
    if (index - first + 1 < BURST_SIZE) {
      rows.push({ ...entry, inBurst: false });
      index -= 1;
      continue;
    }
    rows.push(...burst(entries, first, index, options.open));
    index = first - 1;
  }
  return rows;
}

/** The index of the oldest event in the unbroken run of events similar to the one at `end`. */
function startOfBurst(entries: readonly Entry[], end: number): number {
  let index = end;
  let { event } = entries[end] as EventEntry;
  for (let before = entries[index - 1]; before?.kind === 'event'; before = entries[index - 1]) {
    if (!isSimilar(before.event, event)) break;
    if (Math.abs(timeOf(event) - timeOf(before.event)) > BURST_GAP_MS) break;
    event = before.event;
    index -= 1;
  }
  return index;
}

/** Events about one service, alert or security incident are never folded: each matters by itself. */
const NEVER_SIMILAR = /^vx11\.(?:alert|service|security)\./;

function isSimilar(a: OperatorEvent, b: OperatorEvent): boolean {
  return (
    !NEVER_SIMILAR.test(a.type) &&
    a.type === b.type &&
    a.module === b.module &&
    a.severity === b.severity &&
    a.source === b.source
  );
}

function burst(
  entries: readonly Entry[],
  first: number,
  end: number,
  open: ReadonlySet<string>,
): Row[] {
  // Named after its oldest event, so that it keeps its name while it grows.
  const key = `burst ${(entries[first] as EventEntry).key}`;
  return folded(key, (entries.slice(first, end + 1) as EventEntry[]).toReversed(), open, false);
}

/** @param members newest first */
function folded(
  key: string,
  members: readonly EventEntry[],
  open: ReadonlySet<string>,
  isAlert: boolean,
): Row[] {
  const isOpen = open.has(key);
  const { event } = members[0] as EventEntry;
  const head: Row = { kind: 'burst', key, event, count: members.length, isOpen, isAlert };
  if (!isOpen) return [head];
  return [head, ...members.map((entry): Row => ({ ...entry, inBurst: true }))];
}
