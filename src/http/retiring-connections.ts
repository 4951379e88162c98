import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds. A prober that asked within this time is expected to ask again soon. */
const PROBE_MEMORY_MS = 5_000;

/**
 * Ends the kept-alive connections of a server that shuts down. A client that sends a
 * request at the moment in which the server closes its idle connection gets a reset, and
 * cannot know whether the request was carried out (RFC 9112, section 9.3.1). So from the
 * first moment of a shutdown every response says that it is the last one of its connection
 * (`Connection: close`), and connections that stay idle are closed only after a while. A
 * client that closes its idle connections sooner, as the gateway does towards the
 * services, meets no reset.
 */
export class RetiringConnections {
  private since: number | undefined;
  private probedAt = -Infinity;

  /** @param noticeMs time from the first moment until idle connections may be closed */
  constructor(
    private readonly server: Server,
    private readonly noticeMs: number,
  ) {
    server.prependListener('request', (req: IncomingMessage, res: ServerResponse) => {
      if (req.url === '/readyz') this.probedAt = performance.now();
      if (this.since !== undefined) res.shouldKeepAlive = false;
    });
  }

  begin(): void {
    if (this.since !== undefined) return;
    this.since = performance.now();
    // Before any stream ends: the clients of a stream come back on connections that idle.
    setTimeout(() => this.server.closeIdleConnections(), this.noticeMs).unref();
  }

  /** Resolves when idle connections may be closed; at once where no readiness was probed. */
  async notice(): Promise<void> {
    this.begin();
    const now = performance.now();
    if (now - this.probedAt > PROBE_MEMORY_MS) return;
    await delay(Math.max(0, (this.since as number) + this.noticeMs - now));
  }
}

/** An HTTP server whose connections can be retired. */
export interface Retiring {
  /** The shutdown begins; requests are served on. */
  retire(): void;
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
