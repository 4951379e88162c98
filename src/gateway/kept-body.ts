import type { Request } from 'express';

/** Bytes of one body that are kept: a full batch of events and its frame. */
const BODY_BYTES = 1024 * 1024 + 64 * 1024;
/** Bytes of all bodies that one process keeps at the same time. */
const ALL_BYTES = 64 * 1024 * 1024;

let allBytes = 0;

/**
 * The body of a request, kept while it is forwarded, so that a second attempt can send it
 * from the beginning. Bodies beyond the limits are forwarded as well, but not kept.
 */
export class KeptBody {
  private chunks: Buffer[] | undefined = [];
  private bytes = 0;
  private attempts = 0;

  /** @param req nothing of its body has been read, and it flows from the next `pipe` on */
  constructor(private readonly req: Request) {
    req.on('data', (chunk: Buffer) => this.keep(chunk));
    const pipe = req.pipe.bind(req);
    // The proxy pipes the request into each attempt.
    req.pipe = (destination, options) => {
      this.attempts += 1;
      if (this.attempts === 1) return pipe(destination, options);
      for (const chunk of this.chunks ?? []) destination.write(chunk);
      if (!req.readableEnded) return pipe(destination, options);
      destination.end();
      return destination;
    };
  }

  /** Whether everything that has been read of the body can be sent again. */
  get isWhole(): boolean {
    return this.chunks !== undefined && !this.req.errored;
  }

  /** Called when no second attempt can follow. */
  release(): void {
    this.chunks = undefined;
    allBytes -= this.bytes;
    this.bytes = 0;
  }

  private keep(chunk: Buffer): void {
    if (!this.chunks) return;
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    allBytes += chunk.length;
    if (this.bytes > BODY_BYTES || allBytes > ALL_BYTES) this.release();
  }
}
