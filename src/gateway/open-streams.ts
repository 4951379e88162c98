import { inWaves } from '../kernel/waves.js';

/** Share of the drain window left to the services, whose streams end with a goodbye. */
const LEAVE_TO_SERVICES = 0.75;
/** Share of it in which the gateway ends what is left; the rest is for taking it. */
const END_SHARE = 0.2;

/** A stream under way through this process. */
export interface OpenStream {
  /** The principal that the gateway admitted; absent where the service checks the credential. */
  readonly principalId: string | undefined;
  /** Ends the client's response in an orderly way and lets the service go. */
  end(): void;
}

/** The streams of this process, and their end. */
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private empty = () => {};
  draining = false;

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

  /** Ends the streams of a principal whose right has ended. */
  endOf(principalId: string): void {
    for (const stream of this.streams) if (stream.principalId === principalId) stream.end();
  }

  /**
   * Resolves when all streams have ended. Services that shut down as well tell
   * their clients goodbye, so they get most of the window; what is left then was
   * meant to go on, and ends in waves: the gateway does not parse streams, and a
   * client resumes by its last event id.
   */
  async drain(seconds: number): Promise<void> {
    this.draining = true;
    if (this.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.empty = resolve;
    });
    let timer: NodeJS.Timeout | undefined;
    const waited = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, seconds * 1000 * LEAVE_TO_SERVICES);
    });
    await Promise.race([emptied, waited]);
    clearTimeout(timer);
    await inWaves([...this.streams], seconds * 1000 * END_SHARE, (stream) => stream.end());
  }
}
