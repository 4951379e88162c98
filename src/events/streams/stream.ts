import type { Response } from 'express';
import type { StreamAccess } from '../../auth/stream.guard.js';
import type { Chunk } from '../../http/chunked.js';
import { newId } from '../../kernel/ids.js';
import type { EventFilter } from '../../kernel/event-filter.js';
import type { EndReason, GoodbyeReason } from '../end-reason.js';
import { controlFrame } from './sse-frame.js';

/** Milliseconds that a client has to take the rest before its socket goes. */
const LINGER_MS = 2_000;
/** Milliseconds without any progress after which a replay is given up. */
const STALL_MS = 30_000;
/** Bytes that a replay lets wait before it pauses. */
const REPLAY_HIGH_WATER = 64 * 1024;

export interface StreamInfo {
  readonly access: StreamAccess;
  readonly filter: EventFilter;
  readonly address: string;
  readonly userAgent: string;
  readonly openedAt: number;
}

/**
 * One open response. Writes are synchronous and never awaited by the fan-out;
 * what the client does not take is bounded by `bufferBytes`, and a client that
 * lets it fill is cut off: it can resume, a server out of memory cannot.
 */
export class Stream {
  readonly id = newId('s');
  /** Fields that go into the block of the first frame. */
  private preface = '';
  private ending: EndReason | undefined;
  private notifyEnd!: (reason: EndReason) => void;
  /** Resolves once, with the reason, when the stream takes no more frames. */
  readonly ended = new Promise<EndReason>((resolve) => {
    this.notifyEnd = resolve;
  });

  constructor(
    private readonly res: Response,
    readonly info: StreamInfo,
    private readonly bufferBytes: number,
  ) {}

  get open(): boolean {
    return this.ending === undefined;
  }

  /** @param fields lines that go in front of the first frame, into its block */
  begin(fields: string): void {
    this.preface = fields;
  }

  write(frames: string): void {
    if (this.ending !== undefined) return;
    this.res.write(this.withPreface(frames));
    if (this.res.writableLength > this.bufferBytes) this.goodbye('slow_consumer');
  }

  /**
   * Writes what many live streams share; the opening has written the first frame before. On a chunked response it goes to the socket
   * framed as it is, as one buffer; `res.write` would make four pieces of it.
   * A response that is not chunked (HTTP/1.0), or still waits for its turn on
   * the connection (pipelining), takes the ordinary way.
   */
  writeShared(frames: Chunk): void {
    if (this.ending !== undefined) return;
    const { res } = this;
    if (res.chunkedEncoding && res.socket) res.socket.write(frames.chunk);
    else res.write(frames.body);
    if (res.writableLength > this.bufferBytes) this.goodbye('slow_consumer');
  }

  /** Whether so many more bytes may wait without making the client look slow. */
  hasRoomFor(bytes: number): boolean {
    return this.res.writableLength + bytes <= this.bufferBytes / 2;
  }

  /**
   * For replays, which can wait: resolves when the client has taken enough to
   * go on, or when the stream has ended.
   */
  async writable(): Promise<void> {
    if (!this.open || this.res.writableLength < REPLAY_HIGH_WATER) return;
    const drained = new Promise<void>((resolve) => {
      this.res.once('drain', resolve);
    });
    const stalled = setTimeout(() => this.goodbye('slow_consumer'), STALL_MS);
    await Promise.race([drained, this.ended]);
    clearTimeout(stalled);
  }

  /**
   * Ends the stream on the server's behalf and tells the client why. Before the
   * head is sent there is nobody to tell: the request is refused instead.
   * @param retryMs when the client should come back; absent: at its own pace
   */
  goodbye(reason: GoodbyeReason, retryMs = 1000 + Math.floor(Math.random() * 4000)): void {
    if (this.ending !== undefined) return;
    const reconnect = reason !== 'revoked' && reason !== 'admin';
    if (this.res.headersSent) {
      const frame = controlFrame('goodbye', { reason, reconnect, retry_ms: retryMs });
      this.res.write(this.withPreface(frame));
    }
    this.finish(reason);
  }

  private withPreface(frames: string): string {
    const { preface } = this;
    if (preface === '') return frames;
    this.preface = '';
    return preface + frames;
  }

  /** The history that was requested is complete, or the client has left. */
  finish(reason: EndReason): void {
    if (this.ending !== undefined) return;
    this.ending = reason;
    this.notifyEnd(reason);
    if (reason === 'client') return;
    // The response ends when Nest sees the observable complete. A client that
    // does not read would hold that open for as long as it likes.
    const linger = setTimeout(() => this.res.destroy(), LINGER_MS);
    linger.unref();
    this.res.once('close', () => clearTimeout(linger));
  }
}
