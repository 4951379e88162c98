/**
 * JSON as text. What a producer wrote comes out as it went in: numbers of any size
 * and precision, repeated names, the order of names, every escape. Only white space
 * outside strings is removed. `JSON.parse` decides what is valid; its result, in
 * which numbers are doubles, is thrown away.
 *
 * Everything here is linear in the length of the text, and nothing recurses.
 */

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** A name that occurs in an object, decoded, and the text of its value. */
export type Member = readonly [name: string, json: string];

export class JsonTooDeep extends Error {}

/**
 * The same JSON without white space outside strings.
 * @param levels how deep lists and objects may be nested in each other
 * @throws SyntaxError when `text` is not JSON, JsonTooDeep
 */
export function compactJson(text: string, levels: number): string {
  JSON.parse(text);
  let out = '';
  let from = 0;
  let depth = 0;
  for (let at = 0; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (isSpace(code)) {
      out += text.slice(from, at);
      do at += 1;
      while (isSpace(text.charCodeAt(at)));
      from = at;
    } else {
      if (code === OPEN_OBJECT || code === OPEN_LIST) {
        depth += 1;
        if (depth > levels) throw new JsonTooDeep();
      } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
        depth -= 1;
      }
      at += 1;
    }
  }
  return from === 0 ? text : out + text.slice(from);
}

export function isObject(json: string): boolean {
  return json.charCodeAt(0) === OPEN_OBJECT;
}

export function isList(json: string): boolean {
  return json.charCodeAt(0) === OPEN_LIST;
}

/** The members of an object in their order, repeated names included. @param json compact */
export function membersOf(json: string): Member[] {
  const members: Member[] = [];
  for (let at = 1; json.charCodeAt(at) !== CLOSE_OBJECT;) {
    const nameEnd = endOfString(json, at);
    const end = endOfValue(json, nameEnd + 1);
    const name = JSON.parse(json.slice(at, nameEnd)) as string;
    members.push([name, json.slice(nameEnd + 1, end)]);
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
  return members;
}

/** The items of a list. @param json compact */
export function itemsOf(json: string): string[] {
  const items: string[] = [];
  for (let at = 1; json.charCodeAt(at) !== CLOSE_LIST;) {
    const end = endOfValue(json, at);
    items.push(json.slice(at, end));
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
  return items;
}

/** The string that the JSON text stands for; `undefined` for any other kind of value. */
export function stringOf(json: string | undefined): string | undefined {
  return json?.charCodeAt(0) === QUOTE ? (JSON.parse(json) as string) : undefined;
}

/** An object of these members, in their order; those without a value are left out. */
export function objectOf(members: Iterable<readonly [string, string | undefined]>): string {
  const parts: string[] = [];
  for (const [name, json] of members) {
    if (json !== undefined) parts.push(`${JSON.stringify(name)}:${json}`);
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
