import type { Express, Request, RequestHandler } from 'express';
import { normalizeAddress, TrustedProxies } from './address.js';
import { HOP_HEADER, type HopKeys } from './hop-keys.js';
import './request.js';

/** Where a request comes from: its client's address, and the protocol and host that the client used. */
interface Origin {
  /** As `normalizeAddress` writes it; empty when the connection is already closed. */
  readonly address: string;
  readonly protocol: string;
  readonly host: string | undefined;
}

export interface OriginRules {
  /** Proxies whose X-Forwarded-* headers are trusted without a signature. */
  readonly trusted: TrustedProxies;
  /** Keys of the gateway in front of this process; undefined when there is no gateway. */
  readonly hop: HopKeys | undefined;
  /** Called for a signature that no key verifies: the keys or the clocks differ. */
  readonly onBadSignature: () => void;
}

/**
 * Sets `req.ip`, `req.protocol` and `req.host` to the origin of the request: what the
 * gateway has signed, else what a trusted proxy reports, else the connection's own.
 * Only this function reads X-Forwarded-*. Limits and token binding use `req.ip`.
 * @returns the handler that must see each request first
 */
export function readOrigins(app: Express, rules: OriginRules): RequestHandler {
  const ORIGIN = Symbol('origin');
  type Located = Request & { [ORIGIN]?: Origin };
  const originOf = (req: Located): Origin => {
    let origin = req[ORIGIN];
    if (!origin) {
      req.signedByGateway = isSigned(req, rules);
      // A request that the gateway sends for itself has no client, so no X-Forwarded-For.
      const isForwarded = req.signedByGateway && req.headers['x-forwarded-for'] !== undefined;
      origin = (isForwarded ? forwarded : direct)(req, rules);
      req[ORIGIN] = origin;
    }
    return origin;
  };
  const define = (name: string, get: (origin: Origin) => unknown) =>
    Object.defineProperty(app.request, name, {
      configurable: true,
      get(this: Request) {
        return get(originOf(this));
      },
    });
  define('ip', ({ address }) => address);
  define('protocol', ({ protocol }) => protocol);
  define('host', ({ host }) => host);
  // Nothing after this handler may see the signature: others log or forward the request.
  return (req, _res, next) => {
    originOf(req);
    if (req.headers[HOP_HEADER] !== undefined) delete req.headers[HOP_HEADER];
    next();
  };
}

/** Whether the gateway signed the request. Without a valid signature, drops X-VX11-Principal. */
function isSigned(req: Request, { hop, onBadSignature }: OriginRules): boolean {
  const { headers } = req;
  const signature = headers[HOP_HEADER];
  const claim = (name: string) => String(headers[name] ?? '');
  const signed =
    hop !== undefined &&
    typeof signature === 'string' &&
    hop.verify(
      signature,
      {
        method: req.method,
        target: req.url,
        address: claim('x-forwarded-for'),
        protocol: claim('x-forwarded-proto'),
        host: claim('x-forwarded-host'),
        principal: claim('x-vx11-principal'),
      },
      Date.now(),
    );
  // `delete` makes every later access to the headers slower.
  if (!signed && headers['x-vx11-principal'] !== undefined) delete headers['x-vx11-principal'];
  if (!signed && hop !== undefined && signature !== undefined) onBadSignature();
  return signed;
}

/** The origin that the gateway reports: it writes one address, protocol and host. */
function forwarded({ headers }: Request): Origin {
  const host = headers['x-forwarded-host'];
  return {
    address: normalizeAddress(String(headers['x-forwarded-for'])) ?? '',
    protocol: String(headers['x-forwarded-proto']),
    host: typeof host === 'string' ? host : headers.host,
  };
}

/**
 * The connection's own address; behind trusted proxies, the last address in
 * X-Forwarded-For that is not a trusted proxy. The search stops at an entry that is no
 * address, because entries to its left may be forged.
 */
function direct(req: Request, { trusted }: OriginRules): Origin {
  const { headers, socket } = req;
  let address = normalizeAddress(socket.remoteAddress ?? '') ?? '';
  const encrypted = 'encrypted' in socket;
  if (!trusted.has(address)) {
    return { address, protocol: encrypted ? 'https' : 'http', host: headers.host };
  }
  const entries = String(headers['x-forwarded-for'] ?? '').split(',');
  while (trusted.has(address)) {
    const before = normalizeAddress(entries.pop() ?? '');
    if (before === undefined) break;
    address = before;
  }
  const first = (name: string) =>
    String(headers[name] ?? '')
      .split(',', 1)[0]
      ?.trim();
  const protocol = first('x-forwarded-proto')?.toLowerCase();
  return {
    address,
    protocol: protocol === 'https' || (protocol !== 'http' && encrypted) ? 'https' : 'http',
    host: first('x-forwarded-host') || headers.host,
  };
}
