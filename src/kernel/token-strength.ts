/** Begins every principal token that the product makes. */
export const PRINCIPAL_TOKEN_PREFIX = 'vx11p_';

/** 128 bits in base64url. */
const SHORTEST = 22;
const FEWEST_DISTINCT = 8;
const STRONG_BITS = 128;

const ALPHABETS: readonly (readonly [RegExp, number])[] = [
  [/^[0-9]+$/, 10],
  // Hexadecimal, and UUIDs: their hyphens add no entropy.
  [/^[0-9a-f-]+$/i, 16],
  [/^(?:[a-z]+|[A-Z]+)$/, 26],
  [/^(?:[0-9a-z]+|[0-9A-Z]+)$/, 36],
];

/**
 * Why a token is too easy to guess for a long-lived credential, or undefined. A text does
 * not show how it was generated, so this estimates the most entropy that it can have, from
 * its length, its alphabet and its number of distinct characters.
 */
export function weaknessOf(token: string): string | undefined {
  if (token.length < SHORTEST) return `has fewer than ${SHORTEST} characters`;
  if (new Set(token).size < FEWEST_DISTINCT) {
    return `has fewer than ${FEWEST_DISTINCT} distinct characters`;
  }
  const alphabet = ALPHABETS.find(([pattern]) => pattern.test(token))?.[1] ?? 64;
  const characters = alphabet === 16 ? token.replaceAll('-', '').length : token.length;
  return characters * Math.log2(alphabet) < STRONG_BITS
    ? `can hold at most ${Math.floor(characters * Math.log2(alphabet))} bits of entropy`
    : undefined;
}

/** Advice about a weak token; completes a sentence that reports it. */
export const HOW_TO_MAKE_A_TOKEN =
  'make one of 128 bits or more with: npm run principals -- generate';
