import type { RequestHandler } from 'express';
import type { IncomingHttpHeaders } from 'node:http';

/** Headers for every response that does not set its own. */
const SECURITY = {
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Request headers that a response may depend on: a shared cache must not give one caller's response to another (RFC 9111, section 4.1). */
const VARY = 'Authorization, Cookie, X-VX11-Token';

const DEFAULTS = Object.entries({ ...SECURITY, 'cache-control': 'no-store', vary: VARY });

/** Runs before any route. Forbids to store or frame the response; a route may override this. */
export const answerHeaders: RequestHandler = (_req, res, next) => {
  for (const [name, value] of DEFAULTS) res.setHeader(name, value);
  next();
};

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
