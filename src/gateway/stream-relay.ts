import type { Response } from 'express';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ChunkCursor } from './chunk-cursor.js';
import type { Line, LineEvents } from './line.js';
import { ReplayedConnection } from './replayed-connection.js';
import { SharedBuffer } from './shared-buffer.js';
import { plainStreamHead } from './stream-head.js';

const SHARED_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
/** A longer head goes to Node's parser, which refuses it. */
const LONGEST_HEAD = 64 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);
/** The end of a body without trailers. */
const LAST_CHUNK = '0\r\n\r\n';
/** In front of the rest of a body that Node's parser is to decode. */
const CHUNKED_HEAD = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');

const written = new SharedBuffer(SHARED_BYTES);

/**
 * What becomes of a request. One object for all relays, because a stream may stay open for
 * an hour: whatever belongs to one request is its `context`.
 */
export interface RelayOutcomes<C> {
  /** The client's connection, if chunks can be written to it as they are. */
  clientOf(context: C): Socket | null;
  /** The response is an event stream. @returns where its chunks go, with the head sent */
  streams(context: C, headers: IncomingHttpHeaders): Response;
  /** Called for each piece of the stream. */
  heard(context: C): void;
  /** The service has ended the stream without its last chunk, or broken the chunked coding. */
  brokeOff(context: C): void;
  /** Any other response. */
  answers(context: C, answer: IncomingMessage): void;
  /** There is no response. */
  failed(context: C, error: NodeJS.ErrnoException): void;
}

/**
 * A request for a stream, on a line of its own, and its response. The body goes to the
 * client as it comes from the service, chunks and all, without Node's HTTP client: its
 * parser, its streams and the buffer that each read allocates take more time than the read
 * and the write itself, and half of the memory of an open stream.
 *
 * Node's HTTP client reads everything that is not a plain event stream, from its beginning
 * or from that byte on: other responses, HTTP/1.0, extensions, trailers, faults. So these
 * are handled as for any request.
 */
export class StreamRelay<C> implements LineEvents {
  private readonly line: Line;
  private phase: 'head' | 'relayed' | 'parsed' | 'over' = 'head';
  private head = EMPTY;
  /** The beginning of a size line. */
  private held = EMPTY;
  private readonly cursor = new ChunkCursor();
  private res: Response | undefined;
  /** The connection of `res`. With it, a piece need not look into the response. */
  private client: Socket | undefined;
  /** The client does not read, which the instance may hear of only later. */
  private isWaiting = false;
  private replay: ReplayedConnection | undefined;

  /** @param open sends the request */
  constructor(
    open: (events: LineEvents) => Line,
    private readonly outcomes: RelayOutcomes<C>,
    private readonly context: C,
  ) {
    this.line = open(this);
  }

  /** Null where a trunk carries it. */
  get socket(): Socket | null {
    return this.line.socket;
  }

  /** The client has a part of a chunk: its response cannot end in order. */
  get isInside(): boolean {
    return this.cursor.isInside;
  }

  /** @param error why there is no response, if none has come yet */
  destroy(error?: Error): void {
    if (!error) this.phase = 'over';
    this.replay?.destroy(error);
    this.line.destroy(error);
  }

  closed(error?: Error): void {
    const { phase, context } = this;
    this.phase = 'over';
    if (phase === 'head') this.outcomes.failed(context, error ?? hangUp());
    else if (phase === 'relayed') this.outcomes.brokeOff(context);
    else if (phase === 'parsed') this.replay?.ended(error);
  }

  read(bytes: Buffer): void {
    if (this.phase === 'relayed') this.relay(bytes);
    else if (this.phase === 'head') this.readHead(bytes);
    // Node's HTTP client keeps what it is given.
    else if (this.phase === 'parsed') this.replay?.received(Buffer.from(bytes));
  }

  private readHead(bytes: Buffer): void {
    const read = Buffer.concat([this.head, bytes]);
    const end = read.indexOf(HEAD_END);
    if (end < 0 && read.length < LONGEST_HEAD) {
      this.head = read;
      return;
    }
    this.head = EMPTY;
    const bodyAt = end < 0 ? read.length : end + HEAD_END.length;
    const headers = plainStreamHead(read.toString('latin1', 0, bodyAt));
    const client = headers ? this.outcomes.clientOf(this.context) : null;
    if (!headers || !client) {
      this.parse(read, (answer) => this.outcomes.answers(this.context, answer));
      return;
    }
    this.phase = 'relayed';
    // The head and what came with it, in one write.
    client.cork();
    this.client = client;
    this.res = this.outcomes.streams(this.context, headers);
    if (bodyAt < read.length) this.relay(read.subarray(bodyAt));
    client.uncork();
  }

  private relay(read: Buffer): void {
    const bytes = this.held.length > 0 ? Buffer.concat([this.held, read]) : read;
    if (this.held.length > 0) this.held = EMPTY;
    const { through, found } = this.cursor.advance(bytes);
    if (found === 'broken') {
      this.res?.socket?.destroy();
      this.destroy();
      return;
    }
    if (through === bytes.length) this.forward(bytes);
    else if (through > 0) this.forward(bytes.subarray(0, through));
    if (found === 'special') {
      this.special(bytes.subarray(through));
    } else if (through < bytes.length) {
      this.held = Buffer.from(bytes.subarray(through));
    }
  }

  private forward(bytes: Buffer): void {
    this.outcomes.heard(this.context);
    const { client } = this;
    if (!client || client.destroyed) return;
    const taken =
      client.writableCorked > 0 ? client.write(Buffer.from(bytes)) : written.write(client, bytes);
    if (taken || this.isWaiting) return;
    this.isWaiting = true;
    this.line.pause();
    client.once('drain', () => {
      this.isWaiting = false;
      this.line.resume();
    });
  }

  /** The end of the body, or something that only a parser understands. */
  private special(bytes: Buffer): void {
    const { res } = this;
    if (bytes.toString('latin1', 0, LAST_CHUNK.length) === LAST_CHUNK) {
      this.phase = 'over';
      this.line.finish();
      res?.end();
      return;
    }
    const rest = Buffer.concat([CHUNKED_HEAD, bytes]);
    this.parse(rest, (answer) => {
      answer.once('close', () => {
        if (!answer.complete) this.outcomes.brokeOff(this.context);
      });
      if (res) answer.pipe(res);
    });
  }

  /** @param read what Node's HTTP client reads first */
  private parse(read: Buffer, answered: (answer: IncomingMessage) => void): void {
    const wasHead = this.phase === 'head';
    this.phase = 'parsed';
    const replay = new ReplayedConnection(this.line);
    this.replay = replay;
    let hasAnswer = false;
    const fail = (error: Error) => {
      replay.destroy();
      if (hasAnswer) return;
      if (wasHead) this.outcomes.failed(this.context, error);
      else this.outcomes.brokeOff(this.context);
    };
    request({ method: 'GET', createConnection: () => replay })
      .on('response', (answer) => {
        hasAnswer = true;
        answer.on('error', () => replay.destroy());
        answered(answer);
      })
      .on('upgrade', () => fail(unasked101()))
      .on('error', fail)
      .end();
    replay.received(Buffer.from(read));
  }
}

/** The gateway asks no service for another protocol. */
export function unasked101(): Error {
  return new Error('The service has answered 101, which nobody asked for.');
}

function hangUp(): Error {
  return Object.assign(new Error('The service has closed the connection.'), {
    code: 'ECONNRESET',
  });
}
