/** Share of a core that other processes may take before a measurement is doubted. */
export const NOISY = 0.05;

const ATTEMPTS = 3;
/** Seconds after which nothing is measured again, so that the run stays within its bound. */
const LAST_REPEAT_S = 330;

/** Adds `foreign`: the greater share, of either core, that neither server nor load used. */
export function withNoise({ load_core_busy, foreign_core, ...row }) {
  const onLoadCore = Math.max(0, load_core_busy - row.load_core);
  return { ...row, foreign: Math.max(foreign_core, onLoadCore) };
}

/**
 * Measures again, at most twice, while others disturb, and returns the least disturbed row;
 * `good(row)` accepts a row whatever the noise.
 */
export async function quietest(measure, good = () => false) {
  let best;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const row = await measure();
    if (!best || row.foreign < best.foreign || good(row)) best = row;
    // NaN, where nothing is pinned, is no reason to repeat.
    if (good(row) || !(row.foreign > NOISY) || performance.now() > LAST_REPEAT_S * 1000) break;
  }
  return best;
}

/** The worst noise among the result's rows. */
export function worstNoise({ issuing, rates, saturation }) {
  return Math.max(...[...issuing, ...rates, ...saturation].map((row) => row.foreign));
}
