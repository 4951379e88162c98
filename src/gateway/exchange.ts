import type { Request, Response } from 'express';
import type { ClientRequest } from 'node:http';
import { closeAfter } from '../http/closing.js';
import { hasContent } from '../http/message-rules.js';
import { sendProblem } from '../http/problem.filter.js';
import { ProblemError } from '../kernel/problem.js';
import { ANSWER_TIMEOUT, CONNECT_TIMEOUT, HUNG } from './failure.js';
import { KeptBody } from './kept-body.js';
import type { OpenStream, OpenStreams } from './open-streams.js';
import { tooLarge } from './request-gate.js';
import type { StreamRelay } from './stream-relay.js';
import type { Carried, Upstream, UpstreamPool } from './upstream-pool.js';
import { writeWholeChunks } from './whole-chunks.js';

/** Allows for a burst that fills the service's accept queue: the kernel retries after 1, 3 and 7 s. */
const CONNECT_MS = 10_000;
/** Milliseconds that a client has to read the end of its stream before its connection is closed. */
const LINGER_MS = 1_000;

export interface ExchangeLimits {
  readonly bodyBytes: number;
  /** Milliseconds from the last byte of the request to the end of the response; for a stream, to its beginning. */
  readonly answerMs: number;
  /** Milliseconds after which an idle connection to a service is closed. */
  readonly idleMs: number;
}

/** One request through the gateway, with all its attempts to reach an upstream. */
export class Exchange implements OpenStream, Carried {
  readonly tried = new Set<Upstream>();
  readonly method: string;
  readonly path: string;
  private readonly hasBody: boolean;
  private body: KeptBody | undefined;
  private upstream: Upstream | undefined;
  private sent: ClientRequest | undefined;
  private answerTimer: NodeJS.Timeout | undefined;
  /** Whether the response is complete, or the client has disconnected. */
  over = false;
  private isStream = false;

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
    res.once('close', () => this.release());
  }

  get principalId(): string | undefined {
    return this.req.principal?.id;
  }

  get credentialHash(): string | undefined {
    return this.req.principal?.credentialHash;
  }

  /** Whether the request can be sent once more, from its beginning. */
  get canRepeat(): boolean {
    return !this.hasBody || (this.body?.isWhole ?? false);
  }

  get target(): string {
    return this.upstream?.url ?? '';
  }

  use(upstream: Upstream): void {
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
  connecting(sent: ClientRequest): void {
    this.sent = sent;
    const { socket } = sent;
    if (socket?.connecting) {
      const timer = setTimeout(() => sent.destroy(coded(CONNECT_TIMEOUT)), CONNECT_MS);
      const stop = () => clearTimeout(timer);
      socket.once('connect', stop).once('close', stop);
    }
    if (!this.hasBody || this.body) return;
    this.body = new KeptBody(this.req);
    this.limitBody();
  }

  /** Called when the response has begun: no other attempt follows. */
  answered(): void {
    this.upstream?.heard();
    this.body?.release();
  }

  /**
   * Called when the response is a stream: removes the time limit, and ends the response in
   * order if the upstream dies.
   * @param relay forwards the body; absent: the proxy does
   */
  becomesStream(relay?: StreamRelay): void {
    clearTimeout(this.answerTimer);
    this.isStream = true;
    this.streams.add(this);
    const { res } = this;
    const cut = res.destroy.bind(res);
    // The proxy destroys the response when the upstream dies. An event stream may
    // end anywhere (WHATWG HTML, section 9.2.6), so the client gets an orderly end.
    res.destroy = () => {
      if (relay?.isInside) return cut();
      if (!res.writableEnded) {
        res.end();
        const timer = setTimeout(cut, LINGER_MS);
        timer.unref();
        res.once('close', () => clearTimeout(timer));
      }
      return res;
    };
    const heard = () => this.upstream?.heard();
    writeWholeChunks(res, heard);
    relay?.to(res, heard);
    // Send the response head at once, not with the first event.
    process.nextTick(() => {
      if (!this.over) res.flushHeaders();
    });
  }

  end(): void {
    this.res.destroy();
    this.sent?.destroy();
  }

  leave(streams: boolean): void {
    if (this.isStream) {
      if (streams) this.end();
    } else if (!this.res.headersSent) {
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
    this.body?.release();
    clearTimeout(this.answerTimer);
    this.streams.delete(this);
    this.upstream?.release(this);
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
