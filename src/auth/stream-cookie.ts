import { randomBytes } from 'node:crypto';
import type { Request } from 'express';

/**
 * The cookie that binds ephemeral tokens to one browser. It identifies a browser,
 * never a principal: no route accepts it as a credential.
 *
 * Each browser gets one of its own. The name ends in random characters, so that
 * two tabs that issue their first tokens at the same time do not replace each
 * other's cookie; later tokens are bound to a cookie that the browser has.
 */
const NAME = 'vx11-stream-';
/** Only HTTPS may use the prefix everywhere; it keeps other hosts from setting the cookie. */
const PREFIX = '__Host-';
const PATTERN = /^(?:__Host-)?vx11-stream-[A-Za-z0-9_-]{6}=[A-Za-z0-9_-]{43}$/;
/** Seconds; every issued token renews it. A token is usable for 60. */
const MAX_AGE_SEC = 3600;
/** Cookies of ours that are looked at; a browser has one, or a few after a race. */
const MOST = 16;

/** The cookies of ours that a request carries, each as `name=value`. */
export function streamCookies(req: Request): readonly string[] {
  const { cookie } = req.headers;
  if (cookie === undefined || !cookie.includes(NAME)) return [];
  return cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => PATTERN.test(pair))
    .slice(0, MOST);
}

/**
 * The cookie to which a token is bound that this request asks for; `undefined`
 * for a client that would not send it back with the stream: anything that is no
 * page of this very origin in a browser (Fetch Metadata, section 2.3).
 */
export function cookieToBind(req: Request): string | undefined {
  if (req.headers['sec-fetch-site'] !== 'same-origin') return undefined;
  const secure = req.protocol === 'https';
  if (!secure && !keepsSecureCookies(req.headers['user-agent'] ?? '')) return undefined;
  // Another host of the site may have set one without the prefix, and so knows it.
  const own = streamCookies(req).find((cookie) => !secure || cookie.startsWith(PREFIX));
  return own ?? newCookie(secure);
}

/** The Set-Cookie field that gives, or renews, the cookie. */
export function setCookie(cookie: string): string {
  return `${cookie}; Max-Age=${MAX_AGE_SEC}; Path=/; Secure; HttpOnly; SameSite=Strict`;
}

function newCookie(secure: boolean): string {
  const suffix = randomBytes(6).toString('base64url').slice(0, 6);
  return `${secure ? PREFIX : ''}${NAME}${suffix}=${randomBytes(32).toString('base64url')}`;
}

/** Over plain HTTP on loopback, Chromium and Firefox keep a Secure cookie; Safari drops it. */
function keepsSecureCookies(userAgent: string): boolean {
  return userAgent.includes('Chrome/') || userAgent.includes('Firefox/');
}
