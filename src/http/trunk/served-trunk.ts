import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import {
  dataHead,
  FrameReader,
  frameOf,
  Kind,
  MOST_CONNECTIONS,
  MOST_DATA,
  MOST_NUMBERS,
  MOST_TO_INSTANCE,
  TrunkFault,
} from './frames.js';
import { TrunkConnection, type Carrier } from './trunk-connection.js';

/** Idle milliseconds after which TCP asks whether the gateway is still there: ten times, a second apart. */
const PROBE_MS = 15_000;

/** The instance's end of a trunk: hands each connection in it to an HTTP server. */
export class ServedTrunk implements Carrier {
  isFull = false;
  private readonly connections = new Map<number, TrunkConnection>();
  /** Those that wait until it is no longer full, in their order. */
  private readonly waiting = new Set<TrunkConnection>();
  private newest = 0;
  /** Bytes that are still to be sent, and the connections that get them. */
  private bytes: Buffer | undefined;
  private numbers: number[] = [];
  private frame = 0;
  private isScheduled = false;

  constructor(
    readonly socket: Socket,
    private readonly server: Server,
  ) {
    const reader = new FrameReader(MOST_TO_INSTANCE, {
      frame: (kind, number, rest) => this.received(kind, number, rest),
      data: () => {
        throw new TrunkFault('kind');
      },
    });
    socket.setKeepAlive(true, PROBE_MS);
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.read(bytes);
      } catch (error) {
        if (!(error instanceof TrunkFault)) throw error;
        socket.destroy();
      }
    });
    socket.on('drain', () => this.drained());
    socket.on('error', () => socket.destroy());
    // Either end closes for good: there is no half of a trunk.
    socket.on('end', () => socket.destroy());
    socket.once('close', () => {
      for (const connection of this.connections.values()) connection.destroy();
    });
  }

  get isIdle(): boolean {
    return this.connections.size === 0;
  }

  /** Whether bytes wait for the gateway to read, whatever their clients do. */
  get isWriting(): boolean {
    return this.waiting.size > 0 || this.socket.writableLength > 0;
  }

  /** The gateway sends no new request from now on. */
  retire(): void {
    this.tell(Kind.retire, 0);
  }

  send(connection: TrunkConnection, bytes: Buffer): void {
    if (bytes.length <= MOST_DATA) {
      // Node ends some responses by writing nothing.
      if (bytes.length > 0) this.add(connection, bytes);
    } else {
      for (let at = 0; at < bytes.length; at += MOST_DATA) {
        this.add(connection, bytes.subarray(at, at + MOST_DATA));
      }
    }
  }

  await(connection: TrunkConnection): void {
    this.waiting.add(connection);
  }

  ended(connection: TrunkConnection): void {
    if (this.connections.delete(connection.number)) this.tell(Kind.end, connection.number);
  }

  closed(connection: TrunkConnection): void {
    this.waiting.delete(connection);
    this.ended(connection);
  }

  private add(connection: TrunkConnection, bytes: Buffer): void {
    const isIn = connection.frame === this.frame;
    if (this.bytes !== bytes || this.numbers.length === MOST_NUMBERS || isIn) {
      this.seal();
      this.bytes = bytes;
      this.frame += 1;
    }
    this.numbers.push(connection.number);
    connection.frame = this.frame;
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.socket.cork();
    process.nextTick(() => {
      this.isScheduled = false;
      this.seal();
      this.socket.uncork();
    });
  }

  /** Nobody else gets these bytes. */
  private seal(): void {
    const { bytes, numbers } = this;
    if (!bytes) return;
    this.bytes = undefined;
    this.numbers = [];
    this.write(dataHead(numbers, bytes.length));
    this.write(bytes);
  }

  private write(bytes: Buffer): void {
    if (this.socket.writable && !this.socket.write(bytes)) this.isFull = true;
  }

  private drained(): void {
    this.isFull = false;
    for (const connection of this.waiting) {
      if (this.isFull) return;
      this.waiting.delete(connection);
      connection.proceed();
    }
  }

  private tell(kind: number, number: number): void {
    this.seal();
    this.write(frameOf(kind, number));
  }

  private received(kind: number, number: number, rest: Buffer): void {
    if (kind === Kind.open) {
      this.open(number, rest);
      return;
    }
    if (kind === Kind.ping) {
      this.tell(Kind.pong, number);
      return;
    }
    const connection = this.connections.get(number);
    if (kind === Kind.close) {
      this.connections.delete(number);
      connection?.destroy();
    } else if (kind === Kind.pause || kind === Kind.resume) {
      connection?.hold(kind === Kind.pause);
    } else {
      throw new TrunkFault('kind');
    }
  }

  private open(number: number, head: Buffer): void {
    if (number <= this.newest) throw new TrunkFault('order');
    this.newest = number;
    // The gateway is about to read that it is closed.
    if (!this.socket.writable) return;
    if (this.connections.size >= MOST_CONNECTIONS) {
      this.tell(Kind.end, number);
      return;
    }
    const connection = new TrunkConnection(number, this);
    this.connections.set(number, connection);
    this.server.emit('connection', connection);
    connection.push(Buffer.from(head));
  }
}
