/** Marks a range of a text, end exclusive. */
export type Mark = (start: number, end: number) => void;

/** A text as a detector sees it, with the way back to the original. */
export interface View {
  readonly text: string;
  /** Offset in the original of the character at `index`; the original's length at the end. */
  origin(index: number): number;
}

/** How often percent-encoding is undone: a URL in a parameter of a URL in a log line needs two. */
const LEVELS = 3;

/**
 * The text itself, then with percent-encoding undone once, twice and three times, as long
 * as that changes anything. Only ASCII is decoded: names, separators and credentials
 * consist of it. Each view is shorter than the one before it.
 */
export function* percentViews(text: string): Generator<View> {
  yield { text, origin: (index) => index };
  let current = text;
  let origins: Uint32Array | undefined;
  for (let level = 0; level < LEVELS; level += 1) {
    const next = decoded(current, origins);
    if (next === undefined) return;
    ({ text: current, origins } = next);
    const found = origins;
    yield { text: current, origin: (index) => found[index] ?? text.length };
  }
}

/** With the percent-encoding of ASCII undone once. */
export function percentDecoded(text: string): string {
  return text.replace(/%[0-7][0-9a-f]/gi, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
  );
}

function decoded(
  text: string,
  before: Uint32Array | undefined,
): { text: string; origins: Uint32Array } | undefined {
  if (!/%[0-7][0-9a-f]/i.test(text)) return undefined;
  const codes = new Uint16Array(text.length);
  const origins = new Uint32Array(text.length + 1);
  let length = 0;
  for (let at = 0; at < text.length; length += 1) {
    const code = text.charCodeAt(at);
    const byte = code === PERCENT ? byteAt(text, at) : NO_BYTE;
    codes[length] = byte < 0x80 ? byte : code;
    origins[length] = before?.[at] ?? at;
    at += byte < 0x80 ? 3 : 1;
  }
  origins[length] = before?.[text.length] ?? text.length;
  return {
    text: Buffer.from(codes.buffer, 0, 2 * length).toString('utf16le'),
    origins: origins.subarray(0, length + 1),
  };
}

const PERCENT = 0x25;
const NO_BYTE = 0x1000;

function byteAt(text: string, at: number): number {
  return hex(text.charCodeAt(at + 1)) * 16 + hex(text.charCodeAt(at + 2));
}

/** Value of a hexadecimal digit; of anything else a number that makes no byte. */
function hex(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : NO_BYTE;
}
