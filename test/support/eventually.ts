/** Longer than a loaded machine needs, shorter than a test's time limit. Milliseconds. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Asks until the answer is good, for changes that no event announces, such as a server
 * noticing that a browser hung up. Returns the last answer, good or not, so that the
 * test's own `expect` shows what is wrong with it.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || performance.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
