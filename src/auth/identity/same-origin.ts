import type { Request } from 'express';
import { ProblemError } from '../../kernel/problem.js';

/** A page of another site cannot send it without a CORS preflight. */
const JSON_TYPE = /^application\/json *(?:;|$)/i;

/**
 * Lets a request pass that a page of this very origin sent, or a client that is no browser.
 * For routes that read a cookie: a browser attaches it to requests of other pages too. The
 * cookie is SameSite=Strict as well, but other hosts of the same site count as the same.
 *
 * A browser that sends Fetch Metadata vouches for the origin. Others send Origin with every
 * POST and DELETE. A page that sends neither can still send forms, but no JSON.
 * @throws ProblemError cross_site_request
 */
export function requireSameOrigin(req: Request): true {
  if (isSameOrigin(req)) return true;
  throw new ProblemError(
    'cross_site_request',
    'Only pages of this origin may use the cookie of a session. A client that is no browser sends Content-Type: application/json.',
  );
}

function isSameOrigin(req: Request): boolean {
  const { 'sec-fetch-site': site, origin } = req.headers;
  if (site !== undefined) return site === 'same-origin';
  if (origin !== undefined) {
    const own = hostOf(`${req.protocol}://${req.host}`);
    return own !== undefined && hostOf(origin) === own;
  }
  return JSON_TYPE.test(req.headers['content-type'] ?? '');
}

/** Without the scheme: a proxy that ends TLS may not be trusted to report it. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host || undefined;
}
