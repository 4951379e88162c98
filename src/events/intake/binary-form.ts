import { isMediaType } from './attributes.js';
import type { Member } from './json-text.js';
import { invalidEvent, readJsonText } from './limits.js';

/** The headers of a request, each with every value that it was sent with, names in lower case. */
export type DistinctHeaders = Readonly<Record<string, string[] | undefined>>;

/** The body is the data, and Content-Type its type. */
const NOT_IN_HEADERS = new Set(['data', 'data_base64', 'datacontenttype']);
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The members of a binary-mode event (CloudEvents HTTP binding 1.0.2, section 3.1).
 * @throws ProblemError invalid_event
 */
export async function readBinaryForm(headers: DistinctHeaders, body: Buffer): Promise<Member[]> {
  const members: Member[] = [];
  for (const [header, values = []] of Object.entries(headers)) {
    if (!header.startsWith('ce-')) continue;
    const name = header.slice(3);
    if (NOT_IN_HEADERS.has(name)) {
      throw invalidEvent([{ field: `/${name}`, message: 'does not belong in a ce- header' }]);
    }
    for (const value of values) members.push([name, JSON.stringify(decodeHeader(value))]);
  }
  const contentType = headers['content-type']?.[0];
  if (contentType !== undefined && isMediaType(contentType)) {
    members.push(['datacontenttype', JSON.stringify(contentType)]);
  }
  if (body.length > 0) members.push(await readData(contentType, body));
  return members;
}

/** JSON becomes `data` as its text, other text becomes a string, and any other body `data_base64`. */
async function readData(contentType: string | undefined, body: Buffer): Promise<Member> {
  const { type, charset } = contentTypeOf(contentType);
  if (isUtf8(charset)) {
    if (contentType === undefined || isJson(type)) return ['data', await readJsonText(body)];
    const text = type.startsWith('text/') ? decodeUtf8(body) : undefined;
    if (text !== undefined) return ['data', JSON.stringify(text)];
  }
  return ['data_base64', JSON.stringify(body.toString('base64'))];
}

/** A Content-Type in lower case; without a charset, UTF-8 is meant (RFC 8259, section 8.1). */
export function contentTypeOf(header: string | undefined): { type: string; charset: string } {
  const [type = '', ...parameters] = (header ?? '').toLowerCase().split(';').map(trimmed);
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return { type, charset: charset?.slice('charset='.length).replaceAll('"', '') ?? 'utf-8' };
}

export function isUtf8(charset: string): boolean {
  return ['utf-8', 'utf8', 'us-ascii'].includes(charset);
}

/** `application/json-seq` and `application/x-ndjson` are not: they hold several documents. */
function isJson(type: string): boolean {
  return type === 'application/json' || type === 'text/json' || type.endsWith('+json');
}

/**
 * Section 3.1.3.2: unquoted, then percent-decoded once. Go's SDK sends UTF-8 and `%`
 * as they are, so octets that are UTF-8 are read as such, and a `%` that begins no
 * valid UTF-8 character stays.
 */
function decodeHeader(value: string): string {
  const octets = Buffer.from(value, 'latin1');
  const text = decodeUtf8(octets) ?? value;
  return unquoted(text).replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      // Not an escape but text that looks like one.
      return run;
    }
  });
}

/** RFC 9110, section 5.6.4. */
function unquoted(text: string): string {
  return /^"(?:[^"\\]|\\.)*"$/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}

function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    // Not UTF-8: the caller has another way to read it.
    return undefined;
  }
}

function trimmed(text: string): string {
  return text.trim();
}
