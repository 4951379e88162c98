import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds. A prober that asked within this time is expected to ask again soon: the
 * kubelet asks every 10 seconds by default, and one of several processes.
 */
const PROBE_MEMORY_MS = 30_000;

/** Milliseconds without any request after which idle connections may be closed. */
const QUIET_MS = 1_000;
const LOOK_MS = 100;

/** Milliseconds. */
export interface RetirementTimes {
  /**
   * From the first moment of a shutdown until idle connections may be closed; longer than
   * the `Keep-Alive: timeout=…` of the responses.
   */
  readonly noticeMs: number;
  /** Further time to wait for a quiet moment, and at least for running requests after that. */
  readonly graceMs: number;
  /**
   * From the first moment of a shutdown: running requests have at least until then. So has a
   * gateway that is behind, and has not read all that its streams ended with.
   */
  readonly runningMs: number;
}

/**
 * Ends the kept-alive connections of a server that shuts down. A client that sends a
 * request at the moment in which the server closes its idle connection gets a reset, and
 * cannot know whether the request was carried out (RFC 9112, section 9.3.1). So from the
 * first moment of a shutdown every response says that it is the last one of its connection
 * (`Connection: close`), and connections that stay idle are closed only when no request has
 * come for a second: the clients of ended streams return all at once, and must find their
 * connections open. A client that closes its idle connections sooner meets no reset: one
 * that heeds `Keep-Alive: timeout=…`, and the gateway towards the services.
 */
export class RetiringConnections {
  private since: number | undefined;
  private probedAt = -Infinity;
  private requestedAt = -Infinity;

  constructor(
    private readonly server: Server,
    private readonly times: RetirementTimes,
  ) {
    server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
      if (req.url === '/readyz') this.probedAt = performance.now();
      if (this.since === undefined) return;
      // Probes keep coming, on connections of their own.
      if (req.url !== '/readyz' && req.url !== '/livez') this.requestedAt = performance.now();
      res.shouldKeepAlive = false;
    });
  }

  begin(): void {
    if (this.since !== undefined) return;
    const since = performance.now();
    this.since = since;
    const timer = setInterval(() => {
      if (performance.now() - since >= this.times.noticeMs && this.isQuiet) {
        this.server.closeIdleConnections();
      }
    }, LOOK_MS);
    timer.unref();
    this.server.once('close', () => clearInterval(timer));
  }

  /**
   * Resolves when idle connections may be closed: at a quiet moment, after the grace
   * at the latest. At once where no readiness was probed.
   */
  async notice(): Promise<void> {
    this.begin();
    const from = performance.now();
    if (from - this.probedAt > PROBE_MEMORY_MS) return;
    const earliest = (this.since as number) + this.times.noticeMs;
    while (
      performance.now() < earliest ||
      (!this.isQuiet && performance.now() < Math.max(earliest, from + this.times.graceMs))
    ) {
      await delay(LOOK_MS);
    }
  }

  /** Milliseconds that running requests still have. */
  get runningMs(): number {
    const { graceMs, runningMs } = this.times;
    return Math.max(graceMs, (this.since as number) + runningMs - performance.now());
  }

  private get isQuiet(): boolean {
    return performance.now() - this.requestedAt >= QUIET_MS;
  }
}

/** An HTTP server whose connections can be retired. */
export interface Retiring {
  /** The shutdown begins; requests are still served. */
  retire(): void;
  /** No new connection is taken from now on: what has no end of its own ends. */
  readonly closing: AbortSignal;
}

/** Retires the connections in the first hook of a shutdown, before any stream is ended. */
@Injectable()
export class RetireAtShutdown implements OnModuleDestroy {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleDestroy(): void {
    // A module that is composed without a server has no adapter.
    (this.host.httpAdapter as unknown as Retiring | undefined)?.retire();
  }
}
