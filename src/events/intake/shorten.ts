import { stringOf, type Member } from './json-text.js';

/** Lengths to which values are cut, bytes of JSON text; the greatest one that makes all members fit is used. */
const CUTS = [16_384, 8192, 4096, 2048, 1024, 512, 256, 128, 64];
const MARK = '… (cut)';
/** Most bytes that one byte of text takes in JSON: `\u0000`. */
const ESCAPED_BYTES = 6;

/** The longest beginning of the text that has at most so many bytes in UTF-8. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const whole = Buffer.from(text);
  let end = bytes;
  // A character is not cut: its bytes after the first one are 10xxxxxx.
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return whole.toString('utf8', 0, end);
}

/**
 * Cuts the longest values, so that all members together take at most `bytes`. If they
 * still do not fit, leaves out those for which no room is left.
 */
export function shortenMembers(members: readonly Member[], bytes: number): Member[] {
  const sizes = members.map(([name, json]) => ({
    name: Buffer.byteLength(JSON.stringify(name)) + 2,
    value: Buffer.byteLength(json),
  }));
  const total = (cut: number) =>
    sizes.reduce((sum, { name, value }) => sum + name + Math.min(value, cut), 0);
  const cut = CUTS.find((most) => total(most) <= bytes) ?? Math.min(...CUTS);
  const kept: Member[] = [];
  let left = bytes;
  for (const [index, [name, json]] of members.entries()) {
    const { name: nameBytes, value } = sizes[index] ?? { name: 0, value: 0 };
    if (nameBytes + Math.min(value, cut) > left) continue;
    left -= nameBytes + Math.min(value, cut);
    kept.push([name, value > cut ? cutValue(json, cut) : json]);
  }
  return kept;
}

/** @returns the JSON of a string, of at most so many bytes */
function cutValue(json: string, bytes: number): string {
  const text = stringOf(json) ?? json;
  const room = bytes - Buffer.byteLength(JSON.stringify(MARK));
  const cut = JSON.stringify(cutToBytes(text, room) + MARK);
  return Buffer.byteLength(cut) <= bytes
    ? cut
    : JSON.stringify(cutToBytes(text, Math.floor(room / ESCAPED_BYTES)) + MARK);
}
