const DECIMAL = /^(?:0|[1-9]\d{0,14})$/;

/**
 * The whole number that a text stands for in decimal digits; `undefined` for any other
 * text. `Number` alone also reads `0x10`, `1e2`, ` 7` and the empty text.
 */
export function decimalOf(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}
