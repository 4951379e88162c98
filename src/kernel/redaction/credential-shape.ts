import { isUtf8 } from 'node:buffer';

/** Random text that is shorter is too weak to be a credential of ours. */
const SHORTEST_CREDENTIAL = 16;
/** Below this, the value of a field is no credential, whatever the field's name. */
const SHORTEST_VALUE = 8;
/** RFC 9110, section 11.2. */
const TOKEN68 = /^[A-Za-z0-9._~+/-]+={0,2}$/;
const PLAIN_WORD = /^[A-Za-z]?[a-z'-]{0,14}[.,:;!?]?$/;

/**
 * Whether a word looks like a credential and not like prose: long, of the characters of
 * a `token68`, and with digits, padding or mixed case.
 */
export function looksLikeCredential(word: string): boolean {
  if (word.length < SHORTEST_CREDENTIAL || !TOKEN68.test(word)) return false;
  return (
    /\d/.test(word) || word.endsWith('=') || (/[A-Z]/.test(word.slice(1)) && /[a-z]/.test(word))
  );
}

/** Base64 of `user:password` (RFC 7617). */
export function looksLikeBasic(word: string): boolean {
  if (word.length < 4 || !TOKEN68.test(word)) return false;
  const bytes = Buffer.from(word, 'base64');
  return isUtf8(bytes) && /^[^\u0000-\u001f\u007f]*$/.test(bytes.toString()) && bytes.includes(':');
}

/** As it may follow the name of an authorization header: there the length is enough. */
export function mayBeHeaderValue(word: string): boolean {
  return word.length >= SHORTEST_CREDENTIAL || looksLikeBasic(word);
}

/**
 * Whether the value of a field with a credential's name is no credential all the same:
 * too short, or plain words, as in `{"token":"hello"}` of a language tool.
 */
export function isPlainValue(value: string): boolean {
  return value.length < SHORTEST_VALUE || value.split(/\s/).every((word) => PLAIN_WORD.test(word));
}
