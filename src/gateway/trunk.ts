import { connect, type Socket } from 'node:net';
import { HOP_HEADER, type HopKeys } from '../http/hop-keys.js';
import {
  FrameReader,
  frameOf,
  Kind,
  LAST_NUMBER,
  MOST_CONNECTIONS,
  MOST_OPEN,
  MOST_TO_GATEWAY,
  NUMBER_BYTES,
  PROTOCOL,
  TRUNK_PATH,
  TrunkFault,
} from '../http/trunk/frames.js';
import { placeOf, type Line, type LineEvents } from './line.js';

/** All trunks read into one buffer: what was read is forwarded, or copied, before the next read. */
const READ = Buffer.allocUnsafeSlow(256 * 1024);
const HEAD_END = '\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 ';
const LONGEST_HEAD = 16 * 1024;
/** Idle milliseconds after which TCP asks whether the instance is still there: ten times, a second apart. */
const PROBE_MS = 15_000;
const CONNECT_MS = 5_000;
/** Pings without a byte of the instance after which the trunk is dead, though the instance is not. */
const MOST_UNANSWERED = 5;
/** Milliseconds of forwarding after which other connections have their turn. */
const SLICE_MS = 4;

/** One connection to an instance that carries many requests for streams. */
export class Trunk {
  readonly socket: Socket;
  private readonly lines = new Map<number, TrunkLine>();
  private newest = 0;
  private head = '';
  private isRetired = false;
  private isRefused = false;
  private unanswered = 0;
  private error: Error | undefined;
  private readonly late: NodeJS.Timeout;
  private state: 'connecting' | 'open' | 'closed' = 'connecting';
  private readonly reader = new FrameReader(MOST_TO_GATEWAY, {
    frame: (kind, number) => this.received(kind, number),
    data: (numbers, bytes) => this.spread(numbers, bytes),
  });

  /**
   * @param url of the instance
   * @param keys sign the request
   * @param changed is called when it can be used, and when it is closed; `refused` is closed, because the instance wants no trunk
   */
  constructor(
    url: string,
    keys: HopKeys,
    private readonly changed: (state: 'open' | 'closed' | 'refused', why?: Error) => void,
  ) {
    const target = new URL(url + TRUNK_PATH);
    this.socket = connect({
      ...placeOf(target),
      noDelay: true,
      onread: {
        buffer: READ,
        callback: (bytes) => {
          this.read(READ.subarray(0, bytes));
          return true;
        },
      },
    });
    this.late = setTimeout(() => this.socket.destroy(), CONNECT_MS);
    this.socket.setKeepAlive(true, PROBE_MS);
    this.socket.on('error', (error) => (this.error = error));
    this.socket.once('close', () => {
      clearTimeout(this.late);
      this.closed();
    });
    const own = keys.signOwn(target.href, Date.now());
    this.socket.write(
      [
        `GET ${target.pathname} HTTP/1.1`,
        `host: ${target.host}`,
        'connection: upgrade',
        `upgrade: ${PROTOCOL}`,
        `${HOP_HEADER}: ${own[HOP_HEADER]}`,
        HEAD_END.slice(2),
      ].join('\r\n'),
      'latin1',
    );
  }

  /** Whether a request can be sent on it. */
  get isOpen(): boolean {
    return this.state === 'open' && !this.isRetired;
  }

  get size(): number {
    return this.lines.size;
  }

  /**
   * @param head of the request, in latin1
   * @returns undefined if it needs a connection of its own
   */
  open(head: string, events: LineEvents): Line | undefined {
    const hasRoom = head.length <= MOST_OPEN && this.lines.size < MOST_CONNECTIONS;
    if (!this.isOpen || !hasRoom) return undefined;
    this.newest += 1;
    const line = new TrunkLine(this.newest, this, events);
    this.lines.set(line.number, line);
    if (line.number === LAST_NUMBER) this.retire();
    this.socket.write(frameOf(Kind.open, line.number, head));
    return line;
  }

  /** Takes no further request, and closes when it carries none. */
  retire(): void {
    this.isRetired = true;
    if (this.lines.size === 0) this.socket.destroy();
  }

  /**
   * Called when the instance has answered elsewhere: closes a trunk whose network has gone. TCP
   * would find out after a quarter of an hour, once something was sent that nobody acknowledges.
   */
  check(): void {
    if (this.state !== 'open') return;
    if (this.unanswered === MOST_UNANSWERED) {
      this.socket.destroy(new Error('The trunk is silent.'));
      return;
    }
    this.unanswered += 1;
    this.send(Kind.ping, this.unanswered);
  }

  send(kind: number, number: number): void {
    if (this.state === 'open') this.socket.write(frameOf(kind, number));
  }

  /** The gateway has closed a connection. */
  left(number: number): void {
    if (!this.lines.delete(number)) return;
    this.send(Kind.close, number);
    if (this.isRetired) this.retire();
  }

  private read(bytes?: Buffer): void {
    this.unanswered = 0;
    try {
      if (this.state === 'connecting') this.readHead(bytes as Buffer);
      else this.forward(bytes);
    } catch (error) {
      if (!(error instanceof TrunkFault)) throw error;
      this.socket.destroy();
    }
  }

  /** @param bytes absent: what is left of the last ones */
  private forward(bytes?: Buffer): void {
    const until = performance.now() + SLICE_MS;
    if (this.reader.read(bytes, () => performance.now() < until)) {
      if (this.socket.isPaused()) this.socket.resume();
      return;
    }
    this.socket.pause();
    setImmediate(() => {
      if (this.state === 'open') this.read();
    });
  }

  private readHead(bytes: Buffer): void {
    this.head += bytes.toString('latin1');
    const end = this.head.indexOf(HEAD_END);
    if (end < 0 && this.head.length < LONGEST_HEAD) return;
    const { head } = this;
    this.head = '';
    clearTimeout(this.late);
    if (end < 0 || !head.startsWith(SWITCHED)) {
      this.isRefused = true;
      this.socket.destroy();
      return;
    }
    this.state = 'open';
    this.changed('open');
    this.forward(Buffer.from(head.slice(end + HEAD_END.length), 'latin1'));
  }

  private received(kind: number, number: number): void {
    if (kind === Kind.end) {
      const line = this.lines.get(number);
      this.lines.delete(number);
      line?.closed();
      if (this.isRetired) this.retire();
    } else if (kind === Kind.retire) {
      this.retire();
    } else if (kind !== Kind.pong) {
      throw new TrunkFault('kind');
    }
  }

  private spread(numbers: Buffer, bytes: Buffer): void {
    for (let at = 0; at < numbers.length; at += NUMBER_BYTES) {
      this.lines.get(numbers.readUInt32BE(at))?.read(bytes);
    }
  }

  private closed(): void {
    this.state = 'closed';
    this.changed(this.isRefused ? 'refused' : 'closed', this.error);
    const lines = [...this.lines.values()];
    this.lines.clear();
    for (const line of lines) line.closed(this.error);
  }
}

/** A connection that a trunk carries. */
class TrunkLine implements Line {
  readonly socket = null;
  private isPaused = false;
  private isFinished = false;

  constructor(
    readonly number: number,
    private readonly trunk: Trunk,
    private readonly events: LineEvents,
  ) {}

  read(bytes: Buffer): void {
    if (!this.isFinished) this.events.read(bytes);
  }

  closed(error?: Error): void {
    if (!this.isFinished) this.events.closed(error);
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.trunk.send(Kind.pause, this.number);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.trunk.send(Kind.resume, this.number);
  }

  destroy(error?: Error): void {
    this.trunk.left(this.number);
    process.nextTick(() => this.closed(error));
  }

  /**
   * The instance's `end` is on its way. It need not hear of it: a write to an instance that has
   * exited resets the trunk, and what the gateway has not read by then is lost.
   */
  finish(): void {
    this.isFinished = true;
  }
}
