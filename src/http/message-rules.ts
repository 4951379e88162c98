import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../kernel/problem.js';

/** The methods that the product knows; the gateway takes no other. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Whether a repeated request has the effect of one (RFC 9110, section 9.2.2). */
export function isIdempotent(method: string): boolean {
  return method !== 'POST' && method !== 'PATCH' && METHODS.includes(method);
}

/**
 * Methods whose requests may have a body. In other methods a body has no defined
 * meaning, and a proxy may refuse it as request smuggling (RFC 9110, section 9.3).
 */
export const WITH_CONTENT: readonly string[] = ['POST', 'PUT', 'PATCH'];

/** Fields that frame, route or identify a request. Two servers could read a repeated one differently. */
const ONCE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'authorization',
  'x-vx11-token',
  'expect',
]);

/**
 * End-to-end fields that `Connection` must not name. A proxy would drop them (RFC 9110,
 * section 7.6.1) and so change where the request ends, where it goes, who sent it or
 * what it means. Any other field that `Connection` names is hop-by-hop.
 */
const END_TO_END = new Set(
  [
    // Framing and routing
    'transfer-encoding host expect max-forwards',
    // Identity
    'authorization cookie forwarded via from user-agent origin referer true-client-ip',
    // Meaning
    'range cache-control pragma date prefer priority last-event-id traceparent tracestate baggage',
  ].flatMap((line) => line.split(' ')),
);
const END_TO_END_PREFIXES = [
  'accept',
  'access-control-',
  'ce-',
  'content-',
  'if-',
  'sec-',
  'x-auth',
  'x-client-',
  'x-correlation-',
  'x-csrf',
  'x-forwarded-',
  'x-http-method',
  'x-original-',
  'x-real-',
  'x-request',
  'x-rewrite-',
  'x-ssl-',
  'x-vx11-',
  'x-xsrf',
];

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, section 7.2: a host and optionally a port; empty where the target has none. */
const HOST = /^(?:[A-Za-z0-9._~%!$&'()*+;=-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const CONTINUE = '100-continue';

/**
 * Returns a problem for a request that two servers could read differently; `undefined`
 * for an unambiguous one. Node's parser has already refused conflicting lengths, bare
 * line feeds and bad chunks.
 */
export function messageFault(req: IncomingMessage): ProblemError | undefined {
  const seen = new Set<string>();
  const { rawHeaders } = req;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (ONCE.has(name)) {
      if (seen.has(name)) return invalid(`Send the header ${name} once.`);
      seen.add(name);
    }
    if (name === 'connection') {
      const fault = connectionFault(rawHeaders[index + 1] as string);
      if (fault) return invalid(fault);
    }
  }
  return (
    versionFault(req) ??
    hostFault(req.headers.host, req.httpVersion) ??
    codingFault(req) ??
    upgradeFault(req) ??
    expectFault(req)
  );
}

/** Whether the request announces a body. `Content-Length: 0` announces none. */
export function hasContent(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || announcedBytes(req) > 0;
}

/** `Content-Length`, which Node's parser has checked; 0 for a body in chunks. */
export function announcedBytes(req: IncomingMessage): number {
  return Number(req.headers['content-length'] ?? 0);
}

/** The connection options of a request or an answer, in lower case. */
export function connectionOptions(connection: string | undefined): string[] {
  if (connection === undefined) return [];
  return connection
    .split(',')
    .map((option) => option.trim().toLowerCase())
    .filter((option) => option !== '');
}

/** Whether `Connection` may never name this field. @param name in lower case */
export function isEndToEnd(name: string): boolean {
  return END_TO_END.has(name) || END_TO_END_PREFIXES.some((prefix) => name.startsWith(prefix));
}

function connectionFault(value: string): string | undefined {
  for (const option of connectionOptions(value)) {
    if (!TOKEN.test(option)) return 'Connection must be a comma list of option names.';
    if (isEndToEnd(option)) {
      return `Connection must not name ${option}: it belongs to the request, not to the connection.`;
    }
  }
  return undefined;
}

function versionFault({ httpVersion }: IncomingMessage): ProblemError | undefined {
  if (httpVersion === '1.1' || httpVersion === '1.0') return undefined;
  return invalid('Send the request as HTTP/1.1 or HTTP/1.0.');
}

function hostFault(host: string | undefined, httpVersion: string): ProblemError | undefined {
  if (host === undefined) {
    return httpVersion === '1.0' ? undefined : invalid('Send the header Host.');
  }
  return HOST.test(host) ? undefined : invalid('Host must be a host name, optionally with a port.');
}

function codingFault({ headers, httpVersion }: IncomingMessage): ProblemError | undefined {
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return undefined;
  if (coding.toLowerCase() !== 'chunked') return invalid('Transfer-Encoding may only be chunked.');
  // RFC 9112, section 6.1: such a message is to be treated as wrongly framed.
  if (httpVersion === '1.0') return invalid('HTTP/1.0 has no Transfer-Encoding.');
  if (headers['content-length'] !== undefined) {
    return invalid('Send either Content-Length or Transfer-Encoding.');
  }
  return undefined;
}

function upgradeFault(req: IncomingMessage): ProblemError | undefined {
  if (req.headers.upgrade === undefined || !hasContent(req)) return undefined;
  return invalid('A request that asks for another protocol must have no body.');
}

function expectFault({ headers, httpVersion }: IncomingMessage): ProblemError | undefined {
  const { expect } = headers;
  // RFC 9110, section 10.1.1: a server ignores it in HTTP/1.0.
  if (expect === undefined || httpVersion === '1.0') return undefined;
  if (expect.toLowerCase() === CONTINUE) return undefined;
  return new ProblemError('expectation_failed', `Expect may only be ${CONTINUE}.`);
}

function invalid(detail: string): ProblemError {
  return new ProblemError('invalid_request', detail);
}
