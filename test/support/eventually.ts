/** Longer than any loaded machine takes, shorter than a test may. Milliseconds. */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Asks until the answer is good, for what no event tells of: a server that has yet
 * to notice that a browser hung up. Answers with the last answer, good or not, so
 * that the test's own `expect` says what is wrong with it.
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
