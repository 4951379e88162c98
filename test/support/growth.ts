const SMALL = 8 * 1024;
const FACTOR = 8;
const LARGE = SMALL * FACTOR;

/** Linear cost gives 8, quadratic 64; the limit between them allows for a busy machine. */
export const MOST_GROWTH = 24;

/** A text of this length that repeats another one. */
export const repeated = (text: string) => (length: number) =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** By which factor the processor time grows for a text eight times as long; the best of five runs. */
export function growth(
  work: (text: string) => unknown,
  hostile: (length: number) => string,
): number {
  const small = hostile(SMALL);
  const large = hostile(LARGE);
  let best = Infinity;
  for (let attempt = 0; attempt < 5 && best > FACTOR * 2; attempt += 1) {
    best = Math.min(best, processorTime(work, large) / processorTime(work, small));
  }
  return best;
}

function processorTime(work: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage();
  work(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
