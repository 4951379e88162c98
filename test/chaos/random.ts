/** In [0, 1). */
export type Random = () => number;

/** The same sequence for the same seed, on every machine (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

/** A number of 32 bits that looks like chance and depends on this one alone. */
export function mix(value: number): number {
  let bits = Math.imul(value ^ (value >>> 15), value | 1);
  bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
  return (bits ^ (bits >>> 14)) >>> 0;
}

/** From `least` up to `most`. */
export function between(random: Random, least: number, most: number): number {
  return Math.round(least + random() * (most - least));
}

/** One of them, each as likely as its weight says. */
export function choose<T extends { readonly weight: number }>(
  random: Random,
  from: readonly T[],
): T {
  let left = random() * from.reduce((sum, { weight }) => sum + weight, 0);
  for (const one of from) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return from.at(-1) as T;
}
