/** Asks again and again until it is so; the test's own time limit ends what never becomes true. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}
