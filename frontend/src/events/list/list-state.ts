import { computed, effect, signal } from '@preact/signals';
import type { Position } from '@vx11/events-client';
import { now } from '../../ui/clock.js';
import type { Entry, EventEntry } from '../entry.js';
import { LiveList, type Counts } from './live-list.js';
import { rowsOf } from './rows.js';
import { compiled, isGrouped, isRelative, zone } from '../settings.js';
import { day } from '../../ui/time.js';

/** The most events that the panel keeps, and shows. */
export const LIMIT = 5_000;
/** The list changes at most this often, milliseconds: nobody reads faster. */
const FLUSH_MS = 100;
/** Drawing may take this part of the time; a slow machine changes the list less often. */
const DRAWING_SHARE = 0.25;
const SLOWEST_FLUSH_MS = 1_000;
/** From so many new lines at once it is less work to write over the old ones than to move them. */
const BUSY = 15;

/** Why the list stands still: the operator scrolled down, reads an event, or asked for it. */
export type Hold = 'scrolled' | 'reading' | 'asked' | undefined;

const list = new LiveList(LIMIT);
const version = signal(0);
const openBursts = signal<ReadonlySet<string>>(new Set());

export const hold = signal<Hold>(undefined);
/**
 * More comes than can be followed: lines are written over instead of moved. Never
 * while the list is held: a line that is read stays the element it is, with what the
 * reader has selected in it.
 */
export const isBusy = signal(false);
/** Epoch milliseconds at which this tab took in the last event. */
export const lastEventAt = signal<number | undefined>(undefined);

export const isHeld = computed(() => hold.value !== undefined);
/**
 * The end of the log when the stream began; null when it was empty, undefined
 * until the beginning of the stream is in the list.
 */
export const origin = signal<Position | null | undefined>(undefined);

export const shown = computed(() => (version.value, list.shown));
export const waiting = computed(() => (version.value, list.waiting));
/** Matching events that there were: the list, and what had to give way. */
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
    dayOf: (ms) => day(ms, zone.value),
  }),
);
/** The moment that ages are told from; it stands still where none are on screen. */
export const ageFrom = computed(() => (isRelative.value ? now.value : 0));

effect(() => {
  list.filter(compiled.value.matches);
  version.value = version.peek() + 1;
});

let pending: Entry[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let flushedAt = 0;
let pauseMs = FLUSH_MS;

/** Takes in what the stream brings. Cheap: the work is done once a frame, in `flush`. */
export function receive(entry: Entry): void {
  pending.push(entry);
  // A tab in the background has no frames and late timers; what would be cut anyway goes early.
  if (pending.length >= 2 * LIMIT) flush();
  timer ??= setTimeout(nextFrame, Math.max(0, flushedAt + pauseMs - performance.now()));
}

function nextFrame(): void {
  if (document.hidden) flush();
  else requestAnimationFrame(flush);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (pending.length === 0) return;
  flushedAt = performance.now();
  if (pending.some(({ kind }) => kind === 'event')) lastEventAt.value = Date.now();
  isBusy.value = !isHeld.value && pending.length >= BUSY;
  list.push(pending);
  pending = [];
  version.value += 1;
  // Rendering, layout and paint follow this task; the next one sees what they took.
  setTimeout(() => {
    const took = performance.now() - flushedAt;
    pauseMs = Math.min(Math.max(FLUSH_MS, took / DRAWING_SHARE), SLOWEST_FLUSH_MS);
  });
}

/** The stream's beginning has been received. */
export function begun(latest: Position | null): void {
  flush();
  origin.value ??= latest;
}

export function addOlder(entries: readonly EventEntry[]): void {
  list.pushOlder(entries);
  version.value += 1;
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

/** Forgets everything: the next operator must not see what this one read. */
export function clear(): void {
  pending = [];
  list.clear();
  openBursts.value = new Set();
  hold.value = undefined;
  lastEventAt.value = undefined;
  origin.value = undefined;
  version.value += 1;
}
