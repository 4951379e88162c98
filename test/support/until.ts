/** Longer than any loaded machine takes, shorter than a test may. Milliseconds. */
const PATIENCE_MS = 45_000;

/**
 * Asks until the answer is yes. It must end by itself: after its time limit Jest fails a
 * test, but does not stop what the test still runs, and a loop would hold up every later one.
 * @throws Error when it takes too long
 */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end)
      throw new Error(`not so within ${PATIENCE_MS / 1000} s: ${String(isSo)}`);
    await new Promise(setImmediate);
  }
}
