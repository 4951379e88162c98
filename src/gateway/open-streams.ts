import { Injectable } from '@nestjs/common';
import { restsOn, type EndedRight } from '../auth/principal-rights.js';
import { Readiness } from '../kernel/readiness.js';
import { inWaves } from '../kernel/waves.js';

/** Share of the drain window in which the gateway waits for services to end their streams with a goodbye. */
const LEAVE_TO_SERVICES = 0.75;
/** Share of the drain window in which the gateway ends the remaining streams; the rest is for clients to read the end. */
const END_SHARE = 0.2;

/** A stream that this process is forwarding. */
export interface OpenStream {
  /** The principal that the gateway admitted; absent where the service checks the credential. */
  readonly principalId: string | undefined;
  /** The credential that it presented. */
  readonly credentialHash: string | undefined;
  /** Ends the client's response in order, and closes the request to the service. */
  end(): void;
}

/** The streams that this process is forwarding; ends them during a shutdown. */
@Injectable()
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private empty = () => {};

  constructor(private readonly readiness: Readiness) {}

  get size(): number {
    return this.streams.size;
  }

  add(stream: OpenStream): void {
    this.streams.add(stream);
  }

  delete(stream: OpenStream): void {
    this.streams.delete(stream);
    if (this.streams.size === 0) this.empty();
  }

  /** Ends the streams that rest on a right, for example when a token is revoked. */
  endOf(right: Omit<EndedRight, 'reason'>): void {
    for (const stream of this.streams) if (restsOn(stream, right)) stream.end();
  }

  /**
   * Resolves when all streams have ended. Services that shut down at the same time send
   * goodbyes themselves, so the gateway waits for them for most of the window. It then ends
   * the remaining streams in waves, without a goodbye, because it does not parse streams.
   * The clients resume with their last event id. From now on no stream may be opened, so
   * where no service shuts down, waiting would only keep away those who come meanwhile.
   * @param servicesLeave whether a service may be shutting down as well
   */
  async drain(seconds: number, servicesLeave: boolean): Promise<void> {
    this.readiness.drain();
    if (servicesLeave) await this.emptied(seconds * 1000 * LEAVE_TO_SERVICES);
    await inWaves([...this.streams], seconds * 1000 * END_SHARE, (stream) => stream.end());
  }

  /** Resolves when no stream is left, or after `ms`. */
  private async emptied(ms: number): Promise<void> {
    if (this.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.empty = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([emptied, waited]);
    clearTimeout(timer);
  }
}
