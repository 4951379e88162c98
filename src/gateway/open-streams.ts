import { Injectable } from '@nestjs/common';
import type { Socket } from 'node:net';
import { restsOn, type EndedRight } from '../auth/principal-rights.js';
import { Readiness } from '../kernel/readiness.js';
import { inWaves } from '../kernel/waves.js';

/** Share of the drain window in which the gateway waits for services to end their streams with a goodbye. */
const LEAVE_TO_SERVICES = 0.75;
/** Share of the drain window in which the gateway ends the remaining streams; the rest is for clients to read the end. */
const END_SHARE = 0.2;
const LOOK_MS = 100;

/** A stream that this process is forwarding. */
export interface OpenStream {
  /** The principal that the gateway admitted; absent where the service checks the credential. */
  readonly principalId: string | undefined;
  /** The credential that it presented. */
  readonly credentialHash: string | undefined;
  /** The client's connection; null once it is closed. */
  readonly socket: Socket | null;
  /** Whether its instance is not ready, so that it may be shutting down as well. */
  readonly isLeaving: boolean;
  /** Ends the client's response in order, and closes the request to the service. */
  end(): void;
}

/** The streams that this process is forwarding; ends them during a shutdown. */
@Injectable()
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();

  constructor(private readonly readiness: Readiness) {}

  get size(): number {
    return this.streams.size;
  }

  /** The connections of the clients. */
  *sockets(): Iterable<Socket> {
    for (const { socket } of this.streams) if (socket) yield socket;
  }

  add(stream: OpenStream): void {
    this.streams.add(stream);
  }

  delete(stream: OpenStream): void {
    this.streams.delete(stream);
  }

  /** Ends the streams that rest on a right, for example when a token is revoked. */
  endOf(right: Omit<EndedRight, 'reason'>): void {
    for (const stream of this.streams) if (restsOn(stream, right)) stream.end();
  }

  /**
   * Resolves when all streams have ended. Instances that shut down at the same time send
   * goodbyes themselves, so the gateway waits for those, for most of the window at the longest.
   * It then ends the remaining streams in waves, without a goodbye, because it does not parse
   * streams. The clients resume with their last event id. From now on no stream may be opened,
   * so waiting without need would only keep away those who come meanwhile.
   * @param noticeMs time after which it is known which instances shut down
   */
  async drain(seconds: number, noticeMs = 0): Promise<void> {
    this.readiness.drain();
    const ms = seconds * 1000 * LEAVE_TO_SERVICES;
    for (let waited = 0; waited < ms && this.size > 0; waited += LOOK_MS) {
      if (waited >= noticeMs && ![...this.streams].some(({ isLeaving }) => isLeaving)) break;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await inWaves([...this.streams], seconds * 1000 * END_SHARE, (stream) => stream.end());
  }
}
