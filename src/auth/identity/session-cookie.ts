import type { Request } from 'express';
import { ProblemError } from '../../kernel/problem.js';

/** Its routes alone read the cookie. */
export const SESSION_PATH = '/operator/api/session';
const NAME = 'vx11-session';

/**
 * Only HTTPS may use the prefix. It keeps other hosts of the site, and pages without TLS, from
 * setting the cookie: they could sign an operator out, or in as somebody whose panel stays empty.
 * In return browsers send the cookie to every path of this host.
 */
function nameFor(req: Request): string {
  return req.protocol === 'https' ? `__Host-${NAME}` : NAME;
}

/**
 * The refresh token in the cookie; `undefined` when there is none.
 * @throws ProblemError invalid_token for several: another host of the site has set one, over HTTP
 */
export function sessionCookie(req: Request): string | undefined {
  const start = `${nameFor(req)}=`;
  const values = (req.headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(start));
  if (values.length > 1) {
    throw new ProblemError(
      'invalid_token',
      'The request carries several cookies of a session. Delete the cookies of this site, and sign in again.',
    );
  }
  return values[0]?.slice(start.length) || undefined;
}

/**
 * The Set-Cookie field that stores a refresh token for this many seconds; 0 removes it.
 * @param publicPath VX11_PUBLIC_PATH: browsers see the path of the proxy too
 */
export function setSessionCookie(
  req: Request,
  token: string,
  maxAgeSec: number,
  publicPath: string,
): string {
  const name = nameFor(req);
  const path = name === NAME ? publicPath + SESSION_PATH : '/';
  return `${name}=${token}; Max-Age=${maxAgeSec}; Path=${path}; Secure; HttpOnly; SameSite=Strict`;
}
