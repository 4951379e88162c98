import {
  isCredentialField,
  isCredentialParameter,
  isPasswordField,
  LONGEST_NAME,
} from './credential-names.js';
import {
  isPlainValue,
  looksLikeBasic,
  looksLikeCredential,
  mayBeHeaderValue,
} from './credential-shape.js';
import type { Mark } from './percent-views.js';

/**
 * Finds credentials of one kind. Linear in the text: each character is read a bounded
 * number of times, whatever the text. What bounds it stands at each loop;
 * redaction-budget.spec.ts counts.
 */
export type Detector = (text: string, mark: Mark) => void;

const NAME = /[A-Za-z0-9_.\-%+[\]$]/;
const VALUE_END = /[&#\s"'<>\\]/g;
const WORD_END = /[\s"'\\,;<>&\]}]/g;
/** JSON in JSON in JSON doubles its backslashes: 1, 3, 7, 15. */
const MOST_BACKSLASHES = 16;
const MOST_SPACES = 8;
/** A longer value in quotes is masked up to here. */
const LONGEST_QUOTED = 8192;

/** `?token=…`, `&token[]=…`, `%74oken=…`, in a URL, a form or a log line. */
export const parameters: Detector = (text, mark) => {
  let from = 0;
  for (let at = text.indexOf('='); at >= 0; at = text.indexOf('=', Math.max(at + 1, from))) {
    // No name holds a `=`, so no character belongs to two names.
    const name = nameBefore(text, at);
    if (!isCredentialParameter(name)) continue;
    const start = skipQuote(text, at + 1);
    const end = next(VALUE_END, text, start);
    if (end > start) mark(start, end);
    from = end;
  }
};

/** `Bearer …`, `Basic …`, `Authorization: …` and `X-VX11-Token: …`. */
export const authorization: Detector = (text, mark) => {
  const keyword = /bearer|basic|authorization|x-vx11-token/gi;
  for (let found = keyword.exec(text); found; found = keyword.exec(text)) {
    const word = found[0].toLowerCase();
    const start =
      word === 'bearer' || word === 'basic'
        ? afterScheme(text, found.index, keyword.lastIndex)
        : afterHeaderName(text, keyword.lastIndex);
    if (start === undefined) continue;
    const end = next(WORD_END, text, start);
    const value = text.slice(start, end);
    const isSecret = isHeaderCredential(word, value, text[found.index + word.length] === ',');
    if (isSecret) mark(start, end);
    // A short word may itself be a keyword; a long one is not read twice.
    if (isSecret || value.length > LONGEST_NAME) keyword.lastIndex = end;
  }
};

/** @param listed the name stands in a list, as in Node's `rawHeaders`, or in prose before a comma */
function isHeaderCredential(keyword: string, value: string, listed: boolean): boolean {
  switch (keyword) {
    case 'x-vx11-token':
      return listed ? mayBeHeaderValue(value) : value !== '';
    case 'authorization':
      return mayBeHeaderValue(value);
    default:
      return looksLikeCredential(value) || looksLikeBasic(value);
  }
}

/** `"token":"…"` and `token: '…'`: JSON and what util.inspect prints, also escaped as text. */
export const fields: Detector = (text, mark) => {
  let from = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', Math.max(at + 1, from))) {
    const open = skipSpaces(text, at + 1);
    const slashes = backslashesFrom(text, open);
    const quote = text[open + slashes];
    if (quote !== '"' && quote !== "'") continue;
    const name = fieldBefore(text, at);
    if (!isCredentialField(name)) continue;
    const start = open + slashes + 1;
    const end = closingQuote(text, start, quote, slashes);
    const value = text.slice(start, end);
    if (isPasswordField(name) ? value !== '' : !isPlainValue(value)) mark(start, end);
    from = end;
  }
};

/** JSON Web Tokens (RFC 7519), by their first letters: `{"` in base64url. */
export const jsonWebTokens: Detector = (text, mark) => {
  for (const { 0: run, index } of text.matchAll(/[\w.-]{20,}/g)) {
    const parts = run.split('.');
    let at = index;
    parts.forEach((part, number) => {
      const start = part.startsWith('eyJ') ? 0 : part.lastIndexOf('-eyJ') + 1;
      const payload = parts[number + 1] ?? '';
      if (part.startsWith('eyJ', start) && part.length - start > 10 && payload.length > 7) {
        const signature = parts.slice(number + 2, number + 3);
        mark(at + start, at + [part, payload, ...signature].join('.').length);
      }
      at += part.length + 1;
    });
  }
};

/** Every UUID: in a URL it may be an ephemeral token. */
export const uuids: Detector = (text, mark) => {
  // From hyphen to hyphen: a search for eight digits would try each place again.
  let from = 0;
  for (let at = text.indexOf('-', 8); at >= 0; at = text.indexOf('-', Math.max(at + 1, from))) {
    const start = at - 8;
    if (start < from) continue;
    UUID.lastIndex = start;
    if (!UUID.test(text)) continue;
    from = UUID.lastIndex;
    mark(start, from);
  }
};

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy;

/** Where the word after `Bearer ` begins. */
function afterScheme(text: string, start: number, end: number): number | undefined {
  if (start > 0 && /\w/.test(text[start - 1] ?? '')) return undefined;
  const word = skipSpaces(text, end);
  return word > end ? word : undefined;
}

/** Where the credential after `Authorization: ` begins: behind the scheme when there is one. */
function afterHeaderName(text: string, end: number): number | undefined {
  const separator = skipSpaces(text, skipQuote(text, end));
  if (!/[:=,]/.test(text[separator] ?? '')) return undefined;
  const start = skipQuote(text, skipSpaces(text, separator + 1));
  // A longer word before a space may be the credential itself.
  const scheme = /(?:[A-Za-z][\w-]{0,14}|AWS4-HMAC-SHA256) {1,8}/y;
  scheme.lastIndex = start;
  return scheme.test(text) ? scheme.lastIndex : start;
}

function nameBefore(text: string, end: number): string {
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && NAME.test(text[start - 1] ?? '')) start -= 1;
  return text.slice(start, end);
}

/** The name of the member whose colon is at `end`, without its quotes. */
function fieldBefore(text: string, end: number): string {
  let last = end;
  while (last > 0 && end - last < MOST_SPACES && text[last - 1] === ' ') last -= 1;
  if (text[last - 1] === '"' || text[last - 1] === "'") last -= 1;
  for (let count = 0; count < MOST_BACKSLASHES && text[last - 1] === '\\'; count += 1) last -= 1;
  return nameBefore(text, last);
}

/** Where the string that begins at `start` ends: at its quote, or at the longest that is read. */
function closingQuote(text: string, start: number, quote: string, slashes: number): number {
  const limit = Math.min(text.length, start + LONGEST_QUOTED);
  for (let at = start; at < limit; at += 1) {
    const escapes = backslashesFrom(text, at);
    if (text[at + escapes] === quote && closes(escapes, slashes)) {
      return at + escapes - Math.min(escapes, slashes);
    }
    at += escapes;
  }
  return limit;
}

/** An opening quote with no backslash closes with an even number of them; `\"` with one or none. */
function closes(escapes: number, slashes: number): boolean {
  return slashes === 0 ? escapes % 2 === 0 : escapes <= slashes;
}

function backslashesFrom(text: string, start: number): number {
  let count = 0;
  while (count < MOST_BACKSLASHES && text[start + count] === '\\') count += 1;
  return count;
}

function skipQuote(text: string, start: number): number {
  const at = start + backslashesFrom(text, start);
  return text[at] === '"' || text[at] === "'" ? at + 1 : start;
}

function skipSpaces(text: string, start: number): number {
  let at = start;
  while (at - start < MOST_SPACES && /\s/.test(text[at] ?? '')) at += 1;
  return at;
}

/** Index of the first match at or after `start`, else the end of the text. */
function next(end: RegExp, text: string, start: number): number {
  end.lastIndex = start;
  return end.exec(text)?.index ?? text.length;
}
