import type { Request } from 'express';
import { ProblemError } from '../kernel/problem.js';
import type { Caller } from './ephemeral-tokens.js';
import type { Principal } from './principal.js';
import { streamCookies } from './stream-cookie.js';
import type { TokenVerifier } from './token-verifier.js';

/** Longer than any known token; hashing more would only cost time. */
const LONGEST_TOKEN = 8192;

/** The credential in the headers; X-VX11-Token wins over Authorization. */
export function headerToken(req: Request): string | undefined {
  const own = req.headers['x-vx11-token'];
  if (typeof own === 'string' && own !== '') return bounded(own.trim());
  // RFC 6750, section 2.1; the scheme is case-insensitive (RFC 9110, section 11.1).
  const bearer = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '');
  return bearer?.[1] === undefined ? undefined : bounded(bearer[1]);
}

/** The credential in `?token=`; a repeated parameter is no credential. */
export function queryToken(req: Request): string | undefined {
  const token = req.query['token'];
  if (token === undefined || token === '') return undefined;
  if (typeof token !== 'string')
    throw new ProblemError('invalid_token', 'Send one token, not several.');
  return bounded(token);
}

export function callerOf(req: Request): Caller {
  return {
    address: req.ip ?? '',
    userAgent: req.headers['user-agent'] ?? '',
    correlationId: req.correlationId,
    cookies: streamCookies(req),
  };
}

/**
 * The principal that holds the token.
 * @throws ProblemError auth_required without a token, invalid_token for a wrong one
 */
export function verifyPrincipal(
  verifier: TokenVerifier,
  token: string | undefined,
): Principal | Promise<Principal> {
  if (token === undefined) {
    throw new ProblemError(
      'auth_required',
      'Send a principal token in X-VX11-Token, or in Authorization as Bearer.',
    );
  }
  const verified = verifier.verify(token);
  return verified instanceof Promise ? verified.then(known) : known(verified);
}

function known(principal: Principal | undefined): Principal {
  if (!principal) {
    throw new ProblemError('invalid_token', 'This principal token is not valid here.');
  }
  return principal;
}

function bounded(token: string): string {
  if (token.length > LONGEST_TOKEN) {
    throw new ProblemError('invalid_token', 'No valid token is that long.');
  }
  return token;
}
