import type { Request } from 'express';
import { ProblemError } from '../kernel/problem.js';
import type { Caller } from './ephemeral-tokens.js';
import type { Principal } from './principal.js';
import { streamCookies } from './stream-cookie.js';
import type { Presentation, TokenVerifier } from './token-verifier.js';

/** Longer than any valid token; hashing more would only cost time. */
const LONGEST_TOKEN = 8192;

export interface HeaderCredential {
  readonly token: string;
  /** `dpop`: the token is valid only with a proof (RFC 9449). */
  readonly scheme: 'bearer' | 'dpop';
}

/** The credential in the headers; X-VX11-Token wins over Authorization. */
export function headerCredential(req: Request): HeaderCredential | undefined {
  const own = req.headers['x-vx11-token'];
  if (typeof own === 'string' && own !== '') {
    return { token: bounded(own.trim()), scheme: 'bearer' };
  }
  // RFC 6750, section 2.1, and RFC 9449, section 7.1; the scheme is case-insensitive
  // (RFC 9110, section 11.1).
  const [, scheme, token] = /^(Bearer|DPoP) +(\S+) *$/i.exec(req.headers.authorization ?? '') ?? [];
  if (scheme === undefined || token === undefined) return undefined;
  return { token: bounded(token), scheme: scheme.toLowerCase() as HeaderCredential['scheme'] };
}

/** How a request presents its credential. */
export class RequestPresentation implements Presentation {
  readonly place: 'header' | 'query';
  readonly scheme: 'bearer' | 'dpop';
  readonly method: string;
  readonly proof: string | undefined;

  /** @param inHeader absent: it stands in the URL */
  constructor(
    private readonly req: Request,
    inHeader: HeaderCredential | undefined,
  ) {
    this.place = inHeader ? 'header' : 'query';
    this.scheme = inHeader?.scheme ?? 'bearer';
    this.method = req.method;
    // Node joins repeated fields with a comma, which no proof contains.
    const proof = req.headers['dpop'];
    this.proof = typeof proof === 'string' ? proof : undefined;
  }

  // Only a proof names it.
  get url(): string {
    const { protocol, host, originalUrl } = this.req;
    return `${protocol}://${host}${originalUrl.split('?', 1)[0]}`;
  }
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
  req: Request,
): Principal | Promise<Principal> {
  const credential = requiredCredential(req);
  const verified = verifier.verify(credential.token, new RequestPresentation(req, credential));
  return verified instanceof Promise ? verified.then(known) : known(verified);
}

/**
 * The same principal as it is now.
 * @param before as `verifyPrincipal` found it for this request
 * @throws ProblemError invalid_token when its right has ended since
 */
export async function verifyAgain(
  verifier: TokenVerifier,
  req: Request,
  before: Principal,
): Promise<Principal> {
  return known(await verifier.again(requiredCredential(req).token, before));
}

function requiredCredential(req: Request): HeaderCredential {
  const credential = headerCredential(req);
  if (credential === undefined) {
    throw new ProblemError(
      'auth_required',
      'Send a principal token in X-VX11-Token, or in Authorization as Bearer.',
    );
  }
  return credential;
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
