import type { Response } from 'express';
import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ChunkCursor } from './chunk-cursor.js';
import { SharedBuffer } from './shared-buffer.js';

const READ_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
/** A longer head goes to Node's parser, which refuses it. */
const LONGEST_HEAD = 64 * 1024;
const EMPTY: Buffer = Buffer.alloc(0);

/** All connections read into one buffer: what was read is forwarded before the next read. */
const READ = Buffer.allocUnsafeSlow(READ_BYTES);
const written = new SharedBuffer(READ_BYTES);

/**
 * Forwards the body of a stream as it comes from the service, chunks and all, without
 * Node's HTTP client: its parser, its two streams and the buffer that each read allocates
 * take more time than the read and the write itself.
 *
 * The client still reads the head, and everything that is not a plain chunk: the end of the
 * body, extensions, faults. So errors, ends and timeouts are handled as for any response.
 */
export class StreamRelay {
  private phase: 'head' | 'relayed' | 'parsed' = 'head';
  private head = EMPTY;
  /** The beginning of a size line. */
  private held = EMPTY;
  private readonly cursor = new ChunkCursor();
  private res: Response | undefined;
  private heard = () => {};

  private constructor(private readonly upstream: Socket) {}

  private static readonly relays = new WeakMap<Duplex, StreamRelay>();

  /** The relay of a connection that a `RelayAgent` has made. */
  static of(socket: Duplex): StreamRelay | undefined {
    return StreamRelay.relays.get(socket);
  }

  static connect(options: NetConnectOpts): Socket {
    const read = (bytes: number) => {
      relay.read(READ.subarray(0, bytes));
      return true;
    };
    const socket = connect({ ...options, onread: { buffer: READ, callback: read } });
    const relay = new StreamRelay(socket);
    StreamRelay.relays.set(socket, relay);
    return socket;
  }

  /**
   * Called while the head is read: the body is for this response, which gets the head first.
   * @param heard is called for each read
   */
  to(res: Response, heard: () => void): void {
    this.res = res;
    this.heard = heard;
  }

  /** The client has a part of a chunk: its response cannot end in order. */
  get isInside(): boolean {
    return this.phase === 'relayed' && this.cursor.isInside;
  }

  private read(bytes: Buffer): void {
    if (this.phase === 'parsed') this.parse(bytes);
    else if (this.phase === 'relayed') this.relay(bytes);
    else this.readHead(bytes);
  }

  private readHead(bytes: Buffer): void {
    const head = Buffer.concat([this.head, bytes]);
    const end = head.indexOf(HEAD_END);
    if (end < 0 && head.length < LONGEST_HEAD) {
      this.head = head;
      return;
    }
    this.head = EMPTY;
    const through = end < 0 ? head.length : end + HEAD_END.length;
    this.parse(head.subarray(0, through));
    this.phase = this.canRelay() ? 'relayed' : 'parsed';
    if (through < head.length) this.read(head.subarray(through));
  }

  /** Not when the response is not chunked (HTTP/1.0), or waits for its turn on the connection. */
  private canRelay(): boolean {
    const { res } = this;
    if (!res || res.destroyed || res.writableEnded) return false;
    res.flushHeaders();
    if (!res.chunkedEncoding || !res.socket) return false;
    // A stream has no time limit, and each read and write would restart the timer.
    this.upstream.setTimeout(0);
    return true;
  }

  private relay(read: Buffer): void {
    const bytes = this.held.length > 0 ? Buffer.concat([this.held, read]) : read;
    if (this.held.length > 0) this.held = EMPTY;
    const { through, found } = this.cursor.advance(bytes);
    if (found === 'broken') {
      this.res?.socket?.destroy();
      this.upstream.destroy();
      return;
    }
    if (through > 0) this.forward(bytes.subarray(0, through));
    if (found === 'special') {
      this.phase = 'parsed';
      this.parse(bytes.subarray(through));
    } else if (through < bytes.length) {
      this.held = Buffer.from(bytes.subarray(through));
    }
  }

  private forward(bytes: Buffer): void {
    this.heard();
    const { res, upstream } = this;
    const socket = res?.socket;
    if (!socket || res.writableEnded || socket.destroyed) return;
    if (written.write(socket, bytes)) return;
    upstream.pause();
    socket.once('drain', () => upstream.resume());
  }

  /** Node's HTTP client keeps what it is given. */
  private parse(bytes: Buffer): void {
    this.upstream.emit('data', Buffer.from(bytes));
  }
}

/** For requests whose response is a stream, over plain HTTP. */
export class RelayAgent extends Agent {
  override createConnection(options: ClientRequestArgs): Socket {
    return StreamRelay.connect(options as NetConnectOpts);
  }
}
