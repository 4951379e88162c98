import type { RequestHandler } from 'express';
import type { IncomingHttpHeaders } from 'node:http';

/** For every answer that does not bring its own. */
const SECURITY = {
  'content-security-policy': "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What may shape an answer: a shared cache must not give one caller's to another (RFC 9111, section 4.1). */
const VARY = 'Authorization, Cookie, X-VX11-Token';

/** Before any route: an answer is not stored and not framed, unless its route says otherwise. */
export const answerHeaders: RequestHandler = (_req, res, next) => {
  for (const [name, value] of Object.entries(SECURITY)) res.setHeader(name, value);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Vary', VARY);
  next();
};

/**
 * Adds to a service's answer what it lacks, in place.
 * @param guarded the gateway checked a credential for it: then it is never stored
 */
export function completeAnswer(headers: IncomingHttpHeaders, guarded: boolean): void {
  for (const [name, value] of Object.entries(SECURITY)) headers[name] ??= value;
  if (!guarded) return;
  headers['cache-control'] = 'no-store';
  headers.vary = headers.vary === undefined ? VARY : `${headers.vary}, ${VARY}`;
}
