import type { Request, Response } from 'express';
import {
  createProxyMiddleware,
  proxyEventsPlugin,
  type Plugin,
  type RequestHandler,
} from 'http-proxy-middleware';
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { completeAnswer } from '../http/answer-headers.js';
import { HOP_HEADER, type HopKeys } from '../http/hop-keys.js';
import { correlationId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { Readiness } from '../kernel/readiness.js';
import { Exchange, type ExchangeLimits } from './exchange.js';
import { failureOf, failureProblem, mayRetry, unavailable, type Failure } from './failure.js';
import {
  dropSetStreamCookies,
  requestHeaders,
  stripHopByHop,
  type Credential,
} from './forwarded-headers.js';
import type { GatewayMetrics } from './gateway-metrics.js';
import type { OpenStreams } from './open-streams.js';
import { RelayAgent, StreamRelay } from './stream-relay.js';
import type { UpstreamPool } from './upstream-pool.js';

/** Services whose requests the gateway authenticates. */
const GUARDED: ReadonlySet<string> = new Set(['madre', 'switch', 'hermes']);

export interface Forwarding {
  readonly pool: UpstreamPool;
  readonly credential: Credential;
  /** The request target that the service gets; absent: the original one. */
  readonly url?: string;
  /** Whether to expect a stream, which gets a connection of its own. */
  readonly stream?: boolean;
}

/**
 * Forwards requests to the services and their responses to the clients, without
 * parsing, buffering or compression, and without a timeout on streams.
 */
export class Forwarder {
  private readonly exchanges = new WeakMap<IncomingMessage, Exchange>();
  private readonly proxies = new Map<string, RequestHandler<Request, Response>>();

  constructor(
    private readonly streams: OpenStreams,
    private readonly readiness: Readiness,
    private readonly metrics: GatewayMetrics,
    private readonly limits: ExchangeLimits,
    private readonly logger: Logger,
    /** Keys by service name. Requests to a service without keys are not signed. */
    private readonly hopKeys: ReadonlyMap<string, HopKeys>,
  ) {}

  forward(req: Request, res: Response, { pool, credential, url, stream }: Forwarding): void {
    const exchange = new Exchange(req, res, pool, this.limits, this.streams);
    this.exchanges.set(req, exchange);
    const { ip: address = '', protocol, host } = req;
    const hop = { address, protocol, host, correlationId: req.correlationId };
    req.headers = requestHeaders(req.headers, hop, credential);
    if (url !== undefined) req.url = url;
    this.attempt(exchange, stream ?? false);
  }

  /** @param failure how the attempt before this one has ended */
  private attempt(exchange: Exchange, stream: boolean, failure?: Failure): void {
    const upstream = exchange.pool.pick(exchange.tried);
    if (!upstream) {
      exchange.refuse(failure ? failureProblem(failure) : unavailable());
      return;
    }
    exchange.use(upstream);
    const secure = upstream.url.startsWith('https:');
    void this.proxy(secure, stream)(exchange.req, exchange.res, (error) => {
      if (error === undefined || exchange.over) return;
      this.logger.error({ err: error }, 'the proxy has failed');
      exchange.refuse(new ProblemError('internal_error', 'The gateway met an error of its own.'));
    });
  }

  private proxy(secure: boolean, stream: boolean): RequestHandler<Request, Response> {
    const key = `${secure} ${stream}`;
    let proxy = this.proxies.get(key);
    if (!proxy) {
      // Only a stream over plain HTTP can be forwarded as it comes.
      const Agent = secure ? HttpsAgent : stream ? RelayAgent : HttpAgent;
      proxy = createProxyMiddleware<Request, Response>({
        // The default plugins log URLs, and so tokens, without our redaction.
        ejectPlugins: true,
        plugins: [proxyEventsPlugin as unknown as Plugin<Request, Response>],
        // The service may have closed an idle connection, so a stream always opens a new one.
        agent: new Agent({
          keepAlive: !stream,
          maxSockets: Infinity,
          timeout: this.limits.idleMs,
        }),
        // Over TLS, the Host must be the service's own name.
        changeOrigin: secure,
        router: (req) => this.exchanges.get(req)?.target ?? '',
        on: {
          proxyReq: (sent, req) => this.connecting(sent, req),
          proxyRes: (answer, req, res) => this.answered(answer, req, res),
          error: (error, req, res) => {
            if ('headersSent' in res) this.failed(error, req, stream);
          },
        },
      });
      this.proxies.set(key, proxy);
    }
    return proxy;
  }

  private connecting(sent: ClientRequest, req: Request): void {
    const exchange = this.exchanges.get(req);
    if (!exchange) return;
    const keys = this.hopKeys.get(exchange.pool.service);
    if (keys) {
      const claim = (name: string) => String(sent.getHeader(name) ?? '');
      const claims = {
        method: sent.method,
        target: sent.path,
        address: claim('x-forwarded-for'),
        protocol: claim('x-forwarded-proto'),
        host: claim('x-forwarded-host'),
        principal: claim('x-vx11-principal'),
      };
      sent.setHeader(HOP_HEADER, keys.sign(claims, Date.now()));
    }
    exchange.connecting(sent);
  }

  private answered(answer: IncomingMessage, req: Request, res: Response): void {
    const exchange = this.exchanges.get(req);
    if (!exchange || exchange.over) return;
    exchange.answered();
    // Remove the gateway's own headers: they are only for responses that it makes itself.
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    const isChunked = answer.headers['transfer-encoding'] === 'chunked';
    stripHopByHop(answer.headers);
    completeAnswer(answer.headers, GUARDED.has(exchange.pool.service));
    if (exchange.pool.service === 'operator-backend') {
      const { 'x-correlation-id': id } = answer.headers;
      if (id !== undefined) {
        req.correlationId = correlationId(id);
        req.isIdChecked = true;
      }
    } else {
      dropSetStreamCookies(answer.headers);
    }
    // Connection concerns the client's connection; the proxy would always send keep-alive.
    const keep = res.shouldKeepAlive && !this.readiness.draining;
    answer.headers.connection = keep ? 'keep-alive' : 'close';
    if (answer.headers['content-type']?.startsWith('text/event-stream')) {
      const hasBody = exchange.method === 'GET' && answer.statusCode === 200;
      exchange.becomesStream(isChunked && hasBody ? StreamRelay.of(answer.socket) : undefined);
    }
  }

  private failed(error: NodeJS.ErrnoException, req: Request, stream: boolean): void {
    const exchange = this.exchanges.get(req);
    if (!exchange || exchange.over || exchange.res.headersSent) return;
    const failure = failureOf(error);
    if (failure === 'unreachable') exchange.unreachable();
    if (failure !== 'exhausted') this.metrics.upstreamFailed(failure);
    const { method, path, canRepeat } = exchange;
    const attempted = { method, path, headers: req.headers, canRepeat, stream };
    const retry = mayRetry(attempted, failure, exchange.tried.size);
    this.logger.warn(
      { upstream: exchange.target, failure, code: error.code, retry },
      'an upstream has failed',
    );
    if (retry) {
      this.metrics.retried();
      this.attempt(exchange, stream, failure);
    } else {
      exchange.refuse(failureProblem(failure));
    }
  }
}
