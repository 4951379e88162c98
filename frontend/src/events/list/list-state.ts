import { computed, effect, signal, untracked } from '@preact/signals';
import type { OperatorEvent, Position } from '@vx11/events-client';
import { lifetime } from '../../session/credential.js';
import { nowThere } from '../../ui/clock.js';
import { afterPress } from '../../ui/press.js';
import { acceptedAt, type Entry, type EventEntry } from '../entry.js';
import { boundOf, isRelativeBound } from '../filter/range.js';
import { LiveList, type Counts } from './live-list.js';
import { rowsOf } from './rows.js';
import { compiled, expression, filter, isGrouped, isRelative, zone } from '../settings.js';
import { day, offsetOf } from '../../ui/time.js';

/** The most events that the panel keeps, and shows. */
export const LIMIT = 5_000;
/** The list changes at most this often, milliseconds. */
const FLUSH_MS = 100;
/** Drawing may take this part of the time; a slow machine changes the list less often. */
const DRAWING_SHARE = 0.25;
const SLOWEST_FLUSH_MS = 1_000;
/** From this many new lines at once it is less work to write over the old ones than to move them. */
const BUSY = 15;

/** Why the list stands still: the operator scrolled down, reads an event, or pressed Pause. */
export type Hold = 'scrolled' | 'reading' | 'asked' | undefined;

const list = new LiveList(LIMIT);
const version = signal(0);
const openBursts = signal<ReadonlySet<string>>(new Set());

export const hold = signal<Hold>(undefined);
/**
 * So many events arrive that lines are overwritten instead of moved.
 * Never while the list is held: a line that is read stays the same element, with the
 * reader's selection in it.
 */
export const isBusy = signal(false);
/** Epoch milliseconds at which this tab received the last event. */
export const lastEventAt = signal<number | undefined>(undefined);

export const isHeld = computed(() => hold.value !== undefined);
/**
 * The end of the log when the stream began; null when it was empty, undefined
 * until the beginning of the stream is in the list.
 */
export const origin = signal<Position | null | undefined>(undefined);

export const shown = computed(() => (version.value, list.shown));
/** Matching entries that came while the list is held. */
export const waitingEntries = computed(() => (version.value, list.heldBack));
export const waiting = computed(() => (version.value, list.waiting));
/** Matching entries that the limit dropped. */
export const dropped = computed(() => (version.value, list.dropped));
/** Matching events so far: those in the list, and those that were dropped from it. */
export const total = computed(() => Math.max((version.value, list.total), eventCount.value));
/** Events in the list, by severity. */
export const severityCounts = computed<Counts>(() => {
  const counts = { info: 0, warn: 0, error: 0, critical: 0 };
  for (const entry of shown.value) if (entry.kind === 'event') counts[entry.event.severity] += 1;
  return counts;
});
export const eventCount = computed(() =>
  Object.values(severityCounts.value).reduce((sum, one) => sum + one),
);
export const rows = computed(() =>
  rowsOf(shown.value, {
    group: isGrouped.value,
    open: openBursts.value,
    // A change of the offset is marked like a new day.
    dayOf: (ms) => `${day(ms, zone.value)} ${offsetOf(ms, zone.value)}`,
  }),
);
/** The moment that ages refer to; constant while no ages are on screen. */
export const ageFrom = computed(() => (isRelative.value ? nowThere.value : 0));

/** When the server accepted the newest event that is here, by its clock. Epoch milliseconds. */
export function newestAt(): number {
  const newest = list.events().at(-1);
  return newest ? acceptedAt(newest.position) : 0;
}

/** Events that are here, whether they match or not. */
export const looked = computed(() => (version.value, list.looked));
/** A regular expression is running over the events that are here. */
export const isSearching = signal(false);

effect(() => {
  const { matches } = compiled.value;
  const searched = expression.value;
  const apply = (): void => {
    isSearching.value = false;
    list.filter(matches);
    version.value = version.peek() + 1;
  };
  if (!searched) return untracked(apply);
  isSearching.value = true;
  void searched.judge(list.events()).then(() => {
    // The filter may have changed meanwhile; a stopped expression counts as a change.
    afterPress(() => compiled.peek().matches === matches && apply());
  });
});

// What a length of time leaves behind goes, unless the list is being read.
effect(() => {
  const { from } = filter.value;
  if (!isRelativeBound(from) || isHeld.value) return;
  void nowThere.value;
  if (list.expire(boundOf(from)(0))) version.value = version.peek() + 1;
});

/** Resolves when the regular expression has judged these events. */
export async function judge(events: readonly OperatorEvent[]): Promise<void> {
  for (let searched = expression.peek(); searched;) {
    await searched.judge(events);
    if (searched === expression.peek()) return;
    searched = expression.peek();
  }
}

let pending: Entry[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let flushedAt = 0;
let pauseMs = FLUSH_MS;

/** Takes an entry from the stream. Cheap: `flush` does the work, once a frame. */
export function receive(entry: Entry): void {
  pending.push(entry);
  // A background tab has no frames and late timers, so it flushes when the list is full twice over.
  if (pending.length >= 2 * LIMIT) flush();
  timer ??= setTimeout(nextFrame, Math.max(0, flushedAt + pauseMs - performance.now()));
}

function nextFrame(): void {
  if (document.hidden) flush();
  else requestAnimationFrame(() => afterPress(flush));
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (pending.length === 0) return;
  flushedAt = performance.now();
  if (pending.some(({ kind }) => kind === 'event')) lastEventAt.value = Date.now();
  isBusy.value = !isHeld.value && pending.length >= BUSY;
  const batch = pending;
  pending = [];
  inTurn(batch, () => {
    list.push(batch);
    version.value += 1;
  });
  // Rendering, layout and paint follow this task; the next one sees what they took.
  setTimeout(() => {
    const took = performance.now() - flushedAt;
    pauseMs = Math.min(Math.max(FLUSH_MS, took / DRAWING_SHARE), SLOWEST_FLUSH_MS);
  });
}

/** The last batch that waits for a regular expression; the next one must not overtake it. */
let turn: Promise<void> | undefined;

/** Runs `work` after the earlier entries are in the list; at once if none are waiting. */
function inTurn(entries: readonly Entry[], work: () => void): void {
  if (!turn && !expression.peek()) return work();
  const events = entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []));
  const life = lifetime();
  const mine: Promise<void> = (turn ?? Promise.resolve())
    .then(() => judge(events))
    .then(() => {
      if (!life.aborted) work();
      if (turn === mine) turn = undefined;
    });
  turn = mine;
}

/** The stream's beginning has been received. */
export function begun(latest: Position | null): void {
  flush();
  inTurn([], () => (origin.value ??= latest));
}

/** @returns whether there was room for all of them */
export function addOlder(entries: readonly EventEntry[]): boolean {
  const hadRoom = list.pushOlder(entries);
  version.value += 1;
  return hadRoom;
}

export function setHold(next: Hold): void {
  if (next === hold.value) return;
  if (next === undefined) list.release();
  else list.hold();
  isBusy.value = false;
  hold.value = next;
  version.value += 1;
}

export function completeSince(): Position | undefined {
  return list.completeSince;
}

export function toggleBurst(key: string): void {
  const keys = new Set(openBursts.value);
  if (!keys.delete(key)) keys.add(key);
  openBursts.value = keys;
}

/** Forgets everything: the next operator must not see the events of this one. */
export function clear(): void {
  pending = [];
  turn = undefined;
  list.clear();
  openBursts.value = new Set();
  hold.value = undefined;
  lastEventAt.value = undefined;
  origin.value = undefined;
  version.value += 1;
}
