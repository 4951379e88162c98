/**
 * JSON as text. What a producer wrote comes out as it went in: numbers of any size
 * and precision, repeated names, the order of names, every escape. Only white space
 * outside strings is removed.
 *
 * Everything here is linear in the length of the text, and nothing recurses. What is valid
 * (RFC 8259) is decided here and not by `JSON.parse`, which cannot pause: eight megabytes
 * of brackets would keep the event loop for a quarter of a second. json-text.spec.ts
 * compares the two.
 */

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LOWER_A = 0x61;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A name that occurs in an object, decoded, and the text of its value. */
export type Member = readonly [name: string, json: string];

export class JsonTooDeep extends Error {}

/** Characters that are read between two pauses. */
export const STEP_CHARS = 64 * 1024;
/** Longer than any number of an event may be: reading one does not pause. */
const LONGEST_NUMBER = 128 * 1024;

/** What may come next. */
const Expect = {
  Value: 0,
  /** After `[`. */
  ItemOrClose: 1,
  /** After `{`. */
  NameOrClose: 2,
  /** After a comma in an object. */
  Name: 3,
  Colon: 4,
  CommaOrClose: 5,
  End: 6,
} as const;

/**
 * The same JSON without white space outside strings.
 * @param levels how deep lists and objects may be nested in each other
 * @throws SyntaxError when `text` is not JSON, JsonTooDeep
 */
export function compactJson(text: string, levels: number): string {
  const steps = compactSteps(text, levels);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * As `compactJson`, and pauses after every `STEP_CHARS` characters.
 * @throws SyntaxError, JsonTooDeep
 */
export function* compactSteps(text: string, levels: number): Generator<undefined, string> {
  let out = '';
  /** Of each open list or object: whether it is an object. */
  const open: boolean[] = [];
  let expect: number = Expect.Value;
  /** Inside a string: what may come behind it. */
  let behind: number | undefined;
  let copied = 0;
  let pauseAt = STEP_CHARS;
  for (let at = 0; at < text.length;) {
    if (at >= pauseAt) {
      yield undefined;
      pauseAt = at + STEP_CHARS;
    }
    if (behind !== undefined) {
      at = checkedText(text, at, pauseAt);
      if (text.charCodeAt(at) !== QUOTE) continue;
      at += 1;
      expect = behind;
      behind = undefined;
      continue;
    }
    const code = text.charCodeAt(at);
    if (isSpace(code)) {
      out += text.slice(copied, at);
      do at += 1;
      while (at < pauseAt && isSpace(text.charCodeAt(at)));
      copied = at;
    } else if (code === COMMA) {
      if (expect !== Expect.CommaOrClose) throw unexpected(at);
      expect = open.at(-1) === true ? Expect.Name : Expect.Value;
      at += 1;
    } else if (code === COLON) {
      if (expect !== Expect.Colon) throw unexpected(at);
      expect = Expect.Value;
      at += 1;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) {
      const isObject = code === CLOSE_OBJECT;
      const mayClose =
        expect === Expect.CommaOrClose ||
        expect === (isObject ? Expect.NameOrClose : Expect.ItemOrClose);
      if (!mayClose || open.pop() !== isObject) throw unexpected(at);
      expect = open.length === 0 ? Expect.End : Expect.CommaOrClose;
      at += 1;
    } else if (code === QUOTE && (expect === Expect.Name || expect === Expect.NameOrClose)) {
      at += 1;
      behind = Expect.Colon;
    } else if (expect !== Expect.Value && expect !== Expect.ItemOrClose) {
      throw unexpected(at);
    } else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      if (open.push(code === OPEN_OBJECT) > levels) throw new JsonTooDeep();
      expect = code === OPEN_OBJECT ? Expect.NameOrClose : Expect.ItemOrClose;
      at += 1;
    } else {
      const next = open.length === 0 ? Expect.End : Expect.CommaOrClose;
      if (code === QUOTE) {
        at += 1;
        behind = next;
      } else {
        at = endOfScalar(text, at);
        expect = next;
      }
    }
  }
  if (behind !== undefined) throw new SyntaxError('A string in the JSON text does not end.');
  if (expect !== Expect.End) throw new SyntaxError('The JSON text does not end.');
  return copied === 0 ? text : out + text.slice(copied);
}

function unexpected(at: number): SyntaxError {
  return new SyntaxError(`Character ${at} of the JSON text does not belong there.`);
}

/**
 * Checks characters and escapes inside a string. At its closing quote, or behind the first
 * whole character or escape from `limit` on.
 */
function checkedText(text: string, start: number, limit: number): number {
  const end = Math.min(limit, text.length);
  let at = start;
  while (at < end) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code < SPACE) throw unexpected(at);
    at += code === BACKSLASH ? lengthOfEscape(text, at) : 1;
  }
  return at;
}

function lengthOfEscape(text: string, at: number): number {
  const code = text.charCodeAt(at + 1);
  if (code === LOWER_U) {
    for (let digit = at + 2; digit < at + 6; digit += 1) {
      if (!isHexDigit(text.charCodeAt(digit))) throw unexpected(digit);
    }
    return 6;
  }
  if (Number.isNaN(code) || !'"\\/bfnrt'.includes(text.charAt(at + 1))) throw unexpected(at + 1);
  return 2;
}

/** By their first character. */
const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]));

function endOfScalar(text: string, at: number): number {
  const literal = LITERALS.get(text.charCodeAt(at));
  if (literal === undefined) return endOfNumber(text, at);
  if (!text.startsWith(literal, at)) throw unexpected(at);
  return at + literal.length;
}

function endOfNumber(text: string, start: number): number {
  let at = text.charCodeAt(start) === MINUS ? start + 1 : start;
  at = text.charCodeAt(at) === ZERO ? at + 1 : endOfDigits(text, at);
  if (text.charCodeAt(at) === POINT) at = endOfDigits(text, at + 1);
  const code = text.charCodeAt(at);
  if (code !== LOWER_E && code !== UPPER_E) return at;
  const sign = text.charCodeAt(at + 1);
  return endOfDigits(text, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
}

/** At least one digit. */
function endOfDigits(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) {
    at += 1;
    if (at - start > LONGEST_NUMBER)
      throw new SyntaxError('A number in the JSON text is too long.');
  }
  if (at === start) throw unexpected(at);
  return at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isHexDigit(code: number): boolean {
  const lower = code | 0x20;
  return isDigit(code) || (lower >= LOWER_A && lower <= LOWER_F);
}

export function isObject(json: string): boolean {
  return json.charCodeAt(0) === OPEN_OBJECT;
}

export function isList(json: string): boolean {
  return json.charCodeAt(0) === OPEN_LIST;
}

/**
 * The members of an object in their order, repeated names included. Names and values may be
 * parts of `json`.
 * @param json compact
 */
export function membersOf(json: string): Member[] {
  const members: Member[] = [];
  for (let at = 1; json.charCodeAt(at) !== CLOSE_OBJECT;) {
    const nameEnd = endOfString(json, at);
    const end = endOfValue(json, nameEnd + 1);
    members.push([textOf(json.slice(at, nameEnd)), json.slice(nameEnd + 1, end)]);
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
  return members;
}

/** The items of a list, one by one. @param json compact */
export function* itemsOf(json: string): Generator<string, undefined> {
  for (let at = 1; json.charCodeAt(at) !== CLOSE_LIST;) {
    const end = endOfValue(json, at);
    yield json.slice(at, end);
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
}

/** The string that the JSON text stands for; `undefined` for any other kind of value. */
export function stringOf(json: string | undefined): string | undefined {
  return json?.charCodeAt(0) === QUOTE ? (JSON.parse(json) as string) : undefined;
}

/**
 * As `stringOf`, in a third of the time, for a look at the text. Do not keep it: it may be a
 * part of `json`, and then holds the whole request in memory.
 */
export function glimpseOf(json: string): string | undefined {
  return json.charCodeAt(0) === QUOTE ? textOf(json) : undefined;
}

/** @param json a valid JSON string with its quotes */
function textOf(json: string): string {
  return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1);
}

/** Needs no escape. */
const PLAIN = /^\w*$/;

/** An object of these members, in their order; those without a value are left out. */
export function objectOf(members: Iterable<readonly [string, string | undefined]>): string {
  const parts: string[] = [];
  for (const [name, json] of members) {
    if (json !== undefined)
      parts.push(`${PLAIN.test(name) ? `"${name}"` : JSON.stringify(name)}:${json}`);
  }
  return `{${parts.join(',')}}`;
}

/** Behind the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let quote = at;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote < 0) throw new SyntaxError('A string in the JSON text does not end.');
    // Each run of backslashes stands before one quote only, so this stays linear.
    let run = 0;
    while (text.charCodeAt(quote - 1 - run) === BACKSLASH) run += 1;
    if (run % 2 === 0) return quote + 1;
  }
}

function endOfValue(json: string, at: number): number {
  let depth = 0;
  for (let end = at; end < json.length;) {
    const code = json.charCodeAt(end);
    if (code === QUOTE) {
      end = endOfString(json, end);
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1;
      end += 1;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === 0) return end;
      depth -= 1;
      end += 1;
    } else {
      if (code === COMMA && depth === 0) return end;
      end += 1;
    }
  }
  throw new SyntaxError('The JSON text does not end.');
}

function isSpace(code: number): boolean {
  return code === SPACE || code === LF || code === CR || code === TAB;
}
