import type { Request, Response } from 'express';
import {
  createProxyMiddleware,
  proxyEventsPlugin,
  type Plugin,
  type RequestHandler,
} from 'http-proxy-middleware';
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { completeAnswer, dropHeaders } from '../http/answer-headers.js';
import { releaseHead, releaseRequest, sendHead } from '../http/open-response.js';
import { HOP_HEADER, UNUSED_HEADER, type HopKeys } from '../http/hop-keys.js';
import { names } from '../http/name-cache.js';
import { correlationId } from '../kernel/ids.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import type { Readiness } from '../kernel/readiness.js';
import { Exchange, type ExchangeLimits } from './exchange.js';
import {
  failureOf,
  failureProblem,
  mayRetry,
  unavailable,
  type Attempted,
  type Failure,
} from './failure.js';
import {
  dropSetStreamCookies,
  requestHeaders,
  stripHopByHop,
  type Credential,
} from './forwarded-headers.js';
import type { GatewayMetrics } from './gateway-metrics.js';
import { OwnLine, type LineEvents } from './line.js';
import type { OpenStreams } from './open-streams.js';
import { isEventStream, isFieldValue, requestHead } from './stream-head.js';
import { StreamRelay, unasked101, type RelayOutcomes } from './stream-relay.js';
import type { Trunks } from './trunks.js';
import type { Upstream, UpstreamPool } from './upstream-pool.js';
import { writeWholeChunks } from './whole-chunks.js';

/** Services whose requests the gateway authenticates. */
const GUARDED: ReadonlySet<string> = new Set(['madre', 'switch', 'hermes']);

/** Node's parser takes a lower status, which Node does not write. */
const LEAST_STATUS = 100;

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
  private readonly relayed: RelayOutcomes<Exchange> = {
    clientOf: ({ req, res }) => (req.httpVersion === '1.1' ? res.socket : null),
    streams: (exchange, headers) => this.begin(exchange, headers),
    heard: (exchange) => exchange.heard(),
    brokeOff: (exchange) => exchange.end(),
    answers: (exchange, answer) => this.respond(exchange, answer, true),
    failed: (exchange, error) => this.failed(error, exchange, true),
  };

  constructor(
    private readonly streams: OpenStreams,
    private readonly trunks: Trunks,
    private readonly readiness: Readiness,
    private readonly metrics: GatewayMetrics,
    private readonly limits: ExchangeLimits,
    private readonly logger: Logger,
    /** Keys by service name. Requests to a service without keys are not signed. */
    private readonly hopKeys: ReadonlyMap<string, HopKeys>,
  ) {}

  forward(req: Request, res: Response, { pool, credential, url, stream }: Forwarding): void {
    // The client left while its credential was being checked.
    if (req.socket.destroyed) return;
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
    const upstream = exchange.pick(failure === 'broken');
    if (!upstream) {
      const again = () => this.attempt(exchange, stream, failure);
      if (!this.readiness.draining && exchange.wait(again)) return;
      const told = exchange.mayBeDone ?? failure;
      exchange.refuse(told ? failureProblem(told) : unavailable());
      return;
    }
    exchange.use(upstream);
    const secure = upstream.url.startsWith('https:');
    if (stream && !secure && exchange.method === 'GET') {
      this.relay(exchange, upstream);
      return;
    }
    void this.proxy(secure, stream)(exchange.req, exchange.res, (error) => {
      if (error === undefined || exchange.over) return;
      this.logger.error({ err: error }, 'the proxy has failed');
      exchange.refuse(new ProblemError('internal_error', 'The gateway met an error of its own.'));
    });
  }

  private relay(exchange: Exchange, upstream: Upstream): void {
    const { headers, url } = exchange.req;
    const service = new URL(upstream.url);
    const target = service.pathname === '/' ? url : service.pathname + url;
    const hop = this.hopHeader(exchange, target, headers);
    const all = { host: service.host, ...headers, ...(hop ? { [HOP_HEADER]: hop } : {}) };
    const head = requestHead(target, all);
    const open = (events: LineEvents) =>
      this.trunks.to(upstream)?.open(head, events) ?? new OwnLine(service, head, events);
    exchange.connecting(new StreamRelay(open, this.relayed, exchange));
  }

  private proxy(secure: boolean, stream: boolean): RequestHandler<Request, Response> {
    const key = `${secure} ${stream}`;
    let proxy = this.proxies.get(key);
    if (!proxy) {
      const Agent = secure ? HttpsAgent : HttpAgent;
      proxy = createProxyMiddleware<Request, Response>({
        // The default plugins log URLs, and so tokens, without our redaction.
        ejectPlugins: true,
        plugins: [proxyEventsPlugin as unknown as Plugin<Request, Response>],
        // The service may have closed an idle connection, so a stream always opens a new one.
        agent: new Agent({
          keepAlive: !stream,
          lookup: names.lookup,
          maxSockets: Infinity,
          timeout: this.limits.idleMs,
        }),
        // A response of 503 may be one that another instance is to replace.
        selfHandleResponse: true,
        // Over TLS, the Host must be the service's own name.
        changeOrigin: secure,
        router: (req) => this.exchanges.get(req)?.target ?? '',
        on: {
          proxyReq: (sent, req) => this.connecting(sent, req, stream),
          proxyRes: (answer, req) => {
            const exchange = this.exchanges.get(req);
            if (exchange) this.respond(exchange, answer, stream);
          },
          error: (error, req, res) => {
            const exchange = this.exchanges.get(req);
            if (exchange && 'headersSent' in res) this.failed(error, exchange, stream);
          },
        },
      });
      this.proxies.set(key, proxy);
    }
    return proxy;
  }

  private connecting(sent: ClientRequest, req: Request, stream: boolean): void {
    const exchange = this.exchanges.get(req);
    if (!exchange) return;
    // Without a listener Node would destroy the request, and tell nobody.
    sent.once('upgrade', (_answer, socket) => {
      socket.destroy();
      this.failed(unasked101(), exchange, stream);
    });
    const hop = this.hopHeader(exchange, sent.path, sent.getHeaders());
    if (hop) sent.setHeader(HOP_HEADER, hop);
    exchange.connecting(sent);
  }

  /** The signature of the gateway's claims; undefined for a service without keys. */
  private hopHeader(
    { method, pool }: Exchange,
    target: string,
    headers: OutgoingHttpHeaders,
  ): string | undefined {
    const claim = (name: string) => String(headers[name] ?? '');
    const claims = {
      method,
      target,
      address: claim('x-forwarded-for'),
      protocol: claim('x-forwarded-proto'),
      host: claim('x-forwarded-host'),
      principal: claim('x-vx11-principal'),
    };
    return this.hopKeys.get(pool.service)?.sign(claims, Date.now());
  }

  /** Called when a response that Node's HTTP client reads has begun; changes its headers. */
  private answered(answer: IncomingMessage, exchange: Exchange): void {
    this.complete(answer.headers, exchange);
    if (!isEventStream(answer.headers)) return;
    const { res } = exchange;
    exchange.becomesStream();
    // The proxy destroys the response when the service dies.
    res.destroy = () => {
      exchange.end();
      return res;
    };
    writeWholeChunks(res, () => exchange.heard());
    // Send the response head at once, not with the first event.
    process.nextTick(() => {
      if (!exchange.over) sendHead(res);
    });
  }

  /** Makes the headers of a service's response those for the client. */
  private complete(headers: IncomingHttpHeaders, exchange: Exchange): void {
    const { req, res, pool } = exchange;
    exchange.answered();
    // Remove the gateway's own headers: they are only for responses that it makes itself.
    dropHeaders(res);
    stripHopByHop(headers);
    delete headers[UNUSED_HEADER];
    completeAnswer(headers, GUARDED.has(pool.service));
    if (pool.service === 'operator-backend') {
      const { 'x-correlation-id': id } = headers;
      if (id !== undefined) {
        req.correlationId = correlationId(id);
        req.isIdChecked = true;
      }
    } else {
      dropSetStreamCookies(headers);
    }
    // Connection concerns the client's connection; the proxy would always send keep-alive.
    const keep = res.shouldKeepAlive && !this.readiness.draining;
    headers.connection = keep ? 'keep-alive' : 'close';
  }

  /** A stream whose chunks go to the client as they come. */
  private begin(exchange: Exchange, headers: IncomingHttpHeaders): Response {
    const { req, res } = exchange;
    this.complete(headers, exchange);
    exchange.becomesStream();
    res.writeHead(200, headers);
    res.flushHeaders();
    releaseRequest(req, res);
    releaseHead(res);
    return res;
  }

  /** Sends the response on, unless the service could not and another instance may. */
  private respond(exchange: Exchange, answer: IncomingMessage, stream: boolean): void {
    if (exchange.over) return;
    const { statusCode = 0 } = answer;
    if (statusCode < LEAST_STATUS) {
      answer.resume();
      this.failed(new Error(`The status ${statusCode} is none.`), exchange, stream);
      return;
    }
    if (statusCode === 503) void this.refused(exchange, answer, stream);
    else this.deliver(exchange, answer);
  }

  /** Another instance gets the request, or the same one once it works again, where one of them may. */
  private async refused(
    exchange: Exchange,
    answer: IncomingMessage,
    stream: boolean,
  ): Promise<void> {
    exchange.refused();
    if (!this.mayRepeat(exchange, answer, stream)) return this.deliver(exchange, answer);
    const hasOther = () => exchange.pool.hasOther(exchange.tried);
    if (!hasOther()) await exchange.confirmed();
    if (exchange.over) return;
    const again = () => this.attempt(exchange, stream, 'refused');
    const isOther = hasOther();
    // One that is out as a whole did not mean this request.
    const waits = !isOther && !this.readiness.draining && exchange.wait(again);
    if (!isOther && !waits) {
      // It may have broken off meanwhile, and would never end.
      if (answer.destroyed) exchange.refuse(failureProblem('broken'));
      else this.deliver(exchange, answer);
      return;
    }
    answer.resume();
    this.metrics.upstreamFailed('refused');
    this.metrics.retried();
    exchange.mayBeDone = 'refused';
    if (isOther) again();
  }

  private deliver(exchange: Exchange, answer: IncomingMessage): void {
    const { res } = exchange;
    if (isEventStream(answer.headers) && exchange.refuseStream()) return;
    this.answered(answer, exchange);
    answer.once('close', () => {
      if (!answer.complete) res.destroy();
    });
    res.writeHead(answer.statusCode ?? 0, reasonOf(answer), answer.headers);
    answer.on('data', () => exchange.goesOn());
    answer.pipe(res);
  }

  private mayRepeat(exchange: Exchange, { headers }: IncomingMessage, stream: boolean): boolean {
    const unused = headers[UNUSED_HEADER] !== undefined;
    return mayRetry({ ...attempted(exchange, stream), unused }, 'refused', exchange.attempts);
  }

  private failed(error: NodeJS.ErrnoException, exchange: Exchange, stream: boolean): void {
    if (exchange.over || exchange.res.headersSent) return;
    const failure = failureOf(error);
    if (failure === 'unreachable') exchange.unreachable();
    if (failure !== 'exhausted') this.metrics.upstreamFailed(failure);
    const retry = mayRetry(attempted(exchange, stream), failure, exchange.attempts);
    this.logger.warn(
      { upstream: exchange.target, failure, code: error.code, retry },
      'an upstream has failed',
    );
    if (failure === 'broken' || failure === 'hung') exchange.mayBeDone = failure;
    if (retry) {
      this.metrics.retried();
      this.attempt(exchange, stream, failure);
    } else {
      exchange.refuse(failureProblem(failure));
    }
  }
}

/** Node's parser takes characters in the reason phrase that Node does not write. */
function reasonOf({ statusMessage = '' }: IncomingMessage): string | undefined {
  return isFieldValue(statusMessage) ? statusMessage : undefined;
}

function attempted({ method, path, canRepeat, req }: Exchange, stream: boolean): Attempted {
  return { method, path, headers: req.headers, canRepeat, stream };
}
