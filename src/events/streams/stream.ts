import type { Response } from 'express';
import type { Socket } from 'node:net';
import type { StreamAccess } from '../../auth/stream.guard.js';
import type { Chunk } from '../../http/chunked.js';
import { newId } from '../../kernel/ids.js';
import type { EventFilter } from '../../kernel/event-filter.js';
import type { EndReason, GoodbyeReason } from '../end-reason.js';
import { controlFrame } from './sse-frame.js';

/** Milliseconds that a client has to read the rest before its socket is destroyed. */
const LINGER_MS = 2_000;
/** Milliseconds that a replay waits for a client that does not read before it ends the stream. */
const STALL_MS = 30_000;
/** Ignored by every reader of event streams. */
const COMMENT = ':\n\n';
/** Unsent bytes at which a replay pauses. */
const REPLAY_HIGH_WATER = 64 * 1024;

export interface StreamInfo {
  readonly access: StreamAccess;
  readonly filter: EventFilter;
  readonly address: string;
  readonly userAgent: string;
  /** The specs of the filter as administrators see them. */
  readonly shownFilter: unknown;
  readonly openedAt: number;
}

export type EndListener = (stream: Stream, reason: EndReason) => void;

/**
 * One open response. Writes are synchronous, and the fan-out never awaits them. A
 * client with more than `bufferBytes` unsent bytes is cut off: the client can resume,
 * but a server that has run out of memory cannot.
 */
export class Stream {
  readonly id = newId('s');
  /** Live events that were written to the socket; those of a replay are not counted. */
  delivered = 0;
  /** Fields for the block of the first frame; empty once that frame is written. */
  private preface = '';
  private firstWritten: (() => void) | undefined;
  private hasBegun = false;
  private ending: EndReason | undefined;
  /** Where shared frames go, once known: a round that is rare finds no response in the processor's cache. */
  private direct: Socket | undefined;
  private endListeners: readonly EndListener[] = [];
  private end: Promise<EndReason> | undefined;

  constructor(
    private readonly res: Response,
    readonly info: StreamInfo,
    private readonly bufferBytes: number,
  ) {}

  /** Bytes that wait because the client does not read them. */
  get backlogBytes(): number {
    return this.res.writableLength;
  }

  /** Null while an earlier response of its connection is being sent, and once it is closed. */
  get socket(): Socket | null {
    return this.res.socket;
  }

  get open(): boolean {
    return this.ending === undefined;
  }

  /** Resolves with the reason when the stream ends; later writes are ignored. */
  get ended(): Promise<EndReason> {
    if (this.ending !== undefined) return Promise.resolve(this.ending);
    // One for all that wait: a replay waits thousands of times.
    this.end ??= new Promise((resolve) => {
      this.onEnd((_, reason) => resolve(reason));
    });
    return this.end;
  }

  /** The listener is called after the turn in which the stream ends. */
  onEnd(listener: EndListener): void {
    // Not pushed: an array that grows keeps room for sixteen more.
    this.endListeners = [...this.endListeners, listener];
  }

  /**
   * @param fields lines to write directly before the first frame, in the same block
   * @param firstWritten is called when that frame is written
   */
  begin(fields: string, firstWritten: () => void): void {
    this.preface = fields;
    this.firstWritten = firstWritten;
  }

  write(frames: string): void {
    if (this.ending !== undefined) return;
    this.res.write(this.withPreface(frames));
    if (this.res.writableLength > this.bufferBytes) this.goodbye('slow_consumer');
  }

  /**
   * Keeps the connection from looking idle. While a slow store delays the first frame this is
   * a comment: which event is first is promised.
   */
  beat(heartbeat: string): void {
    if (this.hasBegun) this.write(heartbeat);
    else if (this.open) this.res.write(COMMENT);
  }

  /**
   * Writes frames that many streams share. On a chunked response the frames go to the
   * socket as one buffer with their chunk framing; `res.write` would split them into four.
   * A preface goes before them; it also carries the head. A response that is not chunked
   * (HTTP/1.0), or that still waits for its turn on the connection (pipelining), uses
   * `res.write`.
   */
  writeShared(frames: Chunk): void {
    if (this.ending !== undefined) return;
    if (this.direct) this.direct.write(frames.chunk);
    else this.writeFirstShared(frames);
    if ((this.direct ?? this.res).writableLength > this.bufferBytes) this.goodbye('slow_consumer');
  }

  private writeFirstShared(frames: Chunk): void {
    const { res } = this;
    if (this.preface !== '') res.write(this.withPreface(''));
    if (res.chunkedEncoding && res.socket) {
      this.direct = res.socket;
      this.direct.write(frames.chunk);
    } else {
      res.write(frames.body);
    }
  }

  /** Whether the unsent bytes plus `bytes` fill at most half of the buffer. */
  hasRoomFor(bytes: number): boolean {
    return this.res.writableLength + bytes <= this.bufferBytes / 2;
  }

  /** Whether a replay has to wait for the client (`writable`). */
  get congested(): boolean {
    return this.open && this.res.writableLength >= REPLAY_HIGH_WATER;
  }

  /**
   * Backpressure for replays: resolves when the client has read enough for the replay
   * to go on, or when the stream has ended.
   */
  async writable(): Promise<void> {
    if (!this.congested) return;
    // The response reports only its own writes, and shared frames go to the socket directly.
    const writer = this.res.socket ?? this.res;
    const drained = new Promise<void>((resolve) => {
      writer.once('drain', resolve);
    });
    const stalled = setTimeout(() => this.goodbye('slow_consumer'), STALL_MS);
    await Promise.race([drained, this.ended]);
    clearTimeout(stalled);
  }

  /**
   * Ends the stream from the server's side, with a goodbye frame that gives the reason.
   * @param retryMs milliseconds after which the client should reconnect; default: random, 1 to 5 s
   */
  goodbye(reason: GoodbyeReason, retryMs = 1000 + Math.floor(Math.random() * 4000)): void {
    if (this.ending !== undefined) return;
    const reconnect = reason !== 'revoked' && reason !== 'admin';
    const frame = controlFrame('goodbye', { reason, reconnect, retry_ms: retryMs });
    this.res.write(this.withPreface(frame));
    this.finish(reason);
  }

  private withPreface(frames: string): string {
    const { preface } = this;
    if (preface === '') return frames;
    this.preface = '';
    this.hasBegun = true;
    this.firstWritten?.();
    this.firstWritten = undefined;
    return preface + frames;
  }

  /** Ends the stream without a goodbye: the history is complete, the replay failed, or the client has left. */
  finish(reason: EndReason): void {
    if (this.ending !== undefined) return;
    this.ending = reason;
    void Promise.resolve().then(() => {
      for (const listener of this.endListeners) listener(this, reason);
    });
    if (reason === 'client') return;
    this.res.end();
    // Without this timer, a client that does not read could keep the response open for ever.
    const linger = setTimeout(() => this.res.destroy(), LINGER_MS);
    linger.unref();
    this.res.once('close', () => clearTimeout(linger));
  }
}
