import type { Clock } from './clock.js';

/** Silence that counts as too long, in heartbeats. */
export const HEARTBEATS_MISSED = 2.5;
/** The longest time that a silent stream may still recover before the client gives it up, milliseconds. */
export const GRACE_MS = 1_000;
/** Part of the limit that is too long already when the machine has just woken up. */
const ON_WAKING = 0.6;

export interface Watchdog {
  /** Counts from now; silence of `limitMs` is one too long. */
  watch(limitMs: number): void;
  /** A sign of life. Cheap on purpose: it comes with every chunk, and moves no timer. */
  heard(): void;
  /** On waking: is the silence long by any clock? A wrong yes costs one resume. */
  check(): void;
  stop(): void;
}

/**
 * Notices silence. Counts on the monotonic clock, so that setting the wall
 * clock changes nothing. A sleeping machine may stop the monotonic clock and
 * every timer with it: `check`, called on waking, looks at both clocks.
 * @param onSilence called once for each `watch`, with the milliseconds of silence
 */
export function createWatchdog(clock: Clock, onSilence: (silentMs: number) => void): Watchdog {
  let limit: number;
  let heardAt: number;
  let heardWall: number;
  let cancel: (() => void) | undefined;

  const heard = (): void => {
    heardAt = clock.now();
    heardWall = clock.wall();
  };
  const silence = (): number => clock.now() - heardAt;
  const stop = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const judge = (silentMs: number, limitMs: number): void => {
    stop();
    if (silentMs >= limitMs) onSilence(silentMs);
    else cancel = clock.after(limit - silence(), () => judge(silence(), limit));
  };
  return {
    watch(limitMs) {
      limit = limitMs;
      heard();
      judge(0, limit);
    },
    heard,
    check() {
      if (cancel) judge(Math.max(silence(), clock.wall() - heardWall), limit * ON_WAKING);
    },
    stop,
  };
}
