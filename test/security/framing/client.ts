import { connect } from 'node:net';

/** What came back on one connection. */
export interface Conversation {
  /** The status of each answer, in order; 1xx left out. */
  readonly statuses: number[];
  /** The ids that services put into their answers; `undefined` for an answer of the gateway's own. */
  readonly ids: (string | undefined)[];
  /** The server closed the connection, rather than the client. */
  readonly closedByServer: boolean;
  /** What came in place of an answer. */
  readonly nonsense: string | undefined;
}

/** Longer than any answer takes on a busy machine. */
const PATIENCE_MS = 30_000;
/** How long a client that expects no answer stays, for the gateway to read what it sent. */
const STAY_MS = 20;

/**
 * Sends the pieces on one connection. Leaves when the server closes, when `answers`
 * have arrived, or after a while.
 * @param heads methods of the requests in order: the answer to HEAD has no body
 */
export function converse(
  port: number,
  pieces: readonly Buffer[],
  { answers, heads }: { answers: number; heads: readonly boolean[] },
): Promise<Conversation> {
  return new Promise((resolve) => {
    const reader = new AnswerReader(heads);
    let closedByServer = false;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let late = false;
    const patience = setTimeout(() => {
      late = true;
      socket.destroy();
    }, PATIENCE_MS);
    socket.on('data', (chunk: Buffer) => {
      reader.take(chunk);
      if (reader.statuses.length >= answers || reader.nonsense !== undefined) socket.destroy();
    });
    socket.once('end', () => {
      closedByServer = true;
    });
    socket.on('error', () => {
      closedByServer = true;
    });
    socket.once('close', () => {
      clearTimeout(patience);
      const { statuses, ids, nonsense } = reader;
      resolve({ statuses, ids, closedByServer, nonsense: late ? 'nothing in time' : nonsense });
    });
    const send = ([piece, ...others]: readonly Buffer[]) => {
      if (piece && socket.writable) socket.write(piece, () => setImmediate(send, others));
      else if (answers === 0) setTimeout(() => socket.destroy(), STAY_MS);
    };
    send(pieces);
  });
}

/** Reads answers that have a length. */
class AnswerReader {
  readonly statuses: number[] = [];
  readonly ids: (string | undefined)[] = [];
  nonsense: string | undefined;
  private text = '';

  constructor(private readonly heads: readonly boolean[]) {}

  take(chunk: Buffer): void {
    this.text += chunk.toString('latin1');
    for (;;) {
      const end = this.text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.text.slice(0, end);
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
      if (!Number.isInteger(status)) {
        this.nonsense = this.text.slice(0, 200);
        return;
      }
      const hasBody = status >= 200 && !this.heads[this.statuses.length];
      const length = hasBody ? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) : 0;
      if (this.text.length < end + 4 + length) return;
      this.text = this.text.slice(end + 4 + length);
      if (status < 200) continue;
      this.statuses.push(status);
      this.ids.push(/^x-fuzz-id: (.*)$/im.exec(head)?.[1]?.trim());
    }
  }
}
