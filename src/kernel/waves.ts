const WAVE_MS = 100;
/** Smallest size of a wave, so that a small number of items ends quickly. */
const SMALLEST_WAVE = 100;

/**
 * Calls `end` for every item, in waves over at most `ms` milliseconds: ending ten
 * thousand streams at once would cause ten thousand reconnects at once.
 */
export async function inWaves<Item>(
  items: readonly Item[],
  ms: number,
  end: (item: Item, index: number) => void,
): Promise<void> {
  const waves = Math.max(
    1,
    Math.min(Math.floor(ms / WAVE_MS), Math.ceil(items.length / SMALLEST_WAVE)),
  );
  const size = Math.ceil(items.length / waves);
  for (let wave = 0; wave < waves; wave += 1) {
    if (wave > 0) await new Promise((resolve) => setTimeout(resolve, WAVE_MS));
    const first = wave * size;
    items.slice(first, first + size).forEach((item, index) => end(item, first + index));
  }
}
