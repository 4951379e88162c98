import { randomBytes } from 'node:crypto';
import { sha256 } from '../../kernel/ids.js';

const ACCESS = 'vx11s_';
const REFRESH = 'vx11r_';
const ACCESS_TOKEN = /^vx11s_[\w-]{43}$/;
/** The handle of the family, 128 bits, and the secret of this one, 256 bits. */
const REFRESH_TOKEN = /^vx11r_([\w-]{22})([\w-]{43})$/;
const ID_CHARS = 32;

export function isSessionToken(token: string): boolean {
  return token.startsWith(ACCESS);
}

export function newAccessToken(): string {
  return ACCESS + randomBytes(32).toString('base64url');
}

/** @returns undefined for what cannot be one */
export function accessHash(token: string): string | undefined {
  return ACCESS_TOKEN.test(token) ? sha256(token) : undefined;
}

/**
 * The parts of a refresh token. The handle is the same in all tokens of a family and known
 * to their holders alone, so that nobody else can end the family by presenting a wrong secret.
 */
export interface RefreshToken {
  readonly token: string;
  readonly handle: string;
  /** Of the session: a hash of the handle. */
  readonly sessionId: string;
  /** Of the secret. */
  readonly hash: string;
}

/** @param handle of the family; absent: a new family */
export function newRefreshToken(handle = randomBytes(16).toString('base64url')): RefreshToken {
  return refreshToken(handle, randomBytes(32).toString('base64url'));
}

/** @returns undefined for what cannot be one */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, handle, secret] = REFRESH_TOKEN.exec(text) ?? [];
  return handle === undefined || secret === undefined ? undefined : refreshToken(handle, secret);
}

function refreshToken(handle: string, secret: string): RefreshToken {
  return {
    token: REFRESH + handle + secret,
    handle,
    sessionId: `n_${sha256(`session ${handle}`).slice(0, ID_CHARS)}`,
    hash: sha256(secret),
  };
}
