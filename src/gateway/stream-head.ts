import type { IncomingHttpHeaders } from 'node:http';

const LINE_END = '\r\n';
/** The only response that is relayed without Node's parser. */
const STATUS_LINE = 'HTTP/1.1 200 OK';
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible characters, blanks, and those beyond ASCII: no control character, and so no line end. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The head of a GET request on a connection of its own.
 * @param headers as Node's parser has read them: no value holds a line end
 */
export function requestHead(target: string, headers: IncomingHttpHeaders): string {
  let head = `GET ${target} HTTP/1.1${LINE_END}`;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === 'connection') continue;
    head += `${name}: ${String(value)}${LINE_END}`;
  }
  return `${head}connection: close${LINE_END}${LINE_END}`;
}

/**
 * The headers of an event stream in chunks whose head is beyond doubt, by names in lower case;
 * undefined for any other head, which is for Node's parser to read or to refuse.
 * @param head through its empty line, in latin1
 */
export function plainStreamHead(head: string): IncomingHttpHeaders | undefined {
  const [status, ...lines] = head.slice(0, -2 * LINE_END.length).split(LINE_END);
  if (status !== STATUS_LINE) return undefined;
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = withoutBlanks(line.slice(colon + 1));
    if (!NAME.test(name) || !isFieldValue(value)) return undefined;
    const before = headers[name];
    if (name === 'set-cookie') headers[name] = [...((before as string[] | undefined) ?? []), value];
    else if (before !== undefined) return undefined;
    else headers[name] = value;
  }
  const isStream =
    headers['transfer-encoding'] === 'chunked' &&
    headers['content-length'] === undefined &&
    isEventStream(headers);
  return isStream ? headers : undefined;
}

/**
 * Without the blanks around a value (RFC 9110, section 5.5). `trim` would take away line ends
 * and controls as well, for which Node refuses a head. A pattern would take time in the square
 * of blanks inside.
 */
function withoutBlanks(text: string): string {
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t';
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(from)) from += 1;
  while (to > from && isBlank(to - 1)) to -= 1;
  return text.slice(from, to);
}

/** Whether Node writes this text in a head (RFC 9110, section 5.5, and 9112, section 4). */
export function isFieldValue(text: string): boolean {
  return VALUE.test(text);
}

export function isEventStream(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false;
}
