import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** What a connection needs of the trunk that carries it. */
export interface Carrier {
  readonly socket: Socket;
  /** Whether writes have to wait. */
  readonly isFull: boolean;
  send(connection: TrunkConnection, bytes: Buffer): void;
  /** The connection waits until the trunk is no longer full. */
  await(connection: TrunkConnection): void;
  ended(connection: TrunkConnection): void;
  closed(connection: TrunkConnection): void;
}

/**
 * A connection that a trunk carries, as Node's HTTP server takes it: one request comes in, and
 * what is written goes to the gateway. A write is done when the trunk has it, unless the trunk
 * is full or the client does not read: then it waits, as in a socket, and `writableLength`
 * tells how much does.
 */
export class TrunkConnection extends Duplex {
  /** The last frame that this connection is in, as its trunk counts them. */
  frame = 0;
  private isHeld = false;
  private waiting: { readonly bytes: Buffer; readonly done: () => void } | undefined;

  constructor(
    readonly number: number,
    private readonly trunk: Carrier,
  ) {
    super();
  }

  get remoteAddress(): string | undefined {
    return this.trunk.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.trunk.socket.remotePort;
  }

  get localAddress(): string | undefined {
    return this.trunk.socket.localAddress;
  }

  get localPort(): number | undefined {
    return this.trunk.socket.localPort;
  }

  /** The gateway has vanished: all that it carries goes with it. */
  resetAndDestroy(): this {
    this.trunk.socket.resetAndDestroy();
    return this;
  }

  /** Node's server asks for it where it would wait for the next request. None comes. */
  setTimeout(): this {
    this.destroySoon();
    return this;
  }

  /** As of `Socket`: closes when all is written. */
  destroySoon(): void {
    this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  /** @param isHeld whether the client does not read at the moment */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    if (!isHeld) this.proceed();
  }

  /** Writes what waits, if it may. */
  proceed(): void {
    const { waiting, trunk } = this;
    if (!waiting || this.isHeld || this.destroyed) return;
    if (trunk.isFull) {
      trunk.await(this);
      return;
    }
    this.waiting = undefined;
    trunk.send(this, waiting.bytes);
    waiting.done();
  }

  /** Shared frames, most of what is written, need none of what a stream does for a write. */
  override write(bytes: unknown, ...more: unknown[]): boolean {
    const isFree = !this.isHeld && !this.trunk.isFull && this.writableLength === 0;
    if (!isFree || more.length > 0 || !Buffer.isBuffer(bytes) || !this.writable) {
      return (super.write as (...args: unknown[]) => boolean)(bytes, ...more);
    }
    this.trunk.send(this, bytes);
    return true;
  }

  override _read(): void {
    // The request is pushed when it comes, and nothing follows it.
  }

  override _write(bytes: Buffer, _encoding: unknown, done: () => void): void {
    this.waiting = { bytes, done };
    this.proceed();
  }

  override _final(done: () => void): void {
    this.trunk.ended(this);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.waiting = undefined;
    this.trunk.closed(this);
    done(error);
  }
}
