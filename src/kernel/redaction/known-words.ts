import type { Detector } from './detectors.js';
import { uuids } from './detectors.js';
import {
  areHashesKnown,
  areLookupsKnown,
  isKnownUuid,
  isKnownWord,
  secretLiterals,
  SHORTEST_HASHED,
} from './known-credentials.js';
import { percentDecoded } from './percent-views.js';

/** Printable ASCII between white space, quotes and brackets. */
const RUN = /[!#$%&*-;=?@A-Z[\]^_a-z|~]{16,}/g;
const RUN_PART = /[!#$%&*-;=?@A-Z[\]^_a-z|~]/;
/** What a token may consist of (RFC 9110, section 11.2), with padding. */
const TOKEN68 = /[A-Za-z0-9._~+/-]{16,}={0,2}/g;
const BASE64URL = /[A-Za-z0-9_-]{16,}/g;
/** As a token stands in a URL. */
const ENCODED = /[A-Za-z0-9._~%-]{16,}/g;
const PUNCTUATION = /[.~+/=-]/;

/** Registered secrets, at any place. */
export const literals: Detector = (text, mark) => {
  for (const literal of secretLiterals()) {
    for (let at = text.indexOf(literal); at >= 0; at = text.indexOf(literal, at + literal.length)) {
      mark(at, at + literal.length);
    }
  }
};

/**
 * Words whose SHA-256 is that of a known credential. A word is what stands between white
 * space, quotes and brackets; a part of it of the characters of a token; such a part
 * without the punctuation around it. as it is, and percent-decoded. A
 * character is hashed five times at most.
 */
export const knownWords: Detector = (text, mark) => {
  if (areHashesKnown() || areLookupsKnown()) {
    uuids(text, (start, end) => {
      if (isKnownUuid(text.slice(start, end))) mark(start, end);
    });
  }
  if (!areHashesKnown()) return;
  const check = (start: number, end: number) => {
    if (isKnownWord(text.slice(start, end))) mark(start, end);
  };
  forEachMatch(RUN, text, check);
  forEachMatch(TOKEN68, text, (start, end) => {
    const [first, last] = trimmed(text, start, end);
    if (isInside(RUN_PART, text, start, end)) check(start, end);
    if ((first > start || last < end) && last - first >= SHORTEST_HASHED) check(first, last);
  });
  if (text.includes('%')) {
    forEachMatch(ENCODED, text, (start, end) => {
      if (isKnownWord(percentDecoded(text.slice(start, end)))) mark(start, end);
    });
  }
  forEachMatch(BASE64URL, text, (start, end) => {
    if (isInside(PUNCTUATION, text, start, end)) check(start, end);
  });
};

/** Whether the range is part of a longer word: otherwise it has been checked already. */
function isInside(edge: RegExp, text: string, start: number, end: number): boolean {
  return (start > 0 && edge.test(text[start - 1] ?? ' ')) || edge.test(text[end] ?? ' ');
}

function trimmed(text: string, start: number, end: number): [start: number, end: number] {
  let first = start;
  let last = end;
  while (first < last && PUNCTUATION.test(text[first] ?? '')) first += 1;
  while (last > first && PUNCTUATION.test(text[last - 1] ?? '')) last -= 1;
  return [first, last];
}

/** Calls `take` for each match; `pattern` has the flag `g`. */
export function forEachMatch(
  pattern: RegExp,
  text: string,
  take: (start: number, end: number) => void,
): void {
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) {
    take(found.index, pattern.lastIndex);
  }
}
