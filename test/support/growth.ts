const SMALL = 8 * 1024;
const FACTOR = 8;
const LARGE = SMALL * FACTOR;

const ATTEMPTS = 5;

/** Linear cost gives 8, quadratic 64; the limit between them allows for a busy machine. */
export const MOST_GROWTH = 24;

/** A text of this length that repeats another one. */
export const repeated = (text: string) => (length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/**
 * By which factor the processor time grows for a text eight times as long. Both are measured
 * over the same length in all, in turn, and the least of five runs counts: what else the
 * machine does makes a run longer, never shorter.
 */
export function growth(
  work: (text: string) => unknown,
  hostile: (length: number) => string,
): number {
  const small = hostile(SMALL);
  const large = hostile(LARGE);
  let [leastSmall, leastLarge] = [Infinity, Infinity];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    leastSmall = Math.min(leastSmall, processorTime(work, small, FACTOR));
    leastLarge = Math.min(leastLarge, processorTime(work, large, 1));
    if (leastLarge < leastSmall * 2) break;
  }
  return (leastLarge / leastSmall) * FACTOR;
}

/** Microseconds of this process. */
function processorTime(work: (text: string) => unknown, text: string, times: number): number {
  const before = process.cpuUsage();
  for (let run = 0; run < times; run += 1) work(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
