import { isCredentialField, isPasswordField } from './credential-names.js';
import { isPlainValue } from './credential-shape.js';

const STRUCTURE = /["{}[\]]/g;

/**
 * JSON text with its strings replaced where `redact` changes them, and the values of
 * members with a credential's name masked; every other byte stays as it is.
 * @param json valid JSON; its numbers, spaces and escapes are not interpreted
 */
export function redactStrings(
  json: string,
  redact: (text: string) => string,
  maskWith: string,
): string {
  const parts: string[] = [];
  let copied = 0;
  /** For each open list or object: the credential's name that it is the value of. */
  const open: (string | undefined)[] = [];
  let pending: string | undefined;
  let at = 0;
  for (;;) {
    STRUCTURE.lastIndex = at;
    const found = STRUCTURE.exec(json);
    if (!found) break;
    at = found.index + 1;
    if (found[0] !== '"') {
      if (found[0] === '[') open.push(pending ?? open.at(-1));
      else if (found[0] === '{') open.push(undefined);
      else open.pop();
      pending = undefined;
      continue;
    }
    const end = endOfString(json, at);
    const text = decoded(json.slice(at, end));
    const isName = json[skipSpace(json, end + 1)] === ':';
    const name = isName ? undefined : (pending ?? open.at(-1));
    const masked =
      name !== undefined && (isPasswordField(name) ? text !== '' : !isPlainValue(text));
    const out = masked ? maskWith : redact(text);
    if (out !== text) {
      parts.push(json.slice(copied, at), JSON.stringify(out).slice(1, -1));
      copied = end;
    }
    pending = isName && isCredentialField(text) ? text : undefined;
    if (isName && pending !== undefined && !/["[]/.test(json[valueAfter(json, end)] ?? '')) {
      // A number, a literal or an object: its own strings are judged by their own names.
      pending = undefined;
    }
    at = end + 1;
  }
  if (parts.length === 0) return json;
  parts.push(json.slice(copied));
  return parts.join('');
}

/** Index of the quote that closes the string whose text begins at `start`. */
function endOfString(json: string, start: number): number {
  let at = start;
  for (;;) {
    const quote = json.indexOf('"', at);
    if (quote < 0) throw new SyntaxError('a string in the JSON text does not end');
    let slashes = quote;
    while (slashes > at && json[slashes - 1] === '\\') slashes -= 1;
    if ((quote - slashes) % 2 === 0) return quote;
    at = quote + 1;
  }
}

function decoded(raw: string): string {
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

function skipSpace(json: string, start: number): number {
  let at = start;
  while (' \n\r\t'.includes(json[at] ?? 'x')) at += 1;
  return at;
}

/** Where the value of the member begins whose name ends at the quote at `end`. */
function valueAfter(json: string, end: number): number {
  return skipSpace(json, skipSpace(json, end + 1) + 1);
}
