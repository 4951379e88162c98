import { STEP_CHARS, type Member } from './json-text.js';

/*
 * As membersOf and itemsOf of json-text.ts, for texts of megabytes: both pause after every
 * STEP_CHARS characters, also inside a string or a deep value.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Characters of a name as it is written. */
const LONGEST_NAME = 6 * 1024;

/** Yields after every `STEP_CHARS` characters, however they are spread over calls. */
class Pace {
  private pauseAt = STEP_CHARS;

  isDue(at: number): boolean {
    if (at < this.pauseAt) return false;
    this.pauseAt = at + STEP_CHARS;
    return true;
  }
}

/**
 * The members of an object that `take` wants, as `membersOf` gives them; pauses while it
 * looks for them. For objects of any size: what nobody wants costs no memory.
 * @param json compact
 * @param take gets each name (decoded; one written with more than 6 KiB is left out) and the
 *   length of its value
 */
export function* memberSteps(
  json: string,
  take: (name: string, length: number) => boolean,
): Generator<undefined, Member[]> {
  const members: Member[] = [];
  const pace = new Pace();
  for (let at = 1; json.charCodeAt(at) !== CLOSE_OBJECT;) {
    const colon = yield* endSteps(json, at, COLON, pace);
    const end = yield* endSteps(json, colon + 1, COMMA, pace);
    if (colon - at <= LONGEST_NAME) {
      const name = JSON.parse(json.slice(at, colon)) as string;
      if (take(name, end - colon - 1)) members.push([name, json.slice(colon + 1, end)]);
    }
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
  return members;
}

/** The items of a list as `itemsOf` gives them; `undefined` stands for a pause. */
export function* itemSteps(json: string): Generator<string | undefined, undefined> {
  const pace = new Pace();
  for (let at = 1; json.charCodeAt(at) !== CLOSE_LIST;) {
    const end = yield* endSteps(json, at, COMMA, pace);
    yield json.slice(at, end);
    at = json.charCodeAt(end) === COMMA ? end + 1 : end;
  }
}

/** The place of the first `stop` behind `start` that is in no string, list or object, or of the bracket that closes what is around. */
function* endSteps(
  json: string,
  start: number,
  stop: number,
  pace: Pace,
): Generator<undefined, number> {
  let depth = 0;
  let isString = false;
  for (let at = start; at < json.length; at += 1) {
    if (pace.isDue(at)) yield undefined;
    const code = json.charCodeAt(at);
    if (isString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) {
      isString = true;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      depth += 1;
    } else if (depth === 0 && (code === stop || code === CLOSE_OBJECT || code === CLOSE_LIST)) {
      return at;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      depth -= 1;
    }
  }
  throw new SyntaxError('The JSON text does not end.');
}
