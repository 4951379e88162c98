import type { Request, Response } from 'express';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { refused, type EndedRight } from '../auth/principal-rights.js';
import { closeAfter } from '../http/closing.js';
import { hasContent } from '../http/message-rules.js';
import { sendProblem } from '../http/problem.filter.js';
import { LONGEST_TIMER_MS } from '../kernel/clock.js';
import { ProblemError } from '../kernel/problem.js';
import { ANSWER_TIMEOUT, CONNECT_TIMEOUT, HUNG, type Failure } from './failure.js';
import { KeptBody } from './kept-body.js';
import type { Admitted, OpenStream, OpenStreams } from './open-streams.js';
import { tooLarge } from './request-gate.js';
import type { Carried, Leaving, Upstream, UpstreamPool } from './upstream-pool.js';

/** Allows for a burst that fills the service's accept queue: the kernel retries after 1, 3 and 7 s. */
const CONNECT_MS = 10_000;
/** Milliseconds that a client has to read the end of its stream before its connection is closed. */
const LINGER_MS = 1_000;

/** Idle milliseconds of a stream after which TCP asks whether its service is still there: ten times, a second apart. */
const PROBE_MS = 15_000;

export interface ExchangeLimits {
  readonly bodyBytes: number;
  /** Milliseconds from the last byte of the request to the first piece of the response, and from one piece to the next; a stream has no limit after its beginning. */
  readonly answerMs: number;
  /** Milliseconds, in all, that it may wait for an instance while none is up. */
  readonly waitMs: number;
  /** Milliseconds after which an idle connection to a service is closed. */
  readonly idleMs: number;
}

/** A request to a service: one of Node's HTTP client, or a `StreamRelay`. */
export interface Sent {
  readonly socket: Socket | null;
  /** Whether the client has a part of a chunk, so that its response cannot end in order. */
  readonly isInside?: boolean;
  destroy(error?: Error): unknown;
}

/** One request through the gateway, with all its attempts to reach an upstream. */
export class Exchange implements Admitted, OpenStream, Carried {
  readonly tried = new Set<Upstream>();
  /** How many times it was given to an instance. */
  attempts = 0;
  /** How the attempt failed that may have done what was asked: the client must not hear that nothing was sent. */
  mayBeDone: Failure | undefined;
  /** Monotonic milliseconds until which it may wait for an instance; set by the first wait. */
  private waitsUntil: number | undefined;
  private cancelWait = () => {};
  readonly method: string;
  readonly path: string;
  private readonly hasBody: boolean;
  private body: KeptBody | undefined;
  private upstream: Upstream | undefined;
  private sent: Sent | undefined;
  private answerTimer: NodeJS.Timeout | undefined;
  /** Whether the response is complete, or the client has disconnected. */
  over = false;
  private isStream = false;
  private ended: EndedRight['reason'] | undefined;
  private expiry: NodeJS.Timeout | undefined;

  constructor(
    readonly req: Request,
    readonly res: Response,
    readonly pool: UpstreamPool,
    private readonly limits: ExchangeLimits,
    private readonly streams: OpenStreams,
  ) {
    this.method = req.method;
    this.path = req.path;
    this.hasBody = hasContent(req);
    if (req.principal) streams.admit(this);
    res.once('close', () => this.release());
  }

  get principalId(): string | undefined {
    return this.req.principal?.id;
  }

  get credentialHash(): string | undefined {
    return this.req.principal?.credentialHash;
  }

  get socket(): Socket | null {
    return this.res.socket;
  }

  get isLeaving(): boolean {
    return this.upstream?.state === 'down';
  }

  /** Whether the request can be sent once more, from its beginning. */
  get canRepeat(): boolean {
    return !this.hasBody || (this.body?.isWhole ?? false);
  }

  get target(): string {
    return this.upstream?.url ?? '';
  }

  /**
   * The instance to use next: an untried one. After a wait, or where there is no other, the
   * same one again.
   * @param again whether one that was tried may be used
   */
  pick(again: boolean): Upstream | undefined {
    const hasWaited = this.waitsUntil !== undefined && this.waitLeft > 0;
    const untried = hasWaited ? undefined : this.pool.pick(this.tried);
    return untried ?? (again || hasWaited ? this.pool.pick() : undefined);
  }

  /**
   * Calls `resume` when there may be an instance, or when none has come in time.
   * @returns false if it has waited long enough, or waiting is of no use
   */
  wait(resume: () => void): boolean {
    const left = this.waitLeft;
    if (left <= 0 || !this.pool.mayWait) return false;
    this.waitsUntil ??= performance.now() + left;
    clearTimeout(this.answerTimer);
    this.cancelWait = this.pool.wait(left, resume);
    return true;
  }

  private get waitLeft(): number {
    return this.waitsUntil === undefined ? this.limits.waitMs : this.waitsUntil - performance.now();
  }

  use(upstream: Upstream): void {
    this.attempts += 1;
    this.upstream?.release(this);
    this.upstream = upstream;
    this.tried.add(upstream);
    upstream.carry(this);
    clearTimeout(this.answerTimer);
    if (this.req.complete || !this.hasBody) this.awaitAnswer();
    else this.req.once('end', () => this.awaitAnswer());
  }

  unreachable(): void {
    if (this.upstream) this.pool.unreachable(this.upstream);
  }

  /** Called when the request has a socket, which may still be connecting. */
  connecting(sent: Sent): void {
    this.sent = sent;
    const { socket } = sent;
    if (socket?.connecting) {
      const timer = setTimeout(() => sent.destroy(coded(CONNECT_TIMEOUT)), CONNECT_MS);
      const stop = () => {
        clearTimeout(timer);
        socket.off('connect', stop).off('close', stop);
      };
      socket.once('connect', stop).once('close', stop);
    }
    if (!this.hasBody || this.body) return;
    this.body = new KeptBody(this.req);
    this.limitBody();
  }

  /** Called when the response has begun: no other attempt follows. */
  answered(): void {
    this.heard();
    this.body?.release();
  }

  /** Called for a response of 503. */
  refused(): void {
    this.upstream?.refused(performance.now());
  }

  /** Resolves when it is known whether the instance as a whole cannot work. */
  async confirmed(): Promise<void> {
    if (this.upstream) await this.pool.confirm(this.upstream);
  }

  /**
   * Called for each piece of a response that is no stream. A client on a slow line takes its
   * time over megabytes: only one that takes nothing, or a service that sends nothing, is late.
   */
  goesOn(): void {
    if (!this.over) this.answerTimer?.refresh();
  }

  /** Called for each piece of a stream. */
  heard(): void {
    this.upstream?.heard();
  }

  /** Called when the response is a stream: removes the time limit. */
  becomesStream(): void {
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
    this.isStream = true;
    // Nothing is sent to the service any more, so that only a probe finds out that it has vanished.
    this.sent?.socket?.setKeepAlive(true, PROBE_MS);
    this.streams.add(this);
    const { expiresAt } = this.req.principal ?? {};
    if (expiresAt === undefined) return;
    const ms = Math.min(expiresAt - Date.now(), LONGEST_TIMER_MS);
    this.expiry = setTimeout(() => this.end(), ms);
  }

  /**
   * Called when the right by which the gateway admitted it ends. Nothing that was held back is
   * sent on. A request that the service has as a whole gets its response, but no stream.
   */
  endRight(reason: EndedRight['reason']): void {
    this.ended = reason;
    if (this.isStream) this.end();
    else if (this.hasBody && !this.req.complete) this.refuse(refused(reason));
  }

  /** Refuses a response that is a stream, if the right has ended. @returns whether it has */
  refuseStream(): boolean {
    if (this.ended === undefined) return false;
    this.refuse(refused(this.ended));
    return true;
  }

  /**
   * Ends a stream. It may end anywhere (WHATWG HTML, section 9.2.6), so the client gets an
   * orderly end, unless it has a part of a chunk or was promised a length.
   */
  end(): void {
    if (this.over) return;
    const { res, sent } = this;
    if (sent?.isInside || res.hasHeader('content-length')) cut(res);
    else if (!res.writableEnded) {
      res.end();
      const timer = setTimeout(cut, LINGER_MS, res);
      timer.unref();
      res.once('close', () => clearTimeout(timer));
    }
    sent?.destroy();
  }

  leave(what: Leaving): void {
    if (this.isStream) {
      if (what !== 'requests') this.end();
    } else if (what !== 'streams' && !this.res.headersSent) {
      this.sent?.destroy(coded(HUNG));
    }
  }

  /** Sends a problem instead of the service's response. */
  refuse(problem: ProblemError): void {
    if (this.over) return;
    const unread = !this.req.complete;
    this.release();
    this.sent?.destroy();
    if (this.res.headersSent) {
      this.res.destroy();
      return;
    }
    // The rest of the body is not read, so the connection cannot be reused.
    if (unread) closeAfter(this.req, this.res);
    sendProblem(this.req, this.res, problem);
  }

  private awaitAnswer(): void {
    if (this.over || this.res.headersSent) return;
    // A body may have been sent on to two instances before its end.
    clearTimeout(this.answerTimer);
    this.answerTimer = setTimeout(() => {
      if (this.res.headersSent) this.res.destroy();
      else this.sent?.destroy(coded(ANSWER_TIMEOUT));
    }, this.limits.answerMs);
  }

  private limitBody(): void {
    let bytes = 0;
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= this.limits.bodyBytes) return;
      this.req.off('data', count);
      this.refuse(tooLarge(this.limits.bodyBytes));
    };
    this.req.on('data', count);
  }

  private release(): void {
    if (this.over) return;
    this.over = true;
    this.cancelWait();
    this.body?.release();
    clearTimeout(this.answerTimer);
    clearTimeout(this.expiry);
    this.streams.delete(this);
    this.streams.over(this);
    this.upstream?.release(this);
    if (!this.res.writableFinished) this.sent?.destroy();
  }
}

/** The method of the prototype: `Forwarder` replaces that of some responses. */
function cut(res: Response): void {
  ServerResponse.prototype.destroy.call(res);
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
