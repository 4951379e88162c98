import { Duplex } from 'node:stream';
import type { Line } from './line.js';

/**
 * A connection whose request was sent and whose response was partly read by the gateway
 * itself, for Node's HTTP client to read from the beginning. What the client writes is
 * dropped: it would be the same request again.
 */
export class ReplayedConnection extends Duplex {
  private isAtEnd = false;

  constructor(private readonly upstream: Line) {
    super();
  }

  /** @param bytes are kept */
  received(bytes: Buffer): void {
    if (!this.isAtEnd && !this.push(bytes)) this.upstream.pause();
  }

  /** The service has closed the connection. */
  ended(error: Error | undefined): void {
    if (this.isAtEnd) return;
    this.isAtEnd = true;
    if (error) this.destroy(error);
    else this.push(null);
  }

  override _read(): void {
    this.upstream.resume();
  }

  override _write(_bytes: unknown, _encoding: unknown, done: () => void): void {
    done();
  }

  override _final(done: () => void): void {
    this.upstream.destroy();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.upstream.destroy();
    done(error);
  }
}
