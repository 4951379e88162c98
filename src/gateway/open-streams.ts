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

/** A request of a principal that the gateway admitted, until its response is complete. */
export interface Admitted {
  readonly principalId: string | undefined;
  /** The credential that it presented. */
  readonly credentialHash: string | undefined;
  /** Called when the right by which it was admitted ends. */
  endRight(reason: EndedRight['reason']): void;
}

/** A stream that this process is forwarding. */
export interface OpenStream {
  /** The client's connection; null once it is closed. */
  readonly socket: Socket | null;
  /** Whether its instance is not ready, so that it may be shutting down as well. */
  readonly isLeaving: boolean;
  /** Ends the client's response in order, and closes the request to the service. */
  end(): void;
}

/**
 * The streams that this process is forwarding, which it ends during a shutdown, and the
 * requests that rest on a right.
 */
@Injectable()
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private readonly admitted = new Set<Admitted>();

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

  /** A stream that opens later rests on the right as well, so each request is here from its beginning. */
  admit(request: Admitted): void {
    this.admitted.add(request);
  }

  over(request: Admitted): void {
    this.admitted.delete(request);
  }

  /** Ends what rests on a right, for example when a token is revoked. */
  endOf({ reason, ...right }: EndedRight): void {
    for (const request of this.admitted) if (restsOn(request, right)) request.endRight(reason);
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
