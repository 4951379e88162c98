import type { Polled } from '../session/poll.js';
import { now } from '../ui/clock.js';
import { duration } from '../ui/format.js';

/** How old the figures are; red where the server no longer answers. */
export function Age({ at, error, everyMs }: Polled<unknown> & { everyMs: number }) {
  if (at === undefined) {
    return error ? (
      <span class="age stale">{error.message}</span>
    ) : (
      <span class="age">loading…</span>
    );
  }
  const ms = Math.max(0, now.value - at);
  // One answer may be on its way. When a second one is missing too, the figures are stale.
  const isStale = error !== undefined || ms > 2 * everyMs;
  return isStale ? (
    <span class="age stale" role="status">
      Stale: {duration(ms)} old. {error?.message}
    </span>
  ) : (
    <span class="age">{duration(ms)} old</span>
  );
}
