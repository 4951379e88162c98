/** A request as its bytes say, by RFC 9112 and nothing else. */
export interface Message {
  readonly method: string;
  readonly target: string;
  /** As `1.1`. */
  readonly version: string;
  /** In their order; names in lower case, values without white space around them. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** What follows the last message: nothing, the beginning of another, or no HTTP. */
export type Rest =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unfinished'; readonly bytes: Buffer }
  | { readonly kind: 'fault'; readonly why: string };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) +([\x21-\xff]+) HTTP\/(\d\.\d)$/;
/** As in HTTP/0.9. A server may refuse it as late as at the end of the head, and Node does. */
const LINE_WITHOUT_VERSION = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ +[\x21-\xff]+$/;
/** Visible characters, obs-text, space and tab (RFC 9110, section 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,15})((?:[\t ]*;[\t\x20-\x7e\x80-\xff]*)?)$/;
const CRLF = Buffer.from('\r\n');
/** What follows the request line. */
const PREFACE = Buffer.from('\r\nSM\r\n\r\n');

/** Thrown where more bytes are needed. */
class Unfinished extends Error {}
/** Thrown where no more bytes can help. */
class Fault extends Error {}

/**
 * Splits the bytes of one connection into requests. It shares no code with the
 * gateway and with Node: where the two disagree, one of them is wrong.
 */
export function readMessages(bytes: Buffer): { messages: Message[]; rest: Rest } {
  const messages: Message[] = [];
  const cursor = new Cursor(bytes);
  for (;;) {
    cursor.skipLineEnds();
    if (cursor.atEnd) return { messages, rest: { kind: 'nothing' } };
    const from = cursor.position;
    try {
      messages.push(readMessage(cursor));
    } catch (error) {
      if (error instanceof Unfinished) {
        return { messages, rest: { kind: 'unfinished', bytes: bytes.subarray(from) } };
      }
      if (!(error instanceof Fault)) throw error;
      return { messages, rest: { kind: 'fault', why: error.message } };
    }
  }
}

/** All values of a field. */
export function valuesOf({ fields }: Message, name: string): string[] {
  return fields.filter(([field]) => field === name).map(([, value]) => value);
}

/** Whether the sender wants no further request on the connection (RFC 9112, section 9.3). */
export function closesConnection(message: Message): boolean {
  const options = valuesOf(message, 'connection').join(',').toLowerCase().split(',');
  const named = options.map((option) => option.trim());
  return named.includes('close') || (message.version !== '1.1' && !named.includes('keep-alive'));
}

function readMessage(cursor: Cursor): Message {
  const text = cursor.line();
  const line = REQUEST_LINE.exec(text);
  if (!line) {
    if (LINE_WITHOUT_VERSION.test(text)) readFields(cursor);
    throw new Fault('request line');
  }
  const [, method = '', target = '', version = ''] = line;
  if (method === 'PRI') refusePreface(cursor);
  const fields = readFields(cursor);
  const body = readBody(cursor, { method, target, version, fields, body: Buffer.alloc(0) });
  return { method, target, version, fields, body };
}

/**
 * The preface of HTTP/2 (RFC 9113, section 3.4) has a second part, which may still come.
 * @throws Unfinished or Fault
 */
function refusePreface(cursor: Cursor): void {
  for (const byte of PREFACE) if (cursor.take(1)[0] !== byte) throw new Fault('preface');
  throw new Fault('HTTP/2');
}

function readFields(cursor: Cursor): [string, string][] {
  const fields: [string, string][] = [];
  for (;;) {
    const line = cursor.line();
    if (line === '') return fields;
    if (/^[ \t]/.test(line)) throw new Fault('folded line');
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (colon < 0 || !TOKEN.test(name)) throw new Fault('field name');
    const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
    if (!VALUE.test(value)) throw new Fault('field value');
    fields.push([name.toLowerCase(), value]);
  }
}

function readBody(cursor: Cursor, head: Message): Buffer {
  const codings = valuesOf(head, 'transfer-encoding');
  const lengths = valuesOf(head, 'content-length');
  if (codings.length > 0) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') throw new Fault('coding');
    if (lengths.length > 0) throw new Fault('coding and length');
    if (head.version !== '1.1') throw new Fault('coding in an old version');
    return readChunks(cursor);
  }
  if (lengths.length === 0) return Buffer.alloc(0);
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? '')) throw new Fault('length');
  return cursor.take(Number(lengths[0]));
}

function readChunks(cursor: Cursor): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const size = CHUNK_SIZE.exec(cursor.line());
    if (!size) throw new Fault('chunk size');
    const length = Number.parseInt(size[1] ?? '', 16);
    if (length === 0) break;
    chunks.push(cursor.take(length));
    if (!cursor.take(2).equals(CRLF)) throw new Fault('end of a chunk');
  }
  for (const [name] of readFields(cursor)) {
    // RFC 9110, section 6.5.1: what frames a message must not come in a trailer.
    if (['content-length', 'transfer-encoding'].includes(name)) throw new Fault('trailer');
  }
  return Buffer.concat(chunks);
}

/** Reads bytes and lines; a line ends with CR LF and holds neither of the two. */
class Cursor {
  position = 0;

  constructor(private readonly bytes: Buffer) {}

  get atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** Before a request line they mean nothing (RFC 9112, section 2.2). */
  skipLineEnds(): void {
    while (this.bytes[this.position] === 0x0d || this.bytes[this.position] === 0x0a) {
      this.position += 1;
    }
  }

  line(): string {
    const end = this.bytes.indexOf(CRLF, this.position);
    const text = this.bytes.toString('latin1', this.position, end < 0 ? undefined : end);
    // A CR at the very end may still become a line end.
    if (/[\r\n]/.test(end < 0 ? text.replace(/\r$/, '') : text)) throw new Fault('bare CR or LF');
    if (end < 0) throw new Unfinished();
    this.position = end + 2;
    return text;
  }

  take(length: number): Buffer {
    const end = this.position + length;
    if (end > this.bytes.length) throw new Unfinished();
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}
