/**
 * Masks credentials in all text that leaves the process: logs, problem bodies, events,
 * crash output. docs/reference/redaction.md lists what is masked.
 *
 * Its time is linear in the length of the text, whatever the text: every detector reads
 * each character a bounded number of times (redaction-budget.spec.ts counts).
 */
import { overwriteInBase64 } from './redaction/base64.js';
import { isCredentialField } from './redaction/credential-names.js';
import {
  authorization,
  fields,
  jsonWebTokens,
  parameters,
  uuids,
  type Detector,
} from './redaction/detectors.js';
import { redactStrings } from './redaction/json-text.js';
import { secretLiterals } from './redaction/known-credentials.js';
import { knownWords, literals } from './redaction/known-words.js';
import { percentViews } from './redaction/percent-views.js';

export {
  areLookupsKnown,
  registerCredentialHash,
  registerCredentialLookup,
  registerSecret,
} from './redaction/known-credentials.js';

const MASK = '***';

/** Characters of a text that `redactText` and `redactUrl` read; the rest is cut off. */
const LONGEST_TEXT = 256 * 1024;
/** Characters before the cut that are dropped too: half of a credential would not be recognised. */
const CUT_MARGIN = 16 * 1024;
/** Most characters of JSON text; more than the largest batch of events has. */
const LONGEST_JSON = 8 * 1024 * 1024;

const DETECTORS: readonly Detector[] = [
  literals,
  knownWords,
  parameters,
  authorization,
  fields,
  jsonWebTokens,
];
const URL_DETECTORS: readonly Detector[] = [...DETECTORS, uuids];

/**
 * In every text with a credential that is recognised by a name, a scheme or its form, at the
 * place or percent-encoded. A known credential needs none of these around it.
 */
const HINT = /token|bearer|basic|eyJ|passw|secret|cookie|authorization|key|%[2-7][0-9a-f]/i;
/** Between white space, quotes and brackets. A count in the pattern would try each place of a word again. */
const WORD = /[^\s"'`\\<>(){}]+/g;
/** A shorter word is no known credential, and holds none in base64. */
const SHORTEST_KNOWN = 16;

/** The text with credentials masked; cut off where it is longer than 256 Ki characters. */
export function redactText(text: string): string {
  return shortened(text, (part) => redacted(part));
}

/** Like `redactText`, but also masks every UUID, because in a URL it may be an ephemeral token. */
export function redactUrl(url: string): string {
  return shortened(url, (part) => redacted(part, true));
}

/**
 * Whether the text contains a credential. An event is refused when its identifiers do:
 * masking could make two different ids equal.
 */
export function holdsCredential(text: string): boolean {
  return redacted(text) !== text;
}

/**
 * JSON text with credentials masked in its strings: known ones, those behind a parameter's
 * or a header's name, and the values of members with a credential's name. Every other
 * byte comes out as it went in: numbers, white space, escapes, the order of the members.
 * @param json valid JSON of at most 8 Mi characters
 * @throws RangeError when it is longer
 */
export function redactJson(json: string): string {
  if (json.length > LONGEST_JSON) throw new RangeError('the JSON text is too long to be redacted');
  // An escape may hide a name or a secret.
  if (!json.includes('\\') && isClean(json)) return json;
  return redactStrings(json, (text) => redacted(text), MASK);
}

/** JSON of a value that came from JSON, with every credential masked. */
export function redactedJson(value: unknown): string {
  return redactJson(JSON.stringify(value));
}

/**
 * A copy with every credential masked, in strings, names, arrays, objects and errors
 * alike; what lies deeper than `levels` is left out.
 */
export function redactValue(value: unknown, levels = 8): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (levels < 0) return '[deeper]';
  if (value instanceof Error) return redactError(value, levels);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      redactText(name),
      isCredentialField(name) && typeof item === 'string' ? MASK : redactValue(item, levels - 1),
    ]),
  );
}

function redactError(error: Error, levels: number): Record<string, unknown> {
  return {
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, levels - 1) }),
  };
}

/** @param isUrl every UUID counts as a credential, known or not */
function redacted(text: string, isUrl = false): string {
  if (isClean(text, isUrl)) return text;
  const visible = overwriteInBase64(text);
  let marks: Uint8Array | undefined;
  for (const view of percentViews(visible)) {
    for (const detect of isUrl ? URL_DETECTORS : DETECTORS) {
      detect(view.text, (start, end) => {
        marks ??= new Uint8Array(visible.length);
        marks.fill(1, view.origin(start), view.origin(end));
      });
    }
  }
  return marks === undefined ? visible : masked(visible, marks);
}

/** Whether the text surely holds no credential. */
function isClean(text: string, isUrl = false): boolean {
  if (HINT.test(text)) return false;
  for (const literal of secretLiterals()) if (text.includes(literal)) return false;
  WORD.lastIndex = 0;
  for (let found = WORD.exec(text); found; found = WORD.exec(text)) {
    const [word] = found;
    if (word.length >= SHORTEST_KNOWN && (isUrl || holdsKnown(word))) return false;
  }
  return true;
}

function holdsKnown(word: string): boolean {
  let found = false;
  knownWords(word, () => {
    found = true;
  });
  return found || overwriteInBase64(word) !== word;
}

/** Each marked range becomes one mask. */
function masked(text: string, marks: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const start = marks.indexOf(1, at);
    if (start < 0) {
      parts.push(text.slice(at));
      break;
    }
    const end = marks.indexOf(0, start);
    parts.push(text.slice(at, start), MASK);
    at = end < 0 ? text.length : end;
  }
  return parts.join('');
}

function shortened(text: string, redact: (part: string) => string): string {
  if (text.length <= LONGEST_TEXT) return redact(text);
  const part = redact(text.slice(0, LONGEST_TEXT)).slice(0, LONGEST_TEXT - CUT_MARGIN);
  return `${part}… (${text.length - part.length} characters left out)`;
}
