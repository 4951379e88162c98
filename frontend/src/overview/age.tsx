import type { Polled } from '../session/poll.js';
import { now } from '../ui/clock.js';
import { duration } from '../ui/format.js';

/** Whether an answer is missing: the figures say how things were. */
export function isStale({ at, error }: Polled<unknown>, everyMs: number): boolean {
  // One answer may be on its way. When a second one is missing too, the figures are stale.
  return at !== undefined && (error !== undefined || now.value - at > 2 * everyMs);
}

/** How old the figures are; red where the server no longer answers. */
export function Age({ everyMs, ...polled }: Polled<unknown> & { everyMs: number }) {
  const { at, error } = polled;
  if (at === undefined) {
    return error ? (
      <span class="age stale">{error.message}</span>
    ) : (
      <span class="age">loading…</span>
    );
  }
  const ms = Math.max(0, now.value - at);
  return isStale(polled, everyMs) ? (
    <span class="age stale">
      {/* Only the word is read out: the age changes every second. */}
      <span role="status">Stale</span>: {duration(ms)} old. {error?.message}
    </span>
  ) : (
    <span class="age">{duration(ms)} old</span>
  );
}
