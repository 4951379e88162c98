import type { RequestHandler } from 'express';
import {
  ServerResponse,
  type IncomingHttpHeaders,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
} from 'node:http';
import './request.js';

/** Headers for every response that does not set its own. */
export const SECURITY = {
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Request headers that a response may depend on: a shared cache must not give one caller's response to another (RFC 9111, section 4.1). */
const VARY = 'Authorization, Cookie, X-VX11-Token';

const DEFAULTS = { ...SECURITY, 'cache-control': 'no-store', vary: VARY };
const NAMES: ReadonlySet<string> = new Set(Object.keys(DEFAULTS));

/** A response's correlation id while it has the default headers without having set them. */
const UNSET = Symbol('unset');
type Answer = ServerResponse & { [UNSET]?: string | undefined };

/**
 * Runs before any route: the response has its correlation id, and may not be stored or framed.
 * A route may override this. The application must have `deferDefaults`.
 */
export const answerHeaders: RequestHandler = (req, res, next) => {
  (res as Answer)[UNSET] = req.correlationId;
  next();
};

/** Takes back all headers that were set: the response of another service has its own. */
export function dropHeaders(res: ServerResponse): void {
  const answer = res as Answer;
  if (answer[UNSET] !== undefined) answer[UNSET] = undefined;
  else for (const name of res.getHeaderNames()) res.removeHeader(name);
}

/** The methods by which anything sees or changes a response's headers. */
const ACCESSORS = [
  'appendHeader',
  'getHeader',
  'getHeaderNames',
  'getHeaders',
  'hasHeader',
  'removeHeader',
  'setHeader',
  'setHeaders',
] as const;

/**
 * Makes the responses with this prototype set their default headers when they are first looked
 * at. Nothing looks at those of the busiest responses, and Node writes a head that it gets
 * whole for much less than one whose headers were set one by one.
 */
export function deferDefaults(prototype: object): void {
  for (const name of ACCESSORS) {
    const inherited = ServerResponse.prototype[name] as (...args: unknown[]) => unknown;
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Answer, ...args: unknown[]) {
        if (this[UNSET] !== undefined) setDefaults(this);
        return inherited.apply(this, args);
      },
    });
  }
  Object.defineProperty(prototype, 'writeHead', {
    configurable: true,
    writable: true,
    value: writeHead,
  });
}

type Head = OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined;

function writeHead(this: Answer, status: number, ...rest: [string | Head, Head?]): Answer {
  const inherited = ServerResponse.prototype.writeHead;
  const id = this[UNSET];
  const [reason, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0] ?? rest[1]];
  if (id === undefined || Array.isArray(headers)) {
    if (id !== undefined) setDefaults(this);
    return Reflect.apply(inherited, this, [status, ...rest]);
  }
  const whole = withDefaults(id, headers);
  Reflect.apply(inherited, this, reason === undefined ? [status, whole] : [status, reason, whole]);
  this[UNSET] = undefined;
  return this;
}

function setDefaults(answer: Answer): void {
  const id = answer[UNSET] as string;
  answer[UNSET] = undefined;
  const { setHeader } = ServerResponse.prototype;
  setHeader.call(answer, 'X-Correlation-Id', id);
  for (const [name, value] of Object.entries(DEFAULTS)) setHeader.call(answer, name, value);
}

/** The headers after the defaults, each name once whatever its case. */
function withDefaults(id: string, headers: OutgoingHttpHeaders | undefined): OutgoingHttpHeaders {
  const whole: OutgoingHttpHeaders = { 'X-Correlation-Id': id, ...DEFAULTS };
  for (const name in headers) {
    const lower = name.toLowerCase();
    if (NAMES.has(lower)) whole[lower] = headers[name];
    else if (lower === 'x-correlation-id') whole['X-Correlation-Id'] = headers[name];
    else whole[name] = headers[name];
  }
  return whole;
}

/**
 * Adds the default headers that a service's response lacks, in place.
 * @param guarded the gateway checked a credential for the request, so the response is never stored
 */
export function completeAnswer(headers: IncomingHttpHeaders, guarded: boolean): void {
  for (const [name, value] of Object.entries(SECURITY)) headers[name] ??= value;
  if (!guarded) return;
  headers['cache-control'] = 'no-store';
  headers.vary = headers.vary === undefined ? VARY : `${headers.vary}, ${VARY}`;
}
