import { areHashesKnown, areLookupsKnown, secretLiterals } from './known-credentials.js';
import { forEachMatch, knownWords, literals } from './known-words.js';

const BASE64 = /[A-Za-z0-9+/_-]+/g;
/** A credential of 16 characters has 22 in base64. */
const SHORTEST = 22;
/** Hexadecimal and UUIDs consist of base64's characters too, and are none. */
const HEX = /^[0-9a-f-]+$/i;
const MASKED_BYTE = 0x2a;
/** Base64 of three NUL bytes: no word goes on across it. */
const SEPARATOR = 'AAAA';

/**
 * The text with known credentials inside base64 and base64url overwritten by `*`; the
 * length stays, and what was base64 is base64. The data may begin at any of the four
 * places within a group of four characters, and may hold base64 once more. A credential
 * that a line break inside the base64 cuts in two is not found.
 */
export function overwriteInBase64(text: string, alignments = 4, depth = 2): string {
  if (!areHashesKnown() && !areLookupsKnown() && secretLiterals().size === 0) return text;
  const runs: [start: number, end: number][] = [];
  forEachMatch(new RegExp(BASE64), text, (start, end) => {
    if (end - start >= SHORTEST && !HEX.test(text.slice(start, end))) runs.push([start, end]);
  });
  let out = text;
  for (let skip = 0; skip < alignments && runs.length > 0; skip += 1) {
    out = overwriteAligned(
      out,
      runs.map(([start, end]) => [start + skip, end]),
      depth,
    );
  }
  return out;
}

/** All runs are decoded in one piece: that costs a fraction of decoding many short ones. */
function overwriteAligned(text: string, runs: [start: number, end: number][], depth: number) {
  const joined = runs.map(([start, end]) => padded(text.slice(start, end)) + SEPARATOR);
  const before = Buffer.from(joined.join(''), 'base64').toString('latin1');
  const after = overwritten(before, depth);
  if (after === before) return text;
  const parts: string[] = [];
  let copied = 0;
  let at = 0;
  runs.forEach(([start, end], index) => {
    const bytes = ((joined[index]?.length ?? 0) / 4) * 3;
    const decoded = after.slice(at, at + bytes);
    if (decoded !== before.slice(at, at + bytes)) {
      const alphabet = /[-_]/.test(text.slice(start, end)) ? 'base64url' : 'base64';
      const encoded = Buffer.from(decoded, 'latin1').toString(alphabet);
      parts.push(text.slice(copied, start), encoded.slice(0, end - start));
      copied = end;
    }
    at += bytes;
  });
  return parts.join('') + text.slice(copied);
}

/** Whole groups, so that the runs stay in step; the padding is cut off again. */
function padded(text: string): string {
  return text + 'A'.repeat((4 - (text.length % 4)) % 4);
}

/** Bytes (as Latin-1) with the credentials in them overwritten; as many as before. */
function overwritten(text: string, depth: number): string {
  let bytes: Buffer | undefined;
  const overwrite = (start: number, end: number) => {
    bytes ??= Buffer.from(text, 'latin1');
    bytes.fill(MASKED_BYTE, start, end);
  };
  literals(text, overwrite);
  knownWords(text, overwrite);
  const plain = bytes === undefined ? text : bytes.toString('latin1');
  // Inner base64 begins where a word begins, so at the beginning of a group.
  return depth > 1 ? overwriteInBase64(plain, 1, depth - 1) : plain;
}
