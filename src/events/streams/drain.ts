import { inWaves } from '../../kernel/waves.js';
import type { Stream } from './stream.js';

/** Share of the window in which goodbyes are sent; the rest is for being noticed before, and for taking them. */
const SENDING_SHARE = 0.5;
const EARLIEST_RETRY_MS = 500;
/** Reconnects are spread over at least this long, whatever their number. */
const RETRY_SPREAD_MS = 5_000;

/**
 * Ends all streams inside `seconds`, in waves. Each client gets a different
 * `retry_ms`, an even spread in random order.
 */
export async function drainStreams(streams: readonly Stream[], seconds: number): Promise<void> {
  const retries = retryTimes(streams.length);
  await inWaves(streams, seconds * 1000 * SENDING_SHARE, (stream, index) =>
    stream.goodbye('draining', retries[index]),
  );
}

/** `count` different whole milliseconds, evenly spread, shuffled. */
export function retryTimes(count: number): number[] {
  const step = Math.max(1, Math.floor(RETRY_SPREAD_MS / Math.max(1, count)));
  const times = Array.from({ length: count }, (_, index) => EARLIEST_RETRY_MS + index * step);
  for (let index = times.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [times[index], times[other]] = [times[other] as number, times[index] as number];
  }
  return times;
}
