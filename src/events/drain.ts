import type { Stream } from './stream.js';

const WAVE_MS = 100;
/** A wave is at least this large, so that few streams end quickly. */
const SMALLEST_WAVE = 100;
/** Share of the window in which goodbyes are sent; the rest is for taking them. */
const SENDING_SHARE = 0.7;
const EARLIEST_RETRY_MS = 500;
/** Reconnects are spread over at least this long, whatever their number. */
const RETRY_SPREAD_MS = 5_000;

/**
 * Ends all streams inside `seconds`, in waves: ending ten thousand in one
 * millisecond would bring ten thousand reconnects in the next. Each client gets
 * a different `retry_ms`, an even spread in random order.
 */
export async function drainStreams(streams: readonly Stream[], seconds: number): Promise<void> {
  const waves = Math.max(
    1,
    Math.min(
      Math.floor((seconds * 1000 * SENDING_SHARE) / WAVE_MS),
      Math.ceil(streams.length / SMALLEST_WAVE),
    ),
  );
  const size = Math.ceil(streams.length / waves);
  const retries = retryTimes(streams.length);
  for (let wave = 0; wave < waves; wave += 1) {
    if (wave > 0) await new Promise((resolve) => setTimeout(resolve, WAVE_MS));
    for (let index = wave * size; index < Math.min((wave + 1) * size, streams.length); index += 1) {
      streams[index]?.goodbye('draining', retries[index]);
    }
  }
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
